"""The formats of lightkurve, eleanor, K2SC and K2VARCAT: as their authors write them, and spoilt."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import lightkurve
import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from astropy.time import Time

from astro_assets.observations.identification import identify
from astro_assets.observations.light_curves import LightCurve, read_light_curve
from astro_assets.observations.missions import KEPLER_DEFAULT_BITMASK, TESS_DEFAULT_BITMASK
from astro_assets_tests.observations.made_files import light_curve_file

N = 100
TIME = 1500 + np.arange(N) / 48
FLUX = (1000 + np.random.default_rng(1).normal(0, 1, N)).astype(np.float32)


def _curve(path: Path, **settings: Any) -> LightCurve:
    return read_light_curve(
        path, tess_bitmask=TESS_DEFAULT_BITMASK, kepler_bitmask=KEPLER_DEFAULT_BITMASK, **settings
    )


def _lightkurve(path: Path, *, fold: bool = False) -> Path:
    values = {"time": Time(TIME, format="btjd"), "flux": FLUX, "flux_err": np.ones(N)}
    curve = lightkurve.TessLightCurve(**values, targetid=42) if fold else lightkurve.LightCurve(**values)
    curve.meta.update({"MISSION": "TESS", "TELESCOP": "TESS", "TARGETID": 42})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # units that lightkurve itself writes
        if fold:
            curve.fold(period=1.0, epoch_time=1500.5).to_fits(path=path, overwrite=True)
        else:
            curve.to_fits(path=path, overwrite=True, OBJECT="42", SECTOR=7, TARGETID=42)
    return path


def test_what_lightkurve_writes_comes_back(tmp_path: Path) -> None:
    path = _lightkurve(tmp_path / "a")
    assert fits.getheader(path)["CREATOR"].startswith("lightkurve")
    curve = _curve(path)
    identity = curve.identity
    assert (identity.product, identity.target_id, identity.segment) == ("lightkurve", "TIC 42", 7)
    np.testing.assert_allclose(curve.arrays["time"], TIME, rtol=0, atol=1e-9)
    np.testing.assert_allclose(curve.arrays["flux"], FLUX / np.median(FLUX), rtol=1e-6)


def test_a_folded_export_is_refused_as_what_it_is(tmp_path: Path) -> None:
    assert identify(_lightkurve(tmp_path / "a", fold=True)).reason_code == "phase_folded"


def _export(path: Path, time: np.ndarray, name: str = "FLUX", error: float = 1.0, **cards: Any) -> LightCurve:
    flux = 1000 + np.random.default_rng(1).normal(0, 1, time.size)
    errors = np.full(time.size, error)
    curve = lightkurve.LightCurve(time=Time(time, format="btjd"), flux=flux, flux_err=errors)
    curve.meta.update({"MISSION": "TESS", "TELESCOP": "TESS"})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # units that lightkurve itself writes
        curve.to_fits(path=path, flux_column_name=name, OBJECT="42", TARGETID=42, **cards)
    return _curve(path)


@pytest.mark.parametrize(("days", "segment"), [([(1500, 1527)], 7), ([(1500, 1527), (1900, 1927)], None)])
def test_stitched_exports_are_of_no_segment(
    tmp_path: Path, days: list[tuple[float, float]], segment: int | None
) -> None:
    time = np.concatenate([np.arange(*span, 1 / 48) for span in days])
    curve = _export(tmp_path / "a.fits", time, SECTOR=7)
    assert (curve.identity.segment, curve.identity.n_rows) == (segment, time.size)


def test_exports_under_other_names_and_without_errors(tmp_path: Path) -> None:
    for name in ("SAP_FLUX", "PDCSAP_FLUX"):
        curve = _export(tmp_path / name, TIME, name, SECTOR=7)
        assert (curve.flux_column, curve.has_errors) == (name, True)
    bare = _export(tmp_path / "b", TIME, error=np.nan)
    assert not bare.has_errors
    assert bare.arrays["flux_err"][0] == pytest.approx(1e-3, rel=0.3)
    assert bare.identity.segment is None


@pytest.mark.parametrize(
    ("cards", "code"),
    [
        ({"TUNIT1": "jd"}, "time_system_unknown"),
        ({"TTYPE2": "KSPMAG"}, "no_flux_column"),
        ({"TTYPE1": "DATE"}, "no_column"),
        ({"EXTNAME": "OTHER"}, "no_flux_column"),
    ],
)
def test_spoilt_exports(tmp_path: Path, cards: dict[str, str], code: str) -> None:
    path = _lightkurve(tmp_path / "a")
    for keyword, value in cards.items():
        fits.setval(path, keyword, value=value, ext=1)
    _rewrite_sums(path)
    assert identify(path).reason_code == code


def _rewrite_sums(path: Path) -> None:
    with fits.open(path, memmap=False) as hdus:
        hdus.writeto(path, overwrite=True, checksum=True)


def _eleanor(path: Path, tic: object = 42, name: str | None = None, **replaced: np.ndarray | None) -> Path:
    """Write the table of ``eleanor.TargetData.save(lite=True)``, in its order."""
    values = {
        "TIME": TIME,
        "BARYCORR": np.zeros(N),
        "RAW_FLUX": FLUX * 2,
        "CORR_FLUX": FLUX,
        "FLUX_ERR": np.full(N, 2.0),
        "QUALITY": np.where(np.arange(N) < 5, 32, 0),
        "X_CENTROID": np.linspace(5, 6, N),
        "Y_CENTROID": np.linspace(6, 7, N),
        "FLUX_BKG": np.zeros(N),
        "FFIINDEX": np.arange(N) + 4000,
        **replaced,
    }
    table = Table({name: value for name, value in values.items() if value is not None})
    primary = fits.PrimaryHDU()
    primary.header.update(
        {"CREATED": "2020-02-03", "VERSION": "2.0.5", "TIC_ID": tic, "SECTOR": 7, "TMAG": 9.5}
    )
    if name is not None:
        primary.header["OBJECT"] = name
    fits.HDUList([primary, fits.BinTableHDU(table)]).writeto(path)
    return path


def test_eleanor(tmp_path: Path) -> None:
    path = _eleanor(tmp_path / "a.fits")
    corrected, raw = _curve(path), _curve(path, flux_column="SAP_FLUX")
    identity = corrected.identity
    assert (identity.product, identity.target_id, identity.segment) == ("eleanor", "TIC 42", 7)
    assert (identity.file_created, identity.cadence_s) == ("2020-02-03", pytest.approx(1800))
    assert (corrected.flux_column, raw.flux_column, corrected.n_flagged) == ("CORR_FLUX", "RAW_FLUX", 5)
    assert raw.median_flux == pytest.approx(2 * corrected.median_flux)
    np.testing.assert_allclose(corrected.arrays["flux_err"], raw.arrays["flux_err"], rtol=2e-2)
    assert corrected.arrays["cadence_number"][0] == 4005


def test_eleanor_of_other_versions(tmp_path: Path) -> None:
    index = (np.arange(N) + 4000).astype(float)
    assert _curve(_eleanor(tmp_path / "a", FFIINDEX=index)).arrays["cadence_number"][0] == 4005
    bare = _curve(_eleanor(tmp_path / "b", FFIINDEX=None, X_CENTROID=None, Y_CENTROID=None))
    assert bare.arrays["cadence_number"][0] == 5
    assert np.isnan(bare.arrays["centroid_row"]).all()
    assert identify(_eleanor(tmp_path / "c", TIME=None)).reason_code == "no_column"
    assert identify(_eleanor(tmp_path / "d", FFIINDEX=index + 0.5)).reason_code == "no_column"


def test_eleanor_with_fewer_columns(tmp_path: Path) -> None:
    unflagged = _curve(_eleanor(tmp_path / "a", QUALITY=None, FLUX_ERR=None))
    assert (unflagged.n_flagged, unflagged.has_errors) == (0, False)
    for number, (left_out, column) in enumerate((("RAW_FLUX", "CORR_FLUX"), ("CORR_FLUX", "RAW_FLUX"))):
        path = _eleanor(tmp_path / f"{number}.fits", **{left_out: None})
        for asked in ("PDCSAP_FLUX", "SAP_FLUX"):
            curve = _curve(path, flux_column=asked)
            assert (curve.identity.product, curve.flux_column) == ("eleanor", column)


@pytest.mark.parametrize(
    ("tic", "name", "target"),
    [
        (10005000540, None, "TIC 10005000540"),
        ("42", None, "TIC 42"),
        (" 10005000540", "TIC 10005000540", "TIC 10005000540"),
        (42, "WASP-126", "TIC 42"),
        (42, "pi Men", "TIC 42"),
        (42, "Simbad 7", "TIC 42"),
        (42, "TIC 43", None),
        (42, "KIC 42", None),
        (42, "TIC zero", None),
        (42, "../42", None),
        (42, "SIM", None),
    ],
)
def test_numbers_of_64_bits_or_of_digits_and_common_names(
    tmp_path: Path, tic: object, name: str | None, target: str | None
) -> None:
    identity = identify(_eleanor(tmp_path / "a", tic, name))
    assert identity.target_id == target
    assert identity.reason_code == (None if target else "identity_unclear")


@pytest.mark.parametrize("only", ["SAP", "PDC"])
def test_k2sc_with_one_table(shared_data: Path, tmp_path: Path, only: str) -> None:
    (source,) = (shared_data / "kepler_lc").glob("hlsp_k2sc*211121743*")
    path = tmp_path / "a.fits"
    with fits.open(source, memmap=False) as hdus:
        fits.HDUList([hdus[0], hdus[only]]).writeto(path)
    for asked in ("PDCSAP_FLUX", "SAP_FLUX"):
        assert _curve(path, flux_column=asked).flux_column == f"{only}.FLUX"


@pytest.mark.parametrize(("only", "other"), [("SAP_FLUX", "PDCSAP_FLUX"), ("PDCSAP_FLUX", "SAP_FLUX")])
def test_a_mission_file_with_one_flux_and_without_errors(tmp_path: Path, only: str, other: str) -> None:
    without: dict[str, np.ndarray | None] = {other: None, f"{other}_ERR": None}
    one = light_curve_file(tmp_path / "a.fits", columns=without)
    bare = light_curve_file(tmp_path / "b.fits", columns={**without, f"{only}_ERR": None})
    for asked in ("PDCSAP_FLUX", "SAP_FLUX"):
        curve = _curve(one, flux_column=asked)
        assert (curve.flux_column, curve.has_errors) == (only, True)
        assert not _curve(bare, flux_column=asked).has_errors


@pytest.mark.parametrize(
    ("pattern", "extension", "cards", "code"),
    [
        ("hlsp_k2sc*211121743*", 1, {"TIMESYS": "UTC"}, "time_system_unknown"),
        ("hlsp_k2sc*211121743*", 0, {"CAMPAIGN": "four"}, "identity_missing"),
        ("hlsp_k2varcat*", 1, {"TUNIT1": "BJD"}, "time_system_unknown"),
        ("hlsp_k2varcat*", 1, {"TTYPE1": "DATE"}, "no_column"),
        ("hlsp_k2varcat*", 0, {"OBJECT": "EPIC 1"}, "identity_unclear"),
    ],
)
def test_spoilt_hlsp_files(
    shared_data: Path, tmp_path: Path, pattern: str, extension: int, cards: dict[str, str], code: str
) -> None:
    (source,) = (shared_data / "kepler_lc").glob(pattern)
    path = tmp_path / "a.fits"
    path.write_bytes(source.read_bytes())
    for keyword, value in cards.items():
        fits.setval(path, keyword, value=value, ext=extension)
    _rewrite_sums(path)
    assert identify(path).reason_code == code
