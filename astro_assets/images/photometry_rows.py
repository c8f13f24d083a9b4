"""A night of photometry, and the dip in a light curve, as columns of their tables.

Only the translation lives here; the tables are in `photometry_tables`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.photometry.dips import fitted_dip
from astro_assets.images.photometry.series import Series, Target

_BTJD_ZERO: Final = 2457000.0
_PPM: Final = 1e6


def series_row(series: Series) -> dict[str, Any]:
    """Return the columns of ``photometric_series`` that tell of frames and stars."""
    night, curves = series.night, series.curves
    used = night.is_used()
    shifts = np.array([alignment.shift for alignment in night.alignments])[used]
    spread = shifts[:, None] - shifts
    return {
        "reference_sha256": night.reference,
        "n_frames": len(night.names),
        "n_aligned": int(np.count_nonzero(used)),
        "n_stars": int(curves.flux.size),
        "n_comparison": int(np.count_nonzero(curves.is_comparison)),
        "fwhm_pixels": float(
            np.median([one.fwhm_pixels for one, kept in zip(night.measures, used, strict=True) if kept])
        ),
        "gain": curves.gain,
        "is_gain_estimated": curves.gain_is_estimated,
        "drift_pixels": float(np.hypot(spread[..., 0], spread[..., 1]).max(initial=0)),
        "frame_sha256": list(night.names),
        "left_out": [reason or "" for reason in night.reasons],
        "frames": {
            "time": series.bjd_tdb - _BTJD_ZERO,
            "mid_mjd_utc": night.mid_mjd_utc,
            "exposure_s": night.exposure_s,
            "airmass": night.airmass,
            "shift_x": np.array([alignment.shift[0] for alignment in night.alignments]),
            "shift_y": np.array([alignment.shift[1] for alignment in night.alignments]),
            "rotation_deg": np.array([alignment.rotation_deg for alignment in night.alignments]),
            "scale": np.array([alignment.scale for alignment in night.alignments]),
            "rms_pixels": np.array([alignment.rms_pixels for alignment in night.alignments]),
            "n_matched": np.array([alignment.n_matched for alignment in night.alignments], np.int32),
            "fwhm_pixels": np.array([one.fwhm_pixels for one in night.measures]),
            "background_level": np.array([one.background_level for one in night.measures]),
        },
        "stars": {
            "x": night.stars.positions[:, 0],
            "y": night.stars.positions[:, 1],
            "flux": curves.flux,
            "radius_pixels": curves.radius_pixels,
            "scatter": curves.scatter,
            "photon_limit": curves.photon_limit,
            "weight": curves.weight,
            "is_comparison": curves.is_comparison.astype(np.uint8),
        },
        "curves": {
            "relative": curves.relative_flux.ravel().astype(np.float32),
            "detrended": curves.detrended_flux.ravel().astype(np.float32),
            "error": curves.error.ravel().astype(np.float32),
            "scaled_error": curves.scaled_error.ravel().astype(np.float32),
            "dip": curves.dip.ravel().astype(np.float32),
        },
    }


def target_row(series: Series, told: tuple[str, Target] | None) -> dict[str, Any]:
    """Return the columns of ``photometric_series`` that tell of its target: none where none is told."""
    star, curves = series.target, series.curves
    known = star is not None and told is not None
    return {
        "target_id": told[0] if told is not None else None,
        "target_star": star,
        "target_scatter_ppm": _PPM * float(curves.scatter[star]) if known else None,
        "target_photon_limit_ppm": _PPM * float(curves.photon_limit[star]) if known else None,
        "target_terms": _terms(series, star) if star is not None and known else None,
    }


def _terms(series: Series, star: int) -> list[str]:
    """Return the trends that stars share in the aperture of one of them."""
    aperture = int(np.argmin(np.abs(series.night.radii_pixels - series.curves.radius_pixels[star])))
    return list(series.curves.shared_terms[aperture])


def dip_columns(
    time: NDArray[np.float64], flux: NDArray[np.float32], error: NDArray[np.float32]
) -> dict[str, Any]:
    """Return the columns of ``photometric_light_curves`` that tell of the dip: none where there is none."""
    dip = fitted_dip(time, flux.astype(np.float64), error.astype(np.float64))
    return {
        "dip_mid_btjd": None if dip is None else dip.mid,
        "dip_mid_error_days": None if dip is None else dip.mid_error,
        "dip_depth_ppm": None if dip is None else _PPM * dip.depth,
        "dip_depth_error_ppm": None if dip is None else _PPM * dip.depth_error,
        "dip_duration_hours": None if dip is None else dip.duration_hours,
        "dip_ingress_hours": None if dip is None else dip.ingress_hours,
        "dip_delta_bic": None if dip is None else dip.delta_bic,
    }
