"""A simulated sector has the noise, gap and flags of a real one."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from astro_assets.observations.simulated_sector import observe
from astro_assets.observations.simulated_signals import Signal, Variability
from astro_assets.observations.simulated_stars import SimulatedStar


def _star(magnitude: float, *signals: Signal) -> SimulatedStar:
    return SimulatedStar("SIM 1", "planet", magnitude, 10.0, 20.0, signals, Variability())


def _columns(star: SimulatedStar, sector: int = 1) -> fits.FITS_rec:
    content = observe(star, sector, np.random.default_rng(5))
    with fits.open(BytesIO(content)) as hdus:
        hdus.verify("exception")
        return hdus[1].data


@pytest.mark.parametrize("magnitude", [8.0, 10.0, 13.0])
def test_scatter_is_what_the_errors_say(magnitude: float) -> None:
    columns = _columns(_star(magnitude))
    good = columns["QUALITY"] == 0
    flux, error = columns["PDCSAP_FLUX"][good], columns["PDCSAP_FLUX_ERR"][good]
    assert np.isfinite(flux).all()
    scatter = 1.4826 * np.median(np.abs(flux - np.median(flux)))
    assert scatter == pytest.approx(np.median(error), rel=0.03)
    # 15,000 electrons a second at magnitude 10, and five magnitudes are a factor of 100.
    assert np.median(flux) == pytest.approx(15000 * 100 ** ((10 - magnitude) / 5), rel=1e-3)


def test_noise_is_about_that_of_a_real_star(shared_data: Path) -> None:
    path = shared_data / "tess_lc" / "tess2018206045859-s0001-0000000231663901-0120-s_lc.fits"
    with fits.open(path) as hdus:
        magnitude, real = hdus[0].header["TESSMAG"], hdus[1].data
        flux = real["PDCSAP_FLUX"][real["QUALITY"] == 0].astype(float)
    made = _columns(_star(magnitude))
    simulated = made["PDCSAP_FLUX"][made["QUALITY"] == 0].astype(float)
    scatter = [np.median(np.abs(np.diff(values / np.nanmedian(values)))) for values in (flux, simulated)]
    assert 0.6 < scatter[1] / scatter[0] < 1.6


def test_gap_dumps_and_outliers() -> None:
    columns = _columns(_star(10.0))
    quality, time = columns["QUALITY"], columns["TIME"]
    gap = quality == 136
    assert np.isnan(time[gap]).all()
    assert np.isfinite(time[~gap]).all()
    assert gap.sum() == pytest.approx(720, abs=2)  # a day
    assert np.isnan(columns["MOM_CENTR1"][gap]).all()
    assert np.count_nonzero(quality & 32) == 55  # eleven dumps of five cadences, none in the gap
    error = np.nanmedian(columns["PDCSAP_FLUX_ERR"])
    middle = np.nanmedian(columns["PDCSAP_FLUX"])
    assert np.std(columns["PDCSAP_FLUX"][(quality & 32) > 0]) > 5 * error
    outliers = (columns["PDCSAP_FLUX"] - middle > 5.0 * error) & (quality & 32 == 0)
    assert 6 <= outliers.sum() <= 12
    assert np.count_nonzero(outliers & (quality & 512 > 0)) <= 6
    assert np.count_nonzero(outliers & (quality == 0)) >= 3


def test_raw_flux_drifts_and_corrected_flux_does_not() -> None:
    columns = _columns(_star(8.0))
    good = np.flatnonzero(columns["QUALITY"] == 0)
    first, last = good[:300], good[-300:]
    raw, corrected = (columns[name] for name in ("SAP_FLUX", "PDCSAP_FLUX"))
    assert abs(np.mean(corrected[first]) / np.mean(corrected[last]) - 1) < 2e-4
    assert abs(np.mean(raw[first]) / np.mean(raw[last]) - 1) > 5e-4


def test_sectors_follow_each_other_and_signals_keep_their_phase() -> None:
    signal = Signal("planet", 3.0, 1326.0, duration_days=0.3, ingress_days=0.02, depth=0.02)
    first, second = (_columns(_star(8.0, signal), sector) for sector in (1, 2))
    assert np.nanmin(second["TIME"]) > np.nanmax(first["TIME"])
    assert second["CADENCENO"][0] > first["CADENCENO"][-1]
    for columns in (first, second):
        good = columns["QUALITY"] == 0
        phase = (columns["TIME"][good] - 1326.0 + 1.5) % 3.0 - 1.5
        flux = columns["PDCSAP_FLUX"][good]
        depth = 1 - np.median(flux[np.abs(phase) < 0.12]) / np.median(flux[np.abs(phase) > 0.2])
        assert depth == pytest.approx(0.02, abs=2e-4)
