"""The transit scorer and its scores, declared for the ledger.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from astro_assets.ledger.model_tables import PROMOTED_MODELS
from astro_assets.ledger.models import CHAMPION, Judgement, ModelSpec, TooFewRowsError, Training
from astro_assets.ledger.table import Config, Parent, Parents, Table
from astro_assets.ledger.units import least_real
from astro_assets.transits.example_schemas import EXAMPLE_SCHEMA
from astro_assets.transits.example_tables import EVENTS, FALSE_ALARMS, INJECTED_TRANSITS, TRAINING_EXAMPLES
from astro_assets.transits.scorer.examples import Examples, examples_of
from astro_assets.transits.scorer.scores import score_rows
from astro_assets.transits.scorer.settings import PARITY, ScorerSettings
from astro_assets.transits.scorer_schemas import TRANSIT_SCORE_SCHEMA

__all__ = ["TABLES", "TRANSIT_SCORER", "TRANSIT_SCORES", "on_events"]

_EXAMPLES: Final = "examples"
_FALSE_ALARMS: Final = "false_alarms"
_INJECTED: Final = "injected"
#: What a score is made of: everything but the label and where it comes from.
_LABEL_COLUMNS: Final = (
    "light_curve", "disposition", "label_set", "listed_in", "mission", "segment", "cadence",
)  # fmt: skip
_SCORED: Final = tuple(name for name in EXAMPLE_SCHEMA.names if name not in _LABEL_COLUMNS)


class TransitScorerConfig(ScorerSettings, Config):
    """Settings of ``transits/transit_scorer``."""


def fit_transit_scorer(
    rows: Parents, config: TransitScorerConfig, folder: Path
) -> tuple[bytes, Mapping[str, Any]]:
    """Train the scorer on examples: the bytes of its file, and the figures it is judged by."""
    from astro_assets.transits.scorer.cross_validation import TooFewExamplesError
    from astro_assets.transits.scorer.report import trained_with_report

    # A star is judged by its first event: by a candidate before what was made of its light curve.
    of_all = [
        row
        for role in (_EXAMPLES, _FALSE_ALARMS, _INJECTED)
        for row in sorted(rows.get(role, ()), key=lambda row: (row["key"], row["position"]))
    ]
    try:
        artefact, figures = trained_with_report(examples_of(of_all), config, folder)
    except TooFewExamplesError as error:
        raise TooFewRowsError(str(error)) from error
    return artefact, {**figures, "origin": least_real([str(row["origin"]) for row in of_all])}


def compute_transit_scores(
    keys: Sequence[str], parents: Sequence[Parents], config: Config
) -> list[list[dict[str, Any]]]:
    """Score the candidates ``keys``; none without a promoted scorer."""
    models = parents[0]["scorer"]
    if not models:
        return [[] for _ in keys]
    (model,) = models
    unlabelled = dict.fromkeys(_LABEL_COLUMNS) | {"label_set": ()}
    examples: Examples = examples_of([{**rows["training_examples"][0], **unlabelled} for rows in parents])
    counts = {
        name: model[name] for name in ("trained_on_real", "trained_on_injected", "trained_on_simulated")
    }
    return [
        [
            {
                "example_id": key,
                "target_id": star,
                **scored,
                "model_version": model["model_version"],
                **counts,
            }
        ]
        for key, star, scored in zip(
            keys, examples.stars, score_rows(_scorer(model["artefact"]), examples), strict=True
        )
    ]


@lru_cache(maxsize=2)
def _scorer(path: Path) -> Any:
    from astro_assets.transits.scorer.scorer_file import scorer_of

    return scorer_of(path.read_bytes())


def judged(figures: Mapping[str, Any]) -> list[Judgement]:
    """Say what the training found out about its version, for an audit."""
    audits, parity = figures["audits"], figures["parity"]
    return [
        Judgement("no_leaks", not audits["leaks"], "; ".join(audits["leaks"])),
        Judgement("no_shortcuts", not audits["shortcuts"], "; ".join(audits["shortcuts"])),
        Judgement("exported_graphs_agree", parity < PARITY, f"they differ by at most {parity:.1e}"),
    ]


#: The scorer, trained on our own labelled candidates, on what is found where nothing can be, and on planets
#: that were put in.
TRANSIT_SCORER: Final = ModelSpec(
    name="transits/transit_scorer",
    fit=fit_transit_scorer,
    training=(
        Training(TRAINING_EXAMPLES, EXAMPLE_SCHEMA.names, _EXAMPLES),
        Training(FALSE_ALARMS, EXAMPLE_SCHEMA.names, _FALSE_ALARMS),
        Training(INJECTED_TRANSITS, EXAMPLE_SCHEMA.names, _INJECTED),
    ),
    config=TransitScorerConfig(),
    is_resumed=True,
    judged=judged,
)


def on_events(spec: ModelSpec, files: Sequence[str]) -> ModelSpec:
    """Return the same model, trained on the events of files that were taken in, by their sha256."""
    return replace(spec, training=(Training(EVENTS, EXAMPLE_SCHEMA.names, _EXAMPLES, tuple(files)),))


#: What the promoted scorer says of each candidate.
TRANSIT_SCORES: Final = Table(
    name="transits/transit_scores",
    schema=TRANSIT_SCORE_SCHEMA,
    compute=compute_transit_scores,
    parents=(
        Parent(TRAINING_EXAMPLES, columns=_SCORED),
        Parent(
            PROMOTED_MODELS,
            columns=(
                "alias", "model_version", "artefact", "trained_on_real", "trained_on_injected",
                "trained_on_simulated",
            ),
            role="scorer",
            on="alias",
            equals=f"transits/transit_scorer:{CHAMPION}",
        ),
    ),
    key="example_id",
    libraries=("numpy", "onnxruntime", "safetensors", "scipy"),
    is_batched=True,
    is_on_demand=True,
)  # fmt: skip

TABLES: Final = (TRANSIT_SCORES,)
