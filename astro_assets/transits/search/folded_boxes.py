"""What a folded curve says of a box: odd and even depths, a sinusoid's share, and what is elsewhere in phase.

Statistics of a known ephemeris live here; its transits one by one are in `boxes`, finding and fitting it are
elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.search.boxes import Box, transits_of
from astro_assets.transits.search.engine import Curve, Floats
from astro_assets.transits.search.minima import depth_constancy, take_turns, unlike_sigma


@dataclass(frozen=True, slots=True)
class TransitStatistics:
    """What the samples say about a box; see the columns of the same names in the table of candidates."""

    depth: float
    snr: float
    snr_without_strongest: float
    snr_beyond_sinusoid: float
    brightening_snr: float
    depth_constancy: float
    alternation_sigma: float
    minima_sigma: float
    n_transits: int
    n_points: int
    transit_numbers: NDArray[np.int64]
    strongest: int
    noise_factor: float
    depth_odd: float
    depth_odd_err: float
    depth_even: float
    depth_even_err: float
    secondary_depth: float
    secondary_phase: float
    secondary_snr: float

    @property
    def odd_even_sigma(self) -> float:
        """Difference of odd and even depth over its error; NaN when one is unknown."""
        return float(
            abs(self.depth_odd - self.depth_even) / np.hypot(self.depth_odd_err, self.depth_even_err)
        )

    @property
    def is_contact_binary(self) -> bool:
        """Whether two unlike minima took turns hundreds of times, each hardly changed.

        Spots move, noise does not repeat, and the minima of a pulsation are alike.
        """
        return take_turns(self.n_transits, self.depth_constancy, self.minima_sigma)


#: What the strongest brightening of pure noise reaches in a folded curve.
NOISE_BRIGHTENING_SNR: Final = 3.5


def detection_statistic(statistics: TransitStatistics) -> float:
    """Return the one number that the detection threshold cuts.

    The depth's signal-to-noise ratio, but no more than what it is without the transit that adds most (a dip
    that happened once repeats at no period) and below a sinusoid through the rest of the curve (a variable
    star; the SWEET test of Thompson et al. 2018, ApJS 235, 38), less by how much a brightening elsewhere in
    phase exceeds noise (the positive peaks of the model-shift test of Coughlin et al. 2016, ApJS 224, 12).
    What follows from the shape alone, the latter two, does not count against binaries in contact.
    """
    if statistics.is_contact_binary:
        return min(statistics.snr, statistics.snr_without_strongest)
    excess = max(0.0, statistics.brightening_snr - NOISE_BRIGHTENING_SNR)
    return min(statistics.snr, statistics.snr_without_strongest, statistics.snr_beyond_sinusoid) - excess


def measure(curve: Curve, box: Box) -> TransitStatistics:
    """Measure a box in a curve.

    Parameters
    ----------
    curve
        Detrended, stronger signals masked.
    box
        Period, epoch and duration.

    Returns
    -------
    TransitStatistics
        Depths relative; NaN where there is nothing to measure.
    """
    found = transits_of(curve, box)
    if not found.n_transits:
        return _nothing()
    weight, dips, weights, factor = curve.weight, found.dips, found.weights, found.noise_factor
    inside, outside = box.covers(curve.time), ~box.covers(curve.time, 1.5)
    sinusoid = _sinusoid_inside(curve, box, outside, inside) - found.level
    beyond = found.depth + float(np.sum(weight[inside] * sinusoid) / np.sum(weight[inside]))
    odd = found.numbers % 2 == 1
    depth_odd, depth_odd_err = _mean(dips[odd], weights[odd], factor)
    depth_even, depth_even_err = _mean(dips[~odd], weights[~odd], factor)
    alternation = unlike_sigma(dips[odd] / weights[odd], dips[~odd] / weights[~odd])
    phases, depths, snrs = _scan(curve, box, factor)
    best = int(np.argmax(snrs)) if snrs.size else -1
    nan = float("nan")
    return TransitStatistics(
        depth=found.depth,
        snr=found.snr,
        snr_without_strongest=found.snr_without_strongest,
        snr_beyond_sinusoid=beyond / found.error,
        brightening_snr=max(0.0, -float(snrs.min())) if snrs.size else 0.0,
        depth_constancy=depth_constancy(dips / weights, odd),
        alternation_sigma=alternation,
        minima_sigma=max(alternation, _minima_sigma(curve, box, found.level, dips / weights)),
        n_transits=found.n_transits,
        n_points=found.n_points,
        transit_numbers=found.numbers,
        strongest=found.strongest,
        noise_factor=factor,
        depth_odd=depth_odd,
        depth_odd_err=depth_odd_err,
        depth_even=depth_even,
        depth_even_err=depth_even_err,
        secondary_depth=float(depths[best]) if snrs.size else nan,
        secondary_phase=float(phases[best]) if snrs.size else nan,
        secondary_snr=float(snrs[best]) if snrs.size else nan,
    )


def _nothing() -> TransitStatistics:
    nan = float("nan")
    return TransitStatistics(
        depth=nan,
        snr=0.0,
        snr_without_strongest=0.0,
        snr_beyond_sinusoid=0.0,
        brightening_snr=0.0,
        depth_constancy=nan,
        alternation_sigma=0.0,
        minima_sigma=0.0,
        n_transits=0,
        n_points=0,
        transit_numbers=np.empty(0, np.int64),
        strongest=0,
        noise_factor=1.0,
        depth_odd=nan,
        depth_odd_err=nan,
        depth_even=nan,
        depth_even_err=nan,
        secondary_depth=nan,
        secondary_phase=nan,
        secondary_snr=nan,
    )


def _sinusoid_inside(curve: Curve, box: Box, outside: NDArray[np.bool_], inside: NDArray[np.bool_]) -> Floats:
    """Fit level, period and half period to the samples outside transits; its value at those inside."""
    angle = 2 * np.pi * (curve.time - box.epoch) / box.period
    terms = np.stack(
        [np.ones_like(angle), np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(2 * angle)]
    )
    weighted = terms[:, outside] * curve.weight[outside]
    # NumPy's own sums: those of a linear algebra library may depend on its threads.
    normal = np.array([np.sum(weighted * term[outside], axis=1) for term in terms])
    right = np.sum(weighted * curve.flux[outside], axis=1)
    ridge = 1e-9 * np.trace(normal) * np.eye(len(terms))
    coefficients = np.linalg.solve(normal + ridge, right)
    return np.asarray(np.sum(coefficients[:, None] * terms[:, inside], axis=0), dtype=np.float64)


def _mean(dips: Floats, weights: Floats, factor: float) -> tuple[float, float]:
    """Weighted mean depth of some transits and its standard deviation, NaN for none."""
    total = float(weights.sum())
    if not total > 0:
        return float("nan"), float("nan")
    return float(dips.sum()) / total, factor / float(np.sqrt(total))


def _minima_sigma(curve: Curve, box: Box, level: float, depths: Floats) -> float:
    """How unlike the dips are those half a period later, both below the brightness in between."""
    between = _at_phase(box, 0.25).covers(curve.time) | _at_phase(box, 0.75).covers(curve.time)
    if not between.any():
        return 0.0
    weight = curve.weight[between]
    brightness = float(np.sum(weight * curve.flux[between]) / np.sum(weight))
    return unlike_sigma(depths + brightness - level, _single_depths(curve, _at_phase(box, 0.5), brightness))


def _at_phase(box: Box, phase: float) -> Box:
    return Box(box.period, box.epoch + phase * box.period, box.duration)


def _single_depths(curve: Curve, box: Box, level: float) -> Floats:
    """Depths of the single boxes below a level, those at least half covered."""
    inside = box.covers(curve.time)
    if not inside.any():
        return np.empty(0)
    numbers = box.number(curve.time[inside])
    numbers -= numbers.min()
    weights = np.bincount(numbers, curve.weight[inside])
    dips = np.bincount(numbers, curve.weight[inside] * (level - curve.flux[inside]))
    seen = np.bincount(numbers) >= max(1.0, 0.5 * box.duration / curve.cadence_days)
    return np.asarray(dips[seen] / weights[seen], dtype=np.float64)


def _scan(curve: Curve, box: Box, factor: float) -> tuple[Floats, Floats, Floats]:
    """Depth and its signal-to-noise ratio of boxes at all phases away from the transit.

    Returns
    -------
    phases, depths, snrs : ndarray of float64, one shape
        Phases from 0 to 1 in steps of a sixth of the duration; boxes less than half filled are left out.
    """
    away = ~box.covers(curve.time, 2.0)
    offset = (curve.time[away] - box.epoch) % box.period
    order = np.argsort(offset, kind="stable")
    offset = offset[order]
    weight = curve.weight[away][order]
    flux = curve.flux[away][order]
    if offset.size < 2:
        return np.empty(0), np.empty(0), np.empty(0)
    level = float(np.median(flux))
    steps = max(int(np.ceil((box.period - 3 * box.duration) / (box.duration / 6))), 1)
    centres = np.linspace(1.5 * box.duration, box.period - 1.5 * box.duration, steps)
    low = np.searchsorted(offset, centres - 0.5 * box.duration)
    high = np.searchsorted(offset, centres + 0.5 * box.duration)
    dip_sums = np.concatenate([[0.0], np.cumsum(weight * (level - flux))])
    weight_sums = np.concatenate([[0.0], np.cumsum(weight)])
    dips, weights = dip_sums[high] - dip_sums[low], weight_sums[high] - weight_sums[low]
    filled = (high - low) >= max(1.0, 0.5 * offset.size * box.duration / box.period)
    dips, weights = dips[filled], weights[filled]
    return centres[filled] / box.period, dips / weights, dips / np.sqrt(weights) / factor
