"""Frames of one night judged beside each other: all at once, or one after the other as they come.

Which frames are of one night is decided by the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.frame import Frame
from astro_assets.images.photometry.frame_sources import FrameSources
from astro_assets.images.quality.assessor import FrameAssessor, Look, Verdict
from astro_assets.images.quality.expectation import (
    BEST_PART,
    Expectation,
    ReferenceStars,
    depth_of,
    expectation_beside,
    expectation_of,
    reference_stars,
)
from astro_assets.images.quality.oddness import night_p_values
from astro_assets.images.quality.residuals import carried, residuals, with_residuals

Floats = NDArray[np.float64]

#: Of fewer frames not even one is the best part: each is judged by its own look.
FEWEST_FRAMES: Final = round(1 / BEST_PART)


def assess_night(
    assessor: FrameAssessor,
    frames: Sequence[Frame],
    sources: Sequence[FrameSources | None],
    exposures_s: Sequence[float | None],
) -> list[Verdict]:
    """Judge the frames of a night beside its best ones, and tell which are unlike the others.

    A frame that cannot be judged, as one of absurd counts, is bad and says why.

    Parameters
    ----------
    frames
        Of one field, filter and telescope; each is asked for once or twice and may be read then.
    sources
        Of the same frames, by `photometry.sources.measure_frame` with the assessor's settings; None for a
        frame in which they cannot be found.
    exposures_s
        Of the same frames; None where unknown.

    Returns
    -------
    list of Verdict
        In the order of the frames, on which no verdict depends.

    Raises
    ------
    ValueError
        If numbers differ.
    """
    whole = [number for number, found in enumerate(sources) if found is not None]
    expectation = expected(
        _Chosen(frames, whole),
        [found for found in sources if found is not None],
        [exposures_s[number] for number in whole],
        assessor,
    )
    looks: list[Look | str] = []
    for frame, found in zip(frames, sources, strict=True):
        try:
            looks.append(assessor.look(frame, expectation, sources=found))
        except ValueError as error:
            looks.append(str(error))
    verdicts = _verdicts(assessor, looks)
    return with_oddness(verdicts, assessor.manifest.settings.unusual_p_value)


def _verdicts(assessor: FrameAssessor, looks: Sequence[Look | str]) -> list[Verdict]:
    """Judge the frames of a night that are seen; of the others a line says why not."""
    seen = [look for look in looks if isinstance(look, Look)]
    measures = iter(with_residuals([one.measures for one in seen], [one.light for one in seen]))
    return [
        assessor.verdict(next(measures), look.network)
        if isinstance(look, Look)
        else assessor.impossible(look)
        for look in looks
    ]


def expected(
    frames: Sequence[Frame],
    sources: Sequence[FrameSources],
    exposures_s: Sequence[float | None],
    assessor: FrameAssessor,
) -> Expectation | None:
    """Return what a night can be like; None for too few frames, or if none of them shows a star."""
    if len(sources) < FEWEST_FRAMES or not any(depth_of(one.measures) > 0 for one in sources):
        return None
    return expectation_of(frames, sources, assessor.manifest.settings.measuring, exposures_s)


def with_oddness(verdicts: Sequence[Verdict], unusual_p_value: float) -> list[Verdict]:
    """Add to the verdicts of a night how unlike the others each frame is, and say it of the least like.

    Frames that could not be judged are left as they are, and are no part of the night.
    """
    judged = [number for number, one in enumerate(verdicts) if np.isfinite(one.vector).any()]
    told = list(verdicts)
    if not judged:
        return told
    values = night_p_values(np.array([verdicts[number].vector for number in judged])).tolist()
    for number, p_value in zip(judged, values, strict=True):
        odd = (f"unlike the other frames of its night (p = {p_value:.2g})",)
        reasons = verdicts[number].reasons + (odd if p_value < unusual_p_value else ())
        told[number] = replace(verdicts[number], night_p_value=p_value, reasons=reasons)
    return told


class _Chosen(Sequence[Frame]):
    """Some frames of a night."""

    def __init__(self, frames: Sequence[Frame], numbers: Sequence[int]) -> None:
        self._frames, self._numbers = frames, numbers

    def __getitem__(self, number: Any) -> Any:
        return self._frames[self._numbers[number]]

    def __len__(self) -> int:
        return len(self._numbers)


@dataclass(slots=True)
class GrowingNight:
    """A night of which one frame comes after the other; no pixels are kept.

    Parameters
    ----------
    assessor
        Whose verdicts are wanted.
    """

    assessor: FrameAssessor
    _sources: list[FrameSources] = field(default_factory=list)
    _exposures_s: list[float | None] = field(default_factory=list)
    _verdicts: list[Verdict] = field(default_factory=list)
    _depth: float = 0.0
    _reference: ReferenceStars | None = None
    _light: Floats = field(default_factory=lambda: np.zeros((0, 0)))

    def add(self, frame: Frame) -> Verdict:
        """Judge the next frame beside those that came before.

        Raises
        ------
        ValueError
            If it cannot be judged; the night is as it was.
        """
        found = self.assessor.measured(frame)
        sources, exposures = [*self._sources, found], [*self._exposures_s, frame.exposure_s]
        depth, reference, light = max(self._depth, depth_of(found.measures)), self._reference, self._light
        if depth > self._depth:
            reference = reference_stars(frame, found, self.assessor.manifest.settings.measuring)
            light = carried(light, self._reference, reference, found.shape)
        # Light is compared from the first frame on, though few frames are no night to be judged by.
        expectation = None if reference is None else expectation_beside(reference, sources, exposures)
        look = self.assessor.look(frame, expectation, sources=found)
        light = np.vstack([light, look.light])
        measures = replace(look.measures, comparison_residual=float(residuals(light)[-1]))
        if len(sources) < FEWEST_FRAMES:
            measures = measures.alone()
        verdict = self.assessor.verdict(measures, look.network)
        self._sources, self._exposures_s = sources, exposures
        self._depth, self._reference, self._light = depth, reference, light
        self._verdicts.append(verdict)
        return with_oddness(self._verdicts, self.assessor.manifest.settings.unusual_p_value)[-1]
