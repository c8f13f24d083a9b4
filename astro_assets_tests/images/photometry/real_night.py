"""The night of HAT-P-32 b in real frames of a small telescope, and a fit of its transit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import batman
import numpy as np
from astropy.io import fits
from astropy.time import Time
from scipy.optimize import least_squares

from astro_assets.images.frame import Frame, Site
from astro_assets.images.photometry.night import NightMeasurements
from astro_assets.images.photometry.night_stars import NightStars
from astro_assets.images.photometry.series import Target

FOLDER: Final = "fits_images/hatp32_microobservatory"
#: Of the star; where it lies on the first frame was seen by eye.
RA_DEG, DEC_DEG = 31.0428, 46.6879
X, Y = 424.0, 286.0
#: Whipple Observatory; the headers give the longitude without its sign, and no elevation.
ELEVATION_M: Final = 1268.0
#: MicroObservatory's mirrors are of 6 inches.
DIAMETER_M: Final = 0.152
PERIOD_DAYS: Final = 2.1500082
LIMB_DARKENING: Final = [0.4, 0.25]


def read_frames(folder: Path) -> dict[str, Frame]:
    """Read all frames of the night, by the names of their files."""
    frames = {}
    for path in sorted(folder.glob("*.fits.gz")):
        with fits.open(path) as file:
            header, image = file[0].header, file[0].data.astype(np.float32)
        start = Time(header["UT-OBS"].partition("-0000")[0], scale="utc").mjd
        exposure = float(header["EXPTIME"])
        frames[path.name.partition(".")[0]] = Frame(
            image,
            exposure_s=exposure,
            mid_mjd_utc=start + exposure / 2 / 86400,
            filter_name=header["FILTER"].strip(),
            ra_deg=header["RA"],
            dec_deg=header["DEC"],
            site=Site(header["LATITUDE"], -header["LONGITUD"], ELEVATION_M),
        )
    return frames


def target(frames: dict[str, Frame]) -> Target:
    """Point at HAT-P-32."""
    return Target(min(frames), X, Y, RA_DEG, DEC_DEG)


def transit(time, mid, depth):
    """Flux of HAT-P-32 during a transit in the middle of a night, quadratic limb darkening."""
    parameters = batman.TransitParams()
    parameters.t0, parameters.per, parameters.a, parameters.inc = mid, PERIOD_DAYS, 6.05, 88.9
    parameters.rp, parameters.ecc, parameters.w = np.sqrt(depth), 0.0, 90.0
    parameters.u, parameters.limb_dark = LIMB_DARKENING, "quadratic"
    model = batman.TransitModel(
        parameters, np.ascontiguousarray(time), supersample_factor=3, exp_time=60 / 86400
    )
    return model.light_curve(parameters)


@dataclass(frozen=True)
class Fit:
    """Middle, days; depth is the square of the ratio of radii."""

    mid: float
    mid_error: float
    depth: float
    depth_error: float
    scatter: float


def fit_transit(time, flux, error, around):
    """Fit middle, depth and a straight baseline; errors are scaled to the scatter."""
    good = np.isfinite(flux) & np.isfinite(error)
    time, flux, error = time[good], flux[good], error[good]
    middle = time.mean()

    def model(numbers):
        mid, depth, level, slope = numbers
        return transit(time, mid, max(depth, 1e-8)) * (level + slope * (time - middle))

    solution = least_squares(
        lambda numbers: (flux - model(numbers)) / error,
        [around, 0.015, 1.0, 0.0],
        x_scale=[0.01, 0.01, 0.01, 0.1],
        diff_step=1e-5 / np.array([around, 0.015, 1.0, 1.0]),
        loss="soft_l1",
        f_scale=2.0,
    )
    left = flux - model(solution.x)
    covariance = np.linalg.inv(solution.jac.T @ solution.jac) * max(1.0, np.mean((left / error) ** 2))
    errors = np.sqrt(np.diag(covariance))
    return Fit(solution.x[0], errors[0], solution.x[1], errors[1], np.std(left))


def brightest(night: NightMeasurements, n_stars: int) -> NightMeasurements:
    """Return a night with its brightest stars alone."""
    stars = night.stars
    names = ("positions", "flux", "n_seen", "is_blended")
    few = NightStars(*(getattr(stars, name)[:n_stars] for name in names))
    return replace(
        night,
        stars=few,
        flux=night.flux[:, :n_stars],
        sky_variance=night.sky_variance[:, :n_stars],
        left_out=night.left_out[:, :n_stars],
        places=night.places[:n_stars],
    )


def injected(night: NightMeasurements, star: int, dip) -> NightMeasurements:
    """Dim a star of a night by factors of each frame, in all apertures."""
    flux = night.flux.copy()
    flux[:, star] *= dip
    return replace(night, flux=flux)
