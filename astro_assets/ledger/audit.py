"""Everything that produced a version of a model: rows, stars, labels, files, code, circumstances.

Assembled from what is stored, without computing anything anew; whether what is stored is still what its
hashes say is in :mod:`astro_assets.ledger.verification`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import polars as pl

from astro_assets.ledger.ancestry import ancestry, rows_of
from astro_assets.ledger.audit_parts import UNCHANGED, Lines, files_of, labels_of, members_of, tables_of
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.members import member_rows
from astro_assets.ledger.model_tables import MODELS, PROMOTED_MODELS, TRACKED_RUNS
from astro_assets.ledger.models import PREVIOUS, Judgement, ModelSpec
from astro_assets.ledger.objects import CorruptStoreError
from astro_assets.ledger.records import why_not_reproducible
from astro_assets.ledger.retraction import forgotten_models
from astro_assets.ledger.units import least_real

FORMAT: Final = "astro_assets audit 1"
#: What is told of a version of whose making nothing else was recorded.
_NOT_RECORDED: Final[Mapping[str, Any]] = {
    "git_commit": None,
    "is_dirty": None,
    "hardware": {},
    "pins": {},
}
#: What members are counted by.
COUNTED: Final = ("origin", "role", "class", "label_source", "mission", "segment")


class UnknownVersionError(LookupError):
    """No version of a model has this name."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Audit:
    """What is known of a version of a model.

    Attributes
    ----------
    made
        When, by which run, from which code, with which settings, where.
    training
        Recipe, Merkle root, number and counts of the rows.
    members
        Each row that was trained on: what it is, and whether it is still there.
    labels, files
        Units that were put in by name and lead to the members.
    tables
        Each computed table between them.
    checks
        What was found out about the version: ``name``, ``passed``, ``said``.
    test_reads
        Versions that were judged on the same stars.
    behind
        What has changed since.
    """

    model: str
    version: str
    aliases: list[str]
    origin: str
    artefact: dict[str, Any]
    made: dict[str, Any]
    training: dict[str, Any]
    members: list[dict[str, Any]]
    labels: list[dict[str, Any]]
    files: list[dict[str, Any]]
    tables: list[dict[str, Any]]
    checks: list[dict[str, Any]]
    test_reads: dict[str, Any]
    behind: dict[str, Any]
    format: str = FORMAT
    stars: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self)


def audit(ledger: Ledger, model: str, version: str, specs: Iterable[ModelSpec] = ()) -> Audit:
    """Gather what produced a version of a model.

    Parameters
    ----------
    specs
        How models are made now: what their rows tell and what their figures say is known from there.

    Raises
    ------
    UnknownVersionError
        If there is no such version.
    """
    row = _model_row(ledger, model, version)
    spec = next((spec for spec in specs if spec.name == model), None)
    rows = member_rows(ledger, model, version)
    found = ancestry(ledger, rows.select("table", "key", "row_hash"))
    members = members_of(ledger, rows.filter(pl.col("role") != PREVIOUS), found)
    figures = json.loads(row["metrics"])
    files = files_of(ledger, found)
    labels = labels_of(ledger, found)
    _date(members, labels)
    changed = [line for line in (*members, *labels, *files) if line["status"] != UNCHANGED]
    stars = sorted({line["star"] for line in members if line["star"] is not None})
    return Audit(
        model=model,
        version=version,
        aliases=_aliases(ledger, model, version),
        origin=row["origin"],
        artefact=_artefact(ledger, row["artefact"]),
        made=_made(ledger, row),
        training={
            "recipe": row["training_recipe"],
            "root": row["training_root"],
            "n_rows": len(members),
            "n_stars": len(stars),
            "continued_from": _continued_from(ledger, rows),
            "counts": _counts(members, files),
        },
        members=members,
        labels=labels,
        files=files,
        tables=tables_of(ledger, found),
        checks=_checks(row, members, figures, spec),
        test_reads=_test_reads(ledger, model, figures.get("split")),
        behind={
            "n_rows": sum(line["status"] != UNCHANGED for line in members),
            "superseded": [{name: line[name] for name in ("table", "key", "status")} for line in changed],
        },
        stars=stars,
    )


def member_stars(ledger: Ledger, model: str, version: str) -> list[str]:
    """List the stars that a version was fitted on."""
    rows = member_rows(ledger, model, version).filter(pl.col("role") != PREVIOUS)
    found = ancestry(ledger, rows.select("table", "key", "row_hash"))
    return sorted({line["star"] for line in members_of(ledger, rows, found) if line["star"] is not None})


def _model_row(ledger: Ledger, model: str, version: str) -> dict[str, Any]:
    unit = ["key", "origin", "run_id", "computed_at", "source", "installed"]
    columns = [*unit, *MODELS.schema.names]
    lines = ledger.open(MODELS).units([*columns, "n_rows"]).filter(pl.col("key") == f"{model}@{version}")
    found = lines.explode(list(MODELS.schema.names)).collect()
    if found.is_empty():
        raise UnknownVersionError(f"{model} has no version {version!r}; `astro-assets models` lists them")
    return found.row(0, named=True)


def _aliases(ledger: Ledger, model: str, version: str) -> list[str]:
    rows = ledger.open(PROMOTED_MODELS).rows(["alias", "model", "model_version"])
    own = rows.filter((pl.col("model") == model) & (pl.col("model_version") == version)).collect()
    return sorted(alias.removeprefix(f"{model}:") for alias in own["alias"])


def _date(members: Lines, labels: Lines) -> None:
    """Tell of each member from when the labels of its source are; several dates where it came in anew."""
    dates: dict[str, set[str]] = {}
    for label in labels:
        dates.setdefault(label["label_source"], set()).add(label["label_date"])
    for line in members:
        line["label_dates"] = sorted(dates.get(line["label_source"], ()))


def _artefact(ledger: Ledger, sha256: str) -> dict[str, Any]:
    n_bytes = ledger.home.storage.size(ledger.objects.file_key(sha256))
    return {"sha256": sha256, "n_bytes": n_bytes, "is_held": n_bytes is not None}


def _made(ledger: Ledger, row: Mapping[str, Any]) -> dict[str, Any]:
    config = json.loads(row["config"])
    runs = ledger.open(TRACKED_RUNS).rows(["model_version", "model", "tracker", "tracked_run", "address"])
    tracked = runs.filter(pl.col("key") == row["key"]).select("tracker", "tracked_run", "address").collect()
    circumstances = json.loads(row.get("circumstances") or "{}")
    why_not = why_not_reproducible(ledger.home, row["model"], row["model_version"])
    if (lost := forgotten_models(ledger).get(row["key"])) is not None:
        why_not = [*circumstances.get("why_not", ()), lost]
    return {
        "at": row["computed_at"].isoformat(timespec="seconds"),
        "run": row["run_id"],
        "tracked_as": tracked.to_dicts(),
        "seed": config.get("seed"),
        "config": config,
        "source": row["source"],
        "environment": _environment(ledger, row["installed"]),
        **{name: circumstances.get(name, default) for name, default in _NOT_RECORDED.items()},
        "is_reproducible": not why_not,
        "why_not": why_not,
    }


def _environment(ledger: Ledger, digest: str) -> dict[str, str]:
    try:
        return ledger.objects.get_environment(digest)
    except CorruptStoreError:  # what is lost is a matter of verification
        return {}


def _continued_from(ledger: Ledger, rows: pl.DataFrame) -> str | None:
    """Return the version that was promoted when a continued model was fitted."""
    before = rows.filter(pl.col("role") == PREVIOUS)
    if before.is_empty():
        return None
    found = ancestry(ledger, before.select("table", "key", "row_hash"))
    versions = rows_of(ledger, found.units, PROMOTED_MODELS, ["model_version"])
    return str(versions.filter(pl.col("row_hash").is_in(before["row_hash"].implode()))["model_version"][0])


def _counts(members: Lines, files: Lines) -> dict[str, dict[str, int]]:
    counts = {
        name: Counter(str(line[name]) for line in members if line[name] is not None) for name in COUNTED
    }
    counts["files"] = Counter(f"{line['mission']} {line['segment']}" for line in files if line["mission"])
    return {name: dict(sorted(of.items())) for name, of in counts.items()}


def _checks(
    row: Mapping[str, Any],
    members: Lines,
    metrics: Mapping[str, Any],
    spec: ModelSpec | None,
) -> list[dict[str, Any]]:
    origins = [str(line["origin"]) for line in members if line["origin"] is not None]
    truly = least_real(origins)
    found = [
        Judgement(
            "origin_of_members",
            truly == row["origin"],
            f"the least real member is {truly}, the version says {row['origin']}",
        )
    ]
    if spec is not None and spec.judged is not None:
        found += spec.judged(metrics)
    return [asdict(judgement) for judgement in found]


def _test_reads(ledger: Ledger, model: str, split: str | None) -> dict[str, Any]:
    """Tell which versions were judged on the same stars in the same folds, this one included."""
    rows = ledger.open(MODELS).rows(["model", "model_version", "metrics"]).filter(pl.col("model") == model)
    versions = sorted(
        row["model_version"]
        for row in rows.collect().iter_rows(named=True)
        if split is not None and json.loads(row["metrics"]).get("split") == split
    )
    return {"split": split, "n": len(versions), "versions": versions}
