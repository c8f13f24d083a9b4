"""Checksums as astropy writes them hold, and no byte of the data can change unseen."""

from __future__ import annotations

from pathlib import Path

import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astro_assets.observations.fits_checksums import check_sums
from astro_assets.observations.fits_structure import FitsError, read_structure
from astro_assets_tests.observations.made_files import light_curve_file


def _summed(path: Path, kind: bool | str = True) -> Path:
    with fits.open(light_curve_file(path.with_suffix(".made")), memmap=False) as hdus:
        hdus.writeto(path, checksum=kind)
    return path


def test_files_without_and_with_sums_pass(tmp_path: Path) -> None:
    made = light_curve_file(tmp_path / "made.fits")
    check_sums(made, read_structure(made))
    summed = _summed(tmp_path / "summed.fits")
    assert "CHECKSUM" in fits.getheader(summed, 1)
    check_sums(summed, read_structure(summed))


def test_sums_of_an_hdu_without_data_are_passed_over(tmp_path: Path) -> None:
    """The header of another HDU, as eleanor copies it, and a card added without a new sum."""
    path = _summed(tmp_path / "a.fits")
    with fits.open(path, memmap=False) as hdus:
        hdus[0].header["CHECKSUM"] = hdus[1].header["CHECKSUM"]
        hdus[0].header["DATASUM"] = hdus[1].header["DATASUM"]
        hdus[0].header["OBSERVER"] = "somebody"
        hdus.writeto(tmp_path / "b.fits")
    check_sums(tmp_path / "b.fits", read_structure(tmp_path / "b.fits"))
    with fits.open(path, memmap=False) as hdus:
        hdus[1].header["OBSERVER"] = "somebody"
        hdus.writeto(tmp_path / "c.fits")
    with pytest.raises(FitsError, match="HDU 1"):
        check_sums(tmp_path / "c.fits", read_structure(tmp_path / "c.fits"))


def test_the_sum_of_the_data_alone_is_checked(tmp_path: Path) -> None:
    path = _summed(tmp_path / "a.fits", "datasum")
    hdus = read_structure(path)
    assert "CHECKSUM" not in hdus[1].header
    check_sums(path, hdus)
    content = bytearray(path.read_bytes())
    content[hdus[1].offset + 16] ^= 1
    path.write_bytes(content)
    with pytest.raises(FitsError, match="HDU 1"):
        check_sums(path, hdus)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10**9), bit=st.integers(0, 7))
def test_a_flipped_bit_of_the_data_is_seen(tmp_path: Path, place: int, bit: int) -> None:
    path = tmp_path / "summed.fits"
    if not path.exists():
        _summed(path)
    hdus = read_structure(path)
    content = bytearray(path.read_bytes())
    content[hdus[1].offset + place % hdus[1].size] ^= 1 << bit
    spoilt = tmp_path / "spoilt.fits"
    spoilt.write_bytes(content)
    with pytest.raises(FitsError, match="HDU 1") as caught:
        check_sums(spoilt, hdus)
    assert caught.value.code == "checksum_mismatch"
