"""What makes a model look better than it is: leaks between the sides of a split, shortcuts, false labels.

Each audit returns what it found, nothing where all is well; who is stopped by it is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from astro_assets.learning.association import categories, cross_validated_auc, permuted_by_group
from astro_assets.learning.splits import grouped_folds

Floats = NDArray[np.float64]

#: From the most real on; what is made of several is as real as the least of them.
ORIGINS: Final = ("real", "injected", "simulated")
#: Differences of this order are blind to the shape of a signal, of which neighbouring bins know each other,
#: and show noise, of which they do not.
DIFFERENCE_ORDER: Final = 3
#: Sum of the squared autocorrelations of third differences of white noise, 1 + 2 (0.75^2 + 0.3^2 + 0.05^2):
#: so many of them count as one independent sample.
DIFFERENCES_A_SAMPLE: Final = 2.31
#: Rows of a block of pairs, so that a block takes tens of MB.
BLOCK: Final = 1000
#: Folds in which a shortcut is tried.
N_FOLDS: Final = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """Something an audit found.

    Attributes
    ----------
    audit
        Name of the audit.
    message
        What is wrong, with the first names at fault.
    rows
        Positions of the rows at fault, where rows are: of the tested side, or of the members of a model.
    """

    audit: str
    message: str
    rows: tuple[int, ...] = ()


def leaked_groups(train_groups: Sequence[str], test_groups: Sequence[str]) -> list[Finding]:
    """Find groups on both sides of a split; rows are those of the tested side."""
    return leaked_names(train_groups, test_groups, "group")


def leaked_names(train: Collection[str], test: Sequence[str], what: str) -> list[Finding]:
    """Find names on both sides of a split.

    Parameters
    ----------
    train, test
        One name a row: its file, its hash, the row that it was augmented from.
    what
        What is named, in the singular.
    """
    known = set(train)
    rows = tuple(at for at, name in enumerate(test) if name in known)
    if not rows:
        return []
    both = sorted({test[at] for at in rows})
    message = (
        f"{len(both)} {what} name(s) on both sides of the split, in {len(rows)} tested rows: {_first(both)}"
    )
    return [Finding(f"leaked_{what.replace(' ', '_')}", message, rows)]


def near_duplicate_views(
    train_views: ArrayLike,
    test_views: ArrayLike,
    train_groups: Sequence[str],
    test_groups: Sequence[str],
    least_correlation: float = 0.9,
    n_sigma: float = 9.0,
) -> list[Finding]:
    """Find views across a split that are one light curve twice: that share their noise, not only their shape.

    Views of deep eclipses all look alike, so a correlation of 0.999 proves nothing; what two stars never
    share is noise. It is taken to be the third differences of a view, clipped at three times their own
    scatter so that ingress and egress count little. Two views are near duplicates where their noise
    correlates by more than ``n_sigma`` of what white noise does (Fisher's z), and the views themselves
    correlate too. Of 4,758 real global views of 201 bins, where a correlation of noise of 0.76 is asked for,
    no two stars reach 0.69. Identical views are found whatever their noise, unless they are constant.

    Parameters
    ----------
    train_views, test_views
        Shapes (n, n_bins) and (m, n_bins); missing bins are NaN or any constant.
    train_groups, test_groups
        Names for the message, lengths n and m.
    least_correlation
        Of the views.

    Returns
    -------
    list of Finding
        One for all pairs, rows of the tested side.
    """
    train, test = np.asarray(train_views, dtype=np.float64), np.asarray(test_views, dtype=np.float64)
    pairs = {*_identical(train, test)}
    n_samples = (train.shape[1] - DIFFERENCE_ORDER) / DIFFERENCES_A_SAMPLE
    least_of_noise = np.tanh(n_sigma / np.sqrt(max(n_samples - 3, 1)))
    shapes, noises = (_unit(train), _unit(test)), (_noise(train), _noise(test))
    for start in range(0, len(train), BLOCK):
        rows = slice(start, start + BLOCK)
        alike = shapes[0][rows] @ shapes[1].T > least_correlation
        alike &= noises[0][rows] @ noises[1].T > least_of_noise
        pairs |= {(start + int(one), int(other)) for one, other in np.argwhere(alike)}
    if not pairs:
        return []
    named = [
        f"{train_groups[one]} (row {one}) and {test_groups[other]} (row {other})" for one, other in pairs
    ]
    rows_found = tuple(sorted({other for _, other in pairs}))
    message = f"{len(pairs)} pair(s) of views across the split share their noise: {_first(sorted(named))}"
    return [Finding("near_duplicate_views", message, rows_found)]


def fitted_outside_fold(fitted_on: Collection[str], train_groups: Collection[str]) -> list[Finding]:
    """Find groups that a scaler, selector or imputer was fitted on and that are not for training."""
    others = sorted(set(fitted_on) - set(train_groups))
    if not others:
        return []
    message = f"fitted on {len(others)} group(s) outside the training fold: {_first(others)}"
    return [Finding("fitted_outside_fold", message)]


def origin_mislabelled(member_origins: Sequence[str], model_origin: str) -> list[Finding]:
    """Find out whether a model claims to be made of something else than its least real member.

    Parameters
    ----------
    member_origins
        Of what it was trained on; each of :data:`ORIGINS`.
    model_origin
        What its label says.

    Raises
    ------
    ValueError
        For an origin that is none, or without members.
    """
    if unknown := {model_origin, *member_origins} - {*ORIGINS}:
        raise ValueError(f"origins are {', '.join(ORIGINS)}, not {', '.join(sorted(unknown))}")
    least_real = max(member_origins, key=ORIGINS.index)
    if model_origin == least_real:
        return []
    rows = tuple(at for at, origin in enumerate(member_origins) if origin == least_real)
    message = (
        f"labelled {model_origin}, and the least real of its {len(member_origins)} members is {least_real}"
    )
    return [Finding("origin_mislabelled", message, rows)]


def shortcut(
    truth: ArrayLike,
    provenance: Mapping[str, Sequence[str | float]],
    groups: Sequence[str],
    n_permutations: int = 200,
    seed: int = 0,
    level: float = 0.01,
    largest_auc: float = 0.55,
) -> list[Finding]:
    """Find provenance that tells the truth by itself, so that a model could learn it instead of the signal.

    Of each column alone, the rate of true rows of each of its values, learnt from other groups, is the score;
    its ROC AUC is averaged over folds by group. Whether that is chance is told by permutations of the truth
    between groups of equal size (whole-block exchangeability: Winkler et al. 2014, NeuroImage 92, 381), each
    compared by the largest AUC of all columns (Westfall & Young 1993, Resampling-Based Multiple Testing),
    which holds the level for all columns together without the many permutations that Bonferroni would need.

    Parameters
    ----------
    truth
        Boolean, shape (n,).
    provenance
        Columns of n values: strings, or numbers, of which there may be NaN.
    groups
        Group of each row, length n.
    level
        Chance of any finding where there is none.
    largest_auc
        What is not worth a finding, however significant.

    Raises
    ------
    ValueError
        Where one class is missing, or there is one group.
    """
    known = np.asarray(truth, dtype=bool)
    if not known.any() or known.all():
        raise ValueError("a shortcut needs rows of both classes")
    folds = grouped_folds(groups, [""] * known.size, min(N_FOLDS, len(set(groups))), seed)
    truths = np.vstack([known, *permuted_by_group(known, groups, n_permutations, seed)]).astype(np.float64)
    auc = {
        name: cross_validated_auc(truths, categories(values), folds) for name, values in provenance.items()
    }
    largest = np.max([*auc.values()], axis=0, initial=-np.inf)
    findings = []
    for name, (actual, *_) in auc.items():
        p_value = (1 + int((largest[1:] >= actual).sum())) / (1 + n_permutations)
        if actual > largest_auc and p_value <= level:
            message = f"{name} alone tells the truth with AUC {actual:.3f} (p = {p_value:.2g})"
            findings.append(Finding("shortcut", message))
    return findings


def _first(names: Sequence[str], n: int = 3) -> str:
    return ", ".join(names[:n]) + (", ..." if len(names) > n else "")


def _identical(train: Floats, test: Floats) -> Iterator[tuple[int, int]]:
    rows = {view.tobytes(): at for at, view in enumerate(train)}
    for at, view in enumerate(test):
        if (one := rows.get(view.tobytes())) is not None and np.unique(view[np.isfinite(view)]).size > 1:
            yield one, at


def _unit(values: Floats) -> Floats:
    """Return rows of zero mean and unit norm, or of zeros where nothing varies."""
    centred = np.nan_to_num(values - _by_row(np.nanmean, values))
    norm = np.linalg.norm(centred, axis=1, keepdims=True)
    unit: Floats = np.divide(centred, norm, out=np.zeros_like(centred), where=norm > 0)
    return unit


def _noise(views: Floats) -> Floats:
    """Return the clipped third differences of each view, as :func:`_unit` does."""
    differences = np.diff(views, n=DIFFERENCE_ORDER, axis=1)
    scatter = 1.4826 * _by_row(np.nanmedian, np.abs(differences))
    return _unit(np.clip(differences, -3 * scatter, 3 * scatter))


def _by_row(statistic: Callable[..., Floats], values: Floats) -> Floats:
    """Return a statistic that skips NaN of each row, shape (n, 1); 0 where all is NaN."""
    some = ~np.isnan(values).all(axis=1)
    found = np.zeros((len(values), 1))
    found[some, 0] = statistic(values[some], axis=1)
    return found
