"""Files say what they are by their content; what is wrong with a refused one is named in a line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astro_assets.observations.identification import describe_file, examine, identify
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
    assert identity.start_btjd == (1500.0 if mission == "TESS" else -667.0)
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
        ({"primary": {"OBJECT": "pi Mensae"}}, "'pi Mensae' is not a target id"),
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
    assert (row["refusal_reason"] is None) == (row["status"] == "accepted")


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
