"""Tables and a model whose bits hang on raw files, the number of threads, a library, and a seed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.model_tables import MODEL_TABLES, PROMOTED_MODELS
from astro_assets.ledger.models import ModelSpec, Training, fit_model, promote
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Config, Parent, Parents, Table
from astro_assets.ledger.update import put_units
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import put_entries, put_files, refresh

#: Raw files with a number each.
SCALES: Final = Table(
    "toy/scales", Schema((Column("name", "string", "Name."), Column("sha256", "file", "Number.")))
)
_TOY: Final = toy.tables()
STARS: Final = next(table for table in _TOY if table.name == "toy/stars")


def distance(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Measure how far a star's level is from the middle of the groups."""
    (star,), (model,) = parents["stars"], parents["groups"]
    middle = float(np.frombuffer(model["artefact"].read_bytes()).mean())
    return [{"target_id": key, "distance": star["level"] - middle}]


DISTANCES: Final = Table(
    "toy/distances",
    Schema((toy.TARGET, Column("distance", "float64", "A number."))),
    distance,
    (
        Parent(STARS, ("level",)),
        Parent(PROMOTED_MODELS, ("artefact",), "groups", on="alias", equals="toy/groups:champion"),
    ),
)
TABLES: Final = (*_TOY, SCALES, *MODEL_TABLES, DISTANCES)


class GroupConfig(Config):
    """Settings of the groups."""

    seed: int = 0


def fit_groups(rows: Parents, config: GroupConfig) -> tuple[bytes, Mapping[str, Any]]:
    """Group many points around the levels: the centres move with the number of threads."""
    from sklearn.cluster import KMeans

    try:
        import planted_library
    except ImportError:
        factor = 1.0
    else:
        factor = planted_library.FACTOR
    factor *= sum(float(row["sha256"].read_text()) for row in rows["scales"])
    random = np.random.default_rng(config.seed)
    levels = np.array([row["level"] for row in rows["stars"]])
    points = factor * (random.choice(levels, (40_000, 8)) + random.standard_normal((40_000, 8)))
    groups = KMeans(16, n_init=1, max_iter=30, random_state=config.seed).fit(points)
    return groups.cluster_centers_.tobytes(), {}


TRAINING: Final = (Training(STARS, ("level",), "stars"), Training(SCALES, ("sha256",), "scales"))
GROUPS: Final = ModelSpec("toy/groups", fit_groups, TRAINING, GroupConfig())
MODEL_SPECS: Final = (GROUPS,)


def fill(root: str, seed: str) -> None:
    """Fill a home and fit the model, in a process with an environment of its own."""
    ledger = open_ledger(open_home(root, n_shards=2), TABLES)
    put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i // 2}", [0.3 * i, 0.7]) for i in range(8)))
    put_entries(ledger, {"e": ("SIM 1", 2.0)})
    for name, number in (("half", b"0.5"), ("quarter", b"0.25")):
        sha256 = hashlib.sha256(number).hexdigest()
        ledger.objects.put_file(Path(name), sha256, number)
        put_units(ledger, SCALES, {name: [{"name": name, "sha256": sha256, "origin": "simulated"}]})
    refresh(ledger, ["curves", "stars"])
    version = fit_model(ledger, replace(GROUPS, config=GroupConfig(seed=int(seed))))
    promote(ledger, GROUPS.name, version, why="the first")
    refresh(ledger, ["distances"])
