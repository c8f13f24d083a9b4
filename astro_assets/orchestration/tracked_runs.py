"""Trainings recorded with MLflow, under the names and hashes that the ledger knows them by.

What is recorded follows from what is stored: it may be lost and made again.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_tables import TRACKED_RUNS
from astro_assets.ledger.model_versions import version_of
from astro_assets.ledger.trained_models import TrainedModel
from astro_assets.ledger.update import put_units


def tracked(
    ledger: Ledger,
    model: TrainedModel,
    version: str,
    more_tags: Callable[[Mapping[str, Any]], Mapping[str, str]] = lambda _: {},
) -> str:
    """Record a version with MLflow and register it under its aliases; return the id of its run.

    The run carries the hashes of the ledger, the version's name is the run's, and the ledger keeps its id.
    """
    from astro_assets.learning.tracking import find_run, register, tracking_uri

    row, root, name = version_of(ledger, model.name, version), ledger.home.root, model.name
    run = find_run(root, name, version) or _new_run(ledger, model, row, more_tags(row["figures"]))
    register(root, name.replace("/", "."), run, row["aliases"])
    known = {"model": name, "model_version": version, "tracker": "mlflow", "tracked_run": run}
    put_units(ledger, TRACKED_RUNS, {f"{name}@{version}": [{**known, "address": tracking_uri(root)}]})
    return run


def _new_run(
    ledger: Ledger, model: TrainedModel, row: Mapping[str, Any], more_tags: Mapping[str, str]
) -> str:
    from astro_assets.learning.tracking import record_run

    tags = {
        **{f"astro_assets.{name}": row[name] for name in _IDENTITY},
        **{f"astro_assets.{name}": value for name, value in more_tags.items()},
    }
    headline = model.headline(row["figures"])
    return record_run(
        ledger.home.root,
        model.name,
        row["model_version"],
        json.loads(row["config"]),
        {name: value for name, value in headline.items() if value is not None},
        tags,
        {
            model.file_name: ledger.objects.get_file(row["artefact"]),
            "model_card.md": model.card(ledger, row).encode(),
        },
    )


_IDENTITY = ("model_version", "training_recipe", "training_root", "artefact")
