"""The real/bogus classifier: what it is trained on, the model, and what the promoted version says of packets.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from astro_assets.images.alert_schemas import (
    REAL_BOGUS_EXAMPLES_SCHEMA,
    REAL_BOGUS_SCORES_SCHEMA,
    RealBogusExamplesConfig,
)
from astro_assets.images.alert_tables import ALERTS
from astro_assets.images.alerts.errors import StampError
from astro_assets.images.alerts.reading import packets_at
from astro_assets.images.alerts.stamps import triplet_of
from astro_assets.images.real_bogus.backgrounds import Source
from astro_assets.images.real_bogus.examples import Recipe, examples_of, recipes_of
from astro_assets.images.real_bogus.settings import FitSettings
from astro_assets.ledger.model_tables import PROMOTED_MODELS, TRAINED_ON
from astro_assets.ledger.models import CHAMPION, ModelSpec, TooFewRowsError, Training
from astro_assets.ledger.table import Config, Parent, Parents, Row, Table

__all__ = ["REAL_BOGUS_CLASSIFIER", "REAL_BOGUS_EXAMPLES", "REAL_BOGUS_SCORES", "TABLES"]

NAME: Final = "images/real_bogus_classifier"
#: Packets whose triplets are backgrounds: all examples of them, some 2 MB a packet, are in memory while the
#: classifier is trained.
MOST_PACKETS: Final = 600
#: Of one object, so that none counts for too much (as Rehemtulla et al. 2024, ApJ 972, 7, do).
MOST_OF_AN_OBJECT: Final = 3
_COUNTS: Final = tuple(column.name for column in TRAINED_ON)


class RealBogusConfig(FitSettings, Config):
    """Settings of ``images/real_bogus_classifier``."""


def backgrounds_among(alerts: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of ``alerts`` that triplets are taken of: a few of each of some objects.

    Objects are drawn by their names, and of an alert that came in several files one counts.
    """
    usable = alerts.filter(pl.col("has_stamps").fill_null(value=False) & pl.col("object_id").is_not_null())
    single = usable.sort("alert_id", "file_sha256", "position").unique("alert_id", maintain_order=True)
    few = single.group_by("object_id", maintain_order=True).head(MOST_OF_AN_OBJECT)
    counts = dict(few.group_by("object_id").len().iter_rows())
    names, left = [], MOST_PACKETS
    for name in sorted(counts, key=_drawn):
        left -= counts[name]
        if left < 0:
            break
        names.append(name)
    return few.filter(pl.col("object_id").is_in(names)).select(alerts.columns)


def _drawn(name: str) -> bytes:
    return blake2b(name.encode(), digest_size=16).digest()


def compute_real_bogus_examples(
    key: str, parents: Parents, config: RealBogusExamplesConfig
) -> list[dict[str, Any]]:
    """Tell what is made of the triplets of the object ``key``: a row an example."""
    return [
        {
            "object_id": key,
            **{name: packet[name] for name in ("position", "alert_id", "fwhm_pixels", "is_positive")},
            "sha256": packet["file_sha256"],
            "number": number,
            "kind": recipe.kind,
            "moved_share": recipe.moved_share,
            "seed": recipe.seed,
            "origin": "injected",
        }
        for packet in sorted(parents["alerts"], key=lambda row: str(row["alert_id"]))
        for number, recipe in enumerate(recipes_of(packet["alert_id"], config))
    ]


def fit_real_bogus_classifier(rows: Parents, config: RealBogusConfig) -> tuple[bytes, Mapping[str, Any]]:
    """Train the classifier on what the recipes make: the bytes of its file, and its figures."""
    from astro_assets.images.real_bogus.training import fit_examples
    from astro_assets.learning.energy import measured_energy
    from astro_assets.learning.figures import storable

    asked = sorted(rows["examples"], key=lambda row: (row["object_id"], row["alert_id"], row["number"]))
    sources = _sources(asked)
    # A stamp may be damaged behind its header, which alone was read before.
    recipes = [row for row in asked if _packet(row) in sources]
    n_objects = len({row["object_id"] for row in recipes})
    if n_objects < config.folds:
        raise TooFewRowsError(
            f"triplets of {n_objects} objects; at least {config.folds} are needed, one a fold"
        )
    made = [(sources[_packet(row)], Recipe(row["kind"], row["seed"], row["moved_share"])) for row in recipes]
    with measured_energy() as energy:
        artefact, figures = fit_examples(examples_of(made), config)
    left_out = {_packet(row) for row in asked} - set(sources)
    told = {"packets_with_damaged_stamps": len(left_out), "energy": storable(asdict(energy))}
    return artefact, {**figures, **told}


def _packet(row: Row) -> tuple[Path, int]:
    return row["sha256"], row["position"]


def _sources(recipes: Sequence[Row]) -> dict[tuple[Path, int], Source]:
    """Read the triplets of packets, but for damaged ones: each file once."""
    of_files: dict[Path, dict[int, Row]] = {}
    for row in recipes:
        of_files.setdefault(row["sha256"], {})[row["position"]] = row
    found = {}
    for path, wanted in of_files.items():
        for position, packet in packets_at(path, sorted(wanted)):
            with suppress(StampError):
                found[path, position] = Source(
                    triplet_of(packet).images,
                    _number(wanted[position]["fwhm_pixels"]),
                    wanted[position]["is_positive"] != 0,
                    wanted[position]["object_id"],
                )
    return found


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def compute_real_bogus_scores(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Score the packets of the file ``key`` that have stamps; none without a promoted classifier."""
    rows = sorted(parents["alerts"], key=lambda row: int(row["position"]))
    if not parents["classifier"]:
        return []
    (model,) = parents["classifier"]
    applied = {name: model[name] for name in ("model_version", *_COUNTS)}
    known = {row["position"]: row for row in rows}
    names = ("position", "alert_id", "object_id", "survey", "real_bogus", "deep_real_bogus")
    found = []
    for position, packet in packets_at(rows[0]["sha256"], list(known)):
        score, why, is_truncated = None, None, None
        try:
            triplet = triplet_of(packet)
            is_truncated = triplet.is_truncated
            value = float(_classifier(model["artefact"]).score(triplet.images[None])[0])
            score, why = (value, None) if np.isfinite(value) else (None, "a stamp has no measurement")
        except StampError as error:
            why = str(error).replace(packet.file, "its file")[:300]
        found.append(
            {
                "sha256": key,
                **{name: known[position][name] for name in names},
                "score": score,
                "why_none": why,
                "is_truncated": is_truncated,
                **applied,
            }
        )
    return found


@lru_cache(maxsize=2)
def _classifier(path: Path) -> Any:
    from astro_assets.images.real_bogus.classifier import open_classifier

    return open_classifier(Path(path).read_bytes())


def with_stamps(alerts: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of ``alerts`` that have all three stamps."""
    return alerts.filter(pl.col("has_stamps").fill_null(value=False))


#: What is made of real triplets, a unit an object: sources that are put in, and artefacts.
REAL_BOGUS_EXAMPLES: Final = Table(
    name="images/real_bogus_examples",
    schema=REAL_BOGUS_EXAMPLES_SCHEMA,
    compute=compute_real_bogus_examples,
    parents=(
        Parent(
            ALERTS,
            columns=(
                "sha256", "file_sha256", "position", "alert_id", "object_id", "has_stamps", "fwhm_pixels",
                "is_positive",
            ),
        ),
    ),
    config=RealBogusExamplesConfig(),
    key="object_id",
    target=None,
    choose=backgrounds_among,
    libraries=("numpy",),
    is_on_demand=True,
    described_by={"star": "object_id", "class": "kind"},
)  # fmt: skip

#: The classifier of triplets, trained on those examples.
REAL_BOGUS_CLASSIFIER: Final = ModelSpec(
    name=NAME,
    fit=fit_real_bogus_classifier,
    training=(Training(REAL_BOGUS_EXAMPLES, REAL_BOGUS_EXAMPLES_SCHEMA.names),),
    config=RealBogusConfig(),
)

#: What the promoted classifier says of each packet with stamps.
REAL_BOGUS_SCORES: Final = Table(
    name="images/real_bogus_scores",
    schema=REAL_BOGUS_SCORES_SCHEMA,
    compute=compute_real_bogus_scores,
    parents=(
        Parent(
            ALERTS,
            columns=(
                "sha256", "position", "alert_id", "object_id", "survey", "has_stamps", "real_bogus",
                "deep_real_bogus",
            ),
        ),
        Parent(
            PROMOTED_MODELS,
            columns=("alias", "model_version", "artefact", *_COUNTS),
            role="classifier",
            on="alias",
            equals=f"{NAME}:{CHAMPION}",
        ),
    ),
    key="sha256",
    target=None,
    choose=with_stamps,
    libraries=("fastavro", "numpy", "onnxruntime", "pyarrow"),
    is_on_demand=True,
)  # fmt: skip

TABLES: Final = (REAL_BOGUS_EXAMPLES, REAL_BOGUS_SCORES)
