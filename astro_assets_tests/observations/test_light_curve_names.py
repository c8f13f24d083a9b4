"""What MAST's names of light curves and targets say; nothing else passes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.observations.light_curve_names import (
    CADENCES,
    NamedLightCurve,
    light_curve_named,
    mission_of,
    target_name,
)
from astro_assets.observations.missions import K2, KEPLER, MISSIONS, TESS, Mission

NAMES = [
    (TESS, "tess2018206045859-s0001-0000000025155310-0120-s_lc.fits", "", ("TIC 25155310", 1, 120)),
    (TESS, "tess2020212050318-s0028-0000000025155310-0190-a_fast-lc.fits", "", ("TIC 25155310", 28, 20)),
    (KEPLER, "kplr011446443-2009350155506_llc.fits", "Long Cadence (CLC) - Q3", ("KIC 11446443", 3, 1800)),
    (KEPLER, "kplr011446443-2009350155506_slc.fits", "Short Cadence (CSC) - Q13", ("KIC 11446443", 13, 60)),
    (KEPLER, "kplr011446443-2009350155506_llc.fits", "a light curve", ("KIC 11446443", None, 1800)),
    (K2, "ktwo201367065-c01_llc.fits", "", ("EPIC 201367065", 1, 1800)),
    (K2, "ktwo201367065-c102_slc.fits", "", ("EPIC 201367065", 10, 60)),
]  # fmt: skip


@pytest.mark.parametrize(("mission", "name", "description", "said"), NAMES)
def test_names_say_target_segment_and_cadence(
    mission: Mission, name: str, description: str, said: tuple[str, int | None, int]
) -> None:
    assert light_curve_named(mission, name, description) == NamedLightCurve(*said)
    assert all(light_curve_named(other, name) is None for other in MISSIONS.values() if other is not mission)


@pytest.mark.parametrize(("mission", "name", "description", "_"), NAMES)
@given(data=st.data())
def test_names_that_are_a_little_different_are_none(
    mission: Mission, name: str, description: str, _: object, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(name)))
    more = data.draw(st.sampled_from(["/", "..", "\0", "\n", " ", "\\", "\u0661", "x"]))
    assert light_curve_named(mission, name[:place] + more + name[place:], description) is None


def test_other_products_are_none() -> None:
    for name in (
        "tess2018206045859-s0001-0000000025155310-0120-s_tp.fits",
        "tess2018206045859-s0001-0000000025155310-0120-a_fast-tp.fits",
        "tess2018206045859-s0001-0000000000000000-0120-s_lc.fits",
        "tess2018206190142-s0001-s0001-0000000025155310-00106_dvr.pdf",
    ):
        assert light_curve_named(TESS, name) is None


@given(st.integers(1, 999_999_999))
def test_targets_are_called_as_mast_calls_them(number: int) -> None:
    assert target_name(f"TIC {number}") == str(number)
    assert target_name(f"KIC {number}") == f"kplr{number:09d}"
    assert target_name(f"EPIC {number}") == f"ktwo{number:09d}"


def test_each_catalogue_is_of_a_mission() -> None:
    assert [mission_of(target) for target in ("TIC 1", "KIC 1", "EPIC 1", "SIM 1")] == [
        TESS,
        KEPLER,
        K2,
        None,
    ]
    assert {name: next(iter(of)) for name, of in CADENCES.items()} == {
        "TESS": 120,
        "Kepler": 1800,
        "K2": 1800,
    }
