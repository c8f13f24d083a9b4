"""Which events belong together: stars, and stars that share an ephemeris."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.scorer.examples import Examples

#: The list of planets that were put into real light curves.
INJECTED: Final = "injected"
#: Periods agree to so many parts, epochs to so much of a duration: a binary in its neighbours' light.
_PERIOD_PARTS = 2e-4
_EPOCH_DURATIONS = 0.25


def shared_ephemerides(examples: Examples) -> Iterator[tuple[str, str]]:
    """Yield pairs of stars whose eclipses keep step: one of them may be in the other's light.

    Coughlin et al. (2014, AJ 147, 119) find such pairs over degrees. Depths are not compared: the
    neighbour's is diluted. The test is to err on the side of joining. A planet that was put in is in no
    other star's light: of so many, chance alone would join the stars of a survey to one.
    """
    period, epoch, duration = examples.ephemerides.T
    is_real = np.array(examples.provenance["listed_in"]) != INJECTED
    is_known = np.isfinite(examples.ephemerides).all(axis=1)
    known = np.flatnonzero(is_known & is_real & examples.is_eclipse)
    order = known[np.argsort(period[known])]
    for i, first in enumerate(order):
        for second in order[i + 1 :]:
            if period[second] - period[first] > _PERIOD_PARTS * period[first]:
                break
            if examples.stars[first] == examples.stars[second]:
                continue
            apart = np.remainder(epoch[second] - epoch[first], period[first])
            if min(apart, period[first] - apart) < _EPOCH_DURATIONS * min(duration[first], duration[second]):
                yield examples.stars[first], examples.stars[second]


def rows_by_star(stars: tuple[str, ...], rows: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """Return the positions of each star's events among ``rows``, stars in order of their names."""
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(stars[row], []).append(int(row))
    return {star: np.array(found[star], dtype=np.int64) for star in sorted(found)}


def first_of_each_star(stars: tuple[str, ...], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the first of ``rows`` of each star, in their order: what is judged."""
    seen: set[str] = set()
    first = []
    for row in rows:
        if stars[row] not in seen:
            seen.add(stars[row])
            first.append(int(row))
    return np.array(first, dtype=np.int64)


def family(source: str) -> str:
    """Return what a source is called before its first hyphen or dot: the list that an event comes from."""
    return source.replace(".", "-").partition("-")[0]
