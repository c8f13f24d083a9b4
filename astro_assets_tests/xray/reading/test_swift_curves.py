"""Swift-XRT's text and JSON: limits are no measurements, and the background's counts come back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from astro_assets.xray.reading.files import read_file
from astro_assets.xray.refusals import XrayRefusedError
from astro_assets_tests.xray.made_files import SWIFT_TEXT, swift_json


def text_file(path: Path, text: str = SWIFT_TEXT) -> Path:
    path.write_text(text)
    return path


def test_text_is_read_with_its_epoch_and_in_order_of_time(tmp_path: Path) -> None:
    read = read_file(text_file(tmp_path / "a.qdp"))
    curve = read.light_curve

    assert (read.form, read.object_name, read.telescope) == ("swift_xrt_text", "GW Lib", "SWIFT")
    assert read.mjd_reference == pytest.approx(54203 + (15 * 3600 + 30 * 60 + 30.313) / 86400, abs=1e-9)
    assert (curve.bands_kev, read.are_bands_told) == (((0.3, 10.0),), True)
    np.testing.assert_allclose(curve.time_s, [24108, 30390, 614131, 900000])
    np.testing.assert_allclose(curve.width_s, [400, 20, 100, 100])
    np.testing.assert_allclose(curve.rate_error_minus[:3, 0], [0.08, 0.12, 0.02])
    np.testing.assert_allclose(curve.rate_error_plus[:3, 0], [0.06, 0.12, 0.03])
    np.testing.assert_allclose(curve.fractional_exposure[:, 0], [0.06, 0.5, 0.98, 1])


def test_an_upper_limit_is_no_rate(tmp_path: Path) -> None:
    read = read_file(text_file(tmp_path / "a.qdp"))

    assert read.n_limits == 1
    assert np.isnan(read.light_curve.rate[3, 0])
    assert read.light_curve.n_bins == 4


def test_days_and_fluxes_are_read(tmp_path: Path) -> None:
    rows = "57290.5 0.001 -0.001 7 0.1 -0.1\n57289.25 0.001 -0.001 5 0.1 -0.1\n"
    read = read_file(text_file(tmp_path / "a.dat", f"!MJD T_+ve T_-ve Rate Ratepos Rateneg\n{rows}"))
    np.testing.assert_allclose(read.light_curve.time_s, [21600, 129600])
    assert read.mjd_reference == 57289

    flux = "Time\tT_+ve\tT_-ve\tFlux\tFluxpos\tFluxneg\n74.7\t1.5\t-1.7\t8.9e-10\t1.8e-10\t-1.7e-10\n"
    read = read_file(text_file(tmp_path / "b.txt", flux))
    assert read.rate_unit == "erg / (s cm2)"
    assert np.isnan(read.light_curve.counts).all()


def test_the_background_comes_back_as_counts_of_its_aperture(tmp_path: Path) -> None:
    curve = read_file(swift_json(tmp_path / "a.json")).light_curve

    np.testing.assert_array_equal(curve.background_counts[:, 0], [29, 0])
    np.testing.assert_allclose(curve.background_ratio[:, 0], [21.839506 / 29, 0], rtol=1e-5)
    net = curve.counts - curve.background_ratio * curve.background_counts
    np.testing.assert_allclose((net / curve.exposure_s)[0, 0], curve.rate[0, 0], rtol=1e-4)


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("1 2\n3 4\n", "no_light_curve", "line 1: numbers before a line that names columns"),
        ("# nothing\n", "no_light_curve", "no line names columns"),
        (SWIFT_TEXT[: SWIFT_TEXT.index("#! WT")], "nothing_measured", "no line below"),
        (SWIFT_TEXT.replace("5.0 0.06", "five 0.06"), "damaged", r"line 8: 'five' is no number \(rate\)"),
        (SWIFT_TEXT.replace(" 8.0e-04 1.0e-04 1.0\n", "\n"), "damaged", "line 13: 6 values, 9 columns"),
        (SWIFT_TEXT + "x" * 5000, "too_large", "line 14: more than 4096 bytes"),
        (SWIFT_TEXT.replace("Rate ", "Speed "), "no_column", "no column for rates"),
        (SWIFT_TEXT.replace("10.0 -10.0", "10.0 10.0"), "width_unknown", "row 3: the length is 0"),
    ],
)
def test_text_that_cannot_be_used_is_refused_by_its_line(
    tmp_path: Path, text: str, code: str, said: str
) -> None:
    with pytest.raises(XrayRefusedError, match=said) as caught:
        read_file(text_file(tmp_path / "a.txt", text))
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Rate": [1.0]}, "column Rate has not the rows of Time"),
        ({"Rate": [1.0, "many"]}, "column Rate, row 1: no number"),
        ({"Time": []}, "0 rows"),
        ({"Exposure": [449.6, 300.0]}, "row 2: exposed for 1.5 of its length"),
    ],
)
def test_json_of_another_shape_is_refused(
    tmp_path: Path, changes: dict[str, list[object]], said: str
) -> None:
    with pytest.raises(XrayRefusedError, match=said):
        read_file(swift_json(tmp_path / "a.json", **changes))


@pytest.mark.parametrize("content", [b"{", b"[" * 100_000, b"{}", b'{"Time": 3}', b'{"a":' * 50_000])
def test_other_json_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(XrayRefusedError):
        read_file(tmp_path / "a.json")
