"""The report of the recovery benchmark: a table on the terminal and in Markdown, and a figure a cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from injection_cells import Cell
from our_searches import SEARCH, SPECTRUM
from recovery_summary import Verdict, by_ratio, found_instead, paired, summary, verdicts

_COLOURS = {SEARCH: "C3", SPECTRUM: "C1", "astropy": "C0", "tls": "C2", "gerbls": "C7"}
_HEADER = ("search", "first", "among five", "kept", "ms", "ours, search less this (lost, gained)")


def table(found: pl.DataFrame, peers: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the lines of a cell's table."""
    rows = []
    for line in summary(found).iter_rows(named=True):
        name = line["search"]
        kept = "" if line["kept"] is None or np.isnan(line["kept"]) else f"{line['kept']:.3f}"
        five = f"{100 * line['among_five']:.1f}" if name != SEARCH else ""
        rows.append(
            (
                name,
                f"{100 * line['first']:.1f} ± {100 * line['first_err']:.1f}",
                five,
                kept,
                "" if np.isnan(line["seconds"]) else f"{1e3 * line['seconds']:.2f}",
                "" if name == SEARCH else str(paired(found, SEARCH, name)),
            )
        )
    return rows


def verdict_line(verdict: Verdict) -> str:
    """Return whether ours is enough, in words."""
    word = "enough" if verdict.is_enough else "NOT ENOUGH"
    points = f"{100 * verdict.pair.difference:+.1f} ± {100 * verdict.pair.error:.1f} points"
    return (
        f"{word}: {verdict.ours} {points} to the {verdict.asked}, at least {100 * verdict.least:+.0f} wanted"
    )


def instead_line(found: pl.DataFrame) -> str:
    """Return what ours found in place of the transits that it does not recover, in words."""
    counts = found_instead(found.filter(pl.col("search") == SEARCH))
    listed = ", ".join(f"{name} {count}" for name, count in counts.most_common())
    return f"found instead of the period, as a part of it: {listed or 'nothing'}"


def markdown(cells: Mapping[str, Cell], found: pl.DataFrame, peers: Sequence[str]) -> str:
    """Return all tables as Markdown."""
    parts = ["# Recovered transits, %", ""]
    for name in found["cell"].unique(maintain_order=True):
        of_cell = found.filter(pl.col("cell") == name)
        parts += [f"## {cells[name].title}: {of_cell['number'].n_unique()} injections", ""]
        parts += ["| " + " | ".join(_HEADER) + " |", "|" + " --- |" * len(_HEADER)]
        parts += ["| " + " | ".join(row) + " |" for row in table(of_cell, peers)]
        parts += [
            "",
            *(f"- {verdict_line(verdict)}" for verdict in verdicts(cells[name], of_cell, peers)),
            "",
        ]
    return "\n".join(parts)


def figure(cells: Mapping[str, Cell], found: pl.DataFrame, path: Path) -> None:
    """Draw the recovered fraction against the signal-to-noise ratio, a panel a cell."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    names = found["cell"].unique(maintain_order=True).to_list()
    columns = min(3, len(names))
    rows = -(-len(names) // columns)
    drawing, axes = plt.subplots(
        rows, columns, figsize=(4.6 * columns, 3.3 * rows), layout="constrained", squeeze=False
    )
    for axis in axes.flat[len(names) :]:
        axis.remove()
    for axis, name in zip(axes.flat, names, strict=False):
        of_cell = found.filter(pl.col("cell") == name)
        edges = np.linspace(*cells[name].ratios, 6)
        searches = of_cell["search"].unique(maintain_order=True).to_list()
        for place, search in enumerate(searches):
            points = by_ratio(of_cell.filter(pl.col("search") == search), edges.tolist())
            middle = points["ratio"] + (place - 0.5 * (len(searches) - 1)) * 0.02 * (edges[-1] - edges[0])
            first = points["first"]
            axis.errorbar(
                middle, first, [first - points["low"], points["high"] - first], marker="o", markersize=3.5,
                linewidth=1, capsize=2, label=search, color=_COLOURS.get(search, "C4"),
            )  # fmt: skip
        axis.set(
            title=f"{cells[name].title} ({of_cell['number'].n_unique()})", ylim=(0, 1.03),
            xlabel="signal-to-noise ratio injected", ylabel="recovered fraction",
        )  # fmt: skip
        axis.title.set_fontsize(9)
        axis.grid(alpha=0.3)
    axes.flat[0].legend(fontsize=8, loc="lower right")
    drawing.savefig(path, dpi=110)
    plt.close(drawing)
