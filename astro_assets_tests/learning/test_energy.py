"""The energy of a block is measured offline and silently, and its absence is told."""

from __future__ import annotations

import math
import sys
import time
from pathlib import Path

import pytest

from astro_assets.learning.energy import WORLD_AVERAGE, measured_energy


def test_energy_is_that_of_work_and_of_the_electricity_of_a_country(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    # What a user has set for other programs must send and write nothing here.
    (tmp_path / ".codecarbon.config").write_text("[codecarbon]\nsave_to_file = true\nsave_to_api = true\n")
    found = {}
    for country in (None, "FRA", "POL"):
        with measured_energy(country) as energy:
            start = time.perf_counter()
            while time.perf_counter() - start < 0.2:
                math.sqrt(2.0)
        found[country] = energy
        assert 0.2 <= energy.seconds < 5
        # Between a watt and a kilowatt.
        assert 1 < energy.kwh * 3.6e6 / energy.seconds < 1000
        assert energy.method.startswith(("measured by RAPL", "estimated from the processor's load"))
    assert found[None].co2e_kg == pytest.approx(found[None].kwh * WORLD_AVERAGE / 1000)
    assert "the world" in found[None].method
    assert "FRA" in found["FRA"].method
    # Nuclear power here, coal there.
    assert found["POL"].co2e_kg / found["POL"].kwh > 5 * found["FRA"].co2e_kg / found["FRA"].kwh
    assert {path.name for path in tmp_path.iterdir()} <= {".codecarbon.config", "astro_assets_home"}
    assert capfd.readouterr() == ("", "")


def test_a_country_that_does_not_exist_has_the_electricity_of_the_world() -> None:
    with measured_energy("XXX") as energy:
        pass
    assert "the world" in energy.method


def test_an_error_in_the_block_is_the_block_s_and_is_measured_too() -> None:
    with pytest.raises(KeyError), measured_energy() as energy:
        raise KeyError("training")
    assert energy.kwh >= 0


@pytest.mark.parametrize("missing", ["codecarbon", "codecarbon.core.cpu"])
def test_a_failing_measurement_stops_nothing_and_says_so(
    missing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with measured_energy() as energy:
        done = True
    assert done
    assert math.isnan(energy.kwh)
    assert energy.method.startswith("not measured: ")
    assert energy.seconds > 0
