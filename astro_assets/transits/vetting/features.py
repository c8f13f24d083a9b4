"""All measures of candidates, for many at once.

What each measure is lives in the other modules; which of them make a row, in which units, is said here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from astro_assets.transits.search.binning import binned
from astro_assets.transits.search.boxes import Box
from astro_assets.transits.search.engine import Curve, Floats
from astro_assets.transits.search.periods import transit_duration_days
from astro_assets.transits.vetting.centroids import Centroids, CentroidShift, centroid_shift
from astro_assets.transits.vetting.coverage import Calendar, Coverage, calendar_of, coverage_of, near_transits
from astro_assets.transits.vetting.events import event_statistics, events_of
from astro_assets.transits.vetting.folds import Folds, divided, fold
from astro_assets.transits.vetting.model_shift import model_shift
from astro_assets.transits.vetting.red_noise import red_noise_out_of_transit
from astro_assets.transits.vetting.shape import shape_of
from astro_assets.transits.vetting.sine_waves import SineWaves, sine_waves
from astro_assets.transits.vetting.stellar_density import duration_over_star

_PPM: Final = 1e6
#: Candidates are measured together up to so many samples of their stars, which takes some 100 MB.
_MOST_SAMPLES: Final = 1_000_000
#: What is everywhere in the fold is measured in bins of a quarter of an hour.
_BIN_DAYS: Final = 15 / 1440


@dataclass(frozen=True, slots=True)
class Examined:
    """A candidate and what its star did.

    Parameters
    ----------
    box
        Its ephemeris.
    star
        All of the detrended light curve: what was observed.
    curve
        The same without the transits of the star's stronger candidates.
    undetrended
        The samples of ``curve`` with their trend.
    centroids
        Motion of the light, without these transits as well, of each segment whose file tells.
    density_sun
        Mean density of the star in units of the Sun's; NaN where unknown.
    """

    box: Box
    star: Curve
    curve: Curve
    undetrended: Curve
    centroids: Sequence[Centroids]
    density_sun: float = np.nan


def transit_features(candidates: Iterable[Examined]) -> list[dict[str, Any]]:
    """Measure candidates.

    Parameters
    ----------
    candidates
        Any number m of them, of any stars, taken as they are needed. The measures of one do not depend on the
        others.

    Returns
    -------
    list of dict
        For each the columns of ``transits/transit_features`` that are measured; NaN where data lack.
    """
    return [row for some in _portions(candidates) for row in _measured(some)]


def _portions(candidates: Iterable[Examined]) -> Iterator[list[Examined]]:
    """Divide candidates, so that memory is bounded."""
    portion: list[Examined] = []
    size = 0
    for one in candidates:
        if portion and size + one.star.time.size > _MOST_SAMPLES:
            yield portion
            portion, size = [], 0
        portion.append(one)
        size += one.star.time.size
    if portion:
        yield portion


def _measured(candidates: Sequence[Examined]) -> list[dict[str, Any]]:
    boxes = [one.box for one in candidates]
    cadence = np.array([one.star.cadence_days for one in candidates])
    observed = fold([near_transits(one.star, one.box) for one in candidates], boxes)
    near = fold([near_transits(one.curve, one.box) for one in candidates], boxes)
    calendar = calendar_of([one.star for one in candidates], boxes)
    phases = fold([_in_bins(one.curve, one.box) for one in candidates], boxes)
    noise = np.array([red_noise_out_of_transit(one.curve, one.box) for one in candidates])
    waves = sine_waves(fold([binned(one.undetrended, _BIN_DAYS) for one in candidates], boxes))
    moved = centroid_shift([one.centroids for one in candidates], boxes)
    columns = _of_events(near, calendar, coverage_of(observed, calendar, cadence), cadence, noise)
    depth = columns["mean_depth_ppm"] / _PPM
    density = np.array([one.density_sun for one in candidates])
    columns |= _of_the_fold(near, phases, noise, density)
    columns |= _of_sines(waves, depth) | _of_light(moved, depth)
    rows = zip(*(values.tolist() for values in columns.values()), strict=True)
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _in_bins(curve: Curve, box: Box) -> Curve:
    """Average samples in bins much shorter than the transit: an edge is off by a sixteenth of it at most."""
    return binned(curve, min(_BIN_DAYS, box.duration / 8))


def _of_events(
    folds: Folds, calendar: Calendar, coverage: Coverage, cadence: Floats, noise: Floats
) -> dict[str, Any]:
    events = events_of(folds, calendar, cadence)
    single = event_statistics(events, noise)
    multiple = single.depth / single.error
    return {
        "mean_depth_ppm": _PPM * single.depth,
        "mean_depth_err_ppm": _PPM * single.error,
        "multiple_event_statistic": multiple,
        "red_noise": noise,
        "n_transits_expected": calendar.count,
        "n_transits_measured": events.count(),
        "transit_coverage": coverage.covered,
        "near_gap_fraction": coverage.near_gap,
        "mean_over_median_depth": single.mean_over_median,
        "largest_single_event": single.largest_single,
        "largest_over_multiple": single.largest_over_multiple,
        "event_chi_square": single.chi_square,
        "chi": divided(multiple, np.sqrt(single.chi_square)),
        "events_odd_even_sigma": single.odd_even_sigma,
        "step_sigma": single.step_sigma,
        "step_chi_square": single.step_chi_square,
    }


def _of_the_fold(near: Folds, phases: Folds, noise: Floats, density: Floats) -> dict[str, Floats]:
    shape, shift = shape_of(near, noise), model_shift(phases)
    over_solar = near.duration / transit_duration_days(near.period)
    # In phase noise is at least that of single boxes: what repeats at the period adds to it.
    in_phase = np.fmax(np.fmax(shift.red_noise, noise), 1.0)
    depth, brightening = shift.primary_depth, np.maximum(shift.positive, 0.0)
    primary = np.where(shift.primary > 0, shift.primary, np.nan)
    return {
        "bottom_over_mean_depth": shape.bottom_over_mean,
        "asymmetry_sigma": shape.asymmetry_sigma,
        "duration_over_solar": over_solar,
        "star_density_sun": density,
        "duration_over_star": duration_over_star(over_solar, density),
        "duty_cycle": near.duration / near.period,
        "phase_noise": in_phase,
        "primary_beyond_noise": shift.primary / in_phase - shift.unlikely,
        "primary_beyond_tertiary": shift.primary - shift.tertiary - shift.unlikely_once,
        "primary_beyond_positive": shift.primary - shift.positive - shift.unlikely_once,
        "secondary_beyond_noise": shift.secondary / in_phase - shift.unlikely,
        "secondary_beyond_tertiary": shift.secondary - shift.tertiary - shift.unlikely_once,
        "secondary_beyond_positive": shift.secondary - shift.positive - shift.unlikely_once,
        "weak_secondary_phase": shift.secondary_phase,
        "weak_secondary_over_depth": divided(shift.secondary_depth, depth),
        "weak_secondary_sigma": shift.secondary / in_phase,
        "half_period_sigma": shift.half_depth / (shift.half_err * in_phase),
        "half_period_unlike_sigma": (depth - shift.half_depth)
        / (np.hypot(shift.primary_err, shift.half_err) * in_phase),
        "brightening_over_dip": brightening / (brightening + primary),
    }


def _of_sines(waves: SineWaves, depth: Floats) -> dict[str, Floats]:
    half, same, twice = waves.sigma
    return {
        "sine_half_period_sigma": half,
        "sine_period_sigma": same,
        "sine_twice_period_sigma": twice,
        "sine_over_depth": divided(waves.clearest, depth),
    }


def _of_light(moved: CentroidShift, depth: Floats) -> dict[str, Floats]:
    return {
        "centroid_shift_pixels": moved.pixels,
        "centroid_shift_sigma": moved.sigma,
        "source_offset_pixels": moved.pixels * (divided(np.ones(depth.size), depth) - 1),
    }
