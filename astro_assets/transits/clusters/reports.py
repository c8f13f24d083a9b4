"""What clusters tell of all candidates: whether their mixture has changed, what a gate would have cost."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import polars as pl

#: Counts as candidates that are not there, where a cluster is empty.
_NONE: Final = 0.5
#: Labels that are asked for, and what they are called.
_KNOWN: Final = {"confirmed_planet": "planets", "eclipsing_binary": "binaries"}


def population_stability(then: Mapping[str, int], now: Mapping[str, int]) -> float:
    """Return the population stability index of two counts by cluster: 0 for equal shares.

    Above 0.1 a population is said to have changed, above 0.25 much (Siddiqi 2006).

    Parameters
    ----------
    then, now
        Candidates by cluster; what one of them lacks counts as half a candidate.
    """
    names = sorted(then.keys() | now.keys())
    shares = []
    for counts in (then, now):
        filled = [counts.get(name, 0) or _NONE for name in names]
        shares.append([count / sum(filled) for count in filled])
    return math.fsum((q - p) * math.log(q / p) for p, q in zip(*shares, strict=True))


def cost_of_gating(rows: pl.DataFrame) -> str | None:
    """Tell which known planets and binaries would be lost if clusters were a gate, as Markdown.

    Parameters
    ----------
    rows
        A candidate each: ``name`` of its cluster and ``label``, null where it is nothing known.

    Returns
    -------
    str or None
        A table of the clusters; None where there are no candidates.
    """
    if rows.is_empty():
        return None
    counts = rows.group_by("name").agg(
        pl.len().alias("n"), *((pl.col("label") == label).sum().alias(label) for label in _KNOWN)
    )
    counts = counts.sort("n", "name", descending=[True, False])
    totals = {label: int(counts[label].sum()) for label in _KNOWN}
    heads = ["cluster", "candidates"]
    for kind in _KNOWN.values():
        heads += [f"known {kind}", f"recall of {kind}, this cluster alone", f"recall of {kind} without it"]
    lines = [heads, ["---"] * len(heads)]
    for row in counts.iter_rows(named=True):
        cells = [row["name"], str(row["n"])]
        for label, total in totals.items():
            here = row[label]
            cells += [str(here), _part(here, total), _part(total - here, total)]
        lines.append(cells)
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    return f"Clusters are no gate. What one would have cost of the known signals:\n\n{table}"


def _part(some: int, of_all: int) -> str:
    return f"{some / of_all:.1%}" if of_all else "none known"
