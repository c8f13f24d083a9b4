"""What a folded curve says of a box: odd and even depths, a sinusoid's share, and what is elsewhere in phase.

Statistics of a known ephemeris live here; its transits one by one are in `boxes`, finding and fitting it are
elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from astro_assets.transits.search.alternation import alternation_of
from astro_assets.transits.search.boxes import Box, Transits, transits_of
from astro_assets.transits.search.engine import Curve, Floats
from astro_assets.transits.search.minima import STEADY_TRANSITS, depth_constancy, take_turns, unlike_sigma


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
        return abs(self.depth_odd - self.depth_even) / math.hypot(self.depth_odd_err, self.depth_even_err)

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
    strength = min(statistics.snr, statistics.snr_without_strongest)
    if statistics.is_contact_binary:
        return strength
    return _of_shape(strength, statistics.snr_beyond_sinusoid, statistics.brightening_snr)


def _of_shape(strength: float, beyond_sinusoid: float, brightening: float) -> float:
    return min(strength, beyond_sinusoid) - max(0.0, brightening - NOISE_BRIGHTENING_SNR)


def significance(curve: Curve, box: Box, transits: Transits) -> float:
    """Return the detection statistic of a box, at least one transit; no more is measured than it takes."""
    if transits.n_transits >= STEADY_TRANSITS:
        return detection_statistic(measure(curve, box, transits))
    brightening, *_ = _extremes(curve, box, transits.noise_factor)
    return _of_shape(transits.strength, _snr_beyond_sinusoid(curve, box, transits), brightening)


def measure(curve: Curve, box: Box, transits: Transits | None = None) -> TransitStatistics:
    """Measure a box in a curve.

    Parameters
    ----------
    curve
        Detrended, stronger signals masked.
    box
        Period, epoch and duration.
    transits
        Those of the box, where they are known.

    Returns
    -------
    TransitStatistics
        Depths relative; NaN where there is nothing to measure.
    """
    found = transits or transits_of(curve, box)
    if not found.n_transits:
        return _nothing()
    dips, weights, factor = found.dips, found.weights, found.noise_factor
    turns = alternation_of(found)
    brightening, secondary_depth, secondary_phase, secondary_snr = _extremes(curve, box, factor)
    return TransitStatistics(
        depth=found.depth,
        snr=found.snr,
        snr_without_strongest=found.snr_without_strongest,
        snr_beyond_sinusoid=_snr_beyond_sinusoid(curve, box, found),
        brightening_snr=brightening,
        depth_constancy=depth_constancy(dips / weights, found.numbers % 2 == 1),
        alternation_sigma=turns.unlike_sigma,
        minima_sigma=max(turns.unlike_sigma, _minima_sigma(curve, box, found.level, dips / weights)),
        n_transits=found.n_transits,
        n_points=found.n_points,
        noise_factor=factor,
        depth_odd=turns.depth_odd,
        depth_odd_err=turns.depth_odd_err,
        depth_even=turns.depth_even,
        depth_even_err=turns.depth_even_err,
        secondary_depth=secondary_depth,
        secondary_phase=secondary_phase,
        secondary_snr=secondary_snr,
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
        noise_factor=1.0,
        depth_odd=nan,
        depth_odd_err=nan,
        depth_even=nan,
        depth_even_err=nan,
        secondary_depth=nan,
        secondary_phase=nan,
        secondary_snr=nan,
    )


def _snr_beyond_sinusoid(curve: Curve, box: Box, transits: Transits) -> float:
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.search.phase_loops import sinusoid_in_transit

    sinusoid = sinusoid_in_transit(curve.time, curve.flux, curve.weight, box.period, box.epoch, box.duration)
    return (transits.depth + sinusoid - transits.level) / transits.error


def _minima_sigma(curve: Curve, box: Box, level: float, depths: Floats) -> float:
    """How unlike the dips are those half a period later, both below the brightness in between."""
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.search.transit_loops import mean_between, transit_sums

    samples = (curve.time, curve.flux, curve.weight)
    brightness = mean_between(*samples, box.period, box.epoch, box.duration)
    if not np.isfinite(brightness):
        return 0.0
    _, excess, weights, counts, _ = transit_sums(
        *samples, box.period, box.epoch + 0.5 * box.period, box.duration
    )
    seen = counts >= max(1.0, 0.5 * box.duration / curve.cadence_days)
    second = brightness - 1 - excess[seen] / weights[seen]
    return unlike_sigma(depths + brightness - level, second)


def _extremes(curve: Curve, box: Box, factor: float) -> tuple[float, float, float, float]:
    """Brightening, and depth, phase and ratio of the deepest dip, away from the transit."""
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.search.phase_loops import phase_extremes

    samples = curve.time, curve.flux, curve.weight
    brightening, depth, phase, snr = phase_extremes(*samples, box.period, box.epoch, box.duration, factor)
    return brightening, depth, phase, snr
