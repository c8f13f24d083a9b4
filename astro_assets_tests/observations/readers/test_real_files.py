"""Every light-curve file of the collection is read, or refused for the reason that holds for it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from astro_assets.observations.file_identity import FileIdentity
from astro_assets.observations.identification import identify
from astro_assets.observations.light_curves import read_light_curve
from astro_assets.observations.missions import KEPLER_DEFAULT_BITMASK, TESS_DEFAULT_BITMASK
from astro_assets.observations.schemas import LightCurveConfig
from astro_assets.observations.tables import LIGHT_CURVES, SELECTED_FILES, compute_selected_files
from astro_assets_tests.observations.described import entries

BITMASKS = {"tess_bitmask": TESS_DEFAULT_BITMASK, "kepler_bitmask": KEPLER_DEFAULT_BITMASK}
#: Refused files by name, with the code of the reason.
REFUSED = {
    "targets.csv": "not_an_observation",
    "exovetter_tce-test.json": "not_fits",
    "triceratops_Kepler10b_lightcurve.csv": "phase_folded",
    "triceratops_TOI1228_folded_lightcurve.csv": "phase_folded",
    "triceratops_TOI411_02_lightcurve.csv": "phase_folded",
    "triceratops_TOI465_01_lightcurve.csv": "phase_folded",
}
PRODUCTS = (
    ("exohunt_*", "lightkurve"),
    ("exovetter_wasp18b.fits", "lightkurve"),
    ("hlsp_k2sc_*", "k2sc"),
    ("hlsp_k2varcat_*", "k2varcat"),
    ("*.parquet", "table"),
    ("EPIC*.csv", "table"),
    ("exovetter_*.csv", "table"),
    ("*.fits", "mission"),
)


@pytest.fixture(scope="module")
def described(shared_data: Path) -> dict[Path, str | None]:
    """All files with their entries."""
    found: dict[Path, str | None] = {}
    for name in ("kepler_lc", "tess_lc"):
        folder = shared_data / name
        told = entries(folder)
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                found[path] = told.get(path.relative_to(folder).as_posix())
    return found


@pytest.fixture(scope="module")
def identities(described: dict[Path, str | None]) -> dict[Path, FileIdentity]:
    return {path: identify(path, entry) for path, entry in described.items()}


def test_stars_are_what_astropy_reads_of_the_headers(identities: dict[Path, FileIdentity]) -> None:
    n_told = 0
    for path, identity in identities.items():
        if path.suffix != ".fits":
            continue
        header = fits.getheader(path)
        told = [header.get(card) for card in ("TEFF", "LOGG", "RADIUS")]
        assert list((identity.star or {}).values()) == told, path.name
        n_told += None not in told
    assert n_told > 50
    (tres_2,) = (star.star for star in identities.values() if star.target_id == "KIC 11446443")
    assert tres_2 == {
        "star_temperature_k": 5820.0,
        "star_surface_gravity": 4.457,
        "star_radius_sun": 0.964,
    }


def test_every_file_is_read_or_refused_for_its_reason(identities: dict[Path, FileIdentity]) -> None:
    assert len(identities) > 120
    for path, identity in identities.items():
        assert identity.reason_code == REFUSED.get(path.name), (path.name, identity.reason)
        if identity.status == "accepted":
            expected = next(product for glob, product in PRODUCTS if path.match(glob))
            assert identity.product == expected, path.name
    assert Counter(identity.status for identity in identities.values())["refused"] == len(REFUSED) + 1


def test_targets_are_those_of_the_labels(identities: dict[Path, FileIdentity], shared_data: Path) -> None:
    import polars as pl

    labels = pl.read_csv(shared_data / "labels_lightcurves.csv", infer_schema=False)
    n_compared = 0
    for name, target in labels.select("file", "target_id").unique().iter_rows():
        identity = identities.get(shared_data / name)
        if identity is not None and identity.status == "accepted" and target:
            assert identity.target_id is not None
            assert identity.target_id.split()[1] == target.split()[-1], name
            n_compared += 1
    assert n_compared > 100


def test_every_accepted_file_has_a_light_curve(
    described: dict[Path, str | None], identities: dict[Path, FileIdentity]
) -> None:
    for path, entry in described.items():
        if identities[path].status == "accepted" and not path.name.startswith(("kplr", "tess2018")):
            curve = read_light_curve(path, description=entry, **BITMASKS)
            assert len(curve.arrays["time"]) > 0.4 * (identities[path].n_rows or 0), path.name
            assert abs(float(np.median(curve.arrays["flux"])) - 1) < 1e-6


def test_k2sc_is_the_mission_flux_less_the_part_that_follows_the_pointing(shared_data: Path) -> None:
    folder = shared_data / "kepler_lc"
    ours = read_light_curve(folder / "hlsp_k2sc_k2_llc_211121743-c04_kepler_v2_lc.fits", **BITMASKS)
    mission = read_light_curve(folder / "ktwo211121743-c04_llc.fits", **BITMASKS)
    stored = fits.getdata(folder / "hlsp_k2sc_k2_llc_211121743-c04_kepler_v2_lc.fits", "PDC")
    _, i, j = np.intersect1d(
        ours.arrays["cadence_number"], mission.arrays["cadence_number"], return_indices=True
    )
    assert len(i) > 3000
    np.testing.assert_array_equal(ours.arrays["time"][i], mission.arrays["time"][j])
    position = dict(zip(stored["cadence"].tolist(), stored["trposi"].tolist(), strict=True))
    trend = np.array([position[n] for n in ours.arrays["cadence_number"][i].tolist()])
    removed = mission.arrays["flux"][j] * mission.median_flux - ours.arrays["flux"][i] * ours.median_flux
    steps = np.diff(removed), np.diff(trend)
    assert np.corrcoef(*steps)[0, 1] > 0.999
    assert np.std(steps[0] - steps[1]) < 0.02 * np.std(steps[1])


def test_k2varcat_keeps_the_times_of_the_mission(shared_data: Path) -> None:
    folder = shared_data / "kepler_lc"
    (path,) = folder.glob("hlsp_k2varcat*")
    ours, raw = (
        read_light_curve(path, flux_column=column, **BITMASKS) for column in ("PDCSAP_FLUX", "SAP_FLUX")
    )
    mission = fits.getdata(folder / "ktwo211121743-c04_llc.fits", 1)["TIME"] - 2167
    assert set(ours.arrays["time"].tolist()) <= set(mission.tolist())
    assert (ours.flux_column, raw.flux_column) == ("DETFLUX", "APTFLUX")
    assert raw.median_flux == pytest.approx(520950, rel=1e-3)
    assert np.isfinite(ours.arrays["centroid_row"]).all()


def test_one_product_of_each_observation(described: dict[Path, str | None]) -> None:
    def chosen(*globs: str) -> dict[str, tuple[str, str | None]]:
        rows = []
        for path, entry in described.items():
            if any(path.match(glob) for glob in globs):
                file = {"sha256": path, "description": entry}
                assert LIGHT_CURVES.compute is not None
                rows += LIGHT_CURVES.compute(path.name, {"observation_files": [file]}, LightCurveConfig())
        (target,) = {row["target_id"] for row in rows}
        files = compute_selected_files(target, {"light_curves": rows}, SELECTED_FILES.config)  # type: ignore[arg-type]
        return {row["sha256"]: (row["status"], row["reason_code"]) for row in files}

    three = chosen("*211121743*")
    assert len(three) == 3
    assert [name for name, (status, _) in three.items() if status == "selected"] == [
        "hlsp_k2sc_k2_llc_211121743-c04_kepler_v2_lc.fits"
    ]
    assert {code for _, code in three.values()} == {None, "other_product"}
    assert sorted(chosen("*211117077*").values()) == [("not_selected", "other_product"), ("selected", None)]
    assert chosen("exovetter_wasp18b*") == {
        "exovetter_wasp18b.fits": ("selected", None),
        "exovetter_wasp18b_flat_lightcurve.csv": ("selected", None),
        "exovetter_wasp18b_lc.fits": ("not_selected", "other_cadence"),
    }
    binaries = chosen("*KIC10858720*")
    assert set(binaries.values()) == {("conflict", "fluxes_disagree")}
    assert len(binaries) == 2
    assert set(chosen("kplr002556081*").values()) == {("selected", None)}
