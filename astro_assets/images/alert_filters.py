"""Filters of a home: the models that they name, and the rows that keep every version of them.

Filters themselves are in `alerts.filters`; here is what is looked up in a ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from astro_assets.images.alert_tables import ALERT_FILTERS, APPLIED, REPLACED, by_version
from astro_assets.images.alert_tree_tables import NAME as TREES
from astro_assets.images.alerts.filter_files import FilterFile, FilterFileError
from astro_assets.images.alerts.filters import AlertFilter, hash_of
from astro_assets.images.real_bogus_tables import NAME as CLASSIFIER
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_names import resolve
from astro_assets.ledger.model_tables import MODELS

Row = dict[str, Any]
#: The models that packets can be asked of.
_OF_PACKETS: Final = (CLASSIFIER, TREES)
_NO_MODEL: Final = dict.fromkeys(("score_name", "model", "model_version", "artefact"))


def resolved(ledger: Ledger, found: FilterFile) -> tuple[AlertFilter, list[Row]]:
    """Look up the models that a filter names: the filter with their hashes, and a row for each of them.

    Raises
    ------
    UnknownModelError
        If there is no such model or version.
    FilterFileError
        If a model says nothing of packets.
    """
    hashes, rows = {}, []
    for score_name, text in sorted(found.models.items()):
        model, version = resolve(ledger, text)
        if model not in _OF_PACKETS:
            raise FilterFileError(f"models.{score_name}: {model} says nothing of packets")
        versions = ledger.open(MODELS).rows(["model", "model_version", "artefact"])
        row = versions.filter((pl.col("model") == model) & (pl.col("model_version") == version))
        artefact = str(row.collect()["artefact"][0])
        hashes[score_name] = hash_of(ledger.objects.get_file(artefact).read_bytes())
        rows.append(
            {"score_name": score_name, "model": model, "model_version": version, "artefact": artefact}
        )
    return found.filter_with(hashes), rows


def versions_kept(ledger: Ledger) -> list[list[Row]]:
    """Return the rows of every version of every filter, by name and number."""
    rows = ledger.open(ALERT_FILTERS).rows(list(ALERT_FILTERS.schema.names))
    kept: list[list[Row]] = [
        [dict(row) for row in of_version]
        for of_version in by_version(rows.select(ALERT_FILTERS.schema.names).collect().to_dicts())
    ]
    return kept


def rows_with(kept: Sequence[Sequence[Row]], wanted: AlertFilter, models: Sequence[Row]) -> list[Row]:
    """Return the rows of a filter's name once this version of it is applied: those before are kept.

    Parameters
    ----------
    kept
        What there is of all filters, as of `versions_kept`.
    models
        Rows of the models that it names, as of `resolved`.
    """
    before = [of_version for of_version in kept if of_version[0]["alert_filter"] == wanted.name]
    known = {of_version[0]["filter_version"]: of_version[0]["number"] for of_version in before}
    others = [
        row | {"status": REPLACED}
        for of_version in before
        for row in of_version
        if row["filter_version"] != wanted.version
    ]
    own = {
        "alert_filter": wanted.name,
        "filter_version": wanted.version,
        "number": known.get(wanted.version, max(known.values(), default=0) + 1),
        "status": APPLIED,
        "filter": wanted.canonical_json().decode(),
    }
    return [*others, *(own | row for row in (models or [_NO_MODEL]))]


def rows_without(kept: Sequence[Sequence[Row]], name: str) -> list[Row]:
    """Return the rows of a filter's name once no version of it is applied."""
    return [
        row | {"status": REPLACED} for of_version in kept for row in of_version if row["alert_filter"] == name
    ]


def version_named(kept: Sequence[Sequence[Row]], text: str) -> list[Row]:
    """Return the rows of the version that is meant by a filter's name, or by a version or its beginning.

    Raises
    ------
    FilterFileError
        If there is none, or several.
    """
    applied = [one for one in kept if (one[0]["alert_filter"], one[0]["status"]) == (text, APPLIED)]
    begun = [one for one in kept if len(text) > 3 and one[0]["filter_version"].startswith(text)]
    found = applied or begun
    if len(found) != 1:
        names = ", ".join(sorted({str(one[0]["alert_filter"]) for one in kept})) or "none"
        problem = "several versions begin with" if found else "there is no file and no filter"
        raise FilterFileError(f"{problem} {text!r}; filters of this home: {names}")
    return list(found[0])


def put_in(ledger: Ledger, files: Sequence[FilterFile], remove: Sequence[str]) -> dict[str, list[Row]]:
    """Return the units of ``alert_filters`` once filters were added and others taken back.

    Raises
    ------
    FilterFileError
        If two have one name, or one to be taken back is not there.
    """
    kept = versions_kept(ledger)
    units: dict[str, list[Row]] = {}
    for found in files:
        wanted, models = resolved(ledger, found)
        if wanted.name in units:
            raise FilterFileError(f"two filters have the name {wanted.name!r}")
        units[wanted.name] = rows_with(kept, wanted, models)
    for name in remove:
        rows = rows_without(kept, name)
        if not rows or name in units:
            raise FilterFileError(f"{name}: there is no filter of this name to take back")
        units[name] = rows
    return units
