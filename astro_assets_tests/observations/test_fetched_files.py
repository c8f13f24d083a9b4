"""A file that came is as it was written, or it is told what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from astro_assets.observations.fetched_files import fault_of_file
from astro_assets_tests.archives.held_stars import tess_bytes


def test_whole_files_have_no_fault_and_changed_ones_have(tmp_path: Path) -> None:
    star, path = tess_bytes(tmp_path, 1), tmp_path / "came.fits"
    path.write_bytes(star)
    assert fault_of_file(path) == ""
    for content, fault in (
        (star[:-200] + b"\x99" + star[-199:], "checksum mismatch"),
        (star[:-2880], "truncated"),
        (b"<html>", "not FITS"),
    ):
        path.write_bytes(content)
        assert fault in fault_of_file(path)


@pytest.mark.parametrize("pattern", ["tess_lc/*_lc.fits", "kepler_lc/k*_llc.fits"])
def test_files_as_mast_serves_them_have_no_fault(shared_data: Path, pattern: str) -> None:
    paths = sorted(shared_data.glob(pattern))[:6]
    assert paths
    assert {path.name: fault_of_file(path) for path in paths} == {path.name: "" for path in paths}
