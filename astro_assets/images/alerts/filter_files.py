"""Filters as people write them, in TOML or JSON, in which models have the names of a home.

The form of a filter itself is in `filters`; which file a model's name means is up to whoever knows models.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import ValidationError

from astro_assets.images.alerts.filters import AlertFilter

#: Of a file; one of a hundred conditions has some kilobytes.
MOST_BYTES: Final = 1 << 20
_HASH_DIGITS: Final = "0" * 32


class FilterFileError(ValueError):
    """A file describes no filter: its message names what is wrong."""


@dataclass(frozen=True, slots=True)
class FilterFile:
    """A filter whose models have names.

    Parameters
    ----------
    told
        All that it says but the models, as of `AlertFilter`.
    models
        Models by the name of their score, as people write them: ``real_bogus_classifier@2f``.
    """

    told: Mapping[str, Any]
    models: Mapping[str, str]

    def filter_with(self, hashes: Mapping[str, str]) -> AlertFilter:
        """Return the filter, with models by the hashes of their files.

        Raises
        ------
        FilterFileError
            If it is none; one line that names what is wrong.
        """
        try:
            return AlertFilter.model_validate({**self.told, "models": dict(hashes)})
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            said = " ".join(str(first["msg"]).split())[:300]
            raise FilterFileError(f"{place}: {said}" if place else said) from error


def filter_file_of(data: bytes, name: str) -> FilterFile:
    """Read a filter's file.

    Parameters
    ----------
    data
        TOML, or JSON, which begins with a brace.
    name
        Of the file, for messages.

    Raises
    ------
    FilterFileError
        If it is neither, or describes no filter.
    """
    if len(data) > MOST_BYTES:
        raise FilterFileError(f"{name} has {len(data)} bytes, {MOST_BYTES} are allowed for a filter")
    is_json = data.lstrip()[:1] == b"{"
    try:
        told = json.loads(data) if is_json else tomllib.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise FilterFileError(f"{name} is no {'JSON' if is_json else 'TOML'}: {str(error)[:200]}") from error
    if not isinstance(told, dict):
        raise FilterFileError(f"{name} describes no filter")
    models = told.pop("models", {})
    if not isinstance(models, dict) or not all(isinstance(one, str) for one in models.values()):
        raise FilterFileError(f"{name}: models are names of scores with names of models")
    found = FilterFile(told, models)
    try:
        found.filter_with(dict.fromkeys(models, _HASH_DIGITS))  # everything but which models is known here
    except FilterFileError as error:
        raise FilterFileError(f"{name}: {error}") from error
    return found
