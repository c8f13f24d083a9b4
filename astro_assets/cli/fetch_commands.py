"""The `fetch` command: files of archives come into the inbox."""

import json
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as Grid

from astro_assets.archives.products import Product
from astro_assets.cli import printing
from astro_assets.cli.catalog_commands import targets_in
from astro_assets.cli.options import Format, FormatOption, HomeOption
from astro_assets.cli.progress import progress_shown
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.observations.fetching import (
    SOURCES,
    Listed,
    NothingWantedError,
    by_mission,
    cutouts_listed,
    fetch_products,
    listed,
)
from astro_assets.observations.light_curve_names import CADENCES
from astro_assets.observations.mast_products import Wanted
from astro_assets.observations.missions import K2, KEPLER, MISSIONS, TESS, Mission
from astro_assets.observations.place_lists import places_in
from astro_assets.orchestration.fetching import Fetched, Known
from astro_assets.orchestration.run_marks import marked
from astro_assets.tables import TABLES

#: Lines of a kind that are printed; `--format json` has all.
_SHOWN = 20
_KILO = 1000.0


class MissionName(StrEnum):
    """Whose light curves."""

    TESS = "TESS"
    Kepler = "Kepler"
    K2 = "K2"


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module to the others."""
    app.command()(fetch)


def fetch(  # noqa: PLR0913, PLR0917  one option each
    sector: Annotated[list[int] | None, typer.Option(min=1, help="TESS sector; may be repeated.")] = None,
    quarter: Annotated[list[int] | None, typer.Option(min=0, help="Kepler quarter.")] = None,
    campaign: Annotated[list[int] | None, typer.Option(min=0, help="K2 campaign.")] = None,
    targets: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="File of targets, one a line: 'TIC 25155310', KIC 11446443; - is standard input.",
        ),
    ] = None,
    mission: Annotated[
        MissionName | None,
        typer.Option(help="Whose numbers the file holds, where its lines are bare numbers."),
    ] = None,
    cadence: Annotated[
        int | None,
        typer.Option(help="Seconds: 120 (default) or 20 of TESS, 1800 (default) or 60 of Kepler, K2."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Most files; the first in the archive's order.")
    ] = None,
    cutouts: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Images instead: file of places, as `cutouts --list` takes it."),
    ] = None,
    survey: Annotated[
        str, typer.Option(help="Of the images: TESS, HAP (Hubble), or one of SkyView's such as DSS.")
    ] = TESS.name,
    size: Annotated[int | None, typer.Option(min=1, help="Pixels a side of the images.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what would be fetched.")] = False,
    output: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Fetch light curves from MAST, or images from MAST and SkyView, into the inbox.

    What the home has is not fetched again; what broke off is gone on with.
    """
    segments = {TESS: sector or [], KEPLER: quarter or [], K2: campaign or []}
    if cutouts is None:
        wanted = _wanted(segments, _targets(targets, mission), mission, cadence)
    elif targets or mission or cadence or quarter or campaign:
        raise NothingWantedError("--cutouts goes with --sector, --survey, --size and --limit only")
    ledger = open_ledger(open_home(home), TABLES)
    run_id = f"fetch-{uuid4().hex}"
    with marked(ledger.home, run_id):
        console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)

        def told(line: str) -> None:
            console.print(printing.plain(line))

        if cutouts is None:
            found = listed(ledger, [(one, limit) for one in wanted], told=told)
        else:
            places = places_in(cutouts)
            found = cutouts_listed(
                ledger, places, survey, pixels=size, sectors=tuple(sector or ()), told=told
            )
        found.products = found.products[:limit]
        if dry_run:
            _show_plan(ledger, found, output)
            raise typer.Exit(1 if found.missing else 0)
        with progress_shown("files") as progress:
            fetched = fetch_products(ledger, found.products, run_id=run_id, progress=progress, told=told)
    _show_result(found, fetched, output)
    raise typer.Exit(1 if found.missing or fetched.failed or fetched.untried else 0)


def _targets(path: Path | None, mission: MissionName | None) -> list[str] | None:
    if path is None:
        return None
    catalogue = MISSIONS[mission.value].catalogue if mission else None
    if not (found := targets_in(path, catalogue)):
        raise NothingWantedError(f"{path} names no target")
    return found


def _wanted(
    segments: dict[Mission, list[int]],
    targets: list[str] | None,
    mission: MissionName | None,
    cadence: int | None,
) -> list[Wanted]:
    """Return what the options ask for.

    Raises
    ------
    NothingWantedError
        If they ask for nothing, or contradict each other.
    """
    named = [of for of, numbers in segments.items() if numbers]
    if len(named) > 1:
        raise NothingWantedError(
            "--sector, --quarter and --campaign are of different missions: one at a time"
        )
    if targets is None:
        if not named:
            raise NothingWantedError(
                "say what to fetch: --sector, --quarter, --campaign, --targets or --cutouts"
            )
        wanted = [Wanted(named[0], tuple(segments[named[0]]), (), cadence)]
    else:
        wanted = by_mission(targets, segments[named[0]] if named else (), cadence)
    for one in wanted:
        what = one.targets[0] if one.targets else f"a {one.mission.segment_kind}"
        if named and one.mission is not named[0]:
            raise NothingWantedError(
                f"{what} is not of {named[0].name}, whose {named[0].segment_kind} is named"
            )
        if mission and one.mission.name != mission.value:
            raise NothingWantedError(f"{what} is not of {mission.value}")
        if cadence is not None and cadence not in CADENCES[one.mission.name]:
            there = " or ".join(map(str, CADENCES[one.mission.name]))
            raise NothingWantedError(f"--cadence {cadence}: {one.mission.name} has light curves of {there} s")
    return wanted


def _show_plan(ledger: Ledger, found: Listed, output: Format) -> None:
    known = Known(ledger, SOURCES)
    there = [known.has(product) for product in found.products]
    if output is Format.json:
        files = [
            {**_plain(product), "is_here": is_here}
            for product, is_here in zip(found.products, there, strict=True)
        ]
        _write_json({"files": files, "missing": found.missing, "same": found.same})
        return
    grid = Grid("file", "target", "segment", "size", "", box=SIMPLE_HEAD)
    for product, is_here in zip(found.products, there, strict=True):
        segment = f"{product.segment_kind} {product.segment}" if product.segment is not None else ""
        state = "here" if is_here else "to fetch"
        grid.add_row(product.file_name, product.target_id or "", segment, _size(product.size), state)
    if found.products:
        printing.print_wide(grid)
    to_fetch = [product for product, is_here in zip(found.products, there, strict=True) if not is_here]
    n_bytes = sum(product.size or 0 for product in to_fetch)
    unknown = sum(product.size is None for product in to_fetch)
    more = f", and {unknown} of unknown size" if unknown else ""
    printing.out.print(f"{len(to_fetch)} files to fetch ({_size(n_bytes)}{more}), {sum(there)} here.")
    printing.notes([*found.missing, *found.same])


def _show_result(found: Listed, fetched: Fetched, output: Format) -> None:
    if output is Format.json:
        told = {
            "fetched": [_plain(product) for product in fetched.new],
            "here": [_plain(product) for product in fetched.here],
            "failed": [{**_plain(one.product), "why": one.why} for one in fetched.failed],
            "not_tried": [_plain(product) for product in fetched.untried],
            "missing": found.missing,
            "same": found.same,
            "bytes": fetched.n_bytes,
        }
        _write_json(told)
        return
    failures = [f"{one.product.file_name}: {one.why}" for one in fetched.failed]
    n_failed = len(failures) + len(fetched.untried)
    failed = f", {n_failed} failed" if n_failed else ""
    printing.out.print(
        f"{len(fetched.new)} files fetched ({_size(fetched.n_bytes)}), {len(fetched.here)} already here"
        f"{failed}."
    )
    for lines in (failures, found.missing, found.same):
        printing.notes(lines[:_SHOWN])
        if len(lines) > _SHOWN:
            printing.notes([f"... and {len(lines) - _SHOWN} more; --format json lists all"])
    if fetched.untried:
        printing.notes([f"{len(fetched.untried)} files were not tried: the archive did not answer"])
    if n_failed:
        printing.notes(["the same command again goes on from here"])
    if fetched.new:
        printing.notes(["they are in the inbox: `astro-assets run` takes them in"])


def _plain(product: Product) -> dict[str, Any]:
    names = ("archive", "uri", "file_name", "size", "kind", "target_id", "mission", "segment_kind", "segment")
    return {name: getattr(product, name) for name in names}


def _write_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, indent=1) + "\n")


def _size(n_bytes: int | None) -> str:
    if n_bytes is None:
        return "unknown"
    size = float(n_bytes)
    for unit in ("bytes", "kB", "MB"):
        if size < _KILO:
            return f"{size:.3g} {unit}" if unit != "bytes" else f"{n_bytes} bytes"
        size /= _KILO
    return f"{size:.3g} GB"
