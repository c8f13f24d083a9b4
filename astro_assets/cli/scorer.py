"""The commands of the scorer: train a version, list versions, show a card, score events."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from astro_assets.cli import printing
from astro_assets.cli.search import report_failures, run_with_progress
from astro_assets.cli.training import steps_shown, told
from astro_assets.definitions import CLUSTERS_JOB, training_job
from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.model_names import UnknownModelError
from astro_assets.ledger.model_versions import versions
from astro_assets.ledger.models import CHAMPION
from astro_assets.ledger.trained_models import configured
from astro_assets.orchestration.engine import Engine
from astro_assets.tables import PRELOAD, TABLES
from astro_assets.transits.cluster_tables import CLUSTER_MODEL
from astro_assets.transits.scorer.classes import CLASSES
from astro_assets.transits.scorer.event_files import read_events
from astro_assets.transits.scorer.examples import examples_of
from astro_assets.transits.scorer.scores import score_rows
from astro_assets.transits.scorer_assets import ScorerConfig, scorer_spec
from astro_assets.transits.scorer_models import SCORER, scorer

#: Columns of a file of scores.
SCORE_COLUMNS = (*CLASSES, "planet_or_eb", "abstain", "conformal_set", "gate")


def train(
    home: Home, events: Path | None, mode: str, settings: Mapping[str, Any], *, may_lack_labels: bool = False
) -> int:
    """Train a version of the scorer, promote it where nothing speaks against it, and print its figures.

    Parameters
    ----------
    may_lack_labels
        Whether too few labelled events are a note, and no failure.

    Returns
    -------
    int
        Exit code: 0 only if a version was trained, or an equal one was there.

    Raises
    ------
    EventFileError
        If the file of events cannot be used; nothing was started.
    SettingError
        If a setting is unknown or out of bounds; nothing was started.
    """
    open_ledger(home, TABLES)
    paths = [] if events is None else [str(events)]
    if events is not None:
        read_events(events)
    wanted: dict[str, Any] = {
        "refit": True,
        "mode": mode,
        "settings": dict(settings),
        "events": [] if events is None else [sha256_of(events)],
    }
    scorer_spec(ScorerConfig(**wanted))
    engine = Engine(home, TABLES, preload=PRELOAD)
    config = {
        "ops": {
            "transits__event_files": {"config": {"paths": paths}},
            "transits__transit_scorer": {"config": wanted},
        }
    }
    with steps_shown(engine, SCORER):
        failures = run_with_progress(engine, training_job(SCORER), config)
    printing.updates(engine.reports)
    missing = told(engine, SCORER)
    if may_lack_labels:
        printing.notes(missing)
        missing = []
    return report_failures([*failures, *missing])


def fit_clusters(home: Home, settings: Mapping[str, Any]) -> int:
    """Find groups of the home's candidates, again where there are some, and print the versions there are.

    Returns
    -------
    int
        Exit code: 0 only if every step succeeded.

    Raises
    ------
    SettingError
        If a setting is unknown or out of bounds; nothing was started.
    """
    configured(CLUSTER_MODEL, settings)
    engine = Engine(home, TABLES, preload=PRELOAD)
    wanted = {"refit": True, "settings": dict(settings)}
    config = {"ops": {"transits__cluster_model": {"config": wanted}}}
    failures = run_with_progress(engine, CLUSTERS_JOB, config)
    printing.updates(engine.reports)
    printing.models(versions(engine.ledger(), CLUSTER_MODEL.name))
    return report_failures(failures)


def score(home: Home, events: Path, out: Path, name: str = CHAMPION, *, with_edge: bool = False) -> int:
    """Score the events of a file and write one row for each, in their order.

    Returns
    -------
    int
        How many.

    Raises
    ------
    EventFileError
        If the file cannot be used.
    UnknownModelError
        If there is no such version.
    """
    loaded = scorer(open_ledger(home, TABLES), name)
    if with_edge and loaded.edge is None:
        raise UnknownModelError(f"the version {name!r} was trained without an edge model")
    rows = score_rows(loaded, examples_of(read_events(events, with_labels=False)), with_edge=with_edge)
    schema: dict[str, Any] = {
        **dict.fromkeys((*CLASSES, "planet_or_eb"), pl.Float64),
        "abstain": pl.Boolean,
        "conformal_set": pl.List(pl.String),
        "gate": pl.Boolean,
    }
    frame = pl.DataFrame([{key: row[key] for key in SCORE_COLUMNS} for row in rows], schema=schema)
    _write(frame, out)
    return frame.height


def _write(frame: pl.DataFrame, out: Path) -> None:
    """Write all of it or nothing."""
    out.parent.mkdir(parents=True, exist_ok=True)
    handle, partial = tempfile.mkstemp(dir=out.parent, prefix=f".{out.name}.")
    os.close(handle)
    try:
        frame.write_parquet(partial)
        Path(partial).replace(out)
    except BaseException:
        Path(partial).unlink(missing_ok=True)
        raise
