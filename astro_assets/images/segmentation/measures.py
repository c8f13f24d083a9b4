"""What is measured of candidates: what the network says, and how much each is like a point source.

Numbers of small cutouts live here, of all candidates of a frame together; what is concluded from them is
`score`'s and `calibration`'s business.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.differencing import Difference
from astro_assets.images.kinds import KINDS
from astro_assets.images.photometry.robust import row_medians

Image = NDArray[np.float32]
Floats = NDArray[np.float64]
Places = NDArray[np.int64]

#: In the order of the columns of :func:`measured`.
MEASURES: Final = (
    "significance",
    "log_trust",
    "rises",
    "wanted",
    "wanted_around",
    *KINDS,
    "unlike",
    "sharpness",
    "reference_sharpness",
    "opposite",
    "relative_change",
    "science",
    "reference",
    "slope",
    "noise_of_stars",
    "line",
    "ray",
    "surround",
    "crowd",
    "fwhm",
    "blur",
    "missing",
    "subtraction",
    "log_pixels",
)
_SIGMA_A_FWHM: Final = 1 / 2.3548
#: Half side of the squares that are compared with a point source, in FWHM.
_REACH = 1.5
#: A ring around a candidate, in FWHM: ghosts and shadows fill it, points do not.
_RING: Final = (2.0, 4.0)
#: Trails are looked for along so many directions, from so many FWHM on, over so many pixels.
_DIRECTIONS, _FROM, _LENGTH = 32, 3.0, 30
#: Of which so many are measured at least.
_FEWEST_ALONG: Final = 10
#: Half side of the square in which other significant pixels are counted, and from where on they are.
_CROWD, _SIGNIFICANT = 12, 3.3
#: Noise from which the reference's stars tell how well they are subtracted, and how many pixels are needed.
_BRIGHT, _FEWEST_BRIGHT = 15.0, 30
_LIMIT: Final = 12.0
#: Candidates measured at once: what memory holds.
_AT_ONCE: Final = 1000


def measured(
    logits: Image, difference: Difference, rows: Places, columns: Places, n_pixels: Places
) -> Floats:
    """Measure candidates at their most significant pixels.

    Parameters
    ----------
    logits
        The network's, (10, n_rows, n_columns).
    rows, columns
        Of the candidates' peaks, (n,).
    n_pixels
        Of their masks by the network, 0 where it has none, (n,).

    Returns
    -------
    ndarray of float64
        (n, number of `MEASURES`):

        - ``significance``, trusted and unsigned, the logarithm of that trust, and whether the source
          ``rises``;
        - the network's logit of being ``wanted`` and of each kind, highest of 3 x 3 pixels, and the mean of
          5 x 5;
        - ``unlike`` and ``sharpness`` of :func:`fitted_points`: the first in the difference, the second in
          the science frame before it was smoothed, in which cosmic rays are still sharp, and in the
          reference likewise;
        - ``opposite``: the most significant pixel of the other sign nearby, over that of the candidate:
          large in dipoles;
        - ``relative_change``: logarithm of the change over the light that the reference has there;
        - ``science``, ``reference`` and its ``slope``, inverse hyperbolic sines of noise;
        - ``noise_of_stars``: logarithm of the noise there over that of the sky;
        - ``line`` and ``ray``: the highest median significance along any line through the candidate, and any
          ray from it, some FWHM away: trails go on, what is wanted does not;
        - ``surround``: mean of the difference in a ring, in its error;
        - ``crowd``: logarithm of the number of significant pixels nearby;
        - ``fwhm``, ``blur`` of the science frame, share of ``missing`` pixels;
        - ``subtraction``: scatter of significance in the frame's bright stars, 1 if they vanish;
        - ``log_pixels`` of the mask.
    """
    found = np.zeros((rows.size, len(MEASURES)))
    of_frame = _of_frame(difference)
    for start in range(0, rows.size, _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        columns_of = _measured(logits, difference, rows[part], columns[part]) | of_frame
        columns_of["log_pixels"] = np.log1p(n_pixels[part])
        for column, name in enumerate(MEASURES):
            found[part, column] = columns_of[name]
    return found


def fitted_points(squares: Image, fwhm_pixels: float) -> tuple[Floats, Floats]:
    """Compare cutouts with the point source that fits each best.

    Parameters
    ----------
    squares
        In units of the noise, (n, side, side), side as of :func:`side_of`; the source is taken to be within
        a pixel of the middle.
    fwhm_pixels
        Of the image.

    Returns
    -------
    unlike
        Signal that is not a point source's over what is, in sums of squares: 0 for a point source, about 6
        for a pixel alone, 0.5 to 3 for tracks and trails. Logarithm of one plus it.
    sharpness
        By how much noise the brightest pixel exceeds the point source's, a quarter more allowed for: 0 for
        point sources and trails, tens for cosmic rays. Logarithm of one plus it.
    """
    half = side_of(fwhm_pixels) // 2 - 1
    squares = squares.astype(np.float64)
    steps = np.arange(-half, half + 1)
    profile = np.exp(-(steps**2) / (2 * (fwhm_pixels * _SIGMA_A_FWHM) ** 2))
    shape = profile[:, None] * profile
    shape /= np.sqrt((shape**2).sum())
    best, energy = np.zeros(len(squares)), np.ones(len(squares))
    for down in range(3):
        for right in range(3):
            part = squares[:, down : down + steps.size, right : right + steps.size]
            amplitude = np.einsum("nij,ij->n", part, shape)
            is_better = np.abs(amplitude) > np.abs(best)
            best = np.where(is_better, amplitude, best)
            energy = np.where(is_better, np.einsum("nij,nij->n", part, part), energy)
    # Noise alone has an energy of one a pixel.
    left = np.maximum(energy - best**2 - shape.size, 0)
    highest = (np.sign(best)[:, None, None] * squares).max(axis=(1, 2), initial=-np.inf)
    excess = highest - 1.25 * np.abs(best) * shape.max()
    return np.log1p(left / np.maximum(best**2, 1)), np.log1p(np.maximum(excess, 0))


def unblurred(fwhm_pixels: float, blur_pixels: float) -> float:
    """Return the FWHM that an image had before a Gaussian of a standard deviation made it that broad."""
    return float(np.sqrt(max(fwhm_pixels**2 - (blur_pixels / _SIGMA_A_FWHM) ** 2, 1.0)))


def side_of(fwhm_pixels: float) -> int:
    """Return the side of the squares that :func:`fitted_points` takes."""
    return 2 * (max(2, round(_REACH * fwhm_pixels)) + 1) + 1


def squares_of(image: Image, rows: Places, columns: Places, side: int) -> Image:
    """Cut squares of an odd side out, (n, side, side); 0 outside the image."""
    steps = np.arange(side) - side // 2
    down, right = rows[:, None] + steps, columns[:, None] + steps
    return _at(image, down[:, :, None], right[:, None, :])


def _at(image: Image, rows: Places, columns: Places) -> Image:
    """Take pixels; 0 outside the image."""
    height, width = image.shape[-2:]
    is_in = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    found: Image = image[..., rows.clip(0, height - 1), columns.clip(0, width - 1)] * is_in
    return found


def _of_frame(difference: Difference) -> dict[str, float]:
    bright = difference.significance[(difference.reference > _BRIGHT) & ~difference.is_missing]
    scatter = float(np.sqrt(np.minimum(bright**2, 100).mean())) if bright.size >= _FEWEST_BRIGHT else 1.0
    return {
        "fwhm": difference.fwhm_pixels,
        "blur": difference.science_blur_pixels,
        "subtraction": scatter,
    }


def _measured(logits: Image, difference: Difference, rows: Places, columns: Places) -> dict[str, Floats]:
    fwhm = difference.fwhm_pixels
    trust = difference.trust[rows, columns].astype(np.float64)
    significance = trust * difference.significance[rows, columns]
    sign = np.sign(significance)
    of_kinds = _at(logits, *_grid(rows, columns, 1)).max(axis=(2, 3)).clip(-_LIMIT, _LIMIT)
    around = _at(logits[-1], *_grid(rows, columns, 2)).clip(-_LIMIT, _LIMIT).mean(axis=(1, 2))
    own, other = (
        unblurred(fwhm, blur) for blur in (difference.science_blur_pixels, difference.reference_blur_pixels)
    )
    nearby = squares_of(difference.significance, rows, columns, 2 * round(_REACH * fwhm) + 1)
    opposite = np.maximum((-sign[:, None, None] * nearby).max(axis=(1, 2), initial=0), 0)
    light = squares_of(difference.reference, rows, columns, 3)
    changed = np.abs(difference.difference[rows, columns])
    weight = difference.weight[rows, columns]
    typical = float(np.median(difference.weight[difference.weight > 0])) if (weight > 0).any() else 1.0
    crowd = np.abs(squares_of(difference.significance, rows, columns, 2 * _CROWD + 1)) > _SIGNIFICANT
    missing = squares_of(difference.is_missing.astype(np.float32), rows, columns, 9)
    line, ray = _along_lines(difference, rows, columns, sign)
    return {
        "significance": np.abs(significance),
        "log_trust": np.log(np.maximum(trust, 1e-3)),
        "rises": (significance > 0).astype(np.float64),
        "wanted": of_kinds[-1],
        "wanted_around": around,
        **dict(zip(KINDS, of_kinds, strict=False)),
        "unlike": fitted_points(squares_of(difference.difference, rows, columns, side_of(fwhm)), fwhm)[0],
        "sharpness": fitted_points(squares_of(difference.science, rows, columns, side_of(own)), own)[1],
        "reference_sharpness": fitted_points(
            squares_of(difference.reference, rows, columns, side_of(other)), other
        )[1],
        "opposite": opposite / np.maximum(np.abs(significance) / np.maximum(trust, 1e-3), 1),
        "relative_change": np.log(np.maximum(changed, 0.5) / np.maximum(light.mean(axis=(1, 2)), 1)),
        "science": np.arcsinh(difference.science[rows, columns]),
        "reference": np.arcsinh(light[:, 1, 1]),
        "slope": np.arcsinh(np.hypot(light[:, 2, 1] - light[:, 0, 1], light[:, 1, 2] - light[:, 1, 0]) / 2),
        "noise_of_stars": np.log(typical / np.maximum(weight, 1e-6 * typical)),
        "line": line,
        "ray": ray,
        "surround": sign * _in_ring(difference, rows, columns),
        "crowd": np.log1p(crowd.sum(axis=(1, 2))),
        "missing": missing.mean(axis=(1, 2)),
    }


def _grid(rows: Places, columns: Places, half: int) -> tuple[Places, Places]:
    steps = np.arange(-half, half + 1)
    return (rows[:, None] + steps)[:, :, None], (columns[:, None] + steps)[:, None, :]


def _along_lines(
    difference: Difference, rows: Places, columns: Places, sign: Floats
) -> tuple[Floats, Floats]:
    """Return the highest medians of significance along lines and rays, of the candidate's sign.

    Pixels outside the frame and missing ones do not count: a trail is one near the edge, too.
    """
    angles = np.pi * np.arange(2 * _DIRECTIONS) / _DIRECTIONS
    distance = np.ceil(_FROM * difference.fwhm_pixels) + np.arange(_LENGTH)
    down = np.rint(np.sin(angles)[:, None] * distance).astype(np.int64)
    right = np.rint(np.cos(angles)[:, None] * distance).astype(np.int64)
    places = rows[:, None, None] + down, columns[:, None, None] + right
    is_measured = _at((~difference.is_missing).astype(np.float32), *places) > 0
    values = _at(difference.significance, *places) * sign[:, None, None].astype(np.float32)
    values[~is_measured] = np.nan
    both = np.concatenate([values[:, :_DIRECTIONS], values[:, _DIRECTIONS:]], axis=2)
    return _highest_median(both), _highest_median(values)


def _highest_median(values: Image) -> Floats:
    """Return the highest of the medians along the last axis, NaN left out; 0 where none has enough pixels."""
    counts = np.isfinite(values).sum(axis=2)
    medians = row_medians(values.reshape(-1, values.shape[2]).astype(np.float64)).reshape(counts.shape)
    medians = np.where(counts >= _FEWEST_ALONG, medians, -np.inf)
    highest = medians.max(axis=1, initial=-np.inf)
    return np.where(np.isfinite(highest), highest, 0.0).astype(np.float64)


def _in_ring(difference: Difference, rows: Places, columns: Places) -> Floats:
    """Return the mean difference in a ring around candidates, in its error; bright pixels count as faint."""
    half = int(np.ceil(_RING[1] * difference.fwhm_pixels))
    steps = np.arange(-half, half + 1)
    distance = np.hypot(steps[:, None], steps) / difference.fwhm_pixels
    ring = ((distance >= _RING[0]) & (distance <= _RING[1])).astype(np.float32)
    values = squares_of(difference.difference, rows, columns, 2 * half + 1).clip(-4, 4)
    found: Floats = np.einsum("nij,ij->n", values, ring).astype(np.float64) / float(np.sqrt(ring.sum()))
    return found
