"""The commands that train any model: what is wanted of the run, its progress, and what it came to."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from astro_assets.cli import printing
from astro_assets.cli.search import report_failures, run_with_progress
from astro_assets.definitions import training_job
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.model_versions import version_of
from astro_assets.ledger.trained_models import TrainedModel
from astro_assets.orchestration.engine import Engine
from astro_assets.tables import PRELOAD, TABLES

#: How a training tells how far it is: "network 3 of 25 ...".
_STEP: Final = re.compile(r"([a-z ]+) %d of %d\b")


def train(home: Home, model: TrainedModel, mode: str, settings: Mapping[str, Any]) -> int:
    """Train a version of a model, promote it where nothing speaks against it, and print its figures.

    Returns
    -------
    int
        Exit code: 0 only if a version was trained, or an equal one was there.

    Raises
    ------
    SettingError
        If a setting is unknown or out of bounds; nothing was started.
    """
    model.wanted(mode, settings)
    open_ledger(home, TABLES)
    wanted: dict[str, Any] = {"mode": mode, "settings": dict(settings)}
    config = {"ops": {_op(model.name): {"config": {"refit": True, **wanted}}}}
    if model.recipes is not None:
        config["ops"][_op(model.recipes.table.name)] = {"config": wanted}
    engine = Engine(home, TABLES, preload=PRELOAD)
    with steps_shown(engine, model):
        failures = run_with_progress(engine, training_job(model), config)
    printing.updates(engine.reports)
    return report_failures([*failures, *told(engine, model)])


def told(engine: Engine, model: TrainedModel) -> list[str]:
    """Print the version that was trained, and return why there is none if there is none."""
    outcome = engine.outcomes.get(model.name)
    if outcome is None:
        return []
    if not outcome.is_fitted or outcome.version is None:
        return [f"{model.name}: {outcome.said}"]
    printing.models([version_of(engine.ledger(), model.name, outcome.version)])
    printing.notes([f"{model.name} {outcome.version}: {outcome.said}"])
    return []


@contextmanager
def steps_shown(engine: Engine, model: TrainedModel) -> Iterator[None]:
    """Move a bar with each step that a training logs during the block."""
    logger = logging.getLogger(f"astro_assets.{model.name.partition('/')[0]}")
    shown, before = _Shown(engine, model), logger.level
    logger.addHandler(shown)
    logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.removeHandler(shown)
        logger.setLevel(before)


class _Shown(logging.Handler):
    """Moves a bar with each "NAME %d of %d" that a training logs."""

    def __init__(self, engine: Engine, model: TrainedModel) -> None:
        super().__init__(logging.INFO)
        self.engine = engine
        self.of = model.short_name.replace("_", " ")

    def emit(self, record: logging.LogRecord) -> None:
        step = _STEP.match(str(record.msg))
        if step is not None and isinstance(record.args, tuple):
            done, n_all = (int(str(value)) for value in record.args[:2])
            self.engine.progress_of(f"{self.of}: {step[1]}")(done, n_all)


def _op(name: str) -> str:
    return name.replace("/", "__")
