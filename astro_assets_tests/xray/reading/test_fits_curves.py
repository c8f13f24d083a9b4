"""FITS of each telescope is read with its own columns: bins, bands, both errors, exposures, background."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from astro_assets.xray.reading.files import read_file
from astro_assets.xray.refusals import XrayRefusedError
from astro_assets_tests.xray.made_files import (
    BANDS_KEV,
    TIME,
    dmextract_file,
    rxte_file,
    srctool_file,
    xmm_file,
)


def test_srctool_keeps_asymmetric_errors_and_bins_that_saw_nothing(tmp_path: Path) -> None:
    read = read_file(srctool_file(tmp_path / "a.fits"))
    curve = read.light_curve

    assert (read.form, read.hdu, read.mjd_reference, read.time_system) == (
        "erosita_srctool",
        1,
        51543.875,
        "TT",
    )
    assert (read.telescope, read.object_name, read.ra_deg, read.dec_deg) == ("eROSITA", "00022", 141.06, 3.15)
    assert curve.bands_kev == BANDS_KEV
    np.testing.assert_array_equal(curve.time_s, TIME)
    np.testing.assert_array_equal(curve.counts[:2], [[1, 5, 0], [2, 9, 1]])
    np.testing.assert_array_equal(curve.exposure_s[2], 0)
    assert np.isnan(curve.rate[2]).all()
    np.testing.assert_array_equal(curve.background_ratio[:, 1], [0.01, 0.01, 0, 0.01, 0.01])
    np.testing.assert_allclose(curve.rate_error_plus[0], curve.rate_error_minus[0] * 1.5 / 0.8, rtol=1e-6)
    np.testing.assert_allclose(
        curve.rate[0], (np.array([1, 5, 0]) - 0.01 * np.array([40, 90, 60])) / [3.0, 3.0, 1.8], rtol=1e-5
    )
    assert (read.has_asymmetric_errors, read.do_bands_overlap, read.are_bands_told) == (True, False, True)


@pytest.mark.parametrize("name", ["COUNTS", "BACK_COUNTS", "RATE_ERRM"])
@pytest.mark.parametrize("width", [1, 2])
def test_counts_of_other_bands_are_not_those_of_each(tmp_path: Path, name: str, width: int) -> None:
    """A count in all bands would stand in each of them, and be three photons of one."""
    other = (f"{width}J", "count", np.ones((TIME.size, width)))
    with pytest.raises(XrayRefusedError, match=rf"{width} band\(s\) of .*, and energies of 3") as caught:
        read_file(srctool_file(tmp_path / "a.fits", **{name: other}))
    assert caught.value.code == "no_column"


@pytest.mark.parametrize("name", ["RATE", "RATE_ERRM", "RATE_ERRP"])
def test_what_was_divided_by_no_exposure_may_be_endless(tmp_path: Path, name: str) -> None:
    values = np.ones((TIME.size, 3))
    values[2] = np.inf
    endless = ("3E", "ct/s", values)
    read = read_file(srctool_file(tmp_path / "a.fits", **{name: endless}))
    assert np.isnan(read.light_curve.rate[2]).all()
    assert read.light_curve.n_bins == TIME.size

    values[1, 2] = np.inf
    with pytest.raises(XrayRefusedError, match=r"row 2, band 3: the .* is inf"):
        read_file(srctool_file(tmp_path / "b.fits", **{name: endless}))


def test_a_ratio_of_apertures_may_be_that_of_all_bands_or_of_each(tmp_path: Path) -> None:
    ratio = ("3D", "ratio", np.full((TIME.size, 3), [0.01, 0.02, 0.03]))
    read = read_file(srctool_file(tmp_path / "a.fits", BACKRATIO=ratio))
    np.testing.assert_array_equal(read.light_curve.background_ratio[0], [0.01, 0.02, 0.03])


def test_srctool_of_older_versions_has_one_error(tmp_path: Path) -> None:
    read = read_file(srctool_file(tmp_path / "a.fits.gz", older=True))

    np.testing.assert_array_equal(read.light_curve.rate_error_minus, read.light_curve.rate_error_plus)
    assert np.isfinite(read.light_curve.rate_error_plus[[0, 1, 3, 4]]).all()
    assert not read.has_asymmetric_errors


def test_bands_are_put_from_soft_to_hard_and_may_overlap(tmp_path: Path) -> None:
    """As in the files of eFEDS: all of it, then its soft and its hard part."""
    bands = {"E_MIN1": 0.2, "E_MAX1": 5.0, "E_MIN2": 0.2, "E_MAX2": 2.3, "E_MIN3": 2.3, "E_MAX3": 5.0}
    read = read_file(srctool_file(tmp_path / "a.fits", **bands))

    assert read.light_curve.bands_kev == ((0.2, 2.3), (0.2, 5.0), (2.3, 5.0))
    np.testing.assert_array_equal(read.light_curve.counts[1], [9, 2, 1])
    assert read.do_bands_overlap


def test_rows_are_put_in_order_and_a_time_counts_once(tmp_path: Path) -> None:
    order = np.array([3, 0, 0, 1, 2])
    read = read_file(srctool_file(tmp_path / "a.fits", TIME=("D", "s", TIME[order])))

    np.testing.assert_array_equal(read.light_curve.time_s, TIME[:4])
    assert read.n_repeated == 1
    np.testing.assert_array_equal(read.light_curve.counts[0], [2, 9, 1])


def test_xmm_has_rates_without_counts(tmp_path: Path) -> None:
    read = read_file(xmm_file(tmp_path / "a.fits"))
    curve = read.light_curve

    assert (read.form, read.telescope, read.time_frame, read.is_net) == ("ogip_rate", "XMM", "LOCAL", True)
    assert np.isnan(curve.counts).all()
    np.testing.assert_allclose(curve.rate[:, 0], [0.4, np.nan, 0.5, 0.9], rtol=1e-6)
    np.testing.assert_allclose(curve.exposure_s[:, 0], 400.2 * np.array([0.9, 0, 0.95, 0.95]), rtol=1e-6)
    assert (curve.bands_kev, read.are_bands_told) == (((0.2, 12.0),), False)
    assert read_file(xmm_file(tmp_path / "b.fits", BACKAPP=False)).is_net is False
    assert read_file(xmm_file(tmp_path / "c.fits", BACKAPP="T")).is_net is True


def test_energies_of_epic_are_its_channels(tmp_path: Path) -> None:
    path = xmm_file(tmp_path / "a.fits", CHANMIN=200.0, CHANMAX=10_000.0, CHANTYPE="PI")

    assert read_file(path).light_curve.bands_kev == ((0.2, 10.0),)
    assert read_file(path).are_bands_told


def test_rxte_tells_the_beginnings_of_bins(tmp_path: Path) -> None:
    read = read_file(rxte_file(tmp_path / "a.lc"))

    np.testing.assert_array_equal(read.light_curve.time_s, 8.6e7 + 16.0 * np.arange(5) + 8.0)
    assert read.mjd_reference == 49353 + 6.96574074e-4
    assert read.light_curve.bands_kev == ((2.0, 60.0),)
    late = read_file(rxte_file(tmp_path / "b.lc", TIMEZERI=100, TIMEZERF=0.5))
    np.testing.assert_array_equal(late.light_curve.time_s, read.light_curve.time_s + 100.5)


def test_rates_may_be_named_as_net_or_not(tmp_path: Path) -> None:
    values = ("E", "count/s", np.array([1.0, 2.0, 3.0, 4.0]))
    flux = ("E", "erg/s/cm^2", np.array([1.0, 2.0, 3.0, 4.0]))

    net = read_file(xmm_file(tmp_path / "a.fits", RATE=None, NET_RATE=values, BACKAPP=False))
    np.testing.assert_array_equal(net.light_curve.rate[[0, 2, 3], 0], [1, 3, 4])
    np.testing.assert_allclose(net.light_curve.rate_error_plus[0, 0], 0.04, rtol=1e-6)
    assert net.is_net
    gross = read_file(xmm_file(tmp_path / "b.fits", RATE=None, COUNT_RATE=values, BACKAPP=False))
    np.testing.assert_array_equal(gross.light_curve.rate, net.light_curve.rate)
    assert not gross.is_net
    told = read_file(xmm_file(tmp_path / "c.fits", RATE=None, COUNT_RATE=flux))
    assert told.rate_unit == "erg / (s cm2)"


def test_rates_made_of_counts_are_net_where_there_is_a_background(tmp_path: Path) -> None:
    counts = ("J", "count", np.array([10, 4, 5, 9]))
    background, ratio = ("E", "count", np.full(4, 20.0)), ("E", None, np.full(4, 0.1))
    told = {"RATE": None, "ERROR": None, "COUNTS": counts, "BACKAPP": False}

    assert not read_file(xmm_file(tmp_path / "a.fits", **told)).is_net
    net = read_file(xmm_file(tmp_path / "b.fits", **told, BACK_COUNTS=background, BACKRATIO=ratio))
    assert net.is_net
    assert net.light_curve.rate[0, 0] == pytest.approx((10 - 2) / (400.2 * 0.9), rel=1e-6)


@pytest.mark.parametrize("said", ["BKG", "Background"])
def test_rates_of_the_background_are_of_no_source(tmp_path: Path, said: str) -> None:
    with pytest.raises(XrayRefusedError, match="rates of the background, says HDUCLAS2") as caught:
        read_file(rxte_file(tmp_path / "a.lc", HDUCLAS2=said))
    assert caught.value.code == "no_light_curve"


@pytest.mark.parametrize(("ra", "dec", "told"), [(361.0, 91.0, (None, None)), (-1.0, -90.0, (None, -90.0))])
def test_places_beside_the_sky_are_none(
    tmp_path: Path, ra: float, dec: float, told: tuple[float | None, float | None]
) -> None:
    read = read_file(rxte_file(tmp_path / "a.lc", RA=ra, DEC=dec))
    assert (read.ra_deg, read.dec_deg) == told


def test_dmextract_has_exposures_and_areas(tmp_path: Path) -> None:
    read = read_file(dmextract_file(tmp_path / "a.fits"))
    curve = read.light_curve

    assert (read.form, read.is_net) == ("chandra_dmextract", True)
    np.testing.assert_allclose(curve.fractional_exposure[:, 0], [0, 0.98, 0.98, 0.49])
    np.testing.assert_allclose(curve.background_ratio[1:, 0], 0.02)
    np.testing.assert_array_equal(curve.counts[:, 0], [0, 3, 1, 8])
    np.testing.assert_allclose(curve.rate[:, 0], [np.nan, 2.6 / 98, 0.4 / 98, 7.8 / 49])
    with pytest.raises(XrayRefusedError, match="BG_COUNTS without AREA"):
        read_file(dmextract_file(tmp_path / "b.fits", AREA=None))


@pytest.mark.parametrize(("scale", "zero"), [(1.0, 0.0), (0.5, 0.0), (1, 32768), (0.1, 7.0)])
def test_what_stands_for_no_number_is_none_however_it_is_scaled(
    tmp_path: Path, scale: float, zero: float
) -> None:
    counts = ("I", "count", np.array([3, -1, 5, 9], dtype=np.int16))
    path = xmm_file(tmp_path / "a.fits", RATE=None, ERROR=None, COUNTS=counts, FRACEXP=None)
    with fits.open(path) as hdus:
        number, begin = hdus[1].columns.names.index("COUNTS") + 1, hdus[1].fileinfo()["datLoc"]
        header = hdus[1].header.copy()
    header.update({f"TNULL{number}": -1, f"TSCAL{number}": scale, f"TZERO{number}": zero})
    content = path.read_bytes()
    path.write_bytes(content[:2880] + header.tostring().encode() + content[begin:])

    found = read_file(path).light_curve.counts[:, 0]
    np.testing.assert_allclose(found, [3 * scale + zero, np.nan, 5 * scale + zero, 9 * scale + zero])


def test_counts_alone_make_rates_with_both_errors(tmp_path: Path) -> None:
    counts = ("J", "count", np.array([0, 4, 5, 9]))
    read = read_file(xmm_file(tmp_path / "a.fits", RATE=None, ERROR=None, COUNTS=counts))

    np.testing.assert_allclose(read.light_curve.rate[[0, 2, 3], 0], [0, 5 / 380.19, 9 / 380.19], rtol=1e-6)
    assert read.has_asymmetric_errors
    assert np.isnan(read.light_curve.rate[1, 0])


def test_days_become_seconds_and_evenly_spaced_bins_need_no_times(tmp_path: Path) -> None:
    days = xmm_file(tmp_path / "a.fits", TIME=("D", "d", np.arange(4.0)), TIMEDEL=0.5, TIMEUNIT="d")
    np.testing.assert_array_equal(read_file(days).light_curve.time_s, 86400.0 * np.arange(4))
    np.testing.assert_array_equal(read_file(days).light_curve.width_s, 43200.0)

    # Cards have a unit of their own (OGIP/93-003).
    mixed = xmm_file(tmp_path / "c.fits", TIME=("D", "d", np.arange(4.0)), TIMEDEL=600.0, TIMEZERO=50.0)
    np.testing.assert_array_equal(read_file(mixed).light_curve.time_s, 86400.0 * np.arange(4) + 50)
    np.testing.assert_array_equal(read_file(mixed).light_curve.width_s, 600.0)

    even = read_file(xmm_file(tmp_path / "b.fits", TIME=None, TSTART=1000.0))
    np.testing.assert_allclose(even.light_curve.time_s, 1000 + 400.2 * (np.arange(4) + 0.5))


def test_any_telescope_is_read_that_tells_its_bands(tmp_path: Path) -> None:
    laxpc = read_file(rxte_file(tmp_path / "a.lc", TELESCOP="ASTROSAT", INSTRUME="LAXPC20"))
    assert laxpc.light_curve.bands_kev == ((3.0, 80.0),)
    other = read_file(rxte_file(tmp_path / "b.lc", TELESCOP="NEW", E_MIN=1.0, E_MAX=9.0))
    assert other.light_curve.bands_kev == ((1.0, 9.0),)


@pytest.mark.parametrize(
    ("telescope", "instrument", "band"),
    [
        ("XMM", "EMOS2", (0.2, 12.0)),
        ("XMM", "RGS1", (0.33, 2.5)),
        ("EP", "WXT", (0.5, 4.0)),
        ("EP", "FXTA", (0.3, 10.0)),
        ("ROSAT", "PSPCB", (0.1, 2.4)),
        ("XMM", "OM", None),
        ("ROSAT", "WFC", None),
        ("XTE", "HEXTE", None),
    ],
)
def test_bands_by_default_are_those_of_the_instrument(
    tmp_path: Path, telescope: str, instrument: str, band: tuple[float, float] | None
) -> None:
    """A telescope of X-rays has others beside it, for ultraviolet and visible light."""
    path = xmm_file(tmp_path / "a.fits", TELESCOP=telescope, INSTRUME=instrument)
    if band is not None:
        assert read_file(path).light_curve.bands_kev == (band,)
        return
    with pytest.raises(XrayRefusedError, match=f"'{instrument}' of TELESCOP '{telescope}'") as caught:
        read_file(path)
    assert caught.value.code == "bands_unknown"


def test_fluxes_are_read_as_such(tmp_path: Path) -> None:
    rates = ("E", "erg/s/cm^2", np.array([1e-12, 2e-12, 3e-12, 1e-12]))
    assert read_file(xmm_file(tmp_path / "a.fits", RATE=rates)).rate_unit == "erg / (s cm2)"


def test_simulators_say_so(tmp_path: Path) -> None:
    assert not read_file(srctool_file(tmp_path / "a.fits")).is_simulated
    assert read_file(srctool_file(tmp_path / "b.fits", CREATOR="SIXTE 3")).is_simulated
    assert read_file(srctool_file(tmp_path / "c.fits", SIMULATE=True)).is_simulated


@pytest.mark.parametrize(
    ("changes", "code", "text"),
    [
        ({"TIME": ("D", "s", [1, 2, np.nan, 4])}, "time_unknown", r"HDU 1 \(RATE\), row 3: the time is nan"),
        (
            {"TIME": ("D", "m", np.arange(4.0))},
            "time_unknown",
            r"column TIME: unit 'm' is none of time; set TUNIT",
        ),
        ({"TIME": None}, "time_unknown", "no column TIME"),
        ({"TIMEPIXR": 5.0}, "time_unknown", "TIMEPIXR is 5, not from 0 to 1"),
        ({"TIME": ("A5", "s", ["a"] * 4)}, "no_column", "column TIME: format .* is not of plain numbers"),
        ({"TIMEDEL": None}, "width_unknown", "add a column TIMEDEL or a card TIMEDEL"),
        ({"TIMEDEL": -1.0}, "width_unknown", "the length of the bins is not told"),
        ({"TELESCOP": "NEW"}, "bands_unknown", "add cards E_MIN1, E_MAX1"),
        ({"E_MIN": 2.0, "E_MAX": 1.0}, "bands_unknown", "a band of 2.0 to 1.0 keV"),
        ({"ERROR": ("E", "count/s", [1, -1, 1, 1])}, "values_impossible", "row 2: the error minus is -1"),
        ({"FRACEXP": ("E", None, [1, 1, 7, 1])}, "values_impossible", "row 3: the fraction of exposure is 7"),
        ({"RATE": ("E", "count/s", [1, 1, np.inf, 1])}, "values_impossible", "row 3: the rate is inf"),
        ({"RATE": ("E", "count/s", [np.nan] * 4)}, "nothing_measured", "no bin has counts or a rate"),
        ({"RATE": ("E", "Jy", [1, 1, 1, 1])}, "no_column", "rates in 'Jy'"),
        ({"RATE": ("20E", "count/s", np.ones((4, 20)))}, "too_large", "column RATE: 20 numbers a row"),
        ({"COUNTS": ("J", None, [1, -2, 1, 1])}, "values_impossible", "row 2: the counts is -2"),
    ],
)
def test_what_cannot_be_used_is_refused_by_its_place(
    tmp_path: Path, changes: dict[str, object], code: str, text: str
) -> None:
    path = xmm_file(tmp_path / "a.fits", **changes)
    with pytest.raises(XrayRefusedError, match=text) as caught:
        read_file(path)
    assert caught.value.code == code
