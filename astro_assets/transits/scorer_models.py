"""Versions of the scorer: which is promoted, what is recorded of them, their cards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_names import UnknownModelError, resolve
from astro_assets.ledger.model_tables import MODELS, PROMOTED_MODELS, TRACKED_RUNS
from astro_assets.ledger.models import CHAMPION
from astro_assets.ledger.units import least_real
from astro_assets.ledger.update import put_units
from astro_assets.transits.scorer.card import model_card
from astro_assets.transits.scorer.scorer import Scorer
from astro_assets.transits.scorer.scorer_file import scorer_of

NAME: Final = "transits/transit_scorer"
_COLUMNS: Final = MODELS.schema.names


def versions(ledger: Ledger) -> list[dict[str, Any]]:
    """Return all versions of all models, with ``figures``, ``aliases`` and ``computed_at``, oldest first."""
    aliases: dict[tuple[str, str], list[str]] = {}
    promoted = ledger.open(PROMOTED_MODELS).rows(["alias", "model", "model_version"]).collect()
    for row in promoted.iter_rows(named=True):
        place = aliases.setdefault((row["model"], row["model_version"]), [])
        place.append(row["alias"].rpartition(":")[2])
    rows = ledger.open(MODELS).rows([*_COLUMNS]).collect().to_dicts()
    made = dict(
        ledger.open(MODELS).units(["key", "computed_at"]).select("key", "computed_at").collect().iter_rows()
    )
    found = [
        {
            **row,
            "figures": json.loads(row["metrics"]),
            "aliases": sorted(aliases.get((row["model"], row["model_version"]), [])),
            "computed_at": made[f"{row['model']}@{row['model_version']}"],
        }
        for row in rows
    ]
    return sorted(found, key=lambda row: (row["computed_at"], row["model_version"]))


def version_of(ledger: Ledger, name: str = CHAMPION) -> dict[str, Any]:
    """Return a version of the scorer by its name, the beginning of it, or an alias.

    Raises
    ------
    UnknownModelError
        If there is none, or several begin so.
    """
    there = {row["model_version"]: row for row in versions(ledger) if row["model"] == NAME}
    if not there:
        raise UnknownModelError("no transit scorer was trained yet: astro-assets train transit_scorer")
    return there[resolve(ledger, f"{NAME}@{name}")[1]]


def scorer(ledger: Ledger, name: str = CHAMPION) -> Scorer:
    """Load a version of the scorer."""
    row = version_of(ledger, name)
    return scorer_of(ledger.objects.get_file(row["artefact"]).read_bytes())


def card(ledger: Ledger, name: str = CHAMPION) -> str:
    """Write the model card of a version, in Markdown."""
    row = version_of(ledger, name)
    return model_card(row, row["figures"], n_reads(ledger, row["figures"]["split"]))


def n_reads(ledger: Ledger, split: str) -> int:
    """Count the versions that were judged on the same stars in the same folds."""
    return sum(row["figures"].get("split") == split for row in versions(ledger) if row["model"] == NAME)


def objection(figures: Mapping[str, Any]) -> str | None:
    """Say why a version may not be promoted; None where nothing speaks against it."""
    audits = figures["audits"]
    if found := [*audits["leaks"], *audits["shortcuts"]]:
        return f"not to be trusted: {found[0]}"
    return None


def trees_that_won(figures: Mapping[str, Any]) -> list[str]:
    """Name the trees that alone do better by more than the choice of stars can explain.

    All of the 95 % interval of the difference is on their side: of few stars nobody can tell who is better.
    """
    return [
        name
        for name, margin in figures["margins"].items()
        if name != "networks" and margin["high"] is not None and margin["high"] < 0
    ]


def replaces(figures: Mapping[str, Any], champion: Mapping[str, Any]) -> str | None:
    """Say why a new version is to replace the promoted one; None if it is not.

    On the same stars it has to be at least as good; figures of other stars say nothing of each other, and
    there what was trained last is what is wanted, unless it was trained on something less real, or trees
    alone do better than it and did not than the other.
    """
    new, old = (_precision(of["scorer"]) for of in (figures, champion))
    if least_real([figures["origin"], champion["origin"]]) != champion["origin"]:
        return None
    if trees_that_won(figures) and not trees_that_won(champion):
        return None
    if figures["stars"] != champion["stars"]:
        return f"trained on other stars; average precision {new:.4f}"
    return f"average precision {new:.4f}, {old:.4f} before" if new >= old else None


def _precision(figures: Mapping[str, Any]) -> float:
    return float(figures["average_precision"]["value"])


def tracked(ledger: Ledger, version: str) -> str:
    """Record a version with MLflow and register it under its aliases; return the id of its run.

    The run carries the hashes of the ledger, the version's name is the run's, and the ledger keeps its id.
    """
    from astro_assets.learning.tracking import find_run, register, tracking_uri

    row, root = version_of(ledger, version), ledger.home.root
    run = find_run(root, NAME, version) or _new_run(ledger, row)
    register(root, NAME.replace("/", "."), run, row["aliases"])
    known = {"model": NAME, "model_version": version, "tracker": "mlflow", "tracked_run": run}
    put_units(ledger, TRACKED_RUNS, {f"{NAME}@{version}": [{**known, "address": tracking_uri(root)}]})
    return run


def _new_run(ledger: Ledger, row: Mapping[str, Any]) -> str:
    from astro_assets.learning.tracking import record_run

    figures, version = row["figures"], row["model_version"]
    tags = {
        "astro_assets.model_version": version,
        "astro_assets.training_recipe": row["training_recipe"],
        "astro_assets.training_root": row["training_root"],
        "astro_assets.artefact": row["artefact"],
        "astro_assets.split": figures["split"],
    }
    metrics = {
        "average_precision": figures["scorer"]["average_precision"]["value"],
        "roc_auc": figures["scorer"]["roc_auc"]["value"],
        "expected_calibration_error": figures["calibration"]["ece"],
        "energy_kwh": figures["energy"]["kwh"],
    }
    return record_run(
        ledger.home.root,
        NAME,
        version,
        json.loads(row["config"]),
        {name: value for name, value in metrics.items() if value is not None},
        tags,
        {
            "scorer.zip": ledger.objects.get_file(row["artefact"]),
            "model_card.md": card(ledger, version).encode(),
        },
    )
