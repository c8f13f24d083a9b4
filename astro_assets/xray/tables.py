"""The X-ray wing's tables: what each reads, with which settings, and the function that makes its rows.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

import json
from typing import Any, Final

import numpy as np
import polars as pl

from astro_assets.ledger.table import Parent, Parents, Row, Table
from astro_assets.observations.tables import OBSERVATION_FILES
from astro_assets.xray.light_curve import Floats, LightCurve
from astro_assets.xray.reading.cards import SECONDS_A_DAY
from astro_assets.xray.reading.files import XrayFile, read_file
from astro_assets.xray.refusals import XrayRefusedError
from astro_assets.xray.schemas import XRAY_LIGHT_CURVES_SCHEMA, XrayLightCurvesConfig
from astro_assets.xray.stored import arrays_of, light_curve_of

__all__ = ["TABLES", "XRAY_LIGHT_CURVES", "accepted_curves", "light_curve_of_row"]

#: What ``product`` of ``observation_files`` says of files that are read here.
XRAY_LIGHT_CURVE: Final = "xray_light_curve"
_AS_TOLD: Final = (
    "form", "hdu", "rate_unit", "is_net", "has_asymmetric_errors", "n_repeated", "n_limits", "mjd_reference",
    "time_system", "time_frame", "object_name", "ra_deg", "dec_deg", "telescope", "instrument",
)  # fmt: skip


def xray_files(files: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of ``observation_files`` that are X-ray light curves."""
    return files.filter((pl.col("status") == "passed_on") & (pl.col("product") == XRAY_LIGHT_CURVE))


def accepted_curves(curves: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of ``xray_light_curves`` that can be used."""
    return curves.filter(pl.col("status") == "accepted")


def compute_xray_light_curves(
    key: str, parents: Parents, config: XrayLightCurvesConfig
) -> list[dict[str, Any]]:
    """Read the X-ray light curve in the file ``key``: one row, of simulated origin if the file says so."""
    (file,) = parents["observation_files"]
    row = dict.fromkeys(XRAY_LIGHT_CURVES_SCHEMA.names) | {"sha256": key, "target_id": file["target_id"]}
    try:
        read = read_file(file["sha256"], config.hdu, json.loads(file["description"] or "null"))
    except XrayRefusedError as error:
        return [row | {"status": "refused", "reason_code": error.code, "refusal_reason": str(error)}]
    found = row | {"status": "accepted"} | _row_of(read)
    return [found | {"origin": "simulated"} if read.is_simulated else found]


def _row_of(read: XrayFile) -> dict[str, Any]:
    curve, exposure = read.light_curve, read.light_curve.exposure_s
    counts = curve.counts
    has_counts = bool(np.isfinite(counts).any())
    start = float(curve.time_s[0] - curve.width_s[0] / 2)
    end = float((curve.time_s + curve.width_s / 2).max())
    zero = read.mjd_reference
    return {
        **{name: getattr(read, name) for name in _AS_TOLD},
        "n_bins": curve.n_bins,
        "n_unexposed": int(np.count_nonzero((exposure == 0).all(axis=1))),
        "n_bands": curve.n_bands,
        "band_low_kev": [low for low, _ in curve.bands_kev],
        "band_high_kev": [high for _, high in curve.bands_kev],
        "has_told_bands": read.are_bands_told,
        "has_overlapping_bands": read.do_bands_overlap,
        "has_counts": has_counts,
        "total_counts": np.nansum(counts, axis=0).tolist() if has_counts else None,
        "exposure_s": exposure.sum(axis=0).tolist(),
        "mean_rate": mean_rates(curve).tolist(),
        "start_mjd": None if zero is None else zero + start / SECONDS_A_DAY,
        "end_mjd": None if zero is None else zero + end / SECONDS_A_DAY,
        "median_width_s": float(np.median(curve.width_s)),
        "duration_s": end - start,
        "light_curve": arrays_of(curve),
    }


def mean_rates(curve: LightCurve) -> Floats:
    """Return the mean rate of each band, weighted by exposure; NaN where no bin has a rate.

    So bins of a moment, whose rates scatter without bounds, count for a moment.
    """
    weight = np.where(np.isfinite(curve.rate), curve.exposure_s, 0.0)
    total = weight.sum(axis=0)
    weighted = (np.where(weight > 0, curve.rate, 0.0) * weight).sum(axis=0)
    return np.asarray(np.divide(weighted, total, out=np.full(curve.n_bands, np.nan), where=total > 0))


def light_curve_of_row(row: Row) -> LightCurve:
    """Return the light curve that an accepted row of ``xray_light_curves`` holds."""
    bands = list(zip(row["band_low_kev"], row["band_high_kev"], strict=True))
    return light_curve_of(bands, row["light_curve"])


#: What every file of an X-ray light curve holds, usable or not.
XRAY_LIGHT_CURVES: Final = Table(
    name="xray/xray_light_curves",
    schema=XRAY_LIGHT_CURVES_SCHEMA,
    compute=compute_xray_light_curves,
    parents=(Parent(OBSERVATION_FILES, columns=("sha256", "status", "product", "target_id", "description")),),
    config=XrayLightCurvesConfig(),
    key="sha256",
    target=None,
    choose=xray_files,
    libraries=("astropy", "numpy"),
    described_by={"star": "target_id"},
)

TABLES: Final = (XRAY_LIGHT_CURVES,)
