"""Every table and model of the platform, collected from the wings.

Nothing is declared here. No Dagster, so that the command line starts quickly.
"""

from __future__ import annotations

from typing import Final

from astro_assets.catalogs import tables as catalogs
from astro_assets.images import alert_tables as alerts
from astro_assets.images import alert_tree_models, quality_models, real_bogus_models, segmenter_models
from astro_assets.images import alert_tree_tables as alert_trees
from astro_assets.images import change_tables as changes
from astro_assets.images import cutout_tables as cutouts
from astro_assets.images import photometry_tables as photometry
from astro_assets.images import quality_tables as quality
from astro_assets.images import real_bogus_tables as real_bogus
from astro_assets.images import segmenter_tables as segmenter
from astro_assets.images import tables as images
from astro_assets.ledger.left_out import FORGOTTEN, RETRACTIONS
from astro_assets.ledger.model_tables import MODEL_TABLES
from astro_assets.ledger.models import ModelSpec
from astro_assets.ledger.table import Table
from astro_assets.ledger.trained_models import TrainedModel
from astro_assets.observations import tables as observations
from astro_assets.transits import cluster_tables as clusters
from astro_assets.transits import completeness_tables as completeness
from astro_assets.transits import example_tables as examples
from astro_assets.transits import feature_tables as features
from astro_assets.transits import recovery_tables as recovery
from astro_assets.transits import scorer_models
from astro_assets.transits import scorer_tables as scorer
from astro_assets.transits import single_transit_tables as single_transits
from astro_assets.transits import tables as transits
from astro_assets.transits import tsfresh_tables as tsfresh
from astro_assets.xray import autoencoder_models as xray_models
from astro_assets.xray import autoencoder_tables as xray_autoencoder
from astro_assets.xray import tables as xray

#: Module that processes which compute these tables begin with.
PRELOAD: Final = "astro_assets.preload"

TABLES: Final[tuple[Table, ...]] = (
    *catalogs.TABLES,
    *observations.TABLES,
    *images.TABLES,
    *cutouts.TABLES,
    *photometry.TABLES,
    *quality.TABLES,
    *alerts.TABLES,
    *alert_trees.TABLES,
    *real_bogus.TABLES,
    *segmenter.TABLES,
    *changes.TABLES,
    *xray.TABLES,
    *xray_autoencoder.TABLES,
    *transits.TABLES,
    *features.TABLES,
    *tsfresh.TABLES,
    *clusters.TABLES,
    *single_transits.TABLES,
    *recovery.TABLES,
    *completeness.TABLES,
    *examples.TABLES,
    *scorer.TABLES,
    *MODEL_TABLES,
    RETRACTIONS,
    FORGOTTEN,
)

#: Every model that is trained on purpose, judged and promoted by its figures.
TRAINED_MODELS: Final[tuple[TrainedModel, ...]] = (
    scorer_models.SCORER,
    quality_models.ASSESSOR,
    segmenter_models.ANOMALY_SEGMENTER,
    real_bogus_models.REAL_BOGUS,
    alert_tree_models.TREES,
    xray_models.XRAY_AUTOENCODER,
)
#: Every model.
MODEL_SPECS: Final[tuple[ModelSpec, ...]] = (
    clusters.CLUSTER_MODEL,
    *(model.spec for model in TRAINED_MODELS),
)


def known_model(name: str) -> TrainedModel | None:
    """Return the model of a name, with or without its wing; None if there is no such."""
    return next((model for model in TRAINED_MODELS if name in {model.name, model.short_name}), None)


def trained_model(name: str) -> TrainedModel:
    """Return the model of a name, with or without its wing.

    Raises
    ------
    LookupError
        If there is no such.
    """
    model = known_model(name)
    if model is None:
        raise LookupError(f"there is no trained model {name!r}")
    return model
