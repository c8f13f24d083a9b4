"""The X-ray autoencoder for the ledger: what it is fitted to and how, and the table that applies it.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from astro_assets.ledger.model_tables import PROMOTED_MODELS
from astro_assets.ledger.models import CHAMPION, ModelSpec, TooFewRowsError, Training
from astro_assets.ledger.table import Parent, Parents, Row, Table
from astro_assets.xray.autoencoder.model import TrainedAutoencoder, open_autoencoder
from astro_assets.xray.autoencoder.settings import AutoencoderSettings
from astro_assets.xray.autoencoder.verdicts import Verdict, verdict_of
from astro_assets.xray.score_schemas import XRAY_SCORES_SCHEMA, XrayAutoencoderConfig, XrayScoresConfig
from astro_assets.xray.simulation.recipes import recipe_of_row
from astro_assets.xray.simulation_tables import XRAY_SIMULATIONS, XRAY_SIMULATIONS_SCHEMA
from astro_assets.xray.tables import XRAY_LIGHT_CURVES, accepted_curves, light_curve_of_row

__all__ = ["TABLES", "XRAY_AUTOENCODER_SPEC", "XRAY_SCORES", "recipe_rows"]

_SOURCES: Final = "sources"
_ROLES: Final = ("fit", "calibration")
_COUNTS: Final = ("trained_on_real", "trained_on_injected", "trained_on_simulated")
_OF_CURVE: Final = ("object_name", "target_id")
#: What of a light curve decides its scores, beside what is told of it.
_READ: Final = ("sha256", "status", "band_low_kev", "band_high_kev", "rate_unit", "light_curve", *_OF_CURVE)
_SCORED: Final = (
    "log_evidence", "nll_per_count", "effective_draws", "variability_score", "change_score",
    "surprise_score", "p_constant", "p_usual",
)  # fmt: skip
_VARIABILITY: Final = ("scatter", "scatter_low", "scatter_high", "log_red_ratio")


def recipe_rows(config: AutoencoderSettings) -> dict[str, list[Row]]:
    """Return the rows of the sources that a training with these settings simulates, by name."""
    from astro_assets.xray.autoencoder.population import recipes_of

    rows = [recipe.row() for part in recipes_of(config) for recipe in part]
    return {row["source_name"]: [row] for row in rows}


def fit_xray_autoencoder(
    rows: Parents, config: XrayAutoencoderConfig, folder: Path
) -> tuple[bytes, Mapping[str, Any]]:
    """Train an autoencoder on the sources of these rows: the bytes of its file, and its figures."""
    from astro_assets.learning.energy import measured_energy
    from astro_assets.learning.figures import storable
    from astro_assets.xray.autoencoder.population import simulated_sources
    from astro_assets.xray.autoencoder.training import fit

    recipes = sorted(map(recipe_of_row, rows[_SOURCES]), key=lambda one: one.seed)
    by_role = {role: [one for one in recipes if one.role == role] for role in _ROLES}
    if lacking := [role for role, found in by_role.items() if not found]:
        raise TooFewRowsError(f"there is no simulated source of the role {lacking[0]!r}")
    with measured_energy() as energy:
        settings = AutoencoderSettings.model_validate(config.model_dump())
        usual, calibration = (simulated_sources(by_role[role]) for role in _ROLES)
        fitted = fit(usual, calibration, settings, folder)
    return fitted.file, storable(
        {
            **fitted.metrics,
            "history": fitted.history,
            "curves": fitted.curves,
            "energy": asdict(energy),
        }
    )


def compute_xray_scores(key: str, parents: Parents, config: XrayScoresConfig) -> list[dict[str, Any]]:
    """Say of the light curve ``key`` what the promoted autoencoder says: one row, none without one."""
    if not parents["autoencoder"]:
        return []
    (row,), (model,) = parents["xray_light_curves"], parents["autoencoder"]
    curve = light_curve_of_row(row)
    found = verdict_of(_autoencoder(model["artefact"]), curve, row["rate_unit"], config.neighbours)
    return [
        {
            "sha256": key,
            **{name: row[name] for name in _OF_CURVE},
            **verdict_columns(found),
            "model_version": model["model_version"],
            **{name: model[name] for name in _COUNTS},
        }
    ]


@lru_cache(maxsize=2)
def _autoencoder(path: Path) -> TrainedAutoencoder:
    return open_autoencoder(path)


def verdict_columns(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as columns of ``xray_scores``; what is not known is None."""
    scored, variability = verdict.scored, verdict.variability
    has_change = verdict.change_start_s is not None
    return {
        "not_scored": verdict.not_scored,
        "latent": None if scored is None else scored.latent.tolist(),
        **{name: None if scored is None else _known(getattr(scored, name)) for name in _SCORED},
        "change_start_s": verdict.change_start_s,
        "change_end_s": verdict.change_end_s,
        "is_change_of_state": scored.is_state if scored is not None and has_change else None,
        "cluster": verdict.cluster,
        "neighbours": None if scored is None else [name for name, _ in verdict.neighbours],
        "neighbour_distances": None if scored is None else [far for _, far in verdict.neighbours],
        "best_method": verdict.best_method,
        "variability": None if variability is None else variability.verdict,
        "no_verdict": verdict.no_verdict,
        "reconstruction": verdict.reconstruction,
        **{
            name: None if variability is None else _known(getattr(variability, name)) for name in _VARIABILITY
        },
    }


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


#: How an autoencoder is fitted, on simulated sources.
XRAY_AUTOENCODER_SPEC: Final = ModelSpec(
    name="xray/xray_autoencoder",
    fit=fit_xray_autoencoder,
    training=(Training(XRAY_SIMULATIONS, XRAY_SIMULATIONS_SCHEMA.names, _SOURCES),),
    config=XrayAutoencoderConfig(),
    is_resumed=True,
)

#: What the promoted autoencoder says of each X-ray light curve.
XRAY_SCORES: Final = Table(
    name="xray/xray_scores",
    schema=XRAY_SCORES_SCHEMA,
    compute=compute_xray_scores,
    parents=(
        Parent(XRAY_LIGHT_CURVES, columns=_READ),
        Parent(
            PROMOTED_MODELS,
            columns=("alias", "model_version", "artefact", *_COUNTS),
            role="autoencoder",
            on="alias",
            equals=f"{XRAY_AUTOENCODER_SPEC.name}:{CHAMPION}",
        ),
    ),
    config=XrayScoresConfig(),
    key="sha256",
    target=None,
    choose=accepted_curves,
    libraries=("numpy", "onnxruntime", "safetensors", "scipy"),
    is_on_demand=True,
)

TABLES: Final = (XRAY_SIMULATIONS, XRAY_SCORES)
