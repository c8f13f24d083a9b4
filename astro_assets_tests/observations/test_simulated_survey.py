"""The survey: same seed same bytes, read back by the readers of real files, truth beside each file."""

from __future__ import annotations

import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from astro_assets.observations.fits_light_curves import identify
from astro_assets.observations.light_curves import read_light_curve
from astro_assets.observations.missions import KEPLER_DEFAULT_BITMASK, TESS_DEFAULT_BITMASK
from astro_assets.observations.schemas import SIMULATED_TRUTH_SCHEMA
from astro_assets.observations.simulated_stars import Population
from astro_assets.observations.simulated_survey import simulate_survey


def test_same_seed_same_bytes_also_in_another_process() -> None:
    program = (
        "from astro_assets.observations.simulated_survey import simulate_survey\n"
        "print(*(file.sha256 for file in simulate_survey(3, seed=7)))"
    )
    other = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert other.stdout.split() == [file.sha256 for file in simulate_survey(3, seed=7)]
    assert other.stdout.split() != [file.sha256 for file in simulate_survey(3, seed=8)]


def test_a_larger_survey_begins_with_the_same_files() -> None:
    small = [file.content for file in simulate_survey(2, seed=1)]
    assert [file.content for file in simulate_survey(4, seed=1)][:2] == small
    sectors = list(simulate_survey(2, seed=1, n_sectors=2))
    assert [file.name for file in sectors] == [
        f"sim00000{number}-s000{sector}_lc.fits" for number in (1, 2) for sector in (1, 2)
    ]
    assert sectors[0].content == small[0]


def test_files_are_read_back_as_what_they_are(tmp_path: Path) -> None:
    for file in simulate_survey(12, seed=3):
        path = tmp_path / "any name"
        path.write_bytes(file.content)
        identity = identify(path)
        assert identity.reason is None
        assert (identity.target_id, identity.origin) == (file.star.target_id, "simulated")
        assert (identity.mission, identity.segment, identity.cadence_s) == ("TESS", 1, 120.0)
        assert (identity.details or {})["magnitude"] == file.star.magnitude
        curve = read_light_curve(
            path, tess_bitmask=TESS_DEFAULT_BITMASK, kepler_bitmask=KEPLER_DEFAULT_BITMASK
        )
        assert len(curve.arrays["time"]) > 18000
        assert np.median(curve.arrays["flux"]) == pytest.approx(1.0, abs=1e-6)
        for row in file.truth():
            # Deep dips are where the truth says they are.
            noise = float(np.median(curve.arrays["flux_err"]))
            if row["depth_ppm"] < 10 * noise * 1e6:
                continue
            phase = (curve.arrays["time"] - row["epoch_btjd"]) / row["period_days"]
            hours = ((phase + 0.5) % 1 - 0.5) * row["period_days"] * 24
            middle = np.abs(hours) < max(row["duration_hours"] / 2 - row["ingress_hours"], 0.05)
            outside = (np.abs(hours) > row["duration_hours"]) & (np.abs(hours) < 1.5 * row["duration_hours"])
            depth = np.median(curve.arrays["flux"][outside]) - np.median(curve.arrays["flux"][middle])
            assert depth == pytest.approx(row["depth_ppm"] * 1e-6, rel=0.15)


def test_truth_has_a_row_a_signal() -> None:
    files = list(simulate_survey(20, seed=1))
    for file in files:
        rows = file.truth()
        assert len(rows) == len(file.star.signals)
        assert (len(rows) > 0) == (file.star.kind in ("planet", "eclipsing_binary"))
        for number, row in enumerate(rows, start=1):
            assert tuple(row) == SIMULATED_TRUTH_SCHEMA.names
            assert row["sha256"] == sha256(file.content).hexdigest()
            assert (row["signal"], row["kind"]) == (number, file.star.kind)
    assert any(len(file.truth()) == 2 for file in simulate_survey(20, 1, Population(1.0, 0.0, 0.0, 1.0)))


@pytest.mark.parametrize("arguments", [(-1, 0), (1, -1), (1, 0, None, 0)])
def test_impossible_surveys_are_refused(arguments: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="cannot simulate"):
        next(simulate_survey(*arguments))
