"""How a night's rows reach photometry: whose target, which frames, and when there is none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from astro_assets.images.photometry_schemas import FrameSourcesConfig, PhotometricSeriesConfig
from astro_assets.images.photometry_tables import (
    NoSuchTargetError,
    NoTimesError,
    compute_frame_sources,
    compute_photometric_light_curves,
    compute_photometric_series,
    images_only,
)
from astro_assets.images.schemas import FramesConfig
from astro_assets.images.tables import FRAMES, compute_frames
from astro_assets.ledger.table import Config
from astro_assets_tests.images.made_images import image_file
from astro_assets_tests.images.photometry.star_field import CADENCE_DAYS, SITE, START, field, night

N = 12


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Return the rows of frame_sources of a small night."""
    folder = tmp_path_factory.mktemp("night")
    rows = []
    for number, frame in enumerate(night(field(40), N).values()):
        cards = {"OBJECT": "HD 1", "EXPTIME": 60.0, "FILTER": "V", "RA": 31.3, "DEC": 46.8}
        cards |= {"MJD-OBS": START + number * CADENCE_DAYS, "SITELAT": SITE.latitude_deg}
        cards |= {"SITELONG": SITE.longitude_deg}
        path = image_file(folder / f"{number:02d}.fits", frame.image, **cards)
        rows += sources_of(path)
    return rows


def sources_of(path: Path, product: str = "image") -> list[dict[str, Any]]:
    file = {"sha256": path, "status": "passed_on", "product": product, "target_id": None, "description": None}
    (frame,) = compute_frames(path.name, {"observation_files": [file]}, FramesConfig())
    assert set(frame) == set(FRAMES.schema.names)
    (row,) = compute_frame_sources(path.name, {"frames": [frame | {"sha256": path}]}, FrameSourcesConfig())
    return [row | {"sha256": path}]


def series(rows: Sequence[dict[str, Any]], **settings: Any) -> list[dict[str, Any]]:
    return compute_photometric_series(
        "a night", {"frame_sources": list(rows)}, PhotometricSeriesConfig(**settings)
    )


def with_target(
    row: dict[str, Any], name: str = "TIC 1", x: float = 160.0, y: float = 120.0
) -> dict[str, Any]:
    return row | {"target_id": name, "target_x": x, "target_y": y}


def test_a_night_without_a_target_is_measured_and_has_no_target(sources: list[dict[str, Any]]) -> None:
    (row,) = series(sources)
    assert (row["n_frames"], row["n_aligned"], row["target_id"]) == (N, N, None)
    assert row["curves"]["detrended"].size == row["n_stars"] * N
    assert 0 < row["n_comparison"] <= row["n_stars"]


def test_the_order_of_the_rows_changes_nothing(sources: list[dict[str, Any]]) -> None:
    one, other = series(sources)[0], series(sources[::-1])[0]
    assert one["frame_sha256"] == other["frame_sha256"]
    for name, values in one["curves"].items():
        np.testing.assert_array_equal(values, other["curves"][name])


def test_a_night_of_too_few_frames_is_none(sources: list[dict[str, Any]]) -> None:
    assert series(sources[:9]) == []
    assert len(series(sources[:9], fewest_frames=9)) == 1


def test_the_target_named_on_one_frame_is_followed_through_the_night(sources: list[dict[str, Any]]) -> None:
    (row,) = series([with_target(sources[0]), *sources[1:]])
    (curve,) = compute_photometric_light_curves("a night", {"photometric_series": [row]}, Config())
    assert (curve["search_id"], curve["target_id"], curve["n_points"]) == ("TIC 1~photometry", "TIC 1", N)
    assert curve["cadence_s"] == pytest.approx(86400 * CADENCE_DAYS, rel=1e-3)
    assert np.abs(curve["light_curve"]["flux"] - 1).max() < 0.05
    assert curve["dip_delta_bic"] is None or curve["dip_delta_bic"] < 10


def test_two_targets_in_a_night_are_told(sources: list[dict[str, Any]]) -> None:
    two = [with_target(sources[0]), with_target(sources[1], "TIC 2"), *sources[2:]]
    with pytest.raises(NoSuchTargetError, match="several targets in a night: TIC 1, TIC 2"):
        series(two)


def test_a_target_where_no_star_is_is_told(sources: list[dict[str, Any]]) -> None:
    with pytest.raises(ValueError, match="no star within 5 pixels of"):
        series([with_target(sources[0], x=2.0, y=200.0), *sources[1:]])


def test_a_copy_of_a_frame_counts_once_and_says_so(sources: list[dict[str, Any]]) -> None:
    copy = sources[3] | {"frame_sha256": "zz", "sha256": sources[3]["sha256"]}
    (row,) = series([with_target(sources[0]), *sources[1:], copy])
    assert (row["n_frames"], row["n_aligned"]) == (N + 1, N)
    reasons = dict(zip(row["frame_sha256"], row["left_out"], strict=True))
    assert reasons["zz"] == f"its time is that of {sources[3]['frame_sha256']}"
    (curve,) = compute_photometric_light_curves("a night", {"photometric_series": [row]}, Config())
    assert (np.diff(curve["light_curve"]["time"]) > 0).all()
    assert curve["n_points"] == N


def test_a_target_without_barycentric_times_is_told(sources: list[dict[str, Any]]) -> None:
    nowhere = [row | {"ra_deg": None, "dec_deg": None} for row in sources]
    (row,) = series([with_target(nowhere[0]), *nowhere[1:]])
    with pytest.raises(NoTimesError, match="12 of 12 tell no time or not where the telescope points"):
        compute_photometric_light_curves("a night", {"photometric_series": [row]}, Config())


def test_stars_are_not_looked_for_in_stamps_and_in_mostly_empty_images() -> None:
    whole = {"status": "accepted", "product": "image", "n_columns": 500, "n_rows_of_pixels": 400}
    whole["missing_fraction"] = 0.1
    changes = (
        {},
        {"n_columns": 20},
        {"missing_fraction": 0.6},
        {"product": "target_pixels"},
        {"status": "refused"},
    )
    frames = pl.DataFrame([whole | change for change in changes])
    assert images_only(frames).rows() == frames.head(1).rows()
