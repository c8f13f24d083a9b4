"""The tables of photometry: sources of each frame, nights of frames, light curves of the targets of nights.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from astro_assets.images.frame import Frame
from astro_assets.images.photometry.dips import fitted_dip
from astro_assets.images.photometry.frame_sources import FrameMeasures, FrameSources
from astro_assets.images.photometry.series import Series, Target, series_photometry
from astro_assets.images.photometry.sources import measure_frame
from astro_assets.images.photometry_schemas import (
    FRAME_SOURCES_SCHEMA,
    PHOTOMETRIC_LIGHT_CURVES_SCHEMA,
    PHOTOMETRIC_SERIES_SCHEMA,
    REPEATED,
    FrameSourcesConfig,
    PhotometricSeriesConfig,
)
from astro_assets.images.reading.frames import IMAGE, read_frame
from astro_assets.images.tables import FRAMES, accepted_frames, site_of
from astro_assets.ledger.table import Config, Parent, Parents, Row, Table

__all__ = ["FRAME_SOURCES", "PHOTOMETRIC_LIGHT_CURVES", "PHOTOMETRIC_SERIES", "TABLES"]

_BTJD_ZERO: Final = 2457000.0
_PPM: Final = 1e6
_SECONDS_A_DAY: Final = 86400.0
#: Arrays of `FrameSources`, in the column ``sources``.
_OF_SOURCES: Final = (
    "x", "y", "flux", "peak", "fwhm_pixels", "elongation", "position_angle_deg", "flags",
)  # fmt: skip
_MEASURES: Final = tuple(field.name for field in fields(FrameMeasures))


class NoSuchTargetError(ValueError):
    """What is told of a night's target contradicts itself, or the frames."""


def images_only(frames: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of ``frames`` that can be used and are one image each."""
    return accepted_frames(frames).filter(pl.col("product") == IMAGE)


def of_a_series(sources: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of ``frame_sources`` that belong to a night."""
    return sources.filter(pl.col("series_id").is_not_null())


def compute_frame_sources(key: str, parents: Parents, config: FrameSourcesConfig) -> list[dict[str, Any]]:
    """Find and measure the sources of the image ``key``: one row."""
    (row,) = parents["frames"]
    sources = measure_frame(_frame(row), config)
    return [
        {
            "sha256": key,
            "frame_sha256": key,
            "series_id": row["series_id"],
            **{name: row[name] for name in REPEATED},
            **asdict(sources.measures),
            "saturation": sources.saturation,
            "n_columns": sources.shape[1],
            "n_rows_of_pixels": sources.shape[0],
            "sources": {name: getattr(sources, name) for name in _OF_SOURCES},
        }
    ]


def _frame(row: Row) -> Frame:
    """Read a frame; the site is that of its row, which a targets.csv may have told."""
    read = read_frame(row["sha256"], IMAGE, hdu=str(row["hdu"]))
    return replace(read.frame, site=site_of(row))


def _sources(row: Row) -> FrameSources:
    arrays = row["sources"]
    return FrameSources(
        **{name: arrays[name] for name in _OF_SOURCES},
        shape=(row["n_rows_of_pixels"], row["n_columns"]),
        saturation=row["saturation"],
        measures=FrameMeasures(**{name: row[name] for name in _MEASURES}),
    )


def compute_photometric_series(
    key: str, parents: Parents, config: PhotometricSeriesConfig
) -> list[dict[str, Any]]:
    """Make light curves of all stars of the night ``key``: one row, none of too few frames."""
    rows = {str(row["frame_sha256"]): row for row in parents["frame_sources"]}
    if len(rows) < config.fewest_frames:
        return []
    told = _told(key, list(rows.values()))
    series = series_photometry(
        {name: _frame(row) for name, row in rows.items()},
        {name: _sources(row) for name, row in rows.items()},
        config,
        None if told is None else told[1],
    )
    return [{"series_id": key, **_series_row(series), **_target_row(series, told)}]


def _told(key: str, rows: Sequence[Row]) -> tuple[str, Target] | None:
    """Return whose light is wanted, and where it is on which frame; None if no targets.csv says it.

    Raises
    ------
    NoSuchTargetError
        If two targets are named, or the same at places of several frames that would have to agree.
    """
    placed = sorted(
        (str(row["frame_sha256"]), row) for row in rows if row["target_id"] and row["target_x"] is not None
    )
    names = {str(row["target_id"]) for _, row in placed}
    if len(names) > 1:
        raise NoSuchTargetError(f"targets.csv names several targets in {key}: {', '.join(sorted(names))}")
    if not placed:
        return None
    frame, row = placed[0]
    return str(row["target_id"]), Target(frame, float(row["target_x"]), float(row["target_y"]))


def _series_row(series: Series) -> dict[str, Any]:
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


def _target_row(series: Series, told: tuple[str, Target] | None) -> dict[str, Any]:
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


def of_a_target(series: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of ``photometric_series`` that name a target."""
    return series.filter(pl.col("target_id").is_not_null())


def compute_photometric_light_curves(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Take the target's light curve out of the night ``key``: one row, none if no frame has a time."""
    (night,) = parents["photometric_series"]
    star, frames = night["target_star"], night["frames"]
    curves = {
        name: night["curves"][name].reshape(night["n_stars"], -1)[star]
        for name in ("relative", "detrended", "error", "scaled_error")
    }
    kept = np.isfinite(frames["time"]) & np.isfinite(curves["detrended"]) & (curves["scaled_error"] > 0)
    order = np.flatnonzero(kept)
    time = frames["time"][order]
    if time.size < 2:
        return []
    relative, detrended = curves["relative"][order], curves["detrended"][order]
    return [
        {
            "search_id": f"{night['target_id']}~photometry",
            "target_id": night["target_id"],
            "series_id": key,
            "cadence_s": _SECONDS_A_DAY * float(np.median(np.diff(time))),
            "n_points": int(time.size),
            "start_btjd": float(time[0]),
            "end_btjd": float(time[-1]),
            "scatter_ppm": night["target_scatter_ppm"],
            "photon_limit_ppm": night["target_photon_limit_ppm"],
            **_dip_columns(time, detrended, curves["scaled_error"][order]),
            "terms": night["target_terms"],
            "light_curve": {
                "time": time,
                "flux": detrended,
                "flux_err": curves["scaled_error"][order],
                "error": curves["error"][order],
                "trend": relative / detrended,
                "airmass": frames["airmass"][order].astype(np.float32),
            },
        }
    ]


def _dip_columns(
    time: NDArray[np.float64], flux: NDArray[np.float32], error: NDArray[np.float32]
) -> dict[str, Any]:
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


#: The stars of every image, and what the image is like.
FRAME_SOURCES: Final = Table(
    name="images/frame_sources",
    schema=FRAME_SOURCES_SCHEMA,
    compute=compute_frame_sources,
    parents=(Parent(FRAMES, columns=("sha256", "status", "product", "series_id", *REPEATED)),),
    config=FrameSourcesConfig(),
    key="sha256",
    target=None,
    choose=images_only,
    libraries=("astropy", "numpy", "scipy", "sep"),
    described_by={"star": "target_id"},
)

#: Every night: its frames laid upon each other, and the light curves of all its stars.
PHOTOMETRIC_SERIES: Final = Table(
    name="images/photometric_series",
    schema=PHOTOMETRIC_SERIES_SCHEMA,
    compute=compute_photometric_series,
    parents=(Parent(FRAME_SOURCES, columns=FRAME_SOURCES_SCHEMA.names),),
    config=PhotometricSeriesConfig(),
    settings_from={"measuring": FRAME_SOURCES},
    key="series_id",
    target=None,
    choose=of_a_series,
    libraries=("astropy", "numpy", "scipy", "sep"),
    described_by={"star": "target_id"},
)

#: The light curve of the target of every night that has one.
PHOTOMETRIC_LIGHT_CURVES: Final = Table(
    name="images/photometric_light_curves",
    schema=PHOTOMETRIC_LIGHT_CURVES_SCHEMA,
    compute=compute_photometric_light_curves,
    parents=(
        Parent(
            PHOTOMETRIC_SERIES,
            columns=(
                "series_id", "target_id", "target_star", "target_scatter_ppm", "target_photon_limit_ppm",
                "target_terms", "n_stars", "frames", "curves",
            ),
        ),
    ),
    key="series_id",
    choose=of_a_target,
    libraries=("numpy", "scipy"),
)  # fmt: skip

TABLES: Final = (FRAME_SOURCES, PHOTOMETRIC_SERIES, PHOTOMETRIC_LIGHT_CURVES)
