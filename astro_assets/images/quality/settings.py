"""Settings of the assessor of frames: nights it learns from, its trees, its network, its density."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

from astro_assets.images.photometry.settings import MeasuringSettings

#: Largest difference that an exported graph may make to a logit.
PARITY: Final = 1e-3


class ForestSettings(BaseModel):
    """Size of the forests."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trees: int = Field(150, ge=2, le=2000, description="Trees of each of the two forests.")
    samples_per_leaf: int = Field(4, ge=1, le=1000, description="Frames a leaf has at least.")


class NetworkSettings(BaseModel):
    """Size of the network, and how it is fitted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(10, ge=4, le=32, description="Channels of the first convolutions.")
    epochs: int = Field(12, ge=1, le=500, description="Passes over the frames.")
    batch: int = Field(16, ge=2, le=256, description="Frames in a batch.")
    learning_rate: float = Field(4e-3, gt=0, le=1, description="Highest of one cycle (Smith & Topin 2019).")
    weight_decay: float = Field(1e-3, ge=0, le=1, description="Of AdamW.")


class QualitySettings(BaseModel):
    """Settings of a whole training."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = Field(0, ge=0, le=2**31 - 1, description="Of the nights and of what is fitted on them.")
    measuring: MeasuringSettings = MeasuringSettings()
    forest: ForestSettings = ForestSettings()
    network: NetworkSettings = NetworkSettings()
    frames: int = Field(24, ge=4, le=1000, description="Frames of a simulated night.")
    rows: tuple[int, int] = Field((192, 320), description="Fewest and most rows and columns of a frame.")
    troubles: float = Field(0.5, ge=0, le=5, description="Expected episodes of each condition in a night.")
    network_nights: int = Field(36, ge=1, le=5000, description="Nights the network is fitted on.")
    forest_nights: int = Field(44, ge=1, le=5000, description="Nights the forests are fitted on.")
    calibration_nights: int = Field(
        24, ge=1, le=5000, description="Nights that probabilities and p-values are calibrated on."
    )
    test_nights: int = Field(12, ge=1, le=5000, description="Nights the assessor is judged on.")
    density_shrinkage: float = Field(
        0.05, ge=0, le=1, description="Least weight of the diagonal in the covariance of good frames."
    )
    unusual_p_value: float = Field(
        0.02,
        gt=0,
        lt=0.5,
        description="A frame is called unlike the others of its night below this p-value, of which the least "
        "is one over their number.",
    )


#: What modes of training set; ``quick`` is for trying things out.
MODES: Final[dict[str, dict[str, Any]]] = {
    "quick": {
        "network_nights": 8,
        "forest_nights": 10,
        "calibration_nights": 6,
        "test_nights": 6,
        "network": {"epochs": 5},
        "forest": {"trees": 40},
    },
    "full": {},
    "custom": {},
}
