"""A model that is trained on purpose: its modes, what may speak against a version, its card and its figures.

Declared by wings, for the assets, checks and commands that all such models share.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from pydantic import ValidationError

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.models import ModelSpec
from astro_assets.ledger.table import Config, Row, Table, settings_fault

#: How much may be spent on a training.
MODES: Final = ("quick", "full", "custom")


class SettingError(ValueError):
    """A setting of a model is unknown or out of bounds, or given in another form."""


@dataclass(frozen=True, slots=True)
class Audit:
    """What is asked of a version's figures before it is applied.

    Parameters
    ----------
    description
        What holds of a version that may be applied, one sentence.
    problems
        Of the figures: what is wrong, a sentence each; none where it may be applied.
    """

    description: str
    problems: Callable[[Mapping[str, Any]], Sequence[str]]


@dataclass(frozen=True, slots=True)
class Recipes:
    """The table of what is simulated for a training: a row a simulated thing, written when it is wanted.

    Parameters
    ----------
    table
        Without parents; it has to be among the model's training tables.
    rows
        Of the model's settings: the rows by key. The model is trained on just these.
    """

    table: Table
    rows: Callable[[Any], Mapping[str, Sequence[Row]]]


@dataclass(frozen=True, slots=True)
class TrainedModel:
    """A model with all that its asset, its checks and its commands need to know.

    Parameters
    ----------
    spec
        How it is fitted.
    modes
        Settings that each of :data:`MODES` changes from the default ones.
    headline
        Of the figures: those that people look at first, by name; also kept by MLflow.
    card
        The model card of a version (a row of :func:`~astro_assets.ledger.model_versions.versions`), Markdown.
    file_name
        What the artefact is called where it is given away.
    audits
        What has to hold, by the name of its check; a version of which it does not hold is not promoted.
    replaces
        Of the figures of a new version and of the promoted one: why the new one replaces it; None if not.
    recipes
        What is simulated for a training, if something is.
    """

    spec: ModelSpec
    modes: Mapping[str, Mapping[str, Any]]
    headline: Callable[[Mapping[str, Any]], Mapping[str, float | None]]
    card: Callable[[Ledger, Mapping[str, Any]], str]
    file_name: str
    audits: Mapping[str, Audit] = field(default_factory=lambda: MappingProxyType({}))
    replaces: Callable[[Mapping[str, Any], Mapping[str, Any]], str | None] | None = None
    recipes: Recipes | None = None

    @property
    def name(self) -> str:
        """``wing/model``."""
        return self.spec.name

    @property
    def short_name(self) -> str:
        """The name as commands know it: ``model``."""
        return self.spec.name.partition("/")[2]

    def config(self, mode: str, settings: Mapping[str, Any]) -> Config:
        """Return the settings of a training.

        Parameters
        ----------
        mode
            One of :data:`MODES`.
        settings
            That are not to be the mode's; groups of them are changed field by field.

        Raises
        ------
        SettingError
            If there is no such mode, or a setting is unknown or out of bounds.
        """
        if mode not in self.modes:
            raise SettingError(f"there is no mode {mode!r}; there are {', '.join(self.modes)}")
        wanted = self.spec.config.model_dump()
        for changes in (self.modes[mode], settings):
            wanted = merged(wanted, changes)
        return configured(self.spec, wanted).config

    def wanted(self, mode: str, settings: Mapping[str, Any]) -> ModelSpec:
        """Return the model as a training wants it, on just the recipes of its settings.

        Raises
        ------
        SettingError
            As of :meth:`config`.
        """
        config = self.config(mode, settings)
        spec = replace(self.spec, config=config)
        if self.recipes is None:
            return spec
        keys = tuple(self.recipes.rows(config))
        training = (
            replace(one, keys=keys) if one.table.name == self.recipes.table.name else one
            for one in spec.training
        )
        return replace(spec, training=tuple(training))

    def problems(self, figures: Mapping[str, Any]) -> dict[str, list[str]]:
        """Say what is wrong with a version of these figures, by check."""
        return {name: list(audit.problems(figures)) for name, audit in self.audits.items()}


def configured(spec: ModelSpec, settings: Mapping[str, Any]) -> ModelSpec:
    """Return a specification with some settings changed.

    Raises
    ------
    SettingError
        If a setting is unknown or out of bounds; the message names it.
    """
    kind = type(spec.config)
    try:
        config = kind.model_validate({**spec.config.model_dump(), **dict(settings)})
    except ValidationError as error:
        fault = settings_fault(error, kind.model_fields)
        raise SettingError(f"the settings of {spec.name} {fault}") from None
    return replace(spec, config=config)


def merged(settings: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Change settings, groups of them field by field."""
    changed = dict(settings)
    for name, value in changes.items():
        old = changed.get(name)
        changed[name] = merged(old, value) if isinstance(value, dict) and isinstance(old, dict) else value
    return changed
