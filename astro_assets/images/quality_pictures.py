"""What the pictures of frame quality show: rows read from store, drawn by ``quality_plots``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from astro_assets.images import plots, quality_plots
from astro_assets.images.quality.night_sets import frames_of, recipes_of
from astro_assets.images.quality.settings import QualitySettings
from astro_assets.images.quality_tables import FRAME_ASSESSOR, FRAME_QUALITY
from astro_assets.images.tables import FRAMES
from astro_assets.images.thumbnails import shrunk, thumbnail
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_versions import version_of
from astro_assets.ledger.worker import resolve_references

#: Pixels of the longer side of a thumbnail: noise makes pictures large, which means over blocks lessen.
_SMALL: Final = 48
_WORST: Final = 4

Picture = Callable[[Ledger], bytes | str | None]


def of_version(version: str) -> dict[str, Picture]:
    """Return the pictures of a version of the assessor."""
    return {
        "grades, true and called": partial(_drawn, version, _confusion),
        "reliability": partial(_drawn, version, _reliability),
        "frames by grade": partial(_drawn, version, _examples),
    }


def _drawn(version: str, draw: Callable[[dict[str, Any]], bytes], ledger: Ledger) -> bytes:
    return draw(version_of(ledger, FRAME_ASSESSOR.name, version))


def _confusion(row: dict[str, Any]) -> bytes:
    return quality_plots.confusion_plot(row["figures"]["confusion"], row["figures"]["kappa"])


def _reliability(row: dict[str, Any]) -> bytes:
    return quality_plots.reliability_plot(row["figures"]["reliability"])


def _examples(row: dict[str, Any]) -> bytes:
    """Simulate the chosen test night again: its recipe follows from the version's settings."""
    chosen = row["figures"]["examples"]
    settings = QualitySettings.model_validate_json(row["config"])
    tests = [recipe for recipe in recipes_of(settings) if recipe.role == "test"]
    wanted = {one["frame"]: one for one in chosen["frames"]}
    shown = []
    for number, one in enumerate(frames_of(tests[chosen["night"]])):
        if (told := wanted.get(number)) is None:
            continue
        is_right = told["called"] == told["grade"]
        why = one.reasons[0].replace("_", " ") if is_right else f"called {told['called']}"
        shown.append((told["grade"], f"{told['grade']}: {why}", thumbnail(one.frame.image, _SMALL)))
    order = [one["grade"] for one in chosen["frames"]]
    shown.sort(key=lambda one: order.index(one[0]))
    return plots.sheet([plots.Shown(title, image) for _, title, image in shown])


def latest_night(ledger: Ledger) -> bytes | None:
    """Draw the grades of the night that began last, and its worst frames."""
    columns = ["series_id", "frame_sha256", "mid_mjd_utc", "grade", "p_good", "p_bad"]
    rows = ledger.open(FRAME_QUALITY).rows(columns).select(columns).drop_nulls("mid_mjd_utc").collect()
    if rows.is_empty():
        return None
    night = rows.sort("mid_mjd_utc")["series_id"][-1]
    frames = rows.filter(pl.col("series_id") == night).sort("mid_mjd_utc", "frame_sha256")
    worst = frames.sort(pl.col("p_bad") - pl.col("p_good"), descending=True).head(_WORST)
    return quality_plots.night_plot(
        night,
        frames["mid_mjd_utc"].to_numpy(),
        1 - frames["p_good"].to_numpy(),
        frames["p_bad"].to_numpy(),
        frames["grade"].to_list(),
        _thumbnails(ledger, worst.sort("mid_mjd_utc"), frames["mid_mjd_utc"][0]),
    )


def _thumbnails(ledger: Ledger, frames: pl.DataFrame, first_mjd: float) -> list[plots.Shown]:
    columns = ["sha256", "thumbnail", "thumbnail_columns"]
    of_frames = pl.col("sha256").is_in(frames["frame_sha256"].to_list())
    stored = ledger.open(FRAMES).rows(columns).filter(of_frames).collect()
    images = {row["sha256"]: row for row in stored.to_dicts()}
    shown = []
    for sha256, mjd, grade, p_bad in frames.select(
        "frame_sha256", "mid_mjd_utc", "grade", "p_bad"
    ).iter_rows():
        row = images[sha256]
        pixels = resolve_references({"thumbnail": row["thumbnail"]}, FRAMES, ledger.objects)["thumbnail"]
        image = _smaller(pixels["brightness"].reshape(-1, row["thumbnail_columns"]))
        title = f"{24 * (mjd - first_mjd):.2f} h: {grade}, P(bad) {p_bad:.2f}"
        shown.append(plots.Shown(title, image))
    return shown


def _smaller(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Average blocks of a thumbnail, of which 0 is no value."""
    small = shrunk(np.where(image > 0, image, np.nan).astype(np.float32), _SMALL)
    return np.nan_to_num(np.round(small)).astype(np.uint8)
