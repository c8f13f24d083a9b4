"""The versions of models that there are: their figures, their aliases, their files.

Only reading lives here; fitting and promoting is in `models`.
"""

from __future__ import annotations

import json
from typing import Any, Final

import polars as pl

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_names import UnknownModelError, resolve
from astro_assets.ledger.model_tables import MODELS, PROMOTED_MODELS
from astro_assets.ledger.models import CHAMPION

_COLUMNS: Final = MODELS.schema.names


def versions(ledger: Ledger, model: str | None = None) -> list[dict[str, Any]]:
    """Return all versions of all models, or of one, oldest first.

    Returns
    -------
    list of dict
        Rows of `MODELS` with ``figures`` (what the fit reported of itself), ``aliases`` and ``computed_at``.
    """
    aliases: dict[tuple[str, str], list[str]] = {}
    promoted = ledger.open(PROMOTED_MODELS).rows(["alias", "model", "model_version"]).collect()
    for row in promoted.iter_rows(named=True):
        place = aliases.setdefault((row["model"], row["model_version"]), [])
        place.append(row["alias"].rpartition(":")[2])
    stored = ledger.open(MODELS).rows([*_COLUMNS])
    if model is not None:
        stored = stored.filter(pl.col("model") == model)
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
        for row in stored.collect().to_dicts()
    ]
    return sorted(found, key=lambda row: (row["computed_at"], row["model_version"]))


def version_of(ledger: Ledger, model: str, name: str = CHAMPION) -> dict[str, Any]:
    """Return a version of a model by its name, the beginning of it, or an alias; as of :func:`versions`.

    Raises
    ------
    UnknownModelError
        If there is none, or several begin so.
    """
    there = {row["model_version"]: row for row in versions(ledger, model)}
    if not there:
        short = model.partition("/")[2]
        raise UnknownModelError(f"no {short.replace('_', ' ')} was trained yet: astro-assets train {short}")
    return there[resolve(ledger, f"{model}@{name}")[1]]


def artefact_of(ledger: Ledger, model: str, name: str = CHAMPION) -> bytes:
    """Return the file of a version, as :func:`version_of` finds it."""
    row = version_of(ledger, model, name)
    return ledger.objects.get_file(row["artefact"]).read_bytes()
