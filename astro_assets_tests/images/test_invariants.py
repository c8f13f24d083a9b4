"""The rules of the image wing's tables find what breaks them, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from astro_assets.images.invariants import (
    impossible_anomalies,
    impossible_frames,
    misplaced_cutouts,
    unaccounted_frames,
    untold_changes,
    untold_frames,
)

FRAME = {
    "exposure_s": 60.0,
    "gain": 1.0,
    "airmass": 1.2,
    "ra_deg": 10.0,
    "dec_deg": 5.0,
    "missing_fraction": 0.0,
}
TOLD = {"status": "accepted", "reason_code": None, "n_columns": 5, "n_rows_of_pixels": 5, "thumbnail": "a"}
CUTOUT = {"x": 5.0, "y": 5.0, "side": 11, "missing_fraction": 0.1}
NIGHT = {"n_frames": 3, "n_aligned": 2, "frame_sha256": ["a", "b", "c"], "left_out": ["", "clouds", ""]}
Rule = Callable[[pl.LazyFrame], pl.LazyFrame]


def broken(rule: Rule, row: dict[str, Any], **changed: Any) -> list[str]:
    good = {"key": "good", **row}
    bad = {"key": "bad", **row, **changed}
    frame = pl.DataFrame([good, bad], infer_schema_length=None)
    found = rule(frame.lazy()).collect()
    assert "good" not in found["key"].to_list()
    return found["what"].to_list()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"exposure_s": -1.0}, "exposure_s is -1.0"),
        ({"gain": 120.0}, "gain is 120.0"),
        ({"airmass": 0.5, "dec_deg": 91.0}, "airmass is 0.5; dec_deg is 91.0"),
        ({"missing_fraction": 1.5}, "missing_fraction is 1.5"),
    ],
)
def test_impossible_numbers_of_a_frame(changed: dict[str, Any], said: str) -> None:
    assert broken(impossible_frames, FRAME, **changed) == [said]


def test_what_a_header_does_not_tell_is_not_impossible() -> None:
    assert broken(impossible_frames, FRAME, gain=None, airmass=None, ra_deg=None) == []


def test_frames_that_are_not_told() -> None:
    assert broken(untold_frames, TOLD, thumbnail=None) == ["accepted without pixels or a thumbnail"]
    assert broken(untold_frames, TOLD, status="refused") == ["refused without a reason"]
    assert broken(untold_frames, TOLD, status="refused", reason_code="damaged", thumbnail=None) == []


def test_cutouts_without_their_place() -> None:
    assert broken(misplaced_cutouts, CUTOUT, x=11.0) == ["place at 11.0, 5.0 of 11 pixels"]
    assert len(broken(misplaced_cutouts, CUTOUT, missing_fraction=1.0)) == 1
    assert broken(misplaced_cutouts, CUTOUT, x=-0.5, y=10.5) == []


def test_nights_with_frames_that_nobody_knows_of() -> None:
    assert broken(unaccounted_frames, NIGHT, n_aligned=3) == ["3 of 3 frames aligned, 1 left out"]
    assert len(broken(unaccounted_frames, NIGHT, frame_sha256=["a", "b"])) == 1


def test_changes_that_are_not_told() -> None:
    row = {"not_compared": None, "n_wanted": 0, "n_unwanted": 3, "missing_fraction": 0.2}
    assert broken(untold_changes, row, n_wanted=None) == ["neither counts nor a reason"]
    assert broken(untold_changes, row, missing_fraction=1.2) == ["missing_fraction is 1.2"]
    said = broken(untold_changes, row, not_compared="clouds")
    assert said == ["counts and a reason why there are none"]
    none = {"n_wanted": None, "n_unwanted": None, "missing_fraction": None}
    assert broken(untold_changes, row, not_compared="clouds", **none) == []


@pytest.mark.parametrize(
    "changed", [{"x": float("nan")}, {"score": float("inf")}, {"n_pixels": 0}, {"y": -2.0}]
)
def test_anomalies_without_a_place(changed: dict[str, Any]) -> None:
    row = {"x": 5.0, "y": 5.0, "snr": -7.0, "score": 2.0, "n_pixels": 9}
    assert len(broken(impossible_anomalies, row, **changed)) == 1
