"""The `retract` command: a star is left out, what was made of it goes, models are fitted without it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from astro_assets.catalogs.tables import TARGET_ALIASES
from astro_assets.cli import audit_printing, printing
from astro_assets.cli.preparation import begun_engine
from astro_assets.cli.search import report_failures, run_with_progress, shown_progress
from astro_assets.definitions import CLUSTERS_JOB
from astro_assets.ledger.home import Home
from astro_assets.ledger.impact import impact_of_target
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.members import member_rows
from astro_assets.ledger.model_tables import MODELS, PROMOTED_MODELS
from astro_assets.ledger.models import CHAMPION, promoted
from astro_assets.ledger.retraction import held, members_of, retraction_of, set_retracted
from astro_assets.orchestration.concerned import due, update_concerned
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.run_marks import working
from astro_assets.tables import MODEL_SPECS, TABLES
from astro_assets.transits.cluster_tables import CLUSTER_MODEL
from astro_assets.transits.example_tables import EVENTS
from astro_assets.transits.scorer_tables import TRANSIT_SCORER

_VERSION: Final = ["model", "model_version"]


def retract(home: Home, target: str, why: str, *, keep_models: bool) -> int:
    """Leave a target out from now on, and print what that takes out.

    Parameters
    ----------
    target
        Its canonical id.
    keep_models
        Whether promoted models that were trained on it are only listed.

    Returns
    -------
    int
        Exit code: 0 only if everything made of it is out, of the promoted models as well.
    """
    ledger = open_ledger(home, TABLES)
    if (known := retraction_of(ledger, target)) is not None:
        printing.notes([f"{target} is retracted since {known['decided_at']}: {known['why']}"])
    printing.notes(_of_names(ledger, target))
    audit_printing.impact(f"the target {target}", impact_of_target(ledger, target))
    trained = members_of(ledger, {target})
    _decide(home, target, why, is_retracted=True)
    failures = [] if keep_models else _refitted(home, target, trained)
    printing.notes(_of_models(open_ledger(home, TABLES), target, trained))
    return report_failures(failures)


def take_back(home: Home, target: str, why: str) -> int:
    """Let a retracted target count again, and compute what that brings.

    Returns
    -------
    int
        Exit code.
    """
    if retraction_of(open_ledger(home, TABLES), target) is None:
        return report_failures([f"{target} is not retracted"])
    _decide(home, target, why, is_retracted=False)
    printing.notes(["Models are not fitted again for that: astro-assets train does."])
    return 0


def _decide(home: Home, target: str, why: str, *, is_retracted: bool) -> None:
    """Decide, and bring up to date what that concerns: a decision that was interrupted is gone on with."""
    engine = begun_engine(home, has_work=False)
    ledger = engine.ledger()
    there, before = held(ledger, target), due(ledger)
    if not set_retracted(ledger, target, why, is_retracted=is_retracted):  # perhaps interrupted then
        is_other = pl.col("target").ne_missing(target)
        before = {name: units.filter(is_other) for name, units in before.items()}
    with working(home), shown_progress(engine):
        update_concerned(engine, before)
    printing.updates(engine.reports)
    now = held(engine.ledger(), target).rename({"rows": "rows_now"}).drop("units")
    counts = there if is_retracted else now
    if counts.is_empty():
        printing.notes([f"The home holds nothing that was made of {target}."])
    elif is_retracted:
        gone = there.join(now, on="table", how="left").with_columns(pl.col("rows_now").fill_null(0))
        for name, _, rows, left in gone.filter(pl.col("rows") > pl.col("rows_now")).iter_rows():
            printing.notes([f"{name}: {rows - left} rows of {target} are out; older versions keep them"])


def _refitted(home: Home, target: str, trained: pl.DataFrame) -> list[str]:
    """Fit the promoted models again that were trained on the target, with the settings they had."""
    failures = []
    for spec in MODEL_SPECS:
        ledger = open_ledger(home, TABLES)
        version = _version_of(ledger, spec.name)
        versions = trained.filter(pl.col("model") == spec.name)["model_version"].to_list()
        if version is None or version not in versions:
            continue
        engine = Engine(home, TABLES)
        failures += _fit_again(engine, ledger, spec.name, version)
        outcome = engine.outcomes.get(spec.name)
        if outcome is None:
            continue
        printing.notes([f"{spec.name} without {target}: {outcome.version or ''} {outcome.said}"])
        if not outcome.is_fitted:
            failures.append(f"{spec.name} cannot be fitted without {target}: {outcome.said}")
        elif _version_of(open_ledger(home, TABLES), spec.name) in versions:
            failures.append(f"{spec.name} without {target} was not promoted: {outcome.said}")
    return failures


def _version_of(ledger: Ledger, model: str) -> str | None:
    champion = promoted(ledger, model)
    return None if champion is None else str(champion["model_version"])


def _fit_again(engine: Engine, ledger: Ledger, model: str, version: str) -> list[str]:
    rows = ledger.open(MODELS).rows([*_VERSION, "config"])
    of_version = (pl.col("model") == model) & (pl.col("model_version") == version)
    settings: dict[str, Any] = json.loads(rows.filter(of_version).collect()["config"][0])
    wanted: dict[str, Any] = {"refit": True, "settings": settings}
    if model == CLUSTER_MODEL.name:
        return run_with_progress(
            engine, CLUSTERS_JOB, {"ops": {"transits__cluster_model": {"config": wanted}}}
        )
    if model == TRANSIT_SCORER.name:
        members = member_rows(ledger, model, version)
        wanted["events"] = sorted(members.filter(pl.col("table") == EVENTS.name)["key"].unique())
    job = f"train_{model.partition('/')[2]}"
    return run_with_progress(engine, job, {"ops": {model.replace("/", "__"): {"config": wanted}}})


def _of_models(ledger: Ledger, target: str, trained: pl.DataFrame) -> list[str]:
    """Say which versions were trained on the target: they stay, and are flagged, under whatever alias."""
    applied = ledger.open(PROMOTED_MODELS).rows(["alias", *_VERSION]).collect()
    lines = []
    for model, version, n_rows in trained.group_by(_VERSION).len().sort(_VERSION).iter_rows():
        of_version = (pl.col("model") == model) & (pl.col("model_version") == version)
        names = [alias.rpartition(":")[2] for alias in applied.filter(of_version)["alias"].sort()]
        state = f"is the {' and the '.join(names)} still" if names else "stays as it was"
        lines.append(
            f"{model} {version} was trained on {n_rows} rows of {target}: it {state}, and is flagged"
        )
        if others := [name for name in names if name != CHAMPION]:
            lines.append(f"Not fitted again: the {' and the '.join(others)}; only a champion is")
    return lines


def _of_names(ledger: Ledger, target: str) -> Sequence[str]:
    """Name what catalogues list under another name of the target: these are not left out with it."""
    listed = ledger.open(TARGET_ALIASES).rows(["star", "target_id"]).select("star", "target_id").collect()
    names = listed.filter(pl.col("target_id") == target)["star"].to_list()
    others = listed.filter(pl.col("star").is_in(names) & (pl.col("target_id") != target))
    return [
        f"{target} is also listed as {other} ({star}), which is not retracted with it"
        for star, other in others.sort("target_id").iter_rows()
    ]
