"""The tables of photometry: sources of each frame, nights of frames, light curves of the targets of nights.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any, Final

import numpy as np
import polars as pl

from astro_assets.images.frame import Frame
from astro_assets.images.photometry.frame_sources import FrameMeasures, FrameSources
from astro_assets.images.photometry.series import Target, series_photometry
from astro_assets.images.photometry.sources import measure_frame
from astro_assets.images.photometry_rows import dip_columns, series_row, target_row
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

_SECONDS_A_DAY: Final = 86400.0
#: Arrays of `FrameSources`, in the column ``sources``.
_OF_SOURCES: Final = (
    "x", "y", "flux", "peak", "fwhm_pixels", "elongation", "position_angle_deg", "flags",
)  # fmt: skip
#: Least and most pixels of a side in which the background can be measured, and the most without a value.
_SIDES: Final = (32, 16384)
_MOST_MISSING: Final = 0.5
_MEASURES: Final = tuple(field.name for field in fields(FrameMeasures))


class NoSuchTargetError(ValueError):
    """What is told of a night's target contradicts itself, or the frames."""


class NoTimesError(ValueError):
    """A night has a target, and too few frames with a time at the barycentre of the Solar System."""


def images_only(frames: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of ``frames`` in which stars can be looked for: no stamps, and not mostly empty."""
    sides = (pl.col(name).is_between(*_SIDES) for name in ("n_columns", "n_rows_of_pixels"))
    whole = pl.col("missing_fraction") <= _MOST_MISSING
    return accepted_frames(frames).filter(pl.col("product") == IMAGE, whole, *sides)


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


class _FramesRead(Mapping[str, Frame]):
    """Frames of a night by name, each read when it is asked for: all together may not fit into memory."""

    def __init__(self, rows: Mapping[str, Row]) -> None:
        self._rows = rows

    def __getitem__(self, name: str) -> Frame:
        return _frame(self._rows[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


def _without_pixels(row: Row) -> Frame:
    """Return what a frame's header tells."""
    names = ("exposure_s", "mid_mjd_utc", "filter_name", "gain", "airmass", "ra_deg", "dec_deg")
    nothing = np.zeros((0, 0), dtype=np.float32)
    return Frame(nothing, **{name: row[name] for name in names}, site=site_of(row))


def sources_of(row: Row) -> FrameSources:
    """Return the sources that a row of ``frame_sources`` holds."""
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
        _FramesRead(rows),
        {name: sources_of(row) for name, row in rows.items()},
        config,
        None if told is None else told[1],
        told={name: _without_pixels(row) for name, row in rows.items()},
    )
    return [{"series_id": key, **series_row(series), **target_row(series, told)}]


def _told(key: str, rows: Sequence[Row]) -> tuple[str, Target] | None:
    """Return whose light is wanted, and where it is on which frame; None if no targets.csv says it.

    Raises
    ------
    NoSuchTargetError
        If two targets are named. Of a target that is named on several frames one counts.
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


def of_a_target(series: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of ``photometric_series`` that name a target."""
    return series.filter(pl.col("target_id").is_not_null())


def compute_photometric_light_curves(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Take the target's light curve out of the night ``key``: one row.

    Raises
    ------
    NoTimesError
        If fewer than two frames have a time at the barycentre and a measurement.
    """
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
        untold = int(np.count_nonzero(~np.isfinite(frames["time"])))
        raise NoTimesError(
            f"the target is measured in {time.size} frames with a time at the barycentre; {untold} of "
            f"{kept.size} tell no time or not where the telescope points (RA and DEC, or world coordinates)"
        )
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
            **dip_columns(time, detrended, curves["scaled_error"][order]),
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


#: The stars of every image, and what the image is like.
FRAME_SOURCES: Final = Table(
    name="images/frame_sources",
    schema=FRAME_SOURCES_SCHEMA,
    compute=compute_frame_sources,
    parents=(
        Parent(
            FRAMES,
            columns=(
                "sha256",
                "status",
                "product",
                "series_id",
                "n_columns",
                "n_rows_of_pixels",
                "missing_fraction",
                *REPEATED,
            ),
        ),
    ),
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
