"""A table of text is read as a line of a targets.csv says, and refused by the cell or line that is wrong."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astro_assets.xray.reading.files import XrayFile, read_file
from astro_assets.xray.refusals import REASONS, XrayRefusedError

PAGE = Path(__file__).parents[3] / "docs" / "xray.md"
NAMED = """\
# of a paper
MJD Flux Err_lo Err_up
57291.5 7e-12 -1e-12 2e-12  # bright
57289.25 5e-12 -1e-12 NO
! a remark
57289.25 9e-12 -1e-12 1e-12
"""
CELLS = {
    "band_kev": "0.3-10", "time": "mjd", "time_unit": "mjd", "rate": "flux", "rate_unit": "erg/s/cm2",
    "rate_err_minus": "Err_lo", "rate_err_plus": "Err_up", "width_s": "1000", "telescope": "SWIFT",
    "object_name": "X-1", "time_system": "UTC", "target_id": "TIC 42",
}  # fmt: skip


def read(path: Path, text: str, cells: dict[str, str]) -> XrayFile:
    path.write_text(text)
    return read_file(path, description={name: cell for name, cell in cells.items() if cell})


def test_names_units_and_both_errors_are_those_of_the_line(tmp_path: Path) -> None:
    found = read(tmp_path / "a.txt", NAMED, CELLS)
    curve = found.light_curve

    assert (found.form, found.rate_unit, found.telescope) == ("described_text", "erg / (s cm2)", "SWIFT")
    assert (found.object_name, found.time_system, found.mjd_reference) == ("X-1", "UTC", 57289)
    assert (curve.bands_kev, found.are_bands_told) == (((0.3, 10.0),), True)
    np.testing.assert_allclose(curve.time_s, [21600, 2.5 * 86400])
    np.testing.assert_array_equal(curve.width_s, 1000)
    np.testing.assert_allclose(curve.rate[:, 0], [5e-12, 7e-12])
    np.testing.assert_allclose(curve.rate_error_plus[:, 0], [np.nan, 2e-12])
    np.testing.assert_allclose(curve.rate_error_minus[:, 0], [1e-12, 1e-12])
    assert found.n_repeated == 1


def test_an_upper_limit_was_exposed_but_has_no_rate(tmp_path: Path) -> None:
    text = "0 2.7 0.1\n10 <0.4 0\n20 < 0.4\n30 ... ...\n"
    cells = {"band_kev": "2-10", "time": "0", "rate": "1", "rate_err": "2", "width_s": "10"}
    found = read(tmp_path / "a.txt", text, cells)

    assert (found.n_limits, found.light_curve.n_bins) == (2, 4)
    np.testing.assert_array_equal(found.light_curve.rate[:, 0], [2.7, np.nan, np.nan, np.nan])
    np.testing.assert_array_equal(found.light_curve.fractional_exposure[:, 0], [1, 1, 1, 0])


@pytest.mark.parametrize("unit", ["mjd", "MJD"])
def test_days_of_mjd_have_their_own_reference_however_they_are_written(tmp_path: Path, unit: str) -> None:
    found = read(tmp_path / "a.txt", NAMED, CELLS | {"time_unit": unit})
    assert found.mjd_reference == 57289
    assert found.light_curve.time_s[0] == 21600


def test_rates_of_papers_are_net_and_counts_are_not(tmp_path: Path) -> None:
    cells = {"band_kev": "2-10", "time": "0", "width_s": "10"}
    assert read(tmp_path / "a.txt", "0 3\n10 4\n", cells | {"rate": "1"}).is_net
    assert not read(tmp_path / "a.txt", "0 3\n10 4\n", cells | {"counts": "1"}).is_net


@pytest.mark.parametrize("delimiter", [" ", "\t", ",", ";", "  \t "])
def test_columns_may_be_numbers_and_titles_stand_before_them(tmp_path: Path, delimiter: str) -> None:
    rows = [("0", "500", "2.7", "0.07"), ("1000", "500", "2.8", "0.08"), ("2000", "500", "nan", "0.08")]
    text = "READ SERR 1 2\n@a.pco\n!\n" + "\n".join(delimiter.join(row) for row in rows)
    cells = {"band_kev": "2-10", "time": "0", "half_width": "1", "rate": "2", "rate_err": "3"}
    curve = read(tmp_path / "a.qdp", text, cells).light_curve

    np.testing.assert_array_equal(curve.time_s, [0, 1000, 2000])
    np.testing.assert_array_equal(curve.width_s, 1000)
    np.testing.assert_allclose(curve.rate[:, 0], [2.7, 2.8, np.nan])
    np.testing.assert_array_equal(curve.fractional_exposure[:, 0], [1, 1, 0])


def test_bins_may_reach_farther_to_one_side_and_counts_make_rates(tmp_path: Path) -> None:
    text = "t,late,early,n\n1,0.2,-0.4,9\n2,0.3,-0.3,0\n"
    cells = {
        "band_kev": "0.5 - 7", "time": "t", "time_unit": "d", "width_plus": "late", "width_minus": "early",
        "counts": "n", "mjd_reference": "50814",
    }  # fmt: skip
    found = read(tmp_path / "a.csv", text, cells)
    curve = found.light_curve

    np.testing.assert_allclose(curve.time_s, np.array([0.9, 2.0]) * 86400)
    np.testing.assert_allclose(curve.width_s, 0.6 * 86400)
    np.testing.assert_allclose(curve.rate[:, 0], [9 / (0.6 * 86400), 0])
    assert (found.mjd_reference, found.has_asymmetric_errors) == (50814, True)


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"band_kev": "soft"}, "description_invalid", "band_kev is 'soft', not two energies such as 0.3-10"),
        ({"band_kev": "10-2"}, "description_invalid", "not two energies"),
        ({"time": ""}, "description_invalid", "time and rate, or time and counts, have to be named"),
        ({"speed": "1"}, "description_invalid", "no column 'speed'; of X-ray curves there are band_kev"),
        ({"time": "when"}, "description_invalid", "no line names the columns when"),
        ({"time_unit": "years"}, "description_invalid", "time_unit is 'years', not s, d or mjd"),
        ({"width_s": "long"}, "description_invalid", "width_s is 'long', no number"),
        (
            {"width_s": ""},
            "width_unknown",
            "width, half_width, width_plus and width_minus, or width_s is needed",
        ),
        ({"width_s": "0"}, "width_unknown", "row 1: the length is 0"),
        ({"width_s": "-5"}, "description_invalid", "width_s is '-5', no number from 0"),
        ({"dec_deg": "91"}, "description_invalid", "dec_deg is '91', no number from -90 to 90"),
        ({"half_width": "flux"}, "description_invalid", "half_width and width_s say the same"),
        (
            {"width_plus": "flux"},
            "description_invalid",
            "width_plus and width_minus and width_s say",
        ),
        ({"rate_err": "Err_up"}, "description_invalid", "rate_err and rate_err_minus and rate_err_plus say"),
        ({"mjd_reference": "57000"}, "description_invalid", "times of the unit mjd have none"),
        ({"rate": "", "counts": "flux"}, "description_invalid", "errors are those of rate"),
        ({"rate_unit": "Jy"}, "no_column", "rate_unit of targets.csv: rates in 'Jy'"),
        ({"": "targets.csv has two lines for it"}, "description_invalid", "two lines for it"),
    ],
)
def test_a_line_that_is_wrong_is_refused_by_its_cell(
    tmp_path: Path, changes: dict[str, str], code: str, said: str
) -> None:
    with pytest.raises(XrayRefusedError, match=said) as caught:
        read(tmp_path / "a.txt", NAMED, CELLS | changes)
    assert caught.value.code == code
    assert code in REASONS


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        (NAMED + "later 1 1 1\n", "time_unknown", "line 7: 'later' is no time"),
        ("MJD Flux Err_lo Err_up\n", "nothing_measured", "no row"),
        ("MJD Flux Err_lo Err_up\n5 NO NO NO\n", "nothing_measured", "no bin has counts or a rate"),
        (NAMED + "x" * 5000, "too_large", "line 7: more than 4096 bytes"),
    ],
)
def test_a_table_that_is_wrong_is_refused_by_its_line(
    tmp_path: Path, text: str, code: str, said: str
) -> None:
    with pytest.raises(XrayRefusedError, match=said) as caught:
        read(tmp_path / "a.txt", text, CELLS)
    assert caught.value.code == code


def test_the_example_of_the_page_is_read(tmp_path: Path) -> None:
    (tmp_path / "table2.txt").write_text("0 500 2.7 0.07\n1000 500 2.8 0.08\n")
    (tmp_path / "flux.csv").write_text("MJD,Flux,Flux_err\n57289.25,5e-12,1e-12\n57291.5,7e-12,1e-12\n")
    example = re.search(r"```text\n(file,band_kev,.*?)```", PAGE.read_text(), re.DOTALL)
    assert example is not None
    lines = list(csv.DictReader(example[1].splitlines()))

    assert [line["file"] for line in lines] == ["table2.txt", "flux.csv"]
    for line in lines:
        path = tmp_path / line.pop("file")
        assert read(path, path.read_text(), line).light_curve.n_bins == 2


@given(
    st.dictionaries(st.sampled_from([*CELLS, "half_width", "counts", ""]), st.text(max_size=8), max_size=4)
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_line_is_understood_or_refused(tmp_path: Path, changes: dict[str, str]) -> None:
    try:
        found = read(tmp_path / "a.txt", NAMED, CELLS | changes | {"band_kev": "0.3-10"})
    except XrayRefusedError as error:
        found = error
    assert isinstance(found, XrayFile) or (found.code in REASONS and found.code != "damaged")


@pytest.mark.parametrize(
    ("pattern", "cells", "n_rows"),
    [
        (
            "TDEs/Swift1644*",
            "timeobs width_plus=terr1 width_minus=terr2 rate=flux rate_err_plus=ferr1 rate_err_minus=ferr2",
            2285,
        ),
        ("Novae/HVCet*", "0 time_unit=d half_width=1 rate=2 rate_err=3", 503),
        ("Oddballs/XRT_000519*", "1 width_s=300 rate=2 rate_err=3", 96),
        ("AGN/GSN_069*", "0 half_width=1 rate=2 rate_err=3", 549),
        ("XRBs/LMXRBs/GX339*", "MJD time_unit=mjd rate=Flux(cgs) width_s=1000", 88),
    ],
)
def test_real_tables_of_papers_are_read(shared_data: Path, pattern: str, cells: str, n_rows: int) -> None:
    """The numbers of rows are those of lines that begin with a number."""
    (path,) = (shared_data / "xray_lc" / "xraylcs").glob(pattern)
    line = dict(cell.split("=") for cell in f"band_kev=0.3-10 rate_unit=erg/s/cm2 time={cells}".split())
    found = read_file(path, description=line)
    assert found.light_curve.n_bins + found.n_repeated == n_rows
    assert np.nanmedian(found.light_curve.rate) > 0
