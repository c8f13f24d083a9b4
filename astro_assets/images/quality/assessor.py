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
        comparison_residual: float | None = None,
    ) -> Verdict:
        """Judge a frame.

        Parameters
        ----------
        frame
            Calibrated or raw, at least 32 pixels a side.
        expectation
            Of its night, by `expectation.expectation_of`; a frame without one is judged by its own look.
        sources
            Of the frame, if they were measured with this assessor's settings; else they are.
        comparison_residual
            Scatter of comparison stars in this frame, relative.

        Raises
        ------
        ValueError
            If the frame is too small or too large, mostly masked, or its sources cannot be told apart.
        """
        measuring = self.manifest.settings.measuring
        found = self.measured(frame) if sources is None else sources
        measures = quality_measures(frame, found, measuring, expectation, comparison_residual)
        return self.verdict(measures, inputs_of(frame))

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

    def verdict(self, measures: QualityMeasures, inputs: Inputs) -> Verdict:
        """Judge a frame by its measures and the network's inputs."""
        logits, features = seen(self._session, inputs)
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

    def network_logits(self, inputs: Inputs) -> Floats:
        """Return the network's own logits of being worse than good, and than medium, shape (2,)."""
        return seen(self._session, inputs)[0]


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


def seen(session: InferenceSession, inputs: Inputs) -> tuple[Floats, Floats]:
    """Show a frame to the network: logits (2,) and features (16,)."""
    given = {"tiles": inputs.tiles[None], "whole": inputs.whole[None], "scalars": inputs.scalars[None]}
    logits, features = session.run(None, given)
    return logits[0].astype(np.float64), features[0].astype(np.float64)
