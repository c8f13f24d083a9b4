"""Our own candidates as examples: folded views brought to the geometry of all examples, measures, labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.fold import VIEWS as FOLDED
from astro_assets.transits.labels import Ephemeris, LabelSettings, match
from astro_assets.transits.scorer.classes import LABEL_SETS
from astro_assets.transits.scorer.examples import HALF_WIDTH_DURATIONS, SCALARS, SPREADS, VIEWS

Row = Mapping[str, Any]
Floats = NDArray[np.float64]
#: What the kinds of a simulation are called as labels.
_SIMULATED: Final = {
    "planet": "simulated_planet",
    "eclipsing_binary": "simulated_binary",
    "background_binary": "simulated_binary",
    "pulsator": "simulated_variability",
    "rotator": "simulated_variability",
}
#: Scalars that are columns of ``transit_features``.
MEASURES: Final = tuple(name for name, source in SCALARS.items() if source == "transit_features")


def candidate_example(
    candidate: Row,
    folded: Row | None,
    measures: Row | None,
    labelled: Row,
    truths: Sequence[Row],
    observed: Row | None,
) -> dict[str, Any]:
    """Form an example of a candidate.

    Parameters
    ----------
    candidate, folded, measures, labelled
        Its rows of ``transit_candidates``, ``folded_views``, ``transit_features``, ``labelled_candidates``.
    truths
        What was put into its star, of ``simulated_truth``; none for a real star.
    observed
        The star's row of ``detrended_light_curves``.
    """
    disposition, source = _disposition(candidate, labelled, truths)
    seen = observed or {}
    return {
        "disposition": disposition,
        "label_set": list(LABEL_SETS[disposition]) if disposition else [],
        "listed_in": source,
        "mission": seen.get("mission"),
        "segment": None,
        "cadence": None if not seen else f"{round(float(seen['cadence_s']))}",
        "period_days": candidate["period_days"],
        "epoch_btjd": candidate["epoch_btjd"],
        "duration_days": candidate["duration_hours"] / 24,
        **_views(folded, candidate),
        **_scalars(candidate, measures or {}),
    }


def _disposition(candidate: Row, labelled: Row, truths: Sequence[Row]) -> tuple[str | None, str | None]:
    """Return what a catalogue says of a candidate; of a simulated star what was put into it."""
    if labelled["label"] is not None:
        return labelled["label"], labelled["signal_catalog"]
    if not truths:
        return None, None
    own = _ephemeris(candidate, "period_uncertainty_days", "epoch_uncertainty_days")
    for kind in _SIMULATED:
        for truth in truths:
            is_it = truth["kind"] == kind and np.isfinite(truth["period_days"])
            if is_it and match(own, candidate["baseline_days"], _ephemeris(truth), LabelSettings()):
                return _SIMULATED[kind], "simulated_truth"
    return "simulated_nothing", "simulated_truth"


def _ephemeris(row: Row, period_error: str = "", epoch_error: str = "") -> Ephemeris:
    return Ephemeris(
        float(row["period_days"]),
        float(row.get(period_error, np.nan)),
        float(row["epoch_btjd"]),
        float(row.get(epoch_error, np.nan)),
        float(row["duration_hours"]) / 24,
        float(row.get("secondary_phase", np.nan)),
    )


def _views(folded: Row | None, candidate: Row) -> dict[str, NDArray[np.float32] | None]:
    found: dict[str, NDArray[np.float32] | None] = {f"{name}_view": None for name in (*VIEWS, *SPREADS)}
    if folded is None:
        return found
    arrays = folded["views"]
    in_durations = candidate["period_days"] / (candidate["duration_hours"] / 24)
    depth = 1.0
    for code, name in enumerate(FOLDED):
        rows = arrays["view"] == code
        phase, flux, spread = (arrays[key][rows].astype(np.float64) for key in ("phase", "median", "spread"))
        if name == "global":
            at = (np.arange(VIEWS[name]) + 0.5) / VIEWS[name] - 0.5
        else:
            phase = phase * in_durations
            at = ((np.arange(VIEWS[name]) + 0.5) / VIEWS[name] * 2 - 1) * HALF_WIDTH_DURATIONS
        below = _resampled(phase, flux - 1, at)
        if np.isnan(below).all():
            continue
        if name in ("global", "local"):
            # Odd, even and secondary views stay comparable with the local one.
            depth = -float(np.nanmin(below))
        if depth <= 0:
            continue
        found[f"{name}_view"] = (below / depth).astype(np.float32)
        found[f"{name}_spread_view"] = (_resampled(phase, spread, at) / depth).astype(np.float32)
    return found


def _resampled(phase: Floats, values: Floats, at: Floats) -> Floats:
    """Interpolate a view linearly to other bins; those nearest to an empty bin, or outside, are empty."""
    if phase.size == 0:
        return np.full(at.size, np.nan)
    nearest = np.clip(np.round(np.interp(at, phase, np.arange(phase.size))).astype(int), 0, phase.size - 1)
    good = np.isfinite(values)
    half_a_bin = (phase[-1] - phase[0]) / max(phase.size - 1, 1) / 2
    inside = (at >= phase[0] - half_a_bin) & (at <= phase[-1] + half_a_bin) & good[nearest]
    if not inside.any():
        return np.full(at.size, np.nan)
    return np.where(inside, np.interp(at, phase[good], values[good]), np.nan)


def _scalars(candidate: Row, measures: Row) -> dict[str, float]:
    depth, snr = candidate["depth_ppm"] / 1e6, candidate["snr"]
    period, duration = candidate["period_days"], candidate["duration_hours"] / 24
    transits = candidate["n_transits"]
    difference = (candidate["depth_even_ppm"] - candidate["depth_odd_ppm"]) / 1e6
    known = {
        "log10_depth": _log10(depth),
        "log10_period": _log10(period),
        "log10_duration": _log10(duration),
        "log10_duty_cycle": _log10(duration / period),
        "log10_snr": _log10(snr),
        "sde": candidate["sde"],
        "n_transits": float(transits),
        "odd_even_depth": difference,
        "odd_even_over_depth": difference / depth if depth > 0 else np.nan,
        "odd_even_sigma": candidate["odd_even_sigma"],
        "snr_of_one_transit": snr / np.sqrt(transits) if transits > 0 else np.nan,
        **{name: measures[name] for name in MEASURES if name in measures},
    }
    return {name: float(known.get(name, np.nan)) for name in SCALARS}


def _log10(value: float) -> float:
    return float(np.log10(value)) if value > 0 else np.nan
