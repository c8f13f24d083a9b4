"""How the commands' answers look on a terminal. Nothing is looked up here.

What came from files and headers is shown as it is: never read as markup, nor sent on as control characters.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text
from rich.tree import Tree

from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.lineage import Node
from astro_assets.ledger.staleness import STATUSES, Staleness
from astro_assets.ledger.update import Report

_DIGITS: Final = {
    "period_days": 6,
    "true_period_days": 6,
    "epoch_btjd": 4,
    "duration_hours": 2,
    "depth_ppm": 0,
    "snr": 1,
    "sde": 1,
    "found_over_true": 4,
}
_SHORT: Final = 12
_LISTED: Final = 20
out = Console(highlight=False, markup=False, emoji=False)


def plain(text: str) -> str:
    """Return a text in which what a terminal would obey, and what nobody would see, is escaped."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text
    )


def print_wide(shown: Grid | Tree) -> None:
    """Print something as wide as it is: a narrow terminal folds lines, but nothing is cut."""
    wide = Console(
        highlight=False,
        markup=False,
        emoji=False,
        width=max(out.width, out.measure(shown, options=out.options.update(width=1000)).maximum),
    )
    wide.print(shown, crop=False, no_wrap=True)


def candidates(rows: pl.DataFrame) -> None:
    """Print candidates as a table."""
    if rows.height:
        print_wide(_grid(rows))
    else:
        out.print("No candidate is detected; --all shows the weaker ones.")


def rows(found: pl.DataFrame) -> None:
    """Print rows of a table."""
    if found.height:
        print_wide(_grid(found))


def catalogs(rows: pl.DataFrame) -> None:
    """Print the catalogues held."""
    if rows.height:
        shown = rows.with_columns(pl.col("sha256").str.head(_SHORT))
        of_archives = [
            name for name in ("archive", "archive_version", "retrieved_at") if shown[name].count() == 0
        ]
        print_wide(_grid(shown.drop(of_archives)))
    else:
        out.print(
            "No catalogues; astro-assets catalogs fetch asks archives, catalogs add FILE takes files in."
        )


def models(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print versions of models with their figures."""
    if not rows:
        out.print("No models; astro-assets train transit_scorer trains one.")
        return
    grid = Grid(box=SIMPLE_HEAD)
    for header in ("model", "version", "aliases", "origin", "trained on", "figures"):
        grid.add_column(header)
    for row in rows:
        trained_on = sum(row[f"trained_on_{origin}"] for origin in ("real", "injected", "simulated"))
        grid.add_row(
            row["model"],
            row["model_version"],
            ", ".join(row["aliases"]),
            row["origin"],
            str(trained_on),
            "\n".join(_headline(row)),
        )
    print_wide(grid)


def _headline(row: Mapping[str, Any]) -> list[str]:
    """Return the figures of a version that people look at first, a line each."""
    from astro_assets.tables import known_model

    model = known_model(row["model"])
    headline = {} if model is None else model.headline(row["figures"])
    return [f"{name.replace('_', ' ')} {value:.4g}" for name, value in headline.items() if value is not None]


def completeness(name: str, cells: Mapping[str, NDArray[Any]]) -> None:
    """Print the share of planets found by radius, the largest first, and period."""
    periods, radii = np.unique(cells["period_days_from"]), np.unique(cells["radius_earth_from"])
    grid = Grid(box=SIMPLE_HEAD, title=f"{name}: per cent found of planets put in, by radius and period")
    grid.add_column("Earth radii", justify="right")
    ends = np.unique(cells["period_days_to"]), np.unique(cells["radius_earth_to"])
    for start, end in zip(periods, ends[0], strict=True):
        grid.add_column(f"{start:.3g}-{end:.3g} d", justify="right")
    shape = periods.size, radii.size
    n_injected, n_recovered = (cells[f"n_{kind}"].reshape(shape) for kind in ("injected", "recovered"))
    for number in reversed(range(radii.size)):
        shares = zip(n_recovered[:, number], n_injected[:, number], strict=True)
        grid.add_row(
            f"{radii[number]:.3g}-{ends[1][number]:.3g}",
            *(f"{100 * found / tried:.0f}" if tried else "" for found, tried in shares),
        )
    print_wide(grid)


def demonstration(best: pl.DataFrame, recovery: pl.DataFrame, home: Home) -> None:
    """Print the demonstration's candidates, what was found of everything, and how to see more."""
    grid = _grid(best)
    grid.title = "The ten best candidates of the simulated survey, one a star, beside the truth"
    print_wide(grid)
    grid = _grid(recovery)
    grid.title = "What was found of everything in it"
    print_wide(grid)
    command = shlex.join([sys.argv[0], "ui", "--home", str(home.root)])
    out.print(plain(f"See everything in the Dagster UI:  {command}"), soft_wrap=True)


def lineage(node: Node) -> None:
    """Print a lineage as a tree."""
    print_wide(_branch(Tree(_line(node)), node))


def staleness(ledger: Ledger, state: Staleness, names: Mapping[str, str], n_in_inbox: int) -> None:
    """Print the state of a home: counts by table, then the first entries with their cause.

    Parameters
    ----------
    names
        What to call keys that are hashes.
    n_in_inbox
        Files in the inbox that are not taken in.
    """
    grid = Grid("table", "current", *STATUSES, "other environment", box=SIMPLE_HEAD)
    for table in ledger.tables:
        if not table.is_source:
            counts = state.counts(table.name)
            numbers = [
                state.current[table.name],
                *(counts[status] for status in STATUSES),
                state.environment[table.name],
            ]
            grid.add_row(table.name, *map(str, numbers))
    print_wide(grid)
    for name, key, target, status, cause in state.entries.head(_LISTED).iter_rows():
        called = names.get(key, key) if key else target or "?"
        out.print(plain(f"{status:9}  {name}  {called}  {cause}"), soft_wrap=True)
    if state.entries.height > _LISTED:
        out.print(f"... and {state.entries.height - _LISTED} more; --format json lists all")
    if n_in_inbox:
        out.print(f"{n_in_inbox} files in the inbox are not taken in; `astro-assets run` does.")
    elif state.entries.is_empty():
        out.print("Everything is up to date.")


def target(found: Mapping[str, Any]) -> None:
    """Print a target and its files."""
    out.print(f"{found['target_id']}  shard {found['shard']}")
    if (retracted := found["retracted"]) is not None:
        out.print(plain(f"Retracted since {retracted['decided_at']}: {retracted['why']}"), soft_wrap=True)
    if (forgotten := found["forgotten"]) is not None:
        out.print(plain(f"Forgotten on {forgotten['forgotten_at']}: {forgotten['why']}"), soft_wrap=True)
    files = pl.DataFrame(found["files"])
    if files.height:
        # Files that were dropped into the inbox tell of no archive.
        print_wide(_grid(files.select(column for column in files if column.count())))
    else:
        out.print("No files of this target in this home.")


def updates(reports: list[Report]) -> None:
    """Print what a run did, table by table."""
    grid = Grid("table", "computed", "reused", "empty", "failed", "removed", "seconds", box=SIMPLE_HEAD)
    for report in reports:
        computed = sum(report.total(outcome) for outcome in ("rows", "empty", "failed"))
        counts = [computed, *(report.total(outcome) for outcome in ("reused", "empty", "failed", "removed"))]
        grid.add_row(report.table, *map(str, counts), f"{report.seconds:.1f}")
    print_wide(grid)


def failed(rows: pl.DataFrame) -> None:
    """Print the first of the units whose computation failed."""
    if rows.height:
        out.print(
            f"{rows.height} units failed and are not tried again until something changes, or --retry-failed:"
        )
        for table, key, reason in rows.head(_LISTED).iter_rows():
            out.print(plain(f"  {table}  {key}: {reason}"), soft_wrap=True)
        if rows.height > _LISTED:
            out.print(f"... and {rows.height - _LISTED} more; `astro-assets stale --format json` lists all")


def notes(lines: Sequence[str]) -> None:
    """Print the first of what people should be told besides."""
    for line in lines[:_LISTED]:
        out.print(plain(line), soft_wrap=True)
    if len(lines) > _LISTED:
        out.print(f"... and {len(lines) - _LISTED} more")


def _grid(rows: pl.DataFrame) -> Grid:
    grid = Grid(box=SIMPLE_HEAD)
    for name, dtype in rows.schema.items():
        grid.add_column(name, justify="right" if dtype.is_numeric() else "left", no_wrap=dtype.is_numeric())
    for row in rows.iter_rows(named=True):
        grid.add_row(*(_text(name, value) for name, value in row.items()))
    return grid


def _text(name: str, value: object) -> Text:
    if value is None:
        return Text("-")
    return Text(f"{value:.{_DIGITS.get(name, 3)}f}" if isinstance(value, float) else plain(str(value)))


def _branch(tree: Tree, node: Node) -> Tree:
    for parent in node.parents:
        _branch(tree.add(_line(parent)), parent)
    return tree


def _line(node: Node) -> Text:
    rows = (
        f"{len(node.row_hashes)} rows" if len(node.row_hashes) != 1 else f"row {node.row_hashes[0][:_SHORT]}"
    )
    name = node.context.get("file_name") or ""
    words = f"  {node.key}  {name}  {rows}  recipe {node.recipe_hash[:_SHORT]}  {node.origin}"
    state = "" if node.is_current else "  superseded since"
    return Text.assemble((node.table, "bold"), plain(words), (state, "yellow"))
