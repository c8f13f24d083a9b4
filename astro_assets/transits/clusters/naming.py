"""What clusters are called: by rules about their members, or as the same clusters were called before."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Final

import numpy as np

from astro_assets.transits.clusters.model import ClusterModel
from astro_assets.transits.noise import Floats

#: Names in the order in which clusters are numbered first.
NAMES: Final = ("transit_like", "eclipse_like", "sinusoidal", "single_event", "flat")
#: A centre that moved by more of the way to its nearest neighbour is another cluster's.
_NEAR: Final = 0.5


def name_by_rule(typical: Mapping[str, float]) -> str:
    """Name a cluster by what its members look like.

    Parameters
    ----------
    typical
        The median of the members' measures, by name, not scaled.

    Returns
    -------
    str
        Of :data:`NAMES`. ``single_event``: one transit makes nearly all the signal (of two equal ones each
        makes 0.71). ``sinusoidal``: brightenings are half as strong as dips, or stronger (a sinusoid's are
        as strong). ``flat``: neighbouring bins of the fold are hardly alike, so that the dip is hardly above
        the noise. ``eclipse_like``: two minima, the other at least 0.3 times as deep, or one deeper than
        planets make (a twentieth; Jupiter takes 1 % of the Sun). Else ``transit_like``.
    """
    if typical["largest_over_multiple"] > 0.85:
        return "single_event"
    if typical["brightening_over_dip"] > 1 / 3:
        return "sinusoidal"
    if typical["global_autocorrelation"] < 0.5:
        return "flat"
    # The deepest of all other dips of noise is a tenth of a dip of 30 standard deviations.
    has_secondary = typical["weak_secondary_over_depth"] > 0.3 and typical["log_snr"] > 1.5
    if has_secondary or typical["log_depth_ppm"] > math.log10(5e4):
        return "eclipse_like"
    return "transit_like"


def unique_name(name: str, taken: Collection[str]) -> str:
    """Return a name that is not taken: itself, or with the first number from 2 on that is free."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free


def kept(centres: Floats, previous: ClusterModel) -> dict[int, tuple[int, float]]:
    """Find the clusters that were there before.

    New centres are matched to the previous ones so that all together move least (Kuhn 1955); a pair counts
    where the centre moved by less than half of the way to the previous centre's nearest neighbour.

    Parameters
    ----------
    centres
        Of the new clusters on the scale of the previous model, shape (n, n_measures).
    previous
        The model with the names.

    Returns
    -------
    dict of int to (int, float)
        For the position of a new cluster that of the previous one, and by how much of that way it moved.
    """
    from scipy.optimize import linear_sum_assignment

    before = previous.centres
    moved = np.linalg.norm(centres[:, None] - before[None], axis=-1)
    between = np.linalg.norm(before[:, None] - before[None], axis=-1)
    neighbour = np.min(between + np.diag(np.full(len(before), np.inf)), axis=1)
    pairs = zip(*linear_sum_assignment(moved), strict=True)
    parts = {int(new): (int(old), float(moved[new, old] / neighbour[old])) for new, old in pairs}
    return {new: (old, part) for new, (old, part) in parts.items() if part < _NEAR}


def labels_and_names(
    rules: Sequence[str], depths: Sequence[float], before: Mapping[int, tuple[int, str]], next_label: int
) -> list[tuple[int, str]]:
    """Return number and name of each cluster.

    Parameters
    ----------
    rules
        The name of each by rule.
    depths
        The typical depth of each, which orders those of one name, the shallowest first.
    before
        Number and name that clusters had before, by their position.
    next_label
        The first number that no cluster ever had.

    Returns
    -------
    list of (int, str)
        Those that were there before keep both; the others are numbered in the order of :data:`NAMES`.
    """
    given = dict(before)
    for position in sorted(range(len(rules)), key=lambda i: (NAMES.index(rules[i]), depths[i])):
        if position not in given:
            name = unique_name(rules[position], {name for _, name in given.values()})
            given[position] = (next_label, name)
            next_label += 1
    return [given[position] for position in range(len(rules))]
