"""Settings of the classifier's training."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from astro_assets.images.real_bogus.examples import ExampleSettings


class NetworkSettings(BaseModel):
    """Size of the network, and how it is fitted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(12, ge=2, le=48, description="Filters of the first convolution of each branch.")
    hidden: int = Field(48, ge=4, le=256, description="Units of the layer before the output.")
    dropout: float = Field(0.3, ge=0, le=0.9, description="Dropout before the output.")
    epochs: int = Field(8, ge=1, le=200, description="Passes over the training examples.")
    batch: int = Field(64, ge=4, le=1024, description="Examples in a batch.")
    learning_rate: float = Field(4e-3, gt=0, le=1, description="Highest of one cycle (Smith & Topin 2019).")
    weight_decay: float = Field(1e-2, ge=0, le=1, description="Of AdamW.")
    flips_and_turns: bool = Field(
        True, description="Whether training examples are flipped and turned by right angles at random."
    )


class FitSettings(BaseModel):
    """How a classifier is fitted on examples, and judged."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folds: int = Field(
        5,
        ge=3,
        le=20,
        description="By object: one is held out for the figures, one calibrates, the others train.",
    )
    seed: int = Field(0, ge=0, description="Of folds and of the network.")
    resamples: int = Field(500, ge=20, le=100_000, description="Of the bootstrap of each interval.")
    network: NetworkSettings = NetworkSettings()


class ClassifierSettings(FitSettings):
    """Settings of the whole training."""

    examples: ExampleSettings = ExampleSettings()


#: How much may be spent: what is changed of the settings of a fit.
MODES: Final[dict[str, dict[str, Any]]] = {
    "quick": {"resamples": 200, "network": {"width": 8, "epochs": 3}},
    "full": {},
    "custom": {},
}
