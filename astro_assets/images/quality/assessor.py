"""A trained assessor: from a frame, and what its night can be like, to a verdict.

Serving alone lives here, on onnxruntime and arrays; how an assessor is made is in `fitting`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.frame import Frame
from astro_assets.images.photometry.frame_sources import FrameSources
from astro_assets.images.photometry.sources import measure_frame
from astro_assets.images.quality.assessor_file import Contents, contents_of
from astro_assets.images.quality.expectation import Expectation
from astro_assets.images.quality.forest import design_matrix, grade_of, probabilities
from astro_assets.images.quality.grades import Grade
from astro_assets.images.quality.measures import MEASURES, QualityMeasures, quality_measures
from astro_assets.images.quality.preprocessing import LARGEST, Inputs, inputs_of
from astro_assets.images.quality.reasons import reasons_of

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = NDArray[np.float64]

#: Largest frame that is taken, pixels.
MOST_PIXELS = 10**8


@dataclass(frozen=True, slots=True, eq=False)
class Verdict:
    """What is thought of a frame.

    Parameters
    ----------
    grade
        ``good``, ``medium`` or ``bad``: the median of its probabilities.
    p_bad, p_not_good
        Probability, calibrated on simulated nights, of being bad; of being medium or bad.
    reasons
        Measures outside what good frames have, the heaviest first; that it is unlike the others of its night
        comes last. A good frame may have some.
    training_p_value
        How often good simulated frames are as far off those that it was trained on. Of a real camera all
        frames may be: it tells how much the assessor knows of such a camera, not how good a frame is.
    night_p_value
        Of `oddness.night_p_values`: how many frames of its night are as odd; NaN where that is not known.
    measures
        What it was judged by.
    vector
        Measures and the network's features, shape (len(MEASURES) + 16,).
    has_night
        Whether it was judged beside the best frames of its night.
    """

    grade: Grade
    p_bad: float
    p_not_good: float
    reasons: tuple[str, ...]
    training_p_value: float
    measures: QualityMeasures
    vector: Floats
    has_night: bool
    night_p_value: float = np.nan


#: Logits of being worse than good, and than medium, shape (2,); features, shape (16,).
Seen = tuple[Floats, Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What is kept of a frame until all of its night are seen.

    Parameters
    ----------
    measures, light
        See :func:`astro_assets.images.quality.measures.quality_measures`.
    network
        What the network says.
    """

    measures: QualityMeasures
    light: Floats
    network: Seen


class FrameAssessor:
    """Judges frames, each on its own or beside its night."""

    def __init__(self, contents: Contents) -> None:
        self.manifest = contents.manifest
        self._forest, self._density = contents.forest, contents.density
        self._session = session_of(contents.graph)

    def assess(
        self,
        frame: Frame,
        expectation: Expectation | None = None,
        *,
        sources: FrameSources | None = None,
    ) -> Verdict:
        """Judge a frame on its own, or beside a night of which no other frame is at hand.

        Parameters
        ----------
        frame
            Calibrated or raw, at least 32 pixels a side.
        expectation
            Of its night, by `expectation.expectation_of`; a frame without one is judged by its own look.
        sources
            Of the frame, if they were measured with this assessor's settings; else they are.

        Raises
        ------
        ValueError
            If the frame is too small or too large, mostly masked, or its sources cannot be told apart.
        """
        look = self.look(frame, expectation, sources=sources)
        return self.verdict(look.measures, look.network)

    def look(
        self,
        frame: Frame,
        expectation: Expectation | None = None,
        *,
        sources: FrameSources | None = None,
    ) -> Look:
        """See all of a frame that its pixels are needed for; parameters and errors as of :meth:`assess`."""
        found = self.measured(frame) if sources is None else sources
        inputs = inputs_of(frame)
        measures, light = quality_measures(frame, found, self.manifest.settings.measuring, expectation)
        return Look(measures, light, self.seen(inputs))

    def measured(self, frame: Frame) -> FrameSources:
        """Find the sources of a frame with the settings that this assessor was trained with.

        Raises
        ------
        ValueError
            As `photometry.sources.measure_frame`; or if the frame is too large, or no pixel a measurement.
        """
        if frame.image.size > MOST_PIXELS:
            raise ValueError(f"a frame of {frame.image.size} pixels; {MOST_PIXELS} are taken at most")
        if not (np.abs(frame.image) < LARGEST).any():
            raise ValueError("none of the frame's pixels is a measurement")
        return measure_frame(frame, self.manifest.settings.measuring)

    def seen(self, inputs: Inputs) -> Seen:
        """Show a frame to the network."""
        return seen(self._session, inputs)

    def verdict(self, measures: QualityMeasures, network: Seen) -> Verdict:
        """Judge a frame by its measures and by what the network says of it."""
        logits, features = network
        vector = measures.vector()
        has_night = bool(np.isfinite(measures.fwhm_ratio) or np.isfinite(measures.matched_fraction))
        matrix = design_matrix(vector[None], np.array([logits.mean()]))
        calibration = self.manifest.night if has_night else self.manifest.alone
        not_good, bad = probabilities(self._forest.raw(matrix), calibration)[0]
        grade = grade_of(not_good, bad)
        weights = self._forest.contributions(matrix)[0, : len(MEASURES)]
        reasons = reasons_of(vector, weights, self.manifest.ranges)
        row = np.concatenate([vector, features])
        p_value = self._density.p_value(row, has_night=has_night)
        return Verdict(grade, float(bad), float(not_good), reasons, p_value, measures, row, has_night)

    def impossible(self, why: str) -> Verdict:
        """Return the verdict on what is no frame of the sky: bad, with nothing measured."""
        row = np.full(self._density.n_columns, np.nan)
        measures = QualityMeasures(*row[: len(MEASURES)])
        p_value = self._density.p_value(row, has_night=False)
        return Verdict(
            "bad", 1.0, 1.0, (f"cannot be judged: {why}",), p_value, measures, row, has_night=False
        )


def open_assessor(source: bytes | Path) -> FrameAssessor:
    """Open an assessor's file.

    Raises
    ------
    AssessorFileError
        If it is none.
    """
    return FrameAssessor(contents_of(source if isinstance(source, bytes) else source.read_bytes()))


def session_of(graph: bytes) -> InferenceSession:
    """Open a graph on one thread, whose sums then do not depend on the machine's cores."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def seen(session: InferenceSession, inputs: Inputs) -> Seen:
    """Show a frame to the network."""
    given = {"tiles": inputs.tiles[None], "whole": inputs.whole[None], "scalars": inputs.scalars[None]}
    logits, features = session.run(None, given)
    return logits[0].astype(np.float64), features[0].astype(np.float64)
