"""Settings of the autoencoder: the network, what is minimised, how it is fitted and how curves are scored."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from astro_assets.xray.simulation.settings import SimulationSettings

#: Largest difference that the exported encoder may make to a mean or log-variance of the latent.
PARITY: Final = 1e-4
#: What reads a curve: a GRU, or a network of single bins, averaged, that the GRU is compared with.
Reader = Literal["gru", "set"]


class NetworkSettings(BaseModel):
    """Sizes of the encoder and the decoder."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hidden: int = Field(64, ge=4, le=512, description="State of the encoder's GRU.")
    layers: int = Field(2, ge=1, le=4, description="Layers of the GRU.")
    dropout: float = Field(0.2, ge=0, lt=1, description="Between the layers of the GRU.")
    is_bidirectional: bool = Field(
        default=False,
        description="Whether curves are also read backwards: twice the time, and hardly better.",
    )
    latent: int = Field(40, ge=1, le=256, description="Numbers that a curve becomes.")
    decoder_width: int = Field(96, ge=4, le=512, description="Units of the decoder's layers.")
    has_scatter: bool = Field(
        default=True,
        description="Whether rates scatter from visit to visit, beside what the latent tells.",
    )


class LossSettings(BaseModel):
    """The evidence lower bound that is maximised, a valid bin."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    kl_weight: float = Field(
        1.0, ge=0, le=100, description="Of the divergence from the prior; 1 is the evidence lower bound."
    )
    schedule: Literal["constant", "linear"] = Field(
        "linear", description="Whether the weight rises from 0, or is there from the beginning."
    )
    rise: float = Field(0.3, gt=0, le=1, description="Share of all epochs in which a linear schedule rises.")
    free_bits: float = Field(
        0.15,
        ge=0,
        le=10,
        description="Divergence of a latent, nats, below which it costs nothing less, at the beginning.",
    )
    free_until: float = Field(
        0.7, gt=0, le=1, description="Share of all epochs in which free bits fade; after it there are none."
    )


class ScoringSettings(BaseModel):
    """How a fitted autoencoder scores a light curve."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    samples: int = Field(32, ge=2, le=4096, description="Draws of the latent of a curve.")
    quantiles: tuple[Annotated[float, Field(gt=0, lt=0.5)], Annotated[float, Field(gt=0.5, lt=1)]] = Field(
        (0.05, 0.95), description="Ends of the interval of reconstructed rates."
    )
    clusters_of: int = Field(25, ge=2, le=10_000, description="Sources that make a cluster at least.")


class AutoencoderSettings(BaseModel):
    """Settings of a whole training."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    network: NetworkSettings = NetworkSettings()
    loss: LossSettings = LossSettings()
    scoring: ScoringSettings = ScoringSettings()
    simulation: SimulationSettings = SimulationSettings()
    curves: int = Field(
        16_384,
        ge=20,
        le=10**6,
        description="Simulated usual sources: 85 % to fit, 5 % to stop by, 10 % to judge.",
    )
    has_set_network: bool = Field(
        default=True,
        description="Whether the same network without recurrence is fitted too, to be compared with.",
    )
    calibration_curves: int = Field(
        2048, ge=20, le=10**6, description="Further ones that p-values are calibrated on."
    )
    epochs: int = Field(20, ge=1, le=2000, description="Epochs at most.")
    batch: int = Field(64, ge=1, le=4096, description="Light curves in a batch.")
    learning_rate: float = Field(4e-3, gt=0, le=1, description="Highest of one cycle (Smith & Topin 2019).")
    weight_decay: float = Field(1e-4, ge=0, le=1, description="Of AdamW.")
    averaging: float = Field(0.99, ge=0, lt=1, description="Decay of the average of weights that is kept.")
    patience: int = Field(6, ge=1, le=1000, description="Epochs without better validation before it stops.")
    part_share: float = Field(
        0.25,
        ge=0,
        lt=1,
        description="Share of curves of an epoch shown in part: one band, or without a stretch of bins.",
    )
    seed: int = Field(
        0, ge=0, lt=2**32, description="Of curves, weights, their order and draws of the latent."
    )


#: What the three modes of training set; ``custom`` starts from ``full``.
MODES: Final[dict[str, dict[str, Any]]] = {
    "quick": {
        "curves": 1000,
        "calibration_curves": 300,
        "epochs": 8,
        "network": {"hidden": 24, "layers": 1, "dropout": 0.0, "latent": 16, "decoder_width": 48},
    },
    "full": {},
    "custom": {},
}
