"""Rows of references: one frame of a field is chosen, the others are laid upon it one by one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from astro_assets.images.change_schemas import FieldReferencesConfig
from astro_assets.images.change_tables import compute_field_references, compute_reference_frames
from astro_assets.images.photometry.settings import MeasuringSettings
from astro_assets.images.photometry.sources import measure_frame
from astro_assets_tests.images.photometry.star_field import exposure, field, light, turned

CONFIG = FieldReferencesConfig()
ARRAYS = ("x", "y", "flux", "peak", "fwhm_pixels", "elongation", "position_angle_deg", "flags")


def frame(
    name: str, night: str, time: float, fwhm: float = 3.0, seed: int = 0, **turn: Any
) -> dict[str, Any]:
    stars = field(60, seed)
    image = light(turned(stars.positions, **turn), stars.electrons, fwhm)
    found = measure_frame(exposure(image, int(10 * time)), MeasuringSettings())
    return {
        "frame_sha256": name,
        "sha256": f"/files/{name}",
        "field_id": "field",
        "series_id": night,
        "mid_mjd_utc": time,
        "hdu": 0,
        **asdict(found.measures),
        "saturation": found.saturation,
        "n_columns": found.shape[1],
        "n_rows_of_pixels": found.shape[0],
        "sources": {column: getattr(found, column) for column in ARRAYS},
    }


@pytest.fixture(scope="module")
def frames() -> list[dict[str, Any]]:
    return [
        frame("blurred", "first", 1.0, fwhm=4.5),
        frame("sharp", "first", 1.1, fwhm=2.8, shift=(7.0, -3.0)),
        frame("middling", "first", 1.2, fwhm=3.5, shift=(2.0, 9.0)),
        frame("turned", "second", 2.0, fwhm=2.2, degrees=180.0),
        frame("elsewhere", "second", 2.1, seed=7),
    ]


def test_each_frame_is_laid_upon_the_deepest_of_the_first_night(frames: list[dict[str, Any]]) -> None:
    (reference,) = compute_field_references("field", {"frame_sources": frames}, CONFIG)
    assert (reference["frame_sha256"], reference["sha256"]) == ("sharp", "sharp")

    def laid(one: dict[str, Any]) -> list[dict[str, Any]]:
        parents = {"frame_sources": [one], "field_references": [reference]}
        return compute_reference_frames(one["frame_sha256"], parents, CONFIG)

    assert laid(frames[1]) == [], "the reference is not compared with itself"
    (middling,), (turned_over,), (elsewhere,) = map(laid, frames[2:])
    assert (middling["shift_x"], middling["shift_y"]) == pytest.approx((5.0, -12.0), abs=0.2)
    assert (turned_over["xx"], turned_over["yy"]) == pytest.approx((-1.0, -1.0), abs=1e-3)
    assert middling["not_compared"] is None
    assert elsewhere["not_compared"]
    assert elsewhere["shift_x"] is None
    assert {row["reference_sha256"] for row in (middling, turned_over, elsewhere)} == {"sharp"}


def test_what_comes_later_changes_no_reference(frames: list[dict[str, Any]]) -> None:
    before = compute_field_references("field", {"frame_sources": frames[:3]}, CONFIG)
    assert compute_field_references("field", {"frame_sources": frames}, CONFIG) == before
