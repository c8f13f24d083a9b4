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


@pytest.mark.parametrize(
    ("cards", "code"),
    [
        ({"TUNIT1": "jd"}, "time_system_unknown"),
        ({"TTYPE2": "KSPMAG"}, "no_flux_column"),
        ({"TTYPE3": "SIGMA"}, "no_column"),
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


def _eleanor(path: Path, **replaced: np.ndarray | None) -> Path:
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
        {"CREATED": "2020-02-03", "VERSION": "2.0.5", "TIC_ID": 42, "SECTOR": 7, "TMAG": 9.5}
    )
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
    assert identify(_eleanor(tmp_path / "c", FLUX_ERR=None)).reason_code == "no_column"
    assert identify(_eleanor(tmp_path / "d", FFIINDEX=index + 0.5)).reason_code == "no_column"


@pytest.mark.parametrize(
    ("pattern", "extension", "cards", "code"),
    [
        ("hlsp_k2sc*211121743*", 1, {"EXTNAME": "OTHER"}, "no_flux_column"),
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
