"""Whether a training set or its folds would let a model cheat."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.learning.audits import (
    Finding,
    fitted_outside_fold,
    leaked_groups,
    leaked_names,
    near_duplicate_views,
    shortcut,
)
from astro_assets.transits.scorer.cross_validation import CrossValidation
from astro_assets.transits.scorer.examples import SCALARS, STELLAR, Examples
from astro_assets.transits.scorer.stars import family

#: Views that some sources have of every event, and others of none.
_GIVEN_VIEWS: Final = ("global", "shifted", "local", "primary")


def leaks(examples: Examples, found: CrossValidation) -> list[str]:
    """Look for what is on both sides of any fold.

    Stars, light curves, events, views that share their noise; and whether anything was fitted on stars of a
    held-out fold.
    """
    labelled = np.flatnonzero(examples.is_labelled)
    messages = []
    for fold, fitted_on in enumerate(found.fitted_on):
        inside = found.folds[labelled] == fold
        messages += leaks_between(examples, labelled[~inside], labelled[inside], found.groups)
        train_groups = [found.groups[row] for row in labelled[~inside]]
        messages += _messages(fitted_outside_fold(fitted_on, train_groups))
    return sorted(set(messages))


def leaks_between(
    examples: Examples,
    train: NDArray[np.int64],
    test: NDArray[np.int64],
    groups: tuple[str, ...] | None = None,
) -> list[str]:
    """Look for what is on both sides of one split, given as positions.

    An event that was made leaks by the light curve it was made of, which may show another event.
    """
    of = groups or examples.stars
    train_groups, test_groups = ([of[row] for row in rows] for rows in (train, test))
    train_curves, test_curves = (
        [name for row in rows if (name := examples.light_curves[row])] for rows in (train, test)
    )
    view = examples.views["global"]
    return _messages(
        [
            *leaked_groups(train_groups, test_groups),
            *leaked_names(train_curves, test_curves, "light curve"),
            *leaked_names([examples.ids[row] for row in train], [examples.ids[row] for row in test], "event"),
            *near_duplicate_views(view[train], view[test], train_groups, test_groups),
        ]
    )


def shortcuts(examples: Examples, rows: NDArray[np.int64]) -> list[str]:
    """Look for provenance that tells eclipses by itself, among some events.

    The list that an event comes from counts, not the part of it that upstream cut for its own split.
    """
    provenance: dict[str, list[str | float]] = {
        kind: [values[row] for row in rows]
        for kind, values in examples.provenance.items()
        if kind != "listed_in"
    }
    provenance["list"] = [family(examples.provenance["listed_in"][row]) for row in rows]
    # Whether the others can be made is decided by the light curve, not by where it comes from.
    given = [tuple(SCALARS).index(name) for name in (*STELLAR, "centroid_shift_sigma")]
    missing_views = np.stack([np.isnan(examples.views[name]).all(axis=1) for name in _GIVEN_VIEWS], axis=1)
    missing = np.hstack([missing_views, np.isnan(examples.scalars[:, given])])[rows]
    provenance["what_is_missing"] = ["".join("01"[int(flag)] for flag in row) for row in missing]
    stars = [examples.stars[row] for row in rows]
    return _messages(shortcut(examples.is_eclipse[rows], provenance, stars))


def _messages(findings: list[Finding]) -> list[str]:
    return [f"{finding.audit}: {finding.message}" for finding in findings]
