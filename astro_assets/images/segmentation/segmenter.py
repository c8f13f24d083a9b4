"""A trained segmenter: from a science frame and its reference to objects and masks.

Serving alone lives here, on onnxruntime; how a segmenter is made is in `training`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.differencing import Difference, subtract
from astro_assets.images.frame import Frame
from astro_assets.images.kinds import KINDS
from astro_assets.images.segmentation.objects import (
    FoundObject,
    measures_of,
    objects_of,
    unwanted_candidates,
    wanted_candidates,
)
from astro_assets.images.segmentation.preprocessing import inputs_of
from astro_assets.images.segmentation.score import ObjectScore
from astro_assets.images.segmentation.segmenter_file import Manifest, contents_of
from astro_assets.images.segmentation.tiling import apply_tiled
from astro_assets.images.star_sizes import fwhm_pixels

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Image = NDArray[np.float32]

#: Largest frame that is taken, pixels: about 8 GB of memory.
_MOST_PIXELS: Final = 10**8


@dataclass(frozen=True, slots=True)
class Segmentation:
    """What was found in a frame.

    Parameters
    ----------
    objects
        Wanted ones, highest scores first, then the others.
    masks
        uint16, shape of the frame: bit k is set where something of the kind ``KINDS[k]`` is, by a
        probability of a half.
    probability
        Of being wanted, float32, shape of the frame.
    difference
        The difference that was looked at.
    """

    objects: tuple[FoundObject, ...]
    masks: NDArray[np.uint16]
    probability: Image
    difference: Difference


class Segmenter:
    """Finds and names what changed.

    Parameters
    ----------
    manifest
        What the file says of itself.
    score
        From candidates to objects.
    graph
        The network, ONNX.
    """

    def __init__(self, manifest: Manifest, score: ObjectScore, graph: bytes) -> None:
        self.manifest, self.score = manifest, score
        self._session = session_of(graph)

    def segment(
        self,
        science: Frame,
        reference: Frame,
        science_fwhm_pixels: float | None = None,
        reference_fwhm_pixels: float | None = None,
        flux_scale: float | None = None,
    ) -> Segmentation:
        """Find what changed between two aligned frames.

        Parameters
        ----------
        science, reference
            Frames of the same pixels, NaN where there is no measurement.
        science_fwhm_pixels, reference_fwhm_pixels
            Seeing; measured on the stars if None.
        flux_scale
            Science over reference counts of the same star; measured on the stars if None.

        Raises
        ------
        ValueError
            If shapes differ, are too small or too large, or the seeing can neither be told nor measured.
        """
        if science.image.size > _MOST_PIXELS:
            raise ValueError(f"a frame of {science.image.size} pixels; {_MOST_PIXELS} are taken at most")
        fwhm = fwhm_pixels(science) if science_fwhm_pixels is None else science_fwhm_pixels
        other = fwhm_pixels(reference) if reference_fwhm_pixels is None else reference_fwhm_pixels
        return self.of_difference(
            subtract(science, reference, fwhm, other, self.manifest.settings.scenes.differencing, flux_scale)
        )

    def of_difference(self, difference: Difference) -> Segmentation:
        """Find what changed in a difference."""
        logits = self.logits(difference)
        extraction = self.manifest.settings.extraction
        wanted = wanted_candidates(logits, difference, extraction)
        scores = self.score.of(measures_of(wanted, logits, difference))
        unwanted = unwanted_candidates(logits, difference, extraction)
        objects = objects_of(wanted, scores, self.score.threshold, unwanted)
        masks = np.zeros(difference.science.shape, np.uint16)
        for k in range(len(KINDS)):
            masks |= (logits[k] > 0).astype(np.uint16) << np.uint16(k)
        masks[difference.is_missing] = 0
        probability = 1 / (1 + np.exp(-logits[-1].clip(-30, 30)))
        return Segmentation(tuple(objects), masks, probability, difference)

    def logits(self, difference: Difference) -> Image:
        """Return the network's logits, (10, n_rows, n_columns)."""
        return logits_of(self._session, difference, self.manifest.reach_pixels)


def open_segmenter(source: bytes | Path) -> Segmenter:
    """Open a segmenter's file.

    Raises
    ------
    SegmenterFileError
        If it is none.
    """
    return Segmenter(*contents_of(source if isinstance(source, bytes) else source.read_bytes()))


def session_of(graph: bytes) -> InferenceSession:
    """Open a graph on one thread, whose sums then do not depend on the machine's cores."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])


def logits_of(session: InferenceSession, difference: Difference, reach_pixels: int) -> Image:
    """Apply a graph to a difference of any size: logits (10, n_rows, n_columns)."""

    def apply(part: Image) -> Image:
        found: Any = session.run(None, {"inputs": part})[0]
        logits: Image = found
        return logits

    return apply_tiled(apply, inputs_of(difference), reach_pixels)
