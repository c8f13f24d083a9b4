"""Settings of simulated light curves: of the survey, of its background, and of each kind of source.

Only declarations live here. Two numbers are the least and the most of what is drawn for a source.
"""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

_Count = Annotated[int, Field(ge=1, le=20)]
_Degrees = Annotated[float, Field(ge=0, le=90)]
_Rate = Annotated[float, Field(ge=1e-5, le=1e4)]
_Ratio = Annotated[float, Field(ge=1e-5, le=10)]
_Index = Annotated[float, Field(ge=-2, le=10)]
_Column = Annotated[float, Field(ge=18, le=24)]
_Scatter = Annotated[float, Field(ge=0, le=5)]
_Slope = Annotated[float, Field(ge=0, le=3)]
_Factor = Annotated[float, Field(ge=1, le=1e5)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Hours = Annotated[float, Field(ge=0.01, le=1000)]
_Days = Annotated[float, Field(ge=0.1, le=1000)]


class SimulationSettings(BaseModel):
    """Settings of a simulated source and its light curve."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    surveys: tuple[_Count, _Count] = Field(
        (1, 4), description="Surveys of the sky that see the source, half a year from each other."
    )
    bins_per_visit: tuple[_Count, _Count] = Field(
        (1, 4), description="Bins into which each visit of some 40 s is divided."
    )
    ecliptic_latitude_deg: tuple[_Degrees, _Degrees] = Field(
        (0.0, 85.0),
        description="Distance from the ecliptic, by which the visits of a survey grow in number; places are "
        "spread evenly over the sky, degrees.",
    )
    most_bins: int = Field(
        256, ge=1, le=20_000, description="Bins of a light curve; the first ones are kept."
    )
    lost_visits: float = Field(
        0.03, ge=0, le=0.9, description="Share of the visits that saw nothing; their bins have no exposure."
    )
    mean_rate: tuple[_Rate, _Rate] = Field(
        (0.05, 5.0),
        description="Of the source in all bands where it is quiet, on axis; of disruptions, outbursts and "
        "changes of state midway between faint and bright. Spread evenly in its logarithm, counts a second.",
    )
    photon_index: tuple[_Index, _Index] = Field(
        (1.4, 3.5), description="Slope of the source's spectrum of photons."
    )
    log_column: tuple[_Column, _Column] = Field(
        (19.5, 22.0), description="Decimal logarithm of the absorbing column of hydrogen, in 1 / cm2."
    )
    background_rate: tuple[_Rate, _Rate] = Field(
        (0.003, 0.03), description="In the source's aperture, in all bands, counts a second."
    )
    background_ratio: tuple[_Ratio, _Ratio] = Field(
        (0.004, 0.02), description="Area of the source's aperture over that of the background's."
    )
    background_scatter: float = Field(
        0.15, ge=0, le=3, description="Of the background from visit to visit, in its natural logarithm."
    )
    red_noise_scatter: tuple[_Scatter, _Scatter] = Field(
        (0.4, 1.2), description="Of red noise, in the natural logarithm of the rate."
    )
    red_noise_slope: tuple[_Slope, _Slope] = Field(
        (1.0, 2.0), description="Of the power spectrum of red noise, which falls with frequency."
    )
    log_normal_scatter: tuple[_Scatter, _Scatter] = Field(
        (0.3, 1.2), description="From visit to visit, in the natural logarithm of the rate."
    )
    flare_factor: tuple[_Factor, _Factor] = Field((4.0, 60.0), description="Of the peak over the quiet rate.")
    flare_hours: tuple[_Hours, _Hours] = Field((0.5, 8.0), description="In which a flare decays, hours.")
    dip_depth: tuple[_Share, _Share] = Field((0.7, 1.0), description="Share of the light that is lost.")
    dip_hours: tuple[_Hours, _Hours] = Field((2.0, 24.0), description="Length of a dip, hours.")
    eruption_factor: tuple[_Factor, _Factor] = Field(
        (5.0, 60.0), description="Of the peaks of eruptions over the quiet rate."
    )
    eruption_hours: tuple[_Hours, _Hours] = Field((2.4, 20.0), description="Between eruptions, hours.")
    eruption_duty: tuple[_Share, _Share] = Field(
        (0.08, 0.3), description="Width at half maximum of an eruption over the time between two."
    )
    disruption_factor: tuple[_Factor, _Factor] = Field(
        (20.0, 300.0), description="Of the peak of a tidal disruption over what was there before."
    )
    disruption_days: tuple[_Days, _Days] = Field(
        (20.0, 150.0), description="In which it begins to fall as the power -5/3 of time, days."
    )
    outburst_factor: tuple[_Factor, _Factor] = Field(
        (10.0, 300.0), description="Of the peak of an outburst over the quiet rate."
    )
    outburst_days: tuple[_Days, _Days] = Field((3.0, 60.0), description="In which an outburst decays, days.")
    state_factor: tuple[_Factor, _Factor] = Field(
        (3.0, 30.0), description="Between the rates of two states of a source."
    )

    @model_validator(mode="after")
    def _least_before_most(self) -> Self:
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, tuple) and value[0] > value[1]:
                raise ValueError(f"{name}: the least, {value[0]}, is above the most, {value[1]}")
        return self
