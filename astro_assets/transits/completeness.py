"""How much of what is put into light curves the search finds: cells of period and radius, and intervals.

Counting lives here; what is put in is in `injection`, how it is searched in `injected_curves`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.injection import InjectionSettings, Planet, Star
from astro_assets.transits.noise import Floats
from astro_assets.transits.recovery import Found, period_ratio, recovered

#: Of the normal distribution: 68.3 % lie within one standard deviation.
_ONE_SIGMA: Final = 1.0
_EDGES: Final = ("period_days_from", "period_days_to", "radius_earth_from", "radius_earth_to")

Cells = Mapping[str, NDArray[Any]]


class UnknownTargetError(ValueError):
    """A target whose completeness is asked for is not searched; the message is one line for people."""


def asked_for(
    searched: Iterable[tuple[str, str]], targets: Iterable[str], n_injected: int, star: Star
) -> dict[str, dict[str, Any]]:
    """Return the row of ``completeness_targets`` of each thing that is searched of some targets, by its id.

    Parameters
    ----------
    searched
        Ids of all that is searched, with their targets.
    targets
        Targets, or single ids of what is searched.
    n_injected, star
        How many planets are put into each, and before which star.

    Raises
    ------
    UnknownTargetError
        If there is no such target.
    """
    known = sorted(set(searched))
    rows: dict[str, dict[str, Any]] = {}
    for target in targets:
        of_target = [(search_id, name) for search_id, name in known if target in (search_id, name)]
        if not of_target:
            raise UnknownTargetError(f"{target} is not searched: no light curve of it is selected")
        for search_id, name in of_target:
            rows[search_id] = {
                "search_id": search_id,
                "target_id": name,
                "n_injected": n_injected,
                "star_radius_sun": star.radius,
                "star_mass_sun": star.mass,
            }
    return rows


def is_recovered(
    planet: Planet, duration_days: float, baseline_days: float, candidates: Sequence[tuple[Found, float]]
) -> bool:
    """Whether a detected candidate is a planet that was put in.

    Parameters
    ----------
    planet, duration_days
        What was put in, and how long its transits take.
    baseline_days
        Days from the first to the last sample.
    candidates
        All that the search kept of the star, with their epochs, BTJD. The period of one that counts is the
        planet's, half or twice of it, as in :mod:`~astro_assets.transits.recovery`; one of its transits is at
        one of the planet's, within a duration: the star's own signals do not count.
    """
    in_time = _in_time(planet, duration_days, candidates)
    return recovered(planet.period, duration_days, baseline_days, in_time) is not None


def found_at_its_period(
    planet: Planet, duration_days: float, baseline_days: float, candidates: Sequence[tuple[Found, float]]
) -> Found | None:
    """Return the first candidate that is a planet that was put in, whether it is detected or not.

    Parameters
    ----------
    planet, duration_days, baseline_days, candidates
        As of :func:`is_recovered`, but half and twice the planet's period do not count.
    """
    return next(
        (
            found
            for found in _in_time(planet, duration_days, candidates)
            if period_ratio(found.period, planet.period, duration_days, baseline_days, [Fraction(1)])
        ),
        None,
    )


def _in_time(planet: Planet, duration_days: float, candidates: Sequence[tuple[Found, float]]) -> list[Found]:
    return [
        found
        for found, epoch in candidates
        if _apart(epoch, planet.epoch, min(found.period, planet.period)) <= duration_days
    ]


def _apart(time: float, other: float, period: float) -> float:
    """Return how far a time is from the nearest of those that are periods apart from another."""
    cycles = (time - other) / period
    return abs(cycles - math.floor(cycles + 0.5)) * period


def completeness_cells(
    planets: Sequence[Planet], found: NDArray[np.bool_], settings: InjectionSettings
) -> dict[str, NDArray[Any]]:
    """Count what was put in and found in each cell.

    Returns
    -------
    dict of str to ndarray, shape (n_periods * n_radii,)
        ``period_days_from``, ``period_days_to``, ``radius_earth_from``, ``radius_earth_to`` (float64),
        ``n_injected``, ``n_recovered`` (int32); radii follow each other within a period.
    """
    n_cells = settings.n_periods * settings.n_radii
    cells = np.array([planet.cell for planet in planets], dtype=np.int64)
    periods, radii = settings.period_edges, settings.radius_edges
    return {
        "period_days_from": np.repeat(periods[:-1], settings.n_radii),
        "period_days_to": np.repeat(periods[1:], settings.n_radii),
        "radius_earth_from": np.tile(radii[:-1], settings.n_periods),
        "radius_earth_to": np.tile(radii[1:], settings.n_periods),
        "n_injected": np.bincount(cells, minlength=n_cells).astype(np.int32),
        "n_recovered": np.bincount(cells[found], minlength=n_cells).astype(np.int32),
    }


def summed(maps: Sequence[Cells]) -> dict[str, NDArray[Any]]:
    """Add the counts of maps; those of other cells than the last one's, of older settings, are left out."""
    alike = [one for one in maps if all(np.array_equal(one[name], maps[-1][name]) for name in _EDGES)]
    total: dict[str, NDArray[Any]] = {name: maps[-1][name] for name in _EDGES}
    for name in ("n_injected", "n_recovered"):
        total[name] = np.stack([one[name] for one in alike]).sum(axis=0, dtype=np.int64)
    return total


def wilson_interval(
    n_found: NDArray[Any], n_tried: NDArray[Any], sigmas: float = _ONE_SIGMA
) -> tuple[Floats, Floats]:
    """Return the interval of a binomial share (Wilson 1927, J. Am. Stat. Assoc. 22, 209).

    Parameters
    ----------
    n_found, n_tried
        Any one shape.
    sigmas
        Standard deviations of a normal distribution that it is to cover; 1 for 68.3 %.

    Returns
    -------
    low, high : ndarray of float64
        From 0 to 1; both of these where nothing was tried.
    """
    n = np.maximum(n_tried, 1).astype(np.float64)
    share = n_found / n
    middle = share + sigmas**2 / (2 * n)
    half = sigmas * np.sqrt(share * (1 - share) / n + sigmas**2 / (4 * n * n))
    scale = 1 + sigmas**2 / n
    nothing = np.asarray(n_tried) == 0
    low = np.where(nothing, 0.0, np.clip((middle - half) / scale, 0, 1))
    return low, np.where(nothing, 1.0, np.clip((middle + half) / scale, 0, 1))
