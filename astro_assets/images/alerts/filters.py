"""Filters of the alert stream as data: conditions on named features, named by what they say.

The form and its version live here; packets are judged in `deciding`.
"""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from astro_assets.images.alerts.features import FEATURE_NAMES, FEATURE_SET

#: 0 and -0 are one bound, and so have one version.
Bound = Annotated[float, Field(allow_inf_nan=False), AfterValidator(lambda value: value + 0.0)]
_MODEL: Final = r"[0-9a-f]{32}"


class Condition(BaseModel):
    """A feature lies between bounds, both included."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    feature: str = Field(description="Name of a feature, or of one of the filter's models.")
    at_least: Bound | None = Field(None, description="Lower bound, in the feature's unit.")
    at_most: Bound | None = Field(None, description="Upper bound, in the feature's unit.")
    if_unknown: Literal["reject", "accept"] = Field(
        "reject", description="What becomes of packets that do not tell."
    )

    @model_validator(mode="after")
    def _has_bounds(self) -> Condition:
        if self.at_least is None and self.at_most is None:
            raise ValueError(f"the condition on {self.feature} has no bound")
        if self.at_least is not None and self.at_most is not None and self.at_least > self.at_most:
            raise ValueError(f"no {self.feature} lies between {self.at_least} and {self.at_most}")
        return self

    def holds(self, value: float) -> bool:
        """Tell whether a value of the feature, NaN if unknown, fulfils the condition."""
        if value != value:  # noqa: PLR0124 - NaN, and faster than asking a function
            return self.if_unknown == "accept"
        above = self.at_least is None or value >= self.at_least
        return above and (self.at_most is None or value <= self.at_most)

    def __str__(self) -> str:
        low = "" if self.at_least is None else f"{self.at_least:g} <= "
        high = "" if self.at_most is None else f" <= {self.at_most:g}"
        return f"{low}{self.feature}{high}"


class AnyOf(BaseModel):
    """At least one of several conditions holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    any_of: tuple[Condition, ...] = Field(min_length=2, max_length=100, description="The conditions.")

    def __str__(self) -> str:
        return " or ".join(str(one) for one in self.any_of)


class AlertFilter(BaseModel):
    """Which alerts are wanted: those that fulfil all conditions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=100, description="For people.")
    description: str = Field("", max_length=2000, description="For people.")
    feature_set: int = Field(FEATURE_SET, description="Set of features that it was made for.")
    surveys: tuple[str, ...] = Field((), max_length=20, description="Surveys wanted; all if there are none.")
    bands: tuple[str, ...] = Field((), max_length=20, description="Bands wanted; all if there are none.")
    models: dict[str, Annotated[str, Field(pattern=f"^{_MODEL}$")]] = Field(
        {}, max_length=20, description="Models by the name of their score: hash of the model's file."
    )
    conditions: tuple[Condition | AnyOf, ...] = Field(
        max_length=200, description="In the order in which they are asked."
    )

    @model_validator(mode="after")
    def _asks_what_there_is(self) -> AlertFilter:
        if self.feature_set != FEATURE_SET:
            raise ValueError(
                f"the filter was made for feature set {self.feature_set}, this is {FEATURE_SET}: "
                "its decisions could not be repeated"
            )
        if taken := sorted(set(self.models) & set(FEATURE_NAMES)):
            raise ValueError(f"a model has the name of a feature: {', '.join(taken)}")
        known = {*FEATURE_NAMES, *self.models}
        if unknown := sorted({one.feature for one in self.single_conditions()} - known):
            raise ValueError(f"no such features: {', '.join(unknown)}")
        return self

    def single_conditions(self) -> tuple[Condition, ...]:
        """Return all conditions, alternatives one by one."""
        grouped = ((one,) if isinstance(one, Condition) else one.any_of for one in self.conditions)
        return tuple(condition for group in grouped for condition in group)

    def canonical_json(self) -> bytes:
        """Return the one way to write the filter: sorted keys, no blanks, ASCII."""
        told: dict[str, Any] = self.model_dump(mode="json")
        return json.dumps(told, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")

    @property
    def version(self) -> str:
        """What names the filter and all that it says: the hash of its canonical JSON."""
        return hash_of(self.canonical_json())


def hash_of(data: bytes) -> str:
    """Return the hash by which filters name models, and themselves: 32 hexadecimal digits of BLAKE2b."""
    return blake2b(data, digest_size=16).hexdigest()
