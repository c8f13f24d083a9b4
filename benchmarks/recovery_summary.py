"""Recovered fractions of each search with binomial errors, pairs lost and gained, and whether ours is enough.

From a table of one line an injection and search to what is printed and drawn; nothing is searched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl
from injection_cells import Cell
from injections import Injection
from our_searches import NEAR, SEARCH, SPECTRUM
from peer_searches import Answer
from scipy.stats import binomtest

from astro_assets.transits.search.harmonics import RATIOS

#: Ours may recover so much less than the best of the others.
MOST_BELOW_BEST: Final = 0.01
#: In red noise that is not taken off, ours must recover so much more than TLS.
LEAST_ABOVE_TLS: Final = 0.05
TLS: Final = "tls"


def lines(
    cell: Cell,
    search: str,
    injections: Sequence[Injection],
    answers: Sequence[Answer],
    exact: Sequence[float],
) -> pl.DataFrame:
    """Return a line an injection of what one search answered.

    Parameters
    ----------
    exact
        What the highest power could be at the true period, by injection; NaN where that is another quantity.
    """
    pairs = list(zip(injections, answers, strict=True))
    return pl.DataFrame(
        {
            "cell": [cell.name] * len(injections),
            "search": [search] * len(injections),
            "number": [one.number for one in injections],
            "ratio": [one.ratio for one in injections],
            "period_days": [one.period for one in injections],
            "duration_days": [one.duration for one in injections],
            "baseline_days": [one.curve.baseline_days for one in injections],
            "found_days": [answer.periods[0] for answer in answers],
            "is_first": [
                one.is_right(answer.periods[0]) for one, answer in zip(injections, answers, strict=True)
            ],
            "is_among_five": [any(map(one.is_right, answer.periods)) for one, answer in pairs],
            "power": [answer.power for answer in answers],
            "kept": [answer.at_truth / best for answer, best in zip(answers, exact, strict=True)],
            "seconds": [answer.seconds for answer in answers],
        }
    )


@dataclass(frozen=True)
class Pair:
    """Injections that one of two searches recovers and the other does not.

    Parameters
    ----------
    lost, gained
        Recovered by the other alone, by ours alone.
    size
        All injections.
    """

    lost: int
    gained: int
    size: int

    @property
    def difference(self) -> float:
        """Ours less the other, as a fraction."""
        return (self.gained - self.lost) / self.size

    @property
    def error(self) -> float:
        """Standard deviation of the difference."""
        return (
            float(np.sqrt(self.lost + self.gained - (self.gained - self.lost) ** 2 / self.size)) / self.size
        )

    @property
    def probability(self) -> float:
        """Of so unequal a split, or one more so, by chance: McNemar's exact test."""
        n = self.lost + self.gained
        return float(binomtest(self.lost, n, 0.5).pvalue) if n else 1.0

    def __str__(self) -> str:
        return (
            f"{100 * self.difference:+.1f} ± {100 * self.error:.1f} "
            f"(-{self.lost} +{self.gained}, p {self.probability:.2g})"
        )


def paired(found: pl.DataFrame, ours: str, other: str) -> Pair:
    """Compare two searches of the same injections."""
    both = found.filter(pl.col("search") == ours).join(
        found.filter(pl.col("search") == other), on=["cell", "number"], suffix="_other", validate="1:1"
    )
    mine, theirs = both["is_first"], both["is_first_other"]
    return Pair(int((~mine & theirs).sum()), int((mine & ~theirs).sum()), both.height)


def summary(found: pl.DataFrame) -> pl.DataFrame:
    """Return a line a search of one cell: fractions, their errors, means of what is kept and of the time."""
    rate = pl.col("is_first").mean()
    return found.group_by("search", maintain_order=True).agg(
        pl.len().alias("size"),
        rate.alias("first"),
        (rate * (1 - rate) / pl.len()).sqrt().alias("first_err"),
        pl.col("is_among_five").mean().alias("among_five"),
        pl.col("kept").mean(),
        pl.col("seconds").median(),
    )


@dataclass(frozen=True)
class Verdict:
    """Whether one of ours recovers enough of a cell: which, what was asked, by how much it is passed."""

    ours: str
    asked: str
    pair: Pair
    least: float

    @property
    def is_enough(self) -> bool:
        """Whether the difference is at least what is asked."""
        return self.pair.difference >= self.least


def verdicts(cell: Cell, found: pl.DataFrame, peers: Sequence[str]) -> list[Verdict]:
    """Judge the search of a run, and the spectrum alone, whose speed is compared, by a cell."""
    asked = []
    for ours in (NEAR,) if cell.near is not None else (SEARCH, SPECTRUM):
        pairs = {peer: paired(found, ours, peer) for peer in peers}
        best = min(pairs, key=lambda peer: pairs[peer].difference)
        asked.append(Verdict(ours, f"best of the others ({best})", pairs[best], -MOST_BELOW_BEST))
        if cell.noise is not None and cell.noise > 0.5 and not cell.is_detrended:
            asked.append(Verdict(ours, "TLS in red noise", pairs[TLS], LEAST_ABOVE_TLS))
    return asked


def found_instead(found: pl.DataFrame) -> Counter[str]:
    """Count what one search found where it is wrong: found period over the true one, or another."""
    counts: Counter[str] = Counter()
    for line in found.filter(~pl.col("is_first")).iter_rows(named=True):
        over = line["found_days"] / line["period_days"]
        apart = line["duration_days"] / line["baseline_days"]
        names = (str(ratio) for ratio in RATIOS if abs(over / float(ratio) - 1) < apart)
        counts[next(names, "another period")] += 1
    return counts


def by_ratio(found: pl.DataFrame, edges: Sequence[float]) -> pl.DataFrame:
    """Return recovered fractions of one search by signal-to-noise ratio, with 68 % Wilson intervals."""
    rows = []
    for low, high in pairwise(edges):
        hits = found.filter((pl.col("ratio") >= low) & (pl.col("ratio") < high))["is_first"]
        if not hits.len():
            continue
        interval = binomtest(int(hits.sum()), hits.len()).proportion_ci(0.683, method="wilson")
        rows.append((0.5 * (low + high), float(hits.mean()), interval.low, interval.high))  # type: ignore[arg-type]
    return pl.DataFrame(rows, ["ratio", "first", "low", "high"], orient="row")
