"""Networks and trees fitted in folds by star, and what each says of stars it has not seen."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from astro_assets.learning.splits import grouped_folds, joined_groups
from astro_assets.learning.trees import Forest
from astro_assets.transits.scorer.examples import Examples
from astro_assets.transits.scorer.inputs import BRANCHES, Inputs, Layout, inputs_of, layout_of
from astro_assets.transits.scorer.members import Member, MemberTask, fit_members
from astro_assets.transits.scorer.settings import ScorerSettings
from astro_assets.transits.scorer.stars import (
    INJECTED,
    family,
    first_of_each_star,
    rows_by_star,
    shared_ephemerides,
)
from astro_assets.transits.scorer.tree_folds import trees_in_folds

_LOG = logging.getLogger(__name__)


class TooFewExamplesError(ValueError):
    """There is too little to train on."""


@dataclass(frozen=True, slots=True)
class CrossValidation:
    """What the folds gave.

    Attributes
    ----------
    groups
        Of each event: its star, or the first of the stars that share its ephemeris.
    folds
        Of each event, shape (n,).
    judged
        Positions of the events that are judged: the first labelled one of each star, of lists that hold both
        eclipses and others (of a list of planets alone a model learns the list). Planets that were put in
        are learned from by the networks, and never judged: they are that list.
    networks
        Outputs of each member for events of its held-out fold, shape (members, n, 6).
    trees
        Probability of an eclipse by the trees of the held-out fold, shape (n,).
    baselines
        The same of models that are only compared with.
    members, forests
        The parts, fold by fold.
    fitted_on
        For each fold the groups that its parts were fitted on.
    """

    layout: Layout
    groups: tuple[str, ...]
    folds: NDArray[np.int64]
    judged: NDArray[np.int64]
    networks: NDArray[np.float32]
    trees: NDArray[np.float64]
    baselines: dict[str, NDArray[np.float64]]
    members: list[list[Member]]
    forests: list[Forest]
    fitted_on: list[frozenset[str]]


def cross_validate(examples: Examples, settings: ScorerSettings, folder: Path) -> CrossValidation:
    """Fit everything in folds.

    Raises
    ------
    TooFewExamplesError
        If fewer stars than folds show eclipses, or none. Planets that were put in do not count.
    """
    groups = tuple(joined_groups(examples.stars, shared_ephemerides(examples)))
    is_put_in = np.array(examples.provenance["listed_in"]) == INJECTED
    labelled = np.flatnonzero(examples.is_labelled & ~is_put_in)
    _check_enough(examples, groups, labelled, settings)
    folds = grouped_folds(groups, examples.strata, settings.folds, settings.seed)
    two_sided = _of_two_sided_lists(examples, labelled)
    if not _is_in_all_folds(examples, folds, two_sided):
        two_sided = labelled
    if not _is_in_all_folds(examples, folds, two_sided):
        raise TooFewExamplesError("some fold has no eclipses, or nothing else, to learn from: add labels")
    layout = layout_of(examples)
    if missing := [BRANCHES[i] for i, names in enumerate(layout.views) if not names]:
        raise TooFewExamplesError(f"hardly any example has one of the views {', '.join(missing[0])}")
    inputs = inputs_of(examples, layout)
    trees, forests, baselines = trees_in_folds(examples, folds, two_sided, settings)
    networks, members, shown = _networks(examples, groups, inputs, layout, folds, settings, folder)
    return CrossValidation(
        layout=layout,
        groups=groups,
        folds=folds,
        judged=first_of_each_star(examples.stars, two_sided),
        networks=networks,
        trees=trees,
        baselines=baselines,
        members=members,
        forests=forests,
        fitted_on=[
            frozenset(groups[row] for row in (*shown[fold], *two_sided[folds[two_sided] != fold]))
            for fold in range(settings.folds)
        ],
    )


def _check_enough(
    examples: Examples, groups: tuple[str, ...], labelled: NDArray[np.int64], settings: ScorerSettings
) -> None:
    eclipses = {groups[row] for row in labelled[examples.is_eclipse[labelled]]}
    others = {groups[row] for row in labelled[~examples.is_eclipse[labelled]]}
    least = 2 * settings.folds
    if min(len(eclipses), len(others)) < least:
        raise TooFewExamplesError(
            f"the scorer needs labelled events of at least {least} stars with planets or binaries and of "
            f"{least} others; there are {len(eclipses)} and {len(others)}, planets that were put in not "
            "counted: add catalogues, or give --events"
        )


def _is_in_all_folds(examples: Examples, folds: NDArray[np.int64], rows: NDArray[np.int64]) -> bool:
    """Tell whether both kinds are among the events judged, and among those outside each fold."""
    judged = first_of_each_star(examples.stars, rows)
    parts = [judged, *(rows[folds[rows] != fold] for fold in np.unique(folds))]
    return all(part.size and 0 < examples.is_eclipse[part].mean() < 1 for part in parts)


def _of_two_sided_lists(examples: Examples, labelled: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the labelled events of lists that hold both eclipses and others; all where no list does."""
    lists = np.array([family(examples.provenance["listed_in"][row]) for row in labelled])
    truth = examples.is_eclipse[labelled]
    both = [name for name in np.unique(lists) if 0 < truth[lists == name].mean() < 1]
    return labelled[np.isin(lists, both)] if both else labelled


def _networks(
    examples: Examples,
    groups: tuple[str, ...],
    inputs: Inputs,
    layout: Layout,
    folds: NDArray[np.int64],
    settings: ScorerSettings,
    folder: Path,
) -> tuple[NDArray[np.float32], list[list[Member]], list[NDArray[np.int64]]]:
    from astro_assets.transits.scorer.fitting import predict

    network = settings.network
    fit = partial(
        fit_members,
        inputs=inputs,
        labels=examples.labels,
        eclipse=examples.is_eclipse,
        layout=layout,
        settings=network,
        folder=folder,
    )
    first_tasks = [_first_task(examples, groups, folds, fold, settings) for fold in range(settings.folds)]
    first = fit(first_tasks)
    other_tasks = [
        _other_task(examples, folds, fold, member, settings, len(first[fold].history))
        for fold in range(settings.folds)
        for member in range(1, settings.members)
    ]
    others = fit(other_tasks)
    n_others = settings.members - 1
    members = [[one, *others[fold * n_others : (fold + 1) * n_others]] for fold, one in enumerate(first)]
    found = np.zeros((settings.members, len(examples), 6), np.float32)
    for fold, of_fold in enumerate(members):
        rows = np.flatnonzero(folds == fold)
        for i, member in enumerate(of_fold):
            found[i, rows] = predict(member.weights, inputs.take(rows), layout, network)
    shown = [
        np.concatenate([rows for task in tasks for rows in (*task.train, task.validation)])
        for tasks in (
            [first_tasks[fold], *other_tasks[fold * n_others : (fold + 1) * n_others]]
            for fold in range(settings.folds)
        )
    ]
    return found, members, shown


def _first_task(
    examples: Examples,
    groups: tuple[str, ...],
    folds: NDArray[np.int64],
    fold: int,
    settings: ScorerSettings,
) -> MemberTask:
    """Set stars aside for a fold's first network: they tell how many epochs are enough."""
    by_star = _by_star(examples, folds, fold)
    first = {star: int(rows[0]) for star, rows in by_star.items()}
    # Planets that were put in tell nothing of when a network knows real ones.
    real = [star for star, row in first.items() if examples.provenance["listed_in"][row] != INJECTED]
    strata, of_stars = ([of[first[star]] for star in real] for of in (examples.strata, groups))
    n_parts = min(round(1 / settings.validation_share), len(set(of_stars)))
    is_out = grouped_folds(of_stars, strata, n_parts, settings.seed + 1) == 0
    out = {star for star, held_back in zip(real, is_out, strict=True) if held_back}
    return MemberTask(
        name=f"fold{fold}-member0",
        train=[rows for star, rows in by_star.items() if star not in out],
        validation=np.array([first[star] for star in by_star if star in out], dtype=np.int64),
        seed=_seed(settings, fold, 0),
    )


def _other_task(
    examples: Examples,
    folds: NDArray[np.int64],
    fold: int,
    member: int,
    settings: ScorerSettings,
    epochs: int,
) -> MemberTask:
    """Fit the others on all training stars of the fold, for as many epochs as the first one needed."""
    nobody = np.array([], dtype=np.int64)
    train = list(_by_star(examples, folds, fold).values())
    return MemberTask(
        f"fold{fold}-member{member}", train, nobody, _seed(settings, fold, member), epochs=epochs
    )


def _by_star(examples: Examples, folds: NDArray[np.int64], fold: int) -> dict[str, NDArray[np.int64]]:
    return rows_by_star(examples.stars, np.flatnonzero(examples.is_labelled & (folds != fold)))


def _seed(settings: ScorerSettings, fold: int, member: int) -> int:
    return settings.seed * 10_000 + fold * 100 + member
