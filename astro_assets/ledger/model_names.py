"""Which version of which model is meant by what people write: ``transit_scorer``, ``transit_scorer@2f``.

Only names are looked up here.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_tables import MODELS, PROMOTED_MODELS
from astro_assets.ledger.models import CHAMPION

#: Between a model and its version.
SEPARATOR: Final = "@"


class UnknownModelError(LookupError):
    """No model, version or alias has this name, or several have."""

    def __str__(self) -> str:
        return str(self.args[0])


def resolve(ledger: Ledger, text: str) -> tuple[str, str]:
    """Find the model and version that are meant by ``MODEL`` or ``MODEL@VERSION``.

    Parameters
    ----------
    text
        A model, with or without its wing. Its version in full, by its beginning or by an alias; without one,
        the champion is meant.

    Returns
    -------
    tuple of (str, str)
        Name and version as in :data:`~astro_assets.ledger.model_tables.MODELS`.

    Raises
    ------
    UnknownModelError
        If there is no such model or version, or several.
    """
    name, separator, wanted = text.strip().partition(SEPARATOR)
    fitted = ledger.open(MODELS).rows(["model", "model_version"]).collect()
    model = _model(sorted(set(fitted["model"])), name)
    versions = sorted(fitted.filter(pl.col("model") == model)["model_version"])
    return model, _version(ledger, model, versions, wanted if separator else CHAMPION)


def _model(models: list[str], name: str) -> str:
    found = [model for model in models if name in (model, model.partition("/")[2])]
    if len(found) == 1:
        return found[0]
    if not models:
        raise UnknownModelError(f"no model {name!r}: none was trained yet; astro-assets train trains one")
    problem = "several models are called" if found else "there is no model"
    raise UnknownModelError(f"{problem} {name!r}; there are {', '.join(found or models)}")


def _version(ledger: Ledger, model: str, versions: list[str], wanted: str) -> str:
    rows = ledger.open(PROMOTED_MODELS).rows(["alias", "model_version"])
    promoted = rows.filter(pl.col("alias") == f"{model}:{wanted}").collect()
    if promoted.height:
        return str(promoted["model_version"][0])
    found = [version for version in versions if wanted and version.startswith(wanted)]
    if len(found) == 1:
        return found[0]
    problem = "several versions begin with" if found else "there is no version or alias"
    raise UnknownModelError(f"{model}: {problem} {wanted!r}; there are {', '.join(found or versions)}")
