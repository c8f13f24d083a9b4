"""Settings of the segmenter: the network, how it is fitted, and how objects are taken from its masks."""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from astro_assets.images.kinds import KINDS
from astro_assets.images.segmentation.preprocessing import CHANNELS
from astro_assets.images.simulation.settings import SceneSettings

#: Largest difference that an exported graph may make to a probability.
PARITY: Final = 1e-4
#: Halvings of the resolution; frames' sides are multiples of two to this power.
LEVELS: Final = 3
#: One mask a kind, and one of whatever is wanted.
N_OUTPUTS: Final = len(KINDS) + 1
_MOST_PARAMETERS: Final = 500_000


class NetworkSettings(BaseModel):
    """Size of the network."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(24, ge=4, le=128, description="Channels at half of the resolution.")
    growth: float = Field(2.0, ge=1, le=3, description="Factor of the channels from one level to the next.")
    blocks: int = Field(2, ge=1, le=6, description="Separable convolutions a level and direction.")
    deep_blocks: int = Field(4, ge=0, le=6, description="Further ones at the lowest resolution.")

    @model_validator(mode="after")
    def _is_small(self) -> NetworkSettings:
        if self.n_parameters > _MOST_PARAMETERS:
            raise ValueError(
                f"a network of {self.n_parameters:,} numbers; {_MOST_PARAMETERS:,} are enough: take a "
                "smaller width or growth, or fewer blocks"
            )
        return self

    @property
    def widths(self) -> list[int]:
        """Channels of each level."""
        return [int(self.width * self.growth**level) for level in range(LEVELS)]

    @property
    def n_down(self) -> list[int]:
        """Convolutions of each level on the way down."""
        return [*[self.blocks] * (LEVELS - 1), self.blocks + self.deep_blocks]

    @property
    def n_parameters(self) -> int:
        """How many numbers are fitted."""

        def separable(narrow: int, wide: int, n: int) -> int:
            return (9 + wide) * narrow + (n - 1) * (9 + wide) * wide + 2 * n * wide

        widths = self.widths
        stem = (9 * 4 * len(CHANNELS) + 2) * widths[0]
        down = sum(
            separable(widths[max(level - 1, 0)], widths[level], n) for level, n in enumerate(self.n_down)
        )
        up = sum(
            separable(widths[level + 1] + widths[level], widths[level], self.blocks)
            for level in range(LEVELS - 1)
        )
        return stem + down + up + (widths[0] + 1) * 4 * N_OUTPUTS


class LossSettings(BaseModel):
    """What is minimised: cross-entropy of pixels, and an overlap of masks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    overlap: Literal["focal_tversky", "dice"] = Field(
        "focal_tversky",
        description="Focal Tversky loss (Abraham & Khan 2019) or Dice loss (Milletari et al. 2016).",
    )
    overlap_weight: float = Field(0.3, ge=0, le=10, description="Weight of the overlap beside cross-entropy.")
    miss_weight: float = Field(
        0.6, gt=0, lt=1, description="Of missed pixels in the Tversky index; false ones have the rest."
    )
    focus: float = Field(0.75, gt=0, le=4, description="Exponent of the focal Tversky loss.")
    object_pixels: float = Field(
        30.0, ge=1, le=1000, description="Background pixels that an object counts for, however small it is."
    )
    least_snr: float = Field(
        3.5, ge=0, le=20, description="Pixels of true objects below this signal-to-noise ratio do not count."
    )


class ExtractionSettings(BaseModel):
    """How objects are taken from masks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    wanted_threshold: float = Field(
        0.1, gt=0, lt=1, description="Probability of being wanted from which pixels make a candidate."
    )
    peak_significance: float = Field(
        4.0, ge=3, le=50, description="Significance from which a peak is a candidate where there is no mask."
    )
    mask_threshold: float = Field(
        0.5, gt=0, lt=1, description="Probability from which pixels belong to an object that is not wanted."
    )
    false_per_megapixel: float = Field(
        0.1,
        gt=0,
        le=100,
        description="False wanted objects a megapixel of validation sky that are accepted.",
    )


class ScoreSettings(BaseModel):
    """How the trees grow that score candidates."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trees: int = Field(600, ge=1, le=5000, description="Boosted trees.")
    leaves: int = Field(15, ge=2, le=255, description="Leaves of a tree.")
    learning_rate: float = Field(0.05, gt=0, le=1, description="Share of a tree's step that is taken.")
    leaf_candidates: int = Field(40, ge=1, le=10_000, description="Candidates in a leaf at least.")
    shrinkage: float = Field(10.0, ge=0, le=1e4, description="Of leaves: L2 regularisation.")
    measures_a_split: float = Field(0.5, gt=0, le=1, description="Share of measures tried at a split.")


class SegmentationSettings(BaseModel):
    """Settings of a whole training."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scenes: SceneSettings = SceneSettings()
    network: NetworkSettings = NetworkSettings()
    loss: LossSettings = LossSettings()
    extraction: ExtractionSettings = ExtractionSettings()
    score: ScoreSettings = ScoreSettings()
    epochs: int = Field(54, ge=1, le=2000, description="Epochs at most.")
    scenes_an_epoch: int = Field(64, ge=1, le=10_000, description="Scenes shown in an epoch.")
    crowding: float = Field(
        4.0,
        ge=1,
        le=20,
        description="How many times as many events, and half as many times artefacts, training scenes have.",
    )
    sharper: float = Field(
        0.7,
        gt=0.3,
        le=1,
        description="Sharpest seeing of training scenes over that of others: real frames are undersampled.",
    )
    looks: int = Field(2, ge=1, le=20, description="Epochs in which a scene is shown, turned each time.")
    batch: int = Field(2, ge=1, le=64, description="Scenes in a batch.")
    validation_scenes: int = Field(16, ge=1, le=1000, description="Scenes that decide when it stops.")
    score_scenes: int = Field(
        2000, ge=2, le=20_000, description="Crowded scenes that objects' scores are fitted on."
    )
    calibration_scenes: int = Field(
        2400, ge=2, le=20_000, description="Scenes that the threshold of scores is fitted on."
    )
    test_scenes: int = Field(
        160, ge=2, le=20_000, description="Scenes that the finished segmenter is judged on."
    )
    patience: int = Field(12, ge=1, le=1000, description="Epochs without better validation before it stops.")
    learning_rate: float = Field(4e-3, gt=0, le=1, description="Highest of one cycle (Smith & Topin 2019).")
    weight_decay: float = Field(1e-3, ge=0, le=1, description="Of AdamW.")
    averaging: float = Field(0.995, ge=0, lt=1, description="Decay of the average of weights that is kept.")
    seed: int = Field(0, ge=0, description="Of scenes, weights and their order.")


#: What the three modes of training set; ``custom`` starts from ``full``.
MODES: Final[dict[str, dict[str, Any]]] = {
    "quick": {
        "epochs": 4,
        "scenes_an_epoch": 24,
        "validation_scenes": 6,
        "score_scenes": 40,
        "calibration_scenes": 60,
        "test_scenes": 30,
        "network": {"width": 16},
    },
    "full": {},
    "custom": {},
}
