"""Frames of one night judged beside each other: all at once, or one after the other as they come.

Which frames are of one night is decided by the caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np

from astro_assets.images.frame import Frame
from astro_assets.images.photometry.frame_sources import FrameSources
from astro_assets.images.quality.assessor import FrameAssessor, Verdict
from astro_assets.images.quality.expectation import BEST_PART, Expectation, depth_of, expectation_of
from astro_assets.images.quality.oddness import night_p_values

#: Of fewer frames not even one is the best part: each is judged by its own look.
FEWEST_FRAMES: Final = round(1 / BEST_PART)


def assess_night(
    assessor: FrameAssessor, frames: Sequence[Frame], sources: Sequence[FrameSources]
) -> list[Verdict]:
    """Judge the frames of a night beside its best ones, and tell which are unlike the others.

    Parameters
    ----------
    frames
        Of one field, filter and telescope; each is asked for once or twice and may be read then.
    sources
        Of the same frames, by `photometry.sources.measure_frame` with the assessor's settings.

    Returns
    -------
    list of Verdict
        In the order of the frames, on which no verdict depends.

    Raises
    ------
    ValueError
        If numbers differ, or a frame cannot be judged.
    """
    expectation = expected(frames, sources, assessor)
    verdicts = [
        assessor.assess(frame, expectation, sources=found)
        for frame, found in zip(frames, sources, strict=True)
    ]
    return with_oddness(verdicts, assessor.manifest.settings.unusual_p_value)


def expected(
    frames: Sequence[Frame], sources: Sequence[FrameSources], assessor: FrameAssessor
) -> Expectation | None:
    """Return what a night can be like; None for too few frames, or if none of them shows a star."""
    if len(sources) < FEWEST_FRAMES or not any(depth_of(one.measures) > 0 for one in sources):
        return None
    return expectation_of(frames, sources, assessor.manifest.settings.measuring)


def with_oddness(verdicts: Sequence[Verdict], unusual_p_value: float) -> list[Verdict]:
    """Add to the verdicts of a night how unlike the others each frame is, and say it of the least like."""
    if not verdicts:
        return []
    values = night_p_values(np.array([one.vector for one in verdicts])).tolist()
    told = []
    for verdict, p_value in zip(verdicts, values, strict=True):
        odd = (f"unlike the other frames of its night (p = {p_value:.2g})",)
        reasons = verdict.reasons + (odd if p_value < unusual_p_value else ())
        told.append(replace(verdict, night_p_value=p_value, reasons=reasons))
    return told


@dataclass(frozen=True, slots=True)
class _Best(Sequence[Frame]):
    """The frames of a night, of which only the deepest can be asked for."""

    length: int = 0
    number: int = -1
    depth: float = -1.0
    frame: Frame | None = None

    def and_then(self, frame: Frame, depth: float) -> _Best:
        """Return the night with one frame more."""
        if depth > self.depth:
            return _Best(self.length + 1, self.length, depth, frame)
        return replace(self, length=self.length + 1)

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, number: Any) -> Any:
        if number != self.number:
            raise IndexError(number)
        return self.frame


@dataclass(slots=True)
class GrowingNight:
    """A night of which one frame comes after the other; the pixels of just one are kept.

    Parameters
    ----------
    assessor
        Whose verdicts are wanted.
    """

    assessor: FrameAssessor
    _sources: list[FrameSources] = field(default_factory=list)
    _verdicts: list[Verdict] = field(default_factory=list)
    _best: _Best = field(default_factory=_Best)

    def add(self, frame: Frame) -> Verdict:
        """Judge the next frame beside those that came before.

        Raises
        ------
        ValueError
            If it cannot be judged; the night is as it was.
        """
        found = self.assessor.measured(frame)
        sources = [*self._sources, found]
        best = self._best.and_then(frame, depth_of(found.measures))
        verdict = self.assessor.assess(frame, expected(best, sources, self.assessor), sources=found)
        self._sources, self._best = sources, best
        self._verdicts.append(verdict)
        return with_oddness(self._verdicts, self.assessor.manifest.settings.unusual_p_value)[-1]
