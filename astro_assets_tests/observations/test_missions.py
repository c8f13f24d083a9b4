"""Our constants against lightkurve's."""

from __future__ import annotations

from pathlib import Path

import pytest
from astropy.time import Time
from lightkurve.utils import KeplerQualityFlags, TessQualityFlags

from astro_assets.observations.missions import (
    BTJD_ZERO_BJD,
    KEPLER_DEFAULT_BITMASK,
    MISSIONS,
    TESS_DEFAULT_BITMASK,
)
from astro_assets.observations.readers.observation import sane_dates
from astro_assets.observations.refusals import RefusalError
from astro_assets.observations.targets import CATALOGUES


def test_quality_bits_are_those_of_lightkurve() -> None:
    assert TESS_DEFAULT_BITMASK == TessQualityFlags.DEFAULT_BITMASK
    assert KEPLER_DEFAULT_BITMASK == KeplerQualityFlags.DEFAULT_BITMASK


def test_each_mission_has_its_own_bits_and_years() -> None:
    bits = {name: mission.default_bitmask for name, mission in MISSIONS.items()}
    assert bits == {
        "TESS": TESS_DEFAULT_BITMASK,
        "Kepler": KEPLER_DEFAULT_BITMASK,
        "K2": KEPLER_DEFAULT_BITMASK,
    }
    kepler, k2, tess = (MISSIONS[name] for name in ("Kepler", "K2", "TESS"))
    assert kepler.first_btjd < kepler.last_btjd < k2.first_btjd < tess.first_btjd < k2.last_btjd < 9000


@pytest.mark.parametrize("name", MISSIONS)
def test_the_years_are_documented(name: str) -> None:
    mission = MISSIONS[name]
    first, last = (
        Time(BTJD_ZERO_BJD + day, format="jd", scale="tdb").to_value("iso", subfmt="date")
        for day in (mission.first_btjd, mission.last_btjd)
    )
    page = " ".join((Path(__file__).parents[2] / "docs" / "readers" / "README.md").read_text().split())
    assert f"{name} {first} to {last}" in page
    with pytest.raises(RefusalError, match=f"is not within {name}'s {first} to {last}"):
        sane_dates(mission, 1e9, 1e9)


def test_missions_name_known_catalogues() -> None:
    assert {mission.catalogue for mission in MISSIONS.values()} == set(CATALOGUES) - {"SIM"}
    assert {mission.segment_kind for mission in MISSIONS.values()} == {"sector", "quarter", "campaign"}
