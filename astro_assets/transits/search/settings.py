"""What can be set about a search, with units and bounds.

Only the settings live here, and the thresholds of detection that serve every table and test.
"""

from __future__ import annotations

import math
from typing import Final

from pydantic import BaseModel, ConfigDict, Field, model_validator

#: A candidate with this detection statistic is detected: that of the Kepler pipeline, for which white noise
#: gives one false alarm in a survey of 100,000 stars (Jenkins, Caldwell & Borucki 2002, ApJ 564, 495).
DETECTION_THRESHOLD: Final = 7.1
#: So is one whose peak noise alone makes, anywhere in the spectrum, in at most one star of a thousand: the
#: fewer periods are tried, and the quieter the star, the less is needed.
FALSE_ALARM_THRESHOLD: Final = 1e-3
#: Signals below this are not kept, and end a star's search.
STATISTIC_FLOOR: Final = 6.0


class SearchSettings(BaseModel):
    """Settings of the transit search."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shortest_period_days: float = Field(0.4, ge=0.2, le=50, description="Shortest trial period, days.")
    longest_period_days: float = Field(
        20.0, ge=1, le=1000, description="Longest trial period, days; half the baseline where that is less."
    )
    shortest_duration_factor: float = Field(
        0.25, ge=0.05, le=1, description="Shortest trial duration, in units of a central transit of the Sun."
    )
    longest_duration_factor: float = Field(
        1.8, ge=1, le=4, description="Longest trial duration, in units of a central transit of the Sun."
    )
    bin_minutes: float = Field(
        15.0,
        ge=0.1,
        le=60,
        description="Shorter cadences are summed in bins of this for the spectrum, minutes.",
    )
    n_peaks: int = Field(
        10, ge=1, le=50, description="Peaks of each periodogram that are compared by their evidence."
    )
    max_signals: int = Field(5, ge=1, le=20, description="Most signals searched for in one star.")
    min_transits: int = Field(2, ge=2, le=20, description="Fewest observed transits of a signal.")
    mask_durations: float = Field(
        1.5, ge=1, le=5, description="Width masked around a found signal's transits, in durations."
    )
    statistic_floor: float = Field(
        STATISTIC_FLOOR, ge=3, le=100, description="Smallest detection statistic of a signal that is kept."
    )
    detection_threshold: float = Field(
        DETECTION_THRESHOLD,
        ge=3,
        le=100,
        description="Detection statistic from which a candidate is detected.",
    )
    false_alarm_threshold: float = Field(
        FALSE_ALARM_THRESHOLD,
        gt=0,
        le=1,
        description="False-alarm probability up to which a candidate that is kept is detected.",
    )

    @model_validator(mode="after")
    def _ordered(self) -> SearchSettings:
        if self.shortest_period_days >= self.longest_period_days:
            raise ValueError("shortest_period_days must be below longest_period_days")
        return self

    def detects(self, statistic: float, log10_false_alarm: float) -> bool:
        """Whether a candidate is detected: one of its two numbers is enough."""
        return statistic >= self.detection_threshold or log10_false_alarm <= math.log10(
            self.false_alarm_threshold
        )

    @property
    def period_range(self) -> tuple[float, float]:
        """Shortest and longest trial period, days."""
        return self.shortest_period_days, self.longest_period_days

    @property
    def duration_factors(self) -> tuple[float, float]:
        """Shortest and longest trial duration, in units of a central transit of the Sun."""
        return self.shortest_duration_factor, self.longest_duration_factor
