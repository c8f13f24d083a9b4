"""What the segmenter is compared with: sources extracted from the difference image, as sep does it.

SExtractor's method (Bertin & Arnouts 1996, A&AS 117, 393), with a filter matched to the PSF.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from astro_assets.images.differencing import Difference
from astro_assets.images.segmentation.judging import JudgedScene, judged
from astro_assets.images.segmentation.matching import match
from astro_assets.images.segmentation.objects import Candidate
from astro_assets.images.simulation.psf import Psf, kernel
from astro_assets.images.simulation.truth import Truth

#: Filtered significance from which pixels make a source; lower than any threshold of interest.
_DETECTION: Final = 3.5


def thresholded(difference: Difference) -> list[tuple[Candidate, float]]:
    """Return sources of either sign in a difference, with the filtered significance of their peaks."""
    import sep

    found = []
    filter_kernel = kernel(Psf(difference.fwhm_pixels), int(np.ceil(1.5 * difference.fwhm_pixels)))
    unit = float(np.sqrt((filter_kernel**2).sum()))  # what noise of 1 is after the filter
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
            peak = float(source["cpeak"]) / unit
            candidate = Candidate(
                kind="transient",
                row=float(source["y"]),
                column=float(source["x"]),
                snr=sign * peak,
                peak=(int(source["ycpeak"]), int(source["xcpeak"])),
                n_pixels=int(mask.sum()),
                mean_logit=0.0,
                where=where,
                mask=mask,
            )
            found.append((candidate, peak))
    return found


def judged_thresholding(difference: Difference, truth: Truth) -> JudgedScene:
    """Judge thresholding on a scene as the segmenter is judged; its score is the peak's significance."""
    found = thresholded(difference)
    candidates = [candidate for candidate, _ in found]
    matches = match(candidates, truth, difference.fwhm_pixels)
    scores = np.array([score for _, score in found], np.float64)
    return judged(scores, [one.kind for one in candidates], matches, truth, difference.is_missing)
