"""What a frame is without its sky, and how noisy the sky is.

Backgrounds as SExtractor measures them (Bertin & Arnouts 1996, A&AS 117, 393) live here; stars stay
where they are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.frame import Frame

Image = NDArray[np.float32]


def sky_subtracted(frame: Frame, mesh: int) -> tuple[Image, Image, float, NDArray[np.bool_]]:
    """Return the image above its background, 0 where missing; its noise, gain, and missing pixels."""
    import sep

    image = np.array(frame.image, np.float32, order="C")
    missing = ~np.isfinite(image)
    if frame.saturation is not None:
        missing |= image >= frame.saturation  # a comparison with NaN is False
    if missing.all():
        raise ValueError("a frame without a single measured pixel")
    image[missing] = 0
    # A star makes a mesh noisier, which the median of its neighbours mends; of a gradient it would leave a
    # part.
    level = sep.Background(image, mask=missing, bw=mesh, bh=mesh, fw=1, fh=1).back()
    background = sep.Background(image, mask=missing, bw=mesh, bh=mesh)
    rms = background.rms()
    floor = np.float32(max(float(background.globalrms), 1e-6))
    rms = np.maximum(rms, floor / 4)
    gain = frame.gain
    if gain is None:  # as if all of the sky's noise were its photons'
        sky = max(float(background.globalback), 0.0)
        gain = sky / float(floor) ** 2 if sky else np.inf
    image -= level
    image[missing] = 0
    return image, rms, float(gain), missing


def levelled(difference: Image, is_missing: NDArray[np.bool_], mesh: int) -> Image:
    """Subtract the background of a difference, which stars and galaxies bias less than those of frames."""
    import sep

    difference[is_missing] = 0
    # Its meshes are as they are: their median would smooth away what is left of a gradient.
    difference -= sep.Background(difference, mask=is_missing, bw=mesh, bh=mesh, fw=1, fh=1).back()
    difference[is_missing] = 0
    return difference
