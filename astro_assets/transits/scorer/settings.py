"""Settings of the scorer's training."""

from __future__ import annotations

from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field

#: Largest difference that an exported graph may make to any output for a validation event.
PARITY: Final = 1e-5


class AugmentationSettings(BaseModel):
    """How an example is varied each time it is shown."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reversal: float = Field(0.5, ge=0, le=1, description="Probability of running time backwards.")
    noise: float = Field(0.1, ge=0, le=3, description="White noise added at most, in units of the depth.")
    residuals: float = Field(
        0.0, ge=0, le=3, description="Own residuals out of transit added at most, moved in phase: red noise."
    )
    jitter_bins: int = Field(1, ge=0, le=5, description="Ephemeris moved by at most so many bins.")
    block: float = Field(0.1, ge=0, le=1, description="Probability that a block of bins is emptied.")
    depth: float = Field(
        0.0, ge=0, le=1, description="Largest change of the logarithm of the depth, noise left as it is."
    )
    view: float = Field(0.1, ge=0, le=0.9, description="Probability that a view is withheld.")
    scalar_noise: float = Field(0.1, ge=0, le=1, description="Noise of scalars, in standard deviations.")
    mixup: float = Field(0.0, ge=0, le=1, description="Share of another example of the same label, at most.")


class NetworkSettings(BaseModel):
    """Size of the network, and how it is fitted."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(8, ge=2, le=128, description="Filters of the first convolution.")
    growth: float = Field(1.5, ge=1, le=2, description="Factor from one convolution to the next.")
    kernel: int = Field(5, ge=3, le=15, description="Bins of a filter; odd.")
    hidden: int = Field(64, ge=4, le=1024, description="Units of the layer before the output.")
    scalar_units: int = Field(32, ge=2, le=256, description="Units that read the scalars.")
    dropout: float = Field(0.3, ge=0, le=0.9, description="Dropout before the output.")
    epochs: int = Field(40, ge=1, le=1000, description="Epochs at most.")
    patience: int = Field(15, ge=1, le=1000, description="Epochs without better validation before it stops.")
    batch: int = Field(128, ge=8, le=4096, description="Stars in a batch.")
    learning_rate: float = Field(3e-3, gt=0, le=1, description="Highest of one cycle (Smith & Topin 2019).")
    weight_decay: float = Field(1e-2, ge=0, le=1, description="Of AdamW.")
    averaging: float = Field(0.99, ge=0, lt=1, description="Decay of the average of weights that is kept.")
    eclipse_weight: float = Field(
        1.0, ge=0, le=100, description="Weight of planets and binaries in the loss."
    )
    augmentation: AugmentationSettings = AugmentationSettings()


class ScorerSettings(BaseModel):
    """Settings of the whole training."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    folds: int = Field(5, ge=2, le=20, description="Folds by star.")
    members: int = Field(5, ge=1, le=50, description="Networks in each fold.")
    validation_share: float = Field(
        0.125,
        gt=0,
        le=0.5,
        description="Share of a fold's training stars that tell its first network when to stop.",
    )
    trees: int = Field(200, ge=10, le=5000, description="Trees in each fold.")
    seed: int = Field(0, ge=0, description="Of folds, networks and trees.")
    tree_weight: float = Field(0.5, ge=0, le=1, description="Share of the trees in the stack.")
    conformal_coverage: float = Field(0.9, gt=0.5, lt=1, description="Coverage of the conformal sets.")
    gate_missed: float = Field(0.01, gt=0, le=0.5, description="Share of eclipses the gate may miss.")
    resamples: int = Field(1000, ge=50, le=100_000, description="Of the bootstrap of each interval.")
    with_edge: bool = Field(
        default=True, description="Whether an INT8 model of at most 25,600 bytes is made."
    )
    with_tsfresh: bool = Field(
        default=True, description="Whether boosted trees on features of tsfresh are compared with."
    )
    network: NetworkSettings = NetworkSettings()


#: What the three modes of training set; ``custom`` starts from ``full``.
MODES: Final[dict[str, dict[str, Any]]] = {
    "quick": {
        "folds": 3,
        "members": 1,
        "trees": 50,
        "resamples": 200,
        "with_edge": False,
        "with_tsfresh": False,
        "network": {"epochs": 12},
    },
    "full": {},
    "custom": {},
}
