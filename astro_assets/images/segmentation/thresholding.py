"""What the segmenter is compared with: sources extracted from the difference image, as sep does it.

SExtractor's method (Bertin & Arnouts 1996, A&AS 117, 393), with a filter matched to the PSF; and the same
with cuts on the shape, as surveys made them before they learned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from astro_assets.images.differencing import Difference
from astro_assets.images.segmentation.judging import JudgedScene, judged
from astro_assets.images.segmentation.matching import match
from astro_assets.images.segmentation.measures import fitted_points, side_of, squares_of, unblurred
from astro_assets.images.segmentation.objects import Candidate
from astro_assets.images.simulation.psf import Psf, kernel
from astro_assets.images.simulation.truth import Truth

#: Filtered significance from which pixels make a source; lower than any threshold of interest.
_DETECTION: Final = 3.5
#: What is like a point has less than this of its signal elsewhere, and no pixel so far above its profile.
_UNLIKE, _SHARP = np.log1p(0.5), np.log1p(4.0)


def thresholded(difference: Difference) -> list[tuple[Candidate, float]]:
    """Return sources of either sign in a difference, with the filtered significance of their peaks."""
    import sep

    found = []
    filter_kernel = kernel(Psf(difference.fwhm_pixels), int(np.ceil(1.5 * difference.fwhm_pixels)))
    ones = np.ones_like(difference.difference)
    for sign in (1, -1):
        image = np.ascontiguousarray(np.float32(sign) * difference.difference * difference.trust)
        sources, segments = sep.extract(
            image,
            _DETECTION,
            err=ones,  # of a number sep makes a plain convolution
            mask=difference.is_missing,
            minarea=1,
            clean=False,
            filter_kernel=filter_kernel,
            filter_type="matched",
            segmentation_map=True,
        )
        for number, source in enumerate(sources, start=1):
            where = (
                slice(int(source["ymin"]), int(source["ymax"]) + 1),
                slice(int(source["xmin"]), int(source["xmax"]) + 1),
            )
            mask = segments[where] == number
            place = int(source["ycpeak"]), int(source["xcpeak"])
            # The noise of matched frames is correlated, of which sep knows nothing.
            peak = float(sign * difference.trusted[place])
            candidate = Candidate(
                kind="transient",
                row=float(source["y"]),
                column=float(source["x"]),
                snr=sign * peak,
                peak=place,
                n_pixels=int(mask.sum()),
                mean_logit=0.0,
                where=where,
                mask=mask,
            )
            found.append((candidate, peak))
    return found


def like_points(
    found: Sequence[tuple[Candidate, float]], difference: Difference
) -> list[tuple[Candidate, float]]:
    """Keep the sources that have the shape of a point source, in the difference and in the frames."""
    peaks = np.array([one.peak for one, _ in found], np.int64).reshape(-1, 2)
    is_like = np.ones(len(found), np.bool_)
    for image, blur in (
        (difference.difference, 0.0),
        (difference.science, difference.science_blur_pixels),
        (difference.reference, difference.reference_blur_pixels),
    ):
        own = unblurred(difference.fwhm_pixels, blur)
        unlike, sharpness = fitted_points(squares_of(image, peaks[:, 0], peaks[:, 1], side_of(own)), own)
        is_like &= (unlike < _UNLIKE) if image is difference.difference else (sharpness < _SHARP)
    return [one for one, is_kept in zip(found, is_like, strict=True) if is_kept]


def judged_thresholding(difference: Difference, truth: Truth, *, points_only: bool = False) -> JudgedScene:
    """Judge thresholding on a scene as the segmenter is judged; its score is the peak's significance.

    Parameters
    ----------
    points_only
        Whether sources count only if they have the shape of a point.
    """
    found = thresholded(difference)
    if points_only:
        found = like_points(found, difference)
    candidates = [candidate for candidate, _ in found]
    matches = match(candidates, truth, difference.fwhm_pixels)
    scores = np.array([score for _, score in found], np.float64)
    return judged(scores, [one.kind for one in candidates], matches, truth, difference.is_missing)
