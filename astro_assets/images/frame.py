"""A frame as the wing's computations see it: pixels with what its header tells of how they were taken.

Only the form lives here; files are opened in `reading`, and nothing is computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Site:
    """Where a telescope stands.

    Parameters
    ----------
    latitude_deg, longitude_deg
        Geodetic, WGS84; longitude counts east.
    elevation_m
        Above the ellipsoid.
    """

    latitude_deg: float
    longitude_deg: float
    elevation_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Frame:
    """One exposure of a detector.

    Parameters
    ----------
    image
        Counts (ADU), float32, shape (n_rows, n_columns); NaN where a pixel is no measurement.
    exposure_s
        Photon collecting time; None if unknown, like all that follows.
    mid_mjd_utc
        Middle of the exposure, MJD on the UTC scale.
    filter_name
        As the header writes it.
    gain
        Electrons a count.
    read_noise_electrons
        Standard deviation of a pixel that saw nothing.
    saturation
        Counts from which a pixel is no longer linear.
    ra_deg, dec_deg
        Where the telescope points, ICRS.
    airmass
        In the middle of the exposure.
    site
        Where the telescope stands.
    """

    image: NDArray[np.float32]
    exposure_s: float | None = None
    mid_mjd_utc: float | None = None
    filter_name: str | None = None
    gain: float | None = None
    read_noise_electrons: float | None = None
    saturation: float | None = None
    ra_deg: float | None = None
    dec_deg: float | None = None
    airmass: float | None = None
    site: Site | None = None
