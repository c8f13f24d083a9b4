"""The survey: same seed same bytes, read back by the readers of real files, truth beside each file."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from astro_assets.observations.identification import identify
from astro_assets.observations.light_curves import read_light_curve
from astro_assets.observations.missions import KEPLER_DEFAULT_BITMASK, TESS_DEFAULT_BITMASK
from astro_assets.observations.schemas import SIMULATED_TRUTH_SCHEMA
from astro_assets.observations.simulated_stars import KINDS, Population
from astro_assets.observations.simulated_survey import simulate_survey
from astro_assets.observations.tables import SURFACE_KINDS
from astro_assets_tests.observations.test_simulated_stars import FRACTIONS


@pytest.mark.parametrize("mission", ["TESS", "Kepler"])
def test_same_seed_same_bytes_of_every_kind_also_in_another_process(mission: str) -> None:
    n = 24
    program = (
        "from astro_assets.observations.simulated_survey import simulate_survey\n"
        f"print(*(file.sha256 for file in simulate_survey({n}, seed=7, mission='{mission}')))"
    )
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    files = list(simulate_survey(n, seed=7, mission=mission))
    assert {file.star.kind for file in files} == {*KINDS, "quiet"}
    assert other.stdout.split() == [file.sha256 for file in files]
    assert other.stdout.split() != [file.sha256 for file in simulate_survey(n, seed=8, mission=mission)]


def test_a_larger_survey_begins_with_the_same_files() -> None:
    small = [file.content for file in simulate_survey(2, seed=1)]
    assert [file.content for file in simulate_survey(4, seed=1)][:2] == small
    sectors = list(simulate_survey(2, seed=1, n_segments=2))
    assert [file.name for file in sectors] == [
        f"sim000000{number}-s000{sector}_lc.fits" for number in (1, 2) for sector in (1, 2)
    ]
    assert sectors[0].content == small[0]


@pytest.mark.parametrize("mission", ["TESS", "Kepler"])
def test_files_are_read_back_as_what_they_are(tmp_path: Path, mission: str) -> None:
    n_deep = 0
    for file in simulate_survey(24, seed=3, mission=mission):
        path = tmp_path / "any name"
        path.write_bytes(file.content)
        identity = identify(path)
        assert identity.reason is None
        assert (identity.target_id, identity.origin) == (file.star.target_id, "simulated")
        # The first quarter of full length is the second.
        assert (identity.mission, identity.segment) == (mission, 1 if mission == "TESS" else 2)
        assert identity.cadence_s == pytest.approx(120.0 if mission == "TESS" else 1765.463)
        assert (identity.details or {})["magnitude"] == file.star.magnitude
        assert identity.star == {
            "star_temperature_k": file.star.teff_k,
            "star_surface_gravity": file.star.logg,
            "star_radius_sun": file.star.radius_sun,
        }
        curve = read_light_curve(
            path, tess_bitmask=TESS_DEFAULT_BITMASK, kepler_bitmask=KEPLER_DEFAULT_BITMASK
        )
        assert len(curve.arrays["time"]) > (17500 if mission == "TESS" else 3700)
        time, flux = curve.arrays["time"], curve.arrays["flux"]
        assert np.median(flux) == pytest.approx(1.0, abs=1e-6)
        for row in file.truth():
            # Deep dips are where the truth says they are.
            if not row["depth_ppm"] > 2e4 or row["duration_hours"] < 2.5:
                continue
            n_deep += 1
            hours = ((time - row["epoch_btjd"]) / row["period_days"] + 0.5) % 1 - 0.5
            hours *= row["period_days"] * 24
            middle = np.abs(hours) < 0.35
            outside = (np.abs(hours) > 0.6 * row["duration_hours"]) & (np.abs(hours) < row["duration_hours"])
            depth = np.median(flux[outside]) - np.median(flux[middle])
            assert depth == pytest.approx(row["depth_ppm"] * 1e-6, rel=0.15)
    assert n_deep >= 2


def test_truth_has_a_row_a_signal() -> None:
    rows_of = {}
    for file in simulate_survey(60, seed=1):
        rows = file.truth()
        own = [row for row in rows if row["kind"] not in SURFACE_KINDS]
        assert (len(own) > 0) == (file.star.kind != "quiet")
        for number, row in enumerate(rows, start=1):
            assert set(row) == set(SIMULATED_TRUTH_SCHEMA.names)
            assert row["sha256"] == sha256(file.content).hexdigest()
            assert (row["signal"], row["kind"]) == (number, file.star.kind if row in own else row["kind"])
            rows_of.setdefault(row["kind"], []).append(row)
        # What all stars have; strong spots are a rotator's.
        others = {row["kind"] for row in rows if row not in own}
        assert others == ({"granulation"} if file.star.kind == "rotator" else set(SURFACE_KINDS))
    assert set(rows_of) == {*KINDS, *SURFACE_KINDS}
    assert all(row["light_share"] <= 0.1 for row in rows_of["background_binary"])
    assert all(row["centroid_shift_pixels"] > 0 for row in rows_of["background_binary"])
    assert all(row["secondary_depth_ppm"] > 0 for row in rows_of["eclipsing_binary"])
    assert all(np.isnan(row["depth_ppm"]) for row in rows_of["rotator"] + rows_of["pulsator"])
    assert sum(row["n_flares"] for row in rows_of["flare_star"]) > len(rows_of["flare_star"])
    assert all(np.isnan(row["period_days"]) for row in rows_of["flare_star"])
    crowded = Population(**dict.fromkeys(FRACTIONS, 0.0) | {"planets": 1.0}, several_planets=1.0)
    hosts = list(simulate_survey(20, 1, crowded))
    assert {sum(row["kind"] == "planet" for row in file.truth()) for file in hosts} == {1, 2}


def test_the_amplitude_of_a_pulsator_is_that_in_the_file(tmp_path: Path) -> None:
    pulsating = Population(**dict.fromkeys(FRACTIONS, 0.0) | {"pulsators": 1.0})
    for mission in ("TESS", "Kepler"):
        for file in simulate_survey(3, 1, pulsating, mission=mission):
            path = tmp_path / "file.fits"
            path.write_bytes(file.content)
            curve = read_light_curve(
                path, tess_bitmask=TESS_DEFAULT_BITMASK, kepler_bitmask=KEPLER_DEFAULT_BITMASK
            )
            time, flux = curve.arrays["time"], curve.arrays["flux"].astype(float) - 1
            modes = [row for row in file.truth() if row["kind"] == "pulsator"]
            angles = 2 * np.pi * np.outer(time, [1 / row["period_days"] for row in modes])
            terms = np.hstack([np.sin(angles), np.cos(angles), np.ones((len(time), 1))])
            solution = np.linalg.lstsq(terms, flux, rcond=None)[0]
            found = 1e6 * np.hypot(solution[: len(modes)], solution[len(modes) : -1])
            assert len(modes) == 5
            np.testing.assert_allclose(found, [row["amplitude_ppm"] for row in modes], rtol=0.05, atol=60)


def test_missions_share_no_target() -> None:
    (tess,), (kepler,) = (list(simulate_survey(1, 1, mission=mission)) for mission in ("TESS", "Kepler"))
    assert (tess.star.target_id, kepler.star.target_id) == ("SIM 1", "SIM 1000001")


def test_seeds_share_no_target_and_no_file_name() -> None:
    files = [
        file
        for seed in (1, 2, 3)
        for mission in ("TESS", "Kepler")
        for file in simulate_survey(2, seed, mission=mission)
    ]
    assert len({file.star.target_id for file in files}) == len({file.name for file in files}) == len(files)
    assert files[4].star.target_id == "SIM 10000001"


@pytest.mark.parametrize(
    "arguments",
    [
        (-1, 1),
        (1_000_000, 1),
        (1, 0),
        (1, 1, None, 0),
        (1, 1, None, 1, "K2"),
        (1, 1, None, 17, "Kepler"),
    ],
)
def test_impossible_surveys_are_refused(arguments: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="cannot simulate"):
        next(simulate_survey(*arguments))
