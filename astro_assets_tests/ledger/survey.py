"""Eight tables of one number a target, for homes so large that curves would only take time to make.

The relations are those of the toy wing: a source, labels, one unit a file, a join, rows that are keys, a
model that was fitted and is applied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.model_tables import MODEL_TABLES, PROMOTED_MODELS
from astro_assets.ledger.models import ModelSpec, Training, fit_model, promote, promoted
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Config, Parent, Parents, Row, Table
from astro_assets.ledger.update import put_units, update

N_SHARDS = 64
_TARGET = Column("target_id", "string", "Canonical target id.")
_VALUE = Column("value", "float64", "A number.")
_FILE = Column("file_id", "string", "Name of the file.")
_SIGNAL = Column("signal_id", "string", "Name of the signal.")
_LABEL = Column("label", "string", "What the star is.")


def curves(key: str, parents: Parents, config: Config) -> list[Row]:
    """Copy the number of a file."""
    del config
    (row,) = parents["files"]
    return [{"file_id": key, "target_id": row["target_id"], "value": row["value"]}]


def stars(key: str, parents: Parents, config: Config) -> list[Row]:
    """Add up the curves of a star."""
    del config
    return [{"target_id": key, "value": sum(row["value"] for row in parents["curves"])}]


def signals(key: str, parents: Parents, config: Config) -> list[Row]:
    """Find the one signal of a star."""
    del config
    (star,) = parents["stars"]
    return [{"signal_id": f"{key}.01", "target_id": key, "value": star["value"] + 1.0}]


def views(key: str, parents: Parents, config: Config) -> list[Row]:
    """Set a signal against its star."""
    del config
    (signal,), (star,) = parents["signals"], parents["stars"]
    value = signal["value"] - 2.0 * star["value"]
    return [{"signal_id": key, "target_id": signal["target_id"], "value": value}]


def features(key: str, parents: Parents, config: Config) -> list[Row]:
    """Measure a view, and tell the label of its star."""
    del config
    (view,), (label,) = parents["views"], parents["labels"]
    values = {"value": abs(view["value"]), "label": label["label"]}
    return [{"signal_id": key, "target_id": view["target_id"], **values}]


def scores(key: str, parents: Parents, config: Config) -> list[Row]:
    """Apply the promoted model."""
    del config
    (row,), (model,) = parents["features"], parents["model"]
    value = row["value"] - float(model["artefact"].read_text())
    return [{"signal_id": key, "target_id": row["target_id"], "value": value}]


def fit(rows: Parents, config: Config) -> tuple[bytes, Mapping[str, Any]]:
    """Fit the mean of the features."""
    del config
    return repr(float(np.mean([row["value"] for row in rows["features"]]))).encode(), {}


_READ = ("target_id", "value")
_CHAMPION = {"on": "alias", "equals": "survey/mean:champion"}
FILES = Table("survey/files", Schema((_FILE, _TARGET, _VALUE)))
LABELS = Table("survey/labels", Schema((_TARGET, _LABEL)), holds_labels=True)
CURVES = Table(
    "survey/curves", Schema((_FILE, _TARGET, _VALUE)), curves, (Parent(FILES, _READ),), key="file_id"
)
STARS = Table("survey/stars", Schema((_TARGET, _VALUE)), stars, (Parent(CURVES, ("value",)),))
SIGNALS = Table("survey/signals", Schema((_SIGNAL, _TARGET, _VALUE)), signals, (Parent(STARS, ("value",)),))
VIEWS = Table(
    "survey/views",
    SIGNALS.schema,
    views,
    (Parent(SIGNALS, _READ), Parent(STARS, ("value",))),
    key="signal_id",
)
FEATURES = Table(
    "survey/features",
    Schema((_SIGNAL, _TARGET, _VALUE, _LABEL)),
    features,
    (Parent(VIEWS, _READ), Parent(LABELS, ("label",))),
    key="signal_id",
)
SCORES = Table(
    "survey/scores",
    SIGNALS.schema,
    scores,
    (Parent(FEATURES, _READ), Parent(PROMOTED_MODELS, ("artefact",), "model", **_CHAMPION)),
    key="signal_id",
)
TABLES = (FILES, LABELS, CURVES, STARS, SIGNALS, VIEWS, FEATURES, SCORES)
SPEC = ModelSpec("survey/mean", fit, (Training(FEATURES, ("value",), "features"),))


def opened(root: Path) -> Ledger:
    """Open a home of this wing."""
    return open_ledger(open_home(root, n_shards=N_SHARDS), (*TABLES, *MODEL_TABLES))


def put_stars(ledger: Ledger, numbers: Iterable[int], value: float = 0.0) -> None:
    """Put in the files of some stars; each has its own number and a common value."""
    rows: dict[str, Sequence[Row]] = {
        f"f{i}": [{"file_id": f"f{i}", "target_id": f"SIM {i}", "value": i + value}] for i in numbers
    }
    put_units(ledger, FILES, rows)


def refresh(ledger: Ledger) -> dict[str, tuple[str, ...]]:
    """Bring all tables up to date, and return the keys computed by table."""
    return {table.name: update(ledger, table).computed for table in TABLES if not table.is_source}


def built(root: Path, n_stars: int) -> Ledger:
    """Make a home in which every table holds as many units as there are stars, and a model is applied."""
    ledger = opened(root)
    put_stars(ledger, range(n_stars))
    labels = {f"SIM {i}": [{"target_id": f"SIM {i}", "label": "star"}] for i in range(n_stars)}
    put_units(ledger, LABELS, labels)
    refresh(ledger)
    promote(ledger, SPEC.name, fit_model(ledger, SPEC), why="the first")
    update(ledger, SCORES)
    return ledger


def promoted_version(ledger: Ledger) -> str:
    """Return the version of the model that is applied."""
    champion = promoted(ledger, SPEC.name)
    assert champion is not None
    return str(champion["model_version"])
