"""What is stored of scores of X-ray light curves, and the settings of the model and of the table.

Only declarations live here.
"""

from __future__ import annotations

from typing import Final

from pydantic import Field

from astro_assets.ledger.model_tables import TRAINED_ON
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Config
from astro_assets.xray.autoencoder.settings import AutoencoderSettings
from astro_assets.xray.comparison import CONSTANT_RATE, EXCESS_VARIANCE, OURS, VISIT_VARIANCE
from astro_assets.xray.variability import CONSTANT, LOG_NORMAL, RED

XRAY_SCORES_SCHEMA: Final = Schema(
    (
        Column("sha256", "string", "SHA-256 of the light curve's file."),
        Column("object_name", "string", "What the file says was observed.", nullable=True),
        Column("target_id", "string", "Canonical id of the target, if it is told.", nullable=True),
        Column(
            "not_scored",
            "string",
            "Why there is no probability: rates only, overlapping or other bands, too few or too many bins, "
            "or unlike what was simulated.",
            nullable=True,
        ),
        Column("latent", "list[float64]", "What the encoder makes of the curve.", nullable=True),
        Column("log_evidence", "float64", "Log of the probability of the counts, nats.", nullable=True),
        Column("nll_per_count", "float64", "Minus that over the number of counts.", nullable=True),
        Column(
            "effective_draws", "float64", "Draws of the latent that count; few: a rough one.", nullable=True
        ),
        Column(
            "variability_score",
            "float64",
            "Log of the evidence of a source that varies over that of a constant one, nats.",
            nullable=True,
        ),
        Column(
            "change_score",
            "float64",
            "Log of the evidence of a change in a usual source over that of none, nats.",
            nullable=True,
        ),
        Column(
            "surprise_score",
            "float64",
            "Standard deviations by which the counts are less likely than counts of the same rates.",
            nullable=True,
        ),
        Column(
            "p_constant", "float64", "How often constant sources seem to vary as much.", nullable=True
        ),
        Column(
            "p_usual",
            "float64",
            "How often usual sources, variable ones among them, look as strange.",
            nullable=True,
        ),
        Column(
            "change_start_s", "float64", "Beginning of the likeliest change, as time_s.", "s", nullable=True
        ),
        Column("change_end_s", "float64", "Its end.", "s", nullable=True),
        Column("is_change_of_state", "bool", "Whether it lasts to the end of the curve.", nullable=True),
        Column("cluster", "int32", "Of the nearest known source; -1: of none.", nullable=True),
        Column("neighbours", "list[string]", "Known sources nearest in the latent, by name.", nullable=True),
        Column("neighbour_distances", "list[float64]", "Of these, in the latent.", nullable=True),
        Column(
            "best_method",
            "string",
            f"What explained test sources of this length and brightness best: '{OURS}', '{CONSTANT_RATE}', "
            f"'{EXCESS_VARIANCE}' or '{VISIT_VARIANCE}'.",
            nullable=True,
        ),
        Column(
            "variability",
            "string",
            f"'{CONSTANT}', '{LOG_NORMAL}' or '{RED}', by Bayesian excess variance.",
            nullable=True,
        ),
        Column("no_verdict", "string", "Why that is not known.", nullable=True),
        Column(
            "scatter", "float64", "Median of the scatter from visit to visit, in the log of the rate.",
            nullable=True,
        ),
        Column("scatter_low", "float64", "Its quantile of 10 %.", nullable=True),
        Column("scatter_high", "float64", "Its quantile of 90 %.", nullable=True),
        Column(
            "log_red_ratio",
            "float64",
            "Log of the evidence of slow variation over that of scatter from visit to visit, nats.",
            nullable=True,
        ),
        Column(
            "reconstruction",
            "arrays",
            "The source's rates as its counts tell them: time_s of the bins with exposure, and of each band, "
            "with its number from 0, rate, rate_low, rate_high, and the ends of its interval.",
            nullable=True,
        ),
        Column("model_version", "string", "Version of the autoencoder."),
        *TRAINED_ON,
    )
)  # fmt: skip


class XrayAutoencoderConfig(AutoencoderSettings, Config):
    """Settings of ``xray/xray_autoencoder``."""


class XrayScoresConfig(Config):
    """Settings of ``xray/xray_scores``."""

    neighbours: int = Field(5, ge=0, le=100, description="Known sources that are told of each curve.")
