"""Objects taken from masks: connected pixels with a kind, a position, a signal-to-noise ratio and a score.

The score that decides what is real is made here from a candidate's measures; its weights are fitted in
`calibration`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from astro_assets.images.differencing import Difference
from astro_assets.images.kinds import KINDS, UNWANTED, WANTED
from astro_assets.images.segmentation.measures import measures_at
from astro_assets.images.segmentation.settings import ExtractionSettings

Image = NDArray[np.float32]

#: Measures of a candidate that its score is made of.
MEASURES: Final = (
    "peak_logit",
    "mean_logit",
    "unwanted_logit",
    "significance",
    "log_pixels",
    "unlike",
    "sharpness",
    "opposite",
    "relative_change",
)
_N_TERMS: Final = len(MEASURES) + len(MEASURES) * (len(MEASURES) + 1) // 2
#: Significance beyond which more of it says nothing: that the filter sees something is beyond doubt.
_BEYOND_DOUBT: Final = 10.0
_LOGIT_LIMIT: Final = 12.0


class ObjectScore(BaseModel):
    """A logistic regression on the measures of candidates, their squares and products.

    Attributes
    ----------
    centre, scale
        By which measures are standardised.
    weights, intercept
        Of the log-odds of being wanted; weights in the order of :func:`expanded`.
    threshold
        Score from which a candidate counts as found.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    centre: tuple[float, ...] = Field(min_length=len(MEASURES), max_length=len(MEASURES))
    scale: tuple[float, ...] = Field(min_length=len(MEASURES), max_length=len(MEASURES))
    weights: tuple[float, ...] = Field(min_length=_N_TERMS, max_length=_N_TERMS)
    intercept: float
    threshold: float

    def of(self, measures: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the log-odds of candidates with measures of shape (n, 9)."""
        terms = expanded((measures - np.asarray(self.centre)) / np.asarray(self.scale))
        found: NDArray[np.float64] = terms @ np.asarray(self.weights) + self.intercept
        return found


def expanded(standard: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return standardised measures (n, 9) with their squares and products, (n, 54).

    Measures count within four standard deviations: squares would let one of them decide alone.
    """
    limited = standard.clip(-4, 4)
    first, second = np.triu_indices(len(MEASURES))
    return np.concatenate([limited, limited[:, first] * limited[:, second]], axis=1)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Connected pixels that may be an object.

    Parameters
    ----------
    kind
        One of :data:`astro_assets.images.kinds.KINDS`.
    row, column
        Centroid, weighted with the probability.
    snr
        Largest significance of the difference in it; negative of what faded.
    n_pixels
        Of the mask.
    measures
        As :data:`MEASURES`.
    where, mask
        The part of the frame that holds it, and its pixels there.
    """

    kind: str
    row: float
    column: float
    snr: float
    n_pixels: int
    measures: tuple[float, ...]
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
    """Return all that may be wanted, from the network's logits of shape (10, n_rows, n_columns)."""
    threshold = np.log(settings.wanted_threshold / (1 - settings.wanted_threshold))
    is_in = (logits[-1] > threshold) & ~difference.is_missing
    return _candidates(logits, logits[-1], is_in, difference, WANTED)


def unwanted_candidates(
    logits: Image, difference: Difference, settings: ExtractionSettings
) -> list[Candidate]:
    """Return objects of the kinds that are not wanted."""
    threshold = np.log(settings.mask_threshold / (1 - settings.mask_threshold))
    found: list[Candidate] = []
    for kind in UNWANTED:
        plane = logits[KINDS.index(kind)]
        is_in = (plane > threshold) & ~difference.is_missing
        found += _candidates(logits, plane, is_in, difference, (kind,))
    return found


def measures_of(candidates: Sequence[Candidate]) -> NDArray[np.float64]:
    """Return the measures of candidates, (n, 9)."""
    return np.array([one.measures for one in candidates], np.float64).reshape(-1, len(MEASURES))


def objects_of(
    wanted: Sequence[Candidate], unwanted: Sequence[Candidate], score: ObjectScore
) -> list[FoundObject]:
    """Return wanted candidates whose score reaches the threshold, then the others; highest scores first."""
    scores = score.of(measures_of(wanted))
    found = [
        FoundObject(one.kind, one.row, one.column, one.snr, one.n_pixels, float(value), is_wanted=True)
        for one, value in zip(wanted, scores, strict=True)
        if value >= score.threshold
    ]
    found.sort(key=lambda one: -one.score)
    others = [
        FoundObject(one.kind, one.row, one.column, one.snr, one.n_pixels, one.measures[1], is_wanted=False)
        for one in unwanted
    ]
    others.sort(key=lambda one: -one.score)
    return found + others


def _candidates(
    logits: Image, plane: Image, is_in: NDArray[np.bool_], difference: Difference, kinds: Sequence[str]
) -> list[Candidate]:
    from scipy.ndimage import find_objects, label

    regions, _ = label(is_in, np.ones((3, 3), np.int8))
    planes = [KINDS.index(kind) for kind in kinds]
    others = [KINDS.index(kind) for kind in UNWANTED]
    found = []
    for number, where in enumerate(find_objects(regions), start=1):
        inside = regions[where] == number
        own = plane[where][inside].clip(-_LOGIT_LIMIT, _LOGIT_LIMIT)
        significance = difference.significance[where][inside]
        place = int(np.abs(significance).argmax())
        snr = float(significance[place])
        weight = 1 / (1 + np.exp(-own.astype(np.float64)))
        rows, columns = np.nonzero(inside)
        peak = int(rows[place]) + where[0].start, int(columns[place]) + where[1].start
        sums = [_probability(logits[at][where][inside]).sum() for at in planes]
        unwanted = max(float(logits[at][where][inside].max()) for at in others)
        found.append(
            Candidate(
                kind=kinds[int(np.argmax(sums))],
                row=float((weight * rows).sum() / weight.sum()) + where[0].start,
                column=float((weight * columns).sum() / weight.sum()) + where[1].start,
                snr=snr,
                n_pixels=int(inside.sum()),
                measures=(
                    float(own.max()),
                    float(own.mean()),
                    float(np.clip(unwanted, -_LOGIT_LIMIT, _LOGIT_LIMIT)),
                    min(abs(snr), _BEYOND_DOUBT),
                    float(np.log(inside.sum())),
                    *measures_at(difference, *peak),
                ),
                where=where,
                mask=inside,
            )
        )
    return found


def _probability(logits: Image) -> NDArray[np.float64]:
    found: NDArray[np.float64] = 1 / (1 + np.exp(-logits.astype(np.float64).clip(-30, 30)))
    return found
