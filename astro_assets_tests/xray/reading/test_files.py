"""Whole files: real ones are read as their numbers say, hostile ones are refused within bounds."""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astro_assets.xray.reading import fits_tables
from astro_assets.xray.reading.files import FORMS, read_file
from astro_assets.xray.refusals import REASONS, XrayRefusedError
from astro_assets_tests.xray.made_files import SWIFT_TEXT, dmextract_file, rxte_file, srctool_file, xmm_file


def refusal_of(path: Path) -> XrayRefusedError | None:
    """Return why a file is refused; None if it is read."""
    try:
        read_file(path)
    except XrayRefusedError as error:
        return error
    return None


def test_another_table_is_read_when_it_is_named(tmp_path: Path) -> None:
    path = xmm_file(tmp_path / "a.fits")
    with fits.open(path, mode="append") as hdus:
        hdus.append(fits.BinTableHDU(hdus[1].data[:2], hdus[1].header, name="SHORT"))

    assert read_file(path).light_curve.n_bins == 4
    assert read_file(path, "short").light_curve.n_bins == 2
    assert read_file(path, "2").hdu == 2
    with pytest.raises(XrayRefusedError, match="no table 'B'; tables: 1 RATE, 2 SHORT"):
        read_file(path, "B")


def test_the_page_tells_every_form_and_every_reason() -> None:
    page = (Path(__file__).parents[3] / "docs" / "xray.md").read_text()
    for name in (*FORMS, *REASONS):
        assert f"\n| `{name}` |" in page, name


def test_events_have_to_be_binned_first(tmp_path: Path) -> None:
    table = fits.BinTableHDU.from_columns([fits.Column("TIME", "D", array=np.arange(3.0))], name="EVENTS")
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path := tmp_path / "a.fits")

    with pytest.raises(XrayRefusedError, match="binned into a light curve first") as caught:
        read_file(path)
    assert caught.value.code == "no_light_curve"


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fits_tables, "MOST_BYTES", 100_000)
    path = tmp_path / "a.fits.gz"
    path.write_bytes(gzip.compress(bytes(1_000_000)))

    with pytest.raises(XrayRefusedError, match="more than 100000 bytes") as caught:
        read_file(path)
    assert caught.value.code == "too_large"


def test_claims_are_bounded_before_anything_is_read(tmp_path: Path) -> None:
    path = xmm_file(tmp_path / "a.fits")
    content = path.read_bytes()
    cards = content.replace(b"NAXIS2  =                    4", b"NAXIS2  =           9000000000")
    assert cards != content
    path.write_bytes(cards)
    with pytest.raises(XrayRefusedError, match="9000000000 rows"):
        read_file(path)


@given(st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_spoilt_files_are_refused_and_nothing_else(tmp_path: Path, data: st.DataObject) -> None:
    made = data.draw(st.sampled_from([srctool_file, xmm_file, rxte_file, dmextract_file]))
    content = bytearray(made(tmp_path / "good.fits").read_bytes())
    for _ in range(data.draw(st.integers(1, 20))):
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] = data.draw(st.integers(0, 255))
    (tmp_path / "a.fits").write_bytes(content[: data.draw(st.integers(10, len(content)))])
    refused = refusal_of(tmp_path / "a.fits")
    assert refused is None or (refused.code in REASONS and str(refused).isprintable())


@given(st.text(max_size=300), st.integers(0, len(SWIFT_TEXT)))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_spoilt_texts_are_refused_and_nothing_else(tmp_path: Path, text: str, place: int) -> None:
    spoilt = SWIFT_TEXT[:place] + text + SWIFT_TEXT[place:]
    (tmp_path / "a.txt").write_bytes(spoilt.encode("utf-8", "surrogatepass"))
    refused = refusal_of(tmp_path / "a.txt")
    assert refused is None or (refused.code in REASONS and str(refused).isprintable())


def test_real_files_of_srctool_are_read_as_their_columns_say(shared_data: Path) -> None:
    for path in sorted((shared_data / "xray_lc" / "bexvar_erosita_format").iterdir()):
        read, table = read_file(path), fits.getdata(path, 1)
        curve = read.light_curve
        assert read.form == "erosita_srctool"
        assert curve.bands_kev == ((0.2, 2.3), (0.2, 5.0), (2.3, 5.0))
        assert read.do_bands_overlap
        order = [1, 0, 2]
        np.testing.assert_array_equal(curve.time_s, table["TIME"])
        np.testing.assert_array_equal(curve.counts, table["COUNTS"][:, order])
        np.testing.assert_array_equal(curve.fractional_exposure, table["FRACEXP"][:, order].astype(float))
        seen = table["FRACEXP"][:, 0] > 0
        np.testing.assert_array_equal(curve.background_ratio[seen, 0], table["BACKRATIO"][seen])
        np.testing.assert_array_equal(curve.background_ratio[~seen], 0)


@pytest.mark.parametrize(
    ("folder", "pattern", "form", "n_files"),
    [
        ("CoolStellarFlares/FITS", "*.fits", "ogip_rate", 13),
        ("DNe/SSCyg", "*.lc", "ogip_rate", 3),
        ("Oddballs", "*xt_lc.fits", "chandra_dmextract", 1),
        ("GRBs/short", "*.txt", "swift_xrt_text", 16),
        ("GRBs/ultralong", "*.txt", "swift_xrt_text", 2),
        ("ULXs", "M51*.qdp", "swift_xrt_text", 1),
        ("XRBs/HMXRBs", "SXP2.16.txt", "swift_xrt_text", 1),
        ("XRBs/HMXRBs", "*.dat", "swift_xrt_text", 2),
        ("DNe", "GWLib.txt", "swift_xrt_text", 1),
    ],
)
def test_real_files_are_read(shared_data: Path, folder: str, pattern: str, form: str, n_files: int) -> None:
    paths = sorted((shared_data / "xray_lc" / "xraylcs" / folder).glob(pattern))
    assert len(paths) == n_files
    for path in paths:
        read = read_file(path)
        assert read.form == form
        assert form in FORMS
        assert np.nanmedian(read.light_curve.rate) > 0 or form == "chandra_dmextract"


def test_real_archives_of_swift_are_read_and_their_rates_follow_from_their_counts(
    shared_data: Path, tmp_path: Path
) -> None:
    with tarfile.open(shared_data / "xray_lc" / "swift_xrt_grb" / "swift_xrt_PC.tar.gz") as archive:
        members = [member for member in archive.getmembers() if member.isfile()][:60]
        for member in members:
            stored = archive.extractfile(member)
            assert isinstance(stored, io.BufferedReader)
            (tmp_path / "a.json").write_bytes(stored.read())
            read = read_file(tmp_path / "a.json")
            curve = read.light_curve
            net = curve.counts - curve.background_ratio * curve.background_counts
            measured = np.isfinite(curve.rate) & (curve.fractional_exposure < 0.999) & (curve.exposure_s > 30)
            np.testing.assert_allclose(
                (net / np.maximum(curve.exposure_s, 1e-9))[measured],
                curve.rate[measured],
                rtol=0.02,
                atol=2e-4,
            )
