"""Objects taken from masks and from the difference's peaks: pixels with a kind, a position and a ratio.

The matched filter proposes and the network draws; which candidates are real is decided by their `score`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.differencing import Difference
from astro_assets.images.kinds import KINDS, UNWANTED, WANTED
from astro_assets.images.segmentation.measures import measured
from astro_assets.images.segmentation.settings import ExtractionSettings

Image = NDArray[np.float32]

#: Peaks closer than this, in FWHM, are one.
_APART: Final = 0.7
_LOGIT_LIMIT: Final = 12.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """Pixels that may be an object.

    Parameters
    ----------
    kind
        One of :data:`astro_assets.images.kinds.KINDS`.
    row, column
        Centroid, weighted with the probability.
    snr
        Largest trusted significance of the difference in it; negative of what faded.
    peak
        Row and column of that pixel.
    n_pixels
        Of the network's mask; 0 where it has drawn none.
    mean_logit
        Of the mask.
    where, mask
        The part of the frame that holds it, and its pixels there.
    """

    kind: str
    row: float
    column: float
    snr: float
    peak: tuple[int, int]
    n_pixels: int
    mean_logit: float
    where: tuple[slice, slice]
    mask: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FoundObject:
    """An object that was found.

    Parameters
    ----------
    kind, row, column, snr, n_pixels
        As of :class:`Candidate`.
    score
        Log-odds of being wanted, of wanted kinds; mean logit of the mask, of others.
    is_wanted
        Whether its kind is wanted.
    """

    kind: str
    row: float
    column: float
    snr: float
    n_pixels: int
    score: float
    is_wanted: bool


def wanted_candidates(logits: Image, difference: Difference, settings: ExtractionSettings) -> list[Candidate]:
    """Return all that may be wanted, from the network's logits of shape (10, n_rows, n_columns).

    What the network draws as wanted, and peaks of significance where it draws nothing.
    """
    from scipy.ndimage import label, maximum_filter

    threshold = np.log(settings.wanted_threshold / (1 - settings.wanted_threshold))
    is_in = (logits[-1] > threshold) & ~difference.is_missing
    regions, _ = label(is_in, np.ones((3, 3), np.int8))
    found = list(_drawn(logits, logits[-1], regions, difference, WANTED))
    side = 2 * max(1, round(_APART * difference.fwhm_pixels)) + 1
    height = np.abs(difference.trusted)
    is_peak = (height >= settings.peak_significance) & (height == maximum_filter(height, side))
    is_peak &= maximum_filter(is_in, side) == 0
    half = max(1, round(difference.fwhm_pixels / 2))
    for row, column in zip(*np.nonzero(is_peak & ~difference.is_missing), strict=True):
        found.append(_around(logits, difference, int(row), int(column), half))
    return found


def unwanted_candidates(
    logits: Image, difference: Difference, settings: ExtractionSettings
) -> list[Candidate]:
    """Return objects of the kinds that are not wanted."""
    from scipy.ndimage import label

    threshold = np.log(settings.mask_threshold / (1 - settings.mask_threshold))
    found: list[Candidate] = []
    for kind in UNWANTED:
        plane = logits[KINDS.index(kind)]
        regions, _ = label((plane > threshold) & ~difference.is_missing, np.ones((3, 3), np.int8))
        found += _drawn(logits, plane, regions, difference, (kind,))
    return found


def measures_of(
    candidates: Sequence[Candidate], logits: Image, difference: Difference
) -> NDArray[np.float64]:
    """Return the measures of candidates, (n, number of `MEASURES`)."""
    peaks = np.array([one.peak for one in candidates], np.int64).reshape(-1, 2)
    n_pixels = np.array([one.n_pixels for one in candidates], np.int64)
    return measured(logits, difference, peaks[:, 0], peaks[:, 1], n_pixels)


def objects_of(
    wanted: Sequence[Candidate],
    scores: NDArray[np.float64],
    threshold: float,
    unwanted: Sequence[Candidate],
) -> list[FoundObject]:
    """Return wanted candidates whose score reaches the threshold, then the others; highest scores first."""
    found = [
        FoundObject(one.kind, one.row, one.column, one.snr, one.mask.sum(), float(value), is_wanted=True)
        for one, value in zip(wanted, scores, strict=True)
        if value >= threshold
    ]
    found.sort(key=lambda one: -one.score)
    others = [
        FoundObject(one.kind, one.row, one.column, one.snr, one.n_pixels, one.mean_logit, is_wanted=False)
        for one in unwanted
    ]
    others.sort(key=lambda one: -one.score)
    return found + others


def _drawn(
    logits: Image, plane: Image, regions: NDArray[np.int32], difference: Difference, kinds: Sequence[str]
) -> Iterator[Candidate]:
    """Yield connected pixels of a mask."""
    from scipy.ndimage import find_objects

    planes = [KINDS.index(kind) for kind in kinds]
    for number, where in enumerate(find_objects(regions), start=1):
        inside = regions[where] == number
        own = plane[where][inside].clip(-_LOGIT_LIMIT, _LOGIT_LIMIT)
        significance = (difference.significance[where] * difference.trust[where])[inside]
        place = int(np.abs(significance).argmax())
        weight = _probability(own)
        rows, columns = np.nonzero(inside)
        sums = [_probability(logits[at][where][inside]).sum() for at in planes]
        yield Candidate(
            kind=kinds[int(np.argmax(sums))],
            row=float((weight * rows).sum() / weight.sum()) + where[0].start,
            column=float((weight * columns).sum() / weight.sum()) + where[1].start,
            snr=float(significance[place]),
            peak=(int(rows[place]) + where[0].start, int(columns[place]) + where[1].start),
            n_pixels=int(inside.sum()),
            mean_logit=float(own.mean()),
            where=where,
            mask=inside,
        )


def _around(logits: Image, difference: Difference, row: int, column: int, half: int) -> Candidate:
    """Make a candidate of a peak where the network has drawn nothing: a disc as wide as a star."""
    height, width = difference.significance.shape
    rows = slice(max(row - half, 0), min(row + half + 1, height))
    columns = slice(max(column - half, 0), min(column + half + 1, width))
    y, x = np.ogrid[rows, columns]
    inside = ((y - row) ** 2 + (x - column) ** 2 <= half**2) & ~difference.is_missing[rows, columns]
    sums = [_probability(logits[KINDS.index(kind), rows, columns][inside]).sum() for kind in WANTED]
    return Candidate(
        kind=WANTED[int(np.argmax(sums))],
        row=float(row),
        column=float(column),
        snr=float(difference.significance[row, column] * difference.trust[row, column]),
        peak=(row, column),
        n_pixels=0,
        mean_logit=float(logits[-1, rows, columns][inside].mean()),
        where=(rows, columns),
        mask=inside,
    )


def _probability(logits: Image) -> NDArray[np.float64]:
    found: NDArray[np.float64] = 1 / (1 + np.exp(-logits.astype(np.float64).clip(-30, 30)))
    return found
