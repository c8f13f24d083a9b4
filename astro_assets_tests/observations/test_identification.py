"""Files say what they are by their content; what is wrong with a refused one is named in a line."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astro_assets.observations.identification import describe_file, examine, identify
from astro_assets.observations.missions import MISSIONS
from astro_assets.observations.readers.observation import sane_dates
from astro_assets.observations.refusals import RefusalError
from astro_assets.observations.schemas import OBSERVATION_FILES_SCHEMA
from astro_assets_tests.observations.made_files import light_curve_file


@pytest.mark.parametrize(
    ("mission", "target", "kind", "cadence_s"),
    [
        ("TESS", "TIC 42", "sector", 120.0),
        ("Kepler", "KIC 42", "quarter", 1765.463),
        ("K2", "EPIC 42", "campaign", 1765.463),
    ],
)
def test_each_mission(tmp_path: Path, mission: str, target: str, kind: str, cadence_s: float) -> None:
    identity = identify(light_curve_file(tmp_path / "a.csv", mission))
    assert identity.status == "accepted"
    assert (identity.mission, identity.target_id, identity.segment_kind) == (mission, target, kind)
    assert identity.segment == 7
    assert identity.cadence_s == pytest.approx(cadence_s, rel=1e-12)
    assert identity.start_btjd == {"TESS": 1500.0, "Kepler": -667.0, "K2": -167.0}[mission]
    assert identity.finite_fraction == 1
    assert identity.n_rows == 60
    assert identity.origin == "real"
    assert identity.file_created == "2020-01-02"


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        (
            {"primary": {"OBJECT": None, "TICID": None}},
            "identity missing: the header has neither OBJECT nor TICID",
        ),
        ({"primary": {"OBJECT": "pi Mensae", "TICID": None}}, "'pi Mensae' is not a target id"),
        ({"primary": {"OBJECT": "TIC 43"}}, "identity unclear: OBJECT is 'TIC 43', TICID is 42"),
        ({"primary": {"OBJECT": "KIC 42"}}, "identity unclear: OBJECT is 'KIC 42' in a file of TESS"),
        ({"primary": {"OBJECT": "SIM 42"}}, "header says simulated=False, the target is SIM 42"),
        ({"primary": {"SIMULATE": True}}, "header says simulated=True, the target is TIC 42"),
        ({"primary": {"SIMDATA": True}}, "header says simulated=True, the target is TIC 42"),
        ({"primary": {"SECTOR": None}}, "identity missing: the header has no SECTOR"),
        ({"primary": {"SECTOR": -1}}, "identity missing: the header has no SECTOR"),
        ({"table": {"TIMEDEL": None}}, "no cadence: the header has neither TIMEDEL nor FRAMETIM"),
        ({"table": {"TIMEDEL": 0.0}}, "absurd cadence: 0 s"),
        ({"table": {"TSTART": None}}, "no time range"),
        ({"table": {"TSTART": 9999.0}}, "no time range"),
        ({"table": {"TSTART": -1e300}}, "the times run from BTJD -1e+300 to 2019-01-16, which is not within"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, spoilt: dict[str, dict[str, object]], reason: str) -> None:
    identity, table = examine(light_curve_file(tmp_path / "a.fits", **spoilt))
    assert identity.status == "refused"
    assert reason in (identity.reason or "")
    assert identity.mission == "TESS"
    assert table is None


def test_either_identity_is_enough(tmp_path: Path) -> None:
    assert identify(light_curve_file(tmp_path / "a", primary={"OBJECT": None})).target_id == "TIC 42"
    assert identify(light_curve_file(tmp_path / "b", primary={"TICID": None})).target_id == "TIC 42"


def test_simulated_files_say_so(tmp_path: Path) -> None:
    cards = {"OBJECT": "SIM 17", "TICID": None, "SIMULATE": True}
    identity = identify(light_curve_file(tmp_path / "a.fits", primary=cards))
    assert (identity.target_id, identity.origin, identity.reason) == ("SIM 17", "simulated", None)


def test_the_cadence_may_come_from_the_frames(tmp_path: Path) -> None:
    cards = {"TIMEDEL": None, "FRAMETIM": 6.538751429414, "NUM_FRM": 9}
    identity = identify(light_curve_file(tmp_path / "a.fits", "Kepler", table=cards))
    assert identity.cadence_s == pytest.approx(58.8487628647)


def test_hostile_names_become_plain_text(tmp_path: Path) -> None:
    path = light_curve_file(tmp_path / "a.fits", primary={"CREATOR": "x" * 60})
    content = path.read_bytes()
    path.write_bytes(content.replace(b"x" * 60, b"\x1b[31m\n\x00" + b"\xff" * 53))
    row = describe_file(path, "0" * 64, "a.fits")
    assert row["creator"] == "?[31m??" + "?" * 53


def test_a_row_has_every_column_whatever_the_file(tmp_path: Path) -> None:
    good = light_curve_file(tmp_path / "good.fits", table={"INT_TIME": 1.98, "NUM_FRM": 60})
    (tmp_path / "bad.fits").write_text("no")
    for path in (good, tmp_path / "bad.fits"):
        row = describe_file(path, "0" * 64, "name.fits")
        assert tuple(row) == OBSERVATION_FILES_SCHEMA.names
        for column in OBSERVATION_FILES_SCHEMA:
            assert column.nullable or row[column.name] is not None, column.name
    row = describe_file(good, "0" * 64, "name.fits")
    assert (row["file_name"], row["object_name"], row["size_bytes"]) == (
        "name.fits",
        "TIC 42",
        good.stat().st_size,
    )
    assert (row["ra_deg"], row["dec_deg"], row["magnitude"]) == (10.0, -5.0, 10.5)
    assert row["exposure_s"] == pytest.approx(118.8)


@pytest.mark.parametrize(
    ("cards", "star"),
    [
        ({"TEFF": 5800.0, "LOGG": 4.28, "RADIUS": 1.27}, (5800.0, 4.28, 1.27)),
        ({"TEFF": 4753, "LOGG": 4, "RADIUS": 1}, (4753.0, 4.0, 1.0)),
        ({"TEFF": 25000.0, "LOGG": 8.1, "RADIUS": 0.012}, (25000.0, 8.1, 0.012)),  # a white dwarf
        ({"TEFF": 3500.0, "LOGG": -0.3, "RADIUS": 900.0}, (3500.0, -0.3, 900.0)),  # Betelgeuse
        ({}, (None, None, None)),
        ({"TEFF": 0, "LOGG": 0.0, "RADIUS": 0.0}, (None, None, None)),
        ({"TEFF": -9999.0, "LOGG": -999, "RADIUS": -1.0}, (None, None, None)),
        ({"TEFF": 1e9, "LOGG": 44.0, "RADIUS": 1e9}, (None, None, None)),
        ({"TEFF": "5800", "LOGG": "NaN", "RADIUS": True}, (None, None, None)),
        ({"TEFF": fits.card.UNDEFINED, "LOGG": 4.3, "RADIUS": "unknown"}, (None, 4.3, None)),
    ],
)
def test_what_a_header_says_of_the_star_never_refuses_the_file(
    tmp_path: Path, cards: dict[str, Any], star: tuple[float | None, ...]
) -> None:
    row = describe_file(light_curve_file(tmp_path / "a.fits", primary=cards), "0" * 64, "a.fits")
    assert row["status"] == "accepted"
    assert tuple(row[f"star_{name}"] for name in ("temperature_k", "surface_gravity", "radius_sun")) == star


NOTHING = np.full(60, np.nan, dtype=np.float32)


def _spoilt(n: int) -> np.ndarray:
    flux = np.full(60, 2000, dtype=np.float32)
    flux[:n] = np.nan
    return flux


@pytest.mark.parametrize(
    ("cards", "code", "text"),
    [
        (
            {"columns": {"PDCSAP_FLUX": _spoilt(38)}},
            "too_few_finite",
            "only 36.7 % of the unflagged cadences",
        ),
        ({"columns": {"PDCSAP_FLUX": NOTHING}}, "no_finite_cadence", "of 60, 0 are flagged"),
        ({"columns": {"QUALITY": np.full(60, 128, dtype=np.int32)}}, "no_finite_cadence", "60 are flagged"),
        (
            {"columns": {"PDCSAP_FLUX_ERR": np.full(60, 1e-50)}},
            "no_finite_cadence",
            "its error and time are all finite and the error positive",
        ),
        (
            {"columns": {"PDCSAP_FLUX": np.full(60, -5.0)}},
            "flux_not_positive",
            "the median of PDCSAP_FLUX is -5",
        ),
        ({"columns": {"TIME": 1501 - np.arange(60) / 720}}, "times_disordered", "time does not increase"),
        ({"columns": {"TIME": 1500 + np.arange(60) * 9.0}}, "no_time_range", "the times span 531 d"),
        (
            {"columns": {"TIME": 2458500 + np.arange(60) / 720}},
            "dates_impossible",
            "the times run from 8746-01-30 to 8746-01-30, which is not within TESS's 2018-07-10 to 2039",
        ),
        ({"table": {"TUNIT3": "mag"}}, "magnitudes", "'PDCSAP_FLUX' has the unit 'mag'"),
    ],
)
def test_what_no_light_curve_can_be_made_of_is_refused(
    tmp_path: Path, cards: dict[str, Any], code: str, text: str
) -> None:
    path = light_curve_file(tmp_path / "a.fits", **cards)
    identity = identify(path)
    assert identity.reason_code == code
    assert text in (identity.reason or "")
    assert (identity.target_id, identity.n_rows) == ("TIC 42", 60), "what is known is told all the same"


def test_the_floor_of_finite_fluxes_and_the_flux_that_is_judged_can_be_set(tmp_path: Path) -> None:
    path = light_curve_file(tmp_path / "a.fits", columns={"PDCSAP_FLUX": _spoilt(38)})
    assert identify(path).finite_fraction == pytest.approx(22 / 60)
    assert identify(path, least_finite_fraction=0.3).status == "accepted"
    assert identify(path, flux_column="SAP_FLUX").status == "accepted"
    assert identify(path, least_finite_fraction=0.37).reason_code == "too_few_finite"


@pytest.mark.parametrize(
    ("mission", "time", "inside"),
    [
        ("Kepler", -2047.0, True),  # quarter 0, 2009-05-02
        ("Kepler", -577.0, True),  # quarter 17, 2013-05-11
        ("Kepler", 131.0, False),  # BKJD taken for BTJD
        ("Kepler", 1500.0, False),
        ("K2", -307.0, True),  # the engineering campaign, 2014-02-04
        ("K2", 1388.0, True),  # campaign 19, 2018-09-26
        ("K2", -667.0, False),
        ("TESS", 1325.0, True),  # sector 1, 2018-07-25
        ("TESS", 5000.0, True),
        ("TESS", 1300.0, False),
        ("TESS", 2458325.0, False),  # BJD taken for BTJD
        ("TESS", -2398501.0, False),  # MJD taken for JD
        ("TESS", float("inf"), False),
    ],
)
def test_times_are_of_the_years_in_which_the_mission_observed(
    mission: str, time: float, inside: bool
) -> None:
    if inside:
        sane_dates(MISSIONS[mission], time, time + 1)
        return
    with pytest.raises(RefusalError, match=f"which is not within {mission}'s 20") as caught:
        sane_dates(MISSIONS[mission], time, time + 1)
    assert caught.value.code == "dates_impossible"


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 8639), st.integers(0, 255)), min_size=1, max_size=30))
def test_a_spoilt_file_is_described_never_raised(tmp_path: Path, flips: list[tuple[int, int]]) -> None:
    good = tmp_path / "good.fits"
    if not good.exists():
        light_curve_file(good)
    content = bytearray(good.read_bytes())
    for place, value in flips:
        content[place] = value
    path = tmp_path / "spoilt.fits"
    path.write_bytes(content)
    row = describe_file(path, "0" * 64, "spoilt.fits")
    for value in row.values():
        assert value is None or str(value).isprintable()
    assert (row["refusal_reason"] is None) == (row["status"] != "refused")


def test_wasp_18_is_read_by_content_under_any_name(shared_data: Path, tmp_path: Path) -> None:
    path = tmp_path / "kplr000000001.csv"
    shutil.copy(shared_data / "tess_lc" / "exovetter_wasp18b_lc.fits", path)
    identity = identify(path)
    assert (identity.target_id, identity.segment, identity.cadence_s) == ("TIC 100100827", 3, 1800.0)
    assert (identity.data_release, identity.file_created) == (42, "2020-11-26")
    assert identity.start_btjd == 1382.045931756229


def test_short_cadence_of_kepler(shared_data: Path) -> None:
    identity = identify(shared_data / "kepler_lc" / "kplr011446443-2009131110544_slc.fits")
    assert (identity.target_id, identity.segment) == ("KIC 11446443", 0)
    assert identity.cadence_s == pytest.approx(58.848762864, abs=1e-6)
    assert identity.start_btjd == pytest.approx(120.52890218 - 2167, abs=1e-9)
