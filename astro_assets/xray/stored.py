"""A light curve as the named arrays that a row keeps, and back.

Only this translation lives here; other columns of the row are in `tables`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.light_curve import OF_BANDS, LightCurve

#: Arrays of bins alone.
OF_BINS: Final = ("time_s", "width_s")


def arrays_of(light_curve: LightCurve) -> dict[str, NDArray[np.float64]]:
    """Return the arrays of a light curve, of shape (n_bins,); of bands by name and number: ``rate_0``."""
    arrays = {name: getattr(light_curve, name) for name in OF_BINS}
    for name in OF_BANDS:
        values = getattr(light_curve, name)
        arrays |= {f"{name}_{band}": np.ascontiguousarray(values[:, band]) for band in range(values.shape[1])}
    return arrays


def light_curve_of(
    bands_kev: Sequence[tuple[float, float]], arrays: Mapping[str, NDArray[Any]]
) -> LightCurve:
    """Return the light curve that `arrays_of` made arrays of.

    Raises
    ------
    LightCurveFormError
        If they are none of a light curve in these bands.
    KeyError
        If one is missing.
    """

    def of_bands(name: str) -> NDArray[np.float64]:
        return np.stack([arrays[f"{name}_{band}"] for band in range(len(bands_kev))], axis=1)

    return LightCurve(
        tuple((float(low), float(high)) for low, high in bands_kev),
        *(arrays[name] for name in OF_BINS),
        *(of_bands(name) for name in OF_BANDS),
    )


def broken_bins(arrays: Mapping[str, NDArray[Any]]) -> list[str]:
    """Tell what is wrong with stored arrays, if they make no light curve of the bands that they name."""
    n_bands = sum(name.startswith("rate_error_plus_") for name in arrays)
    if not n_bands:
        return ["there are no arrays of bands"]
    bands = [(float(band + 1), float(band + 2)) for band in range(n_bands)]
    try:
        light_curve_of(bands, arrays)
    except KeyError as error:
        return [f"there is no array {error.args[0]}, only {', '.join(sorted(arrays))}"[:300]]
    except ValueError as error:
        return [str(error)[:300]]
    return []
