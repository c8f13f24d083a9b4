"""Whether a candidate is a signal that a catalogue lists: by period, harmonics counted, and by epoch.

Two ephemerides are compared; which catalogue knows which star is somebody else's business.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

#: Candidate's period over the listed one. A box search takes half the period of a binary with equal eclipses
#: and twice or thrice that of a planet whose transits are partly in gaps.
RATIOS: Final = (Fraction(1), Fraction(1, 2), Fraction(2), Fraction(1, 3), Fraction(3))
#: What is read of a candidate, and of a known signal.
CANDIDATE_COLUMNS: Final = (
    "target_id", "period_days", "period_uncertainty_days", "epoch_btjd", "epoch_uncertainty_days",
    "duration_hours", "baseline_days",
)  # fmt: skip
SIGNAL_COLUMNS: Final = (
    "catalog", "entry", "star", "disposition", "period_days", "period_uncertainty_days", "epoch_btjd",
    "epoch_uncertainty_days", "duration_hours", "secondary_phase",
)  # fmt: skip
#: Of several dispositions of one signal the first counts: what is known for sure before what is supposed.
PRECEDENCE: Final = (
    "confirmed_planet",
    "eclipsing_binary",
    "false_positive",
    "false_alarm",
    "candidate",
    "unknown",
)
#: Catalogues whose judgements are those of their day; one that is kept up to date counts before them.
_HISTORIC: Final = frozenset({"dr24_tce"})
_NO_MATCH: Final[Mapping[str, Any]] = dict.fromkeys(
    (
        "label",
        "signal_catalog",
        "signal_entry",
        "signal_star",
        "period_ratio",
        "period_offset_days",
        "period_tolerance_days",
        "epoch_offset_days",
        "epoch_tolerance_days",
        "is_epoch_decisive",
        "is_at_secondary",
    )
)


class LabelSettings(BaseModel):
    """How close two ephemerides are that belong to one signal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n_sigma: float = Field(
        3.0, ge=1, le=10, description="Stated uncertainties by which periods and epochs may differ."
    )
    largest_period_difference: float = Field(
        0.01, gt=0, le=0.05, description="Largest relative difference of periods, whatever the uncertainties."
    )


@dataclass(frozen=True, slots=True)
class Ephemeris:
    """When something recurs; NaN where a number is not known. All in days.

    Attributes
    ----------
    secondary_phase
        Phase of a secondary eclipse.
    """

    period: float
    period_err: float = math.nan
    epoch: float = math.nan
    epoch_err: float = math.nan
    duration: float = math.nan
    secondary_phase: float = math.nan


@dataclass(frozen=True, slots=True)
class Match:
    """How a candidate agrees with a listed signal.

    Attributes
    ----------
    ratio
        Candidate's period over the listed one, of :data:`RATIOS`.
    period_offset, period_tolerance
        Candidate's period less ``ratio`` times the listed one, and how large it may be. Days.
    epoch_offset, epoch_tolerance
        Candidate's epoch less that of the nearest listed transit, and how large it may be. Days; NaN where
        none is listed.
    is_epoch_decisive
        Whether the epochs could have disagreed: False where none is listed, or where the listed ephemeris is
        known no better than to a quarter of the period by then.
    is_at_secondary
        Whether the candidate's transits are the listed secondary eclipses.
    """

    ratio: Fraction
    period_offset: float
    period_tolerance: float
    epoch_offset: float
    epoch_tolerance: float
    is_epoch_decisive: bool
    is_at_secondary: bool


def match(candidate: Ephemeris, baseline: float, known: Ephemeris, settings: LabelSettings) -> Match | None:
    """Compare a candidate with a listed signal.

    Periods agree where they differ by less than their uncertainties allow, or by less than makes the transits
    drift by one duration over the data. Epochs agree where transits half overlap, with the uncertainty of the
    listed ephemeris carried to the candidate's epoch; a period listed without uncertainty is given the
    candidate's own, and where that is unknown too, the tolerance of the periods. They are compared on the
    shorter of both periods, so that a harmonic meets every transit.

    Parameters
    ----------
    candidate, known
        The candidate's ephemeris, and the listed one.
    baseline
        Days from the first to the last of the candidate's data.

    Returns
    -------
    Match or None
        None where they disagree.
    """
    durations = [value for value in (candidate.duration, known.duration) if math.isfinite(value)]
    duration = max(durations, default=0.0)
    for ratio in RATIOS:
        factor = float(ratio)
        offset = candidate.period - factor * known.period
        stated = settings.n_sigma * _root_sum(candidate.period_err, factor * known.period_err)
        drift = duration * candidate.period / max(baseline, candidate.period)
        tolerance = min(max(stated, drift), settings.largest_period_difference * candidate.period)
        if abs(offset) <= tolerance:
            return _compare_epochs(candidate, known, ratio, (offset, tolerance), duration, settings)
    return None


def labelled(
    candidate: Mapping[str, Any], signals: Sequence[Mapping[str, Any]], settings: LabelSettings
) -> dict[str, Any]:
    """Find which of a target's known signals a candidate is.

    Of several the nearest ratio counts first (as in :data:`RATIOS`), then an epoch that could have disagreed,
    then any judgement before none, then a catalogue that is kept up to date before the training labels of
    DR24, then :data:`PRECEDENCE`, then the closest epoch, then the name.

    Parameters
    ----------
    candidate
        :data:`CANDIDATE_COLUMNS` of it.
    signals
        :data:`SIGNAL_COLUMNS` of each known signal; those without a period match nothing.

    Returns
    -------
    dict
        The columns of ``labelled_candidates`` that are about the match.
    """
    own, baseline = _ephemeris(candidate), candidate["baseline_days"]
    with_period = [signal for signal in signals if signal["period_days"] is not None]
    compared = [(match(own, baseline, _ephemeris(signal), settings), signal) for signal in with_period]
    found = [(agreement, signal) for agreement, signal in compared if agreement is not None]
    counts = {
        "matching_labels": sorted({signal["disposition"] for _, signal in found}, key=PRECEDENCE.index),
        "n_matching_signals": len(found),
        "n_known_signals": len(signals),
    }
    if not found:
        return {**_NO_MATCH, **counts}
    best, signal = min(found, key=lambda pair: _order(*pair))
    return {
        "label": signal["disposition"],
        "signal_catalog": signal["catalog"],
        "signal_entry": signal["entry"],
        "signal_star": signal["star"],
        "period_ratio": str(best.ratio),
        "period_offset_days": best.period_offset,
        "period_tolerance_days": best.period_tolerance,
        "epoch_offset_days": best.epoch_offset,
        "epoch_tolerance_days": best.epoch_tolerance,
        "is_epoch_decisive": best.is_epoch_decisive,
        "is_at_secondary": best.is_at_secondary,
        **counts,
    }


def _order(found: Match, signal: Mapping[str, Any]) -> tuple[Any, ...]:
    distance = abs(found.epoch_offset) if math.isfinite(found.epoch_offset) else math.inf
    return (
        RATIOS.index(found.ratio),
        not found.is_epoch_decisive,
        signal["disposition"] == "unknown",
        signal["catalog"] in _HISTORIC,
        PRECEDENCE.index(signal["disposition"]),
        distance,
        signal["catalog"],
        signal["entry"],
    )


def _ephemeris(row: Mapping[str, Any]) -> Ephemeris:
    """Return the ephemeris of a row, its duration in days."""

    def number(name: str) -> float:
        value = row.get(name)
        return math.nan if value is None else float(value)

    return Ephemeris(
        number("period_days"),
        number("period_uncertainty_days"),
        number("epoch_btjd"),
        number("epoch_uncertainty_days"),
        number("duration_hours") / 24,
        number("secondary_phase"),
    )


def _compare_epochs(
    candidate: Ephemeris,
    known: Ephemeris,
    ratio: Fraction,
    period: tuple[float, float],
    duration: float,
    settings: LabelSettings,
) -> Match | None:
    if not math.isfinite(known.epoch):
        return Match(ratio, *period, math.nan, math.nan, is_epoch_decisive=False, is_at_secondary=False)
    factor = min(float(ratio), 1.0)
    shorter = factor * known.period
    cycles = round((candidate.epoch - known.epoch) / shorter)
    errors = (known.period_err, candidate.period_err / float(ratio), period[1] / float(ratio))
    carried = abs(cycles) * factor * next(error for error in errors if math.isfinite(error))
    tolerance = duration / 2 + settings.n_sigma * _root_sum(candidate.epoch_err, known.epoch_err, carried)
    is_decisive = tolerance < shorter / 4
    offset = _offset(candidate.epoch, known.epoch, shorter)
    if not is_decisive or abs(offset) <= tolerance:
        return Match(ratio, *period, offset, tolerance, is_decisive, is_at_secondary=False)
    if math.isfinite(known.secondary_phase):
        secondary = known.epoch + known.secondary_phase * known.period
        offset = _offset(candidate.epoch, secondary, shorter)
        if abs(offset) <= tolerance:
            return Match(ratio, *period, offset, tolerance, is_decisive, is_at_secondary=True)
    return None


def _offset(epoch: float, other: float, period: float) -> float:
    """Return an epoch less the nearest of another's repetitions."""
    return math.remainder(epoch - other, period)


def _root_sum(*errors: float) -> float:
    """Add uncertainties that are known in quadrature."""
    return math.hypot(*(error for error in errors if math.isfinite(error)))
