"""One file for each stretch of time, whatever the order of rows, and conflicts where files show two stars."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.observations.readers.registry import PRODUCTS
from astro_assets.observations.schemas import OBSERVATION_FILES_SCHEMA, SelectedFilesConfig
from astro_assets.observations.selection import (
    CHOICE_REASONS,
    STATUSES,
    Choice,
    accepted,
    choose,
    searched,
    stars_told,
)

CONFIG = SelectedFilesConfig()
DAYS = 27.0


def _row(sha256: str, star: int = 1, noise: int = 0, **changed: Any) -> dict[str, Any]:
    """Light curve of a star that changes within two hours, the same in every file, with little noise."""
    row = {
        "sha256": sha256,
        "target_id": "TIC 1",
        "mission": "TESS",
        "segment": None,
        "product": "mission",
        "cadence_s": 120.0,
        "start_btjd": 1382.0,
        "end_btjd": 1382.0 + DAYS,
        "data_release": 1,
        "file_created": "2018-09-27",
        **changed,
    }
    spans = row.pop("spans", [(row["start_btjd"], row["end_btjd"])])
    row["start_btjd"], row["end_btjd"] = spans[0][0], spans[-1][1]
    step = max(row["cadence_s"], 600) / 86400
    time = np.concatenate([np.arange(start, end, step) for start, end in spans])
    knots = np.random.default_rng(star).normal(0, 1e-3, 20000)
    shape = np.interp((time - 1300) * 12, np.arange(20000), knots)
    flux = 1 + shape + np.random.default_rng([9, noise]).normal(0, 3e-4, len(time))
    curve = {"time": time, "flux": flux.astype(np.float32), "flux_err": np.full(len(time), 3e-4, np.float32)}
    return {**row, "light_curve": curve}


def _choices(*rows: dict[str, Any], **settings: Any) -> dict[str, Choice]:
    config = SelectedFilesConfig(**settings)
    choices = choose(rows, config.products, config.least_agreement)
    return {row["sha256"]: choice for row, choice in zip(rows, choices, strict=True)}


def _selected(*rows: dict[str, Any], **settings: Any) -> list[str]:
    return sorted(sha for sha, choice in _choices(*rows, **settings).items() if choice.status == "selected")


@pytest.mark.parametrize(
    ("better", "code"),
    [
        ({"data_release": 2, "file_created": "2017-01-01"}, "older_processing"),
        ({"file_created": "2018-09-28"}, "older_processing"),
        ({"file_created": "2018-09-27T01:00:00"}, "older_processing"),
        ({"start_btjd": 1382.0001, "data_release": 42}, "older_processing"),
        ({"cadence_s": 120.00001, "data_release": 42}, "older_processing"),
    ],
)
def test_the_newer_processing_supersedes_the_older(better: dict[str, Any], code: str) -> None:
    choices = _choices(_row("b"), _row("a", noise=1, **better))
    assert (choices["a"].status, choices["a"].search_id, choices["a"].reason_code) == (
        "selected",
        "TIC 1",
        None,
    )
    assert (choices["b"].status, choices["b"].search_id, choices["b"].reason_code) == (
        "not_selected",
        None,
        code,
    )
    assert "mission file a" in str(choices["b"].reason)


@pytest.mark.parametrize("column", ["data_release", "file_created"])
def test_a_missing_version_is_the_oldest(column: str) -> None:
    assert _selected(_row("b", **{column: None}), _row("a")) == ["a"]


def test_equal_versions_are_settled_by_content_hash() -> None:
    choices = _choices(_row("a"), _row("c"), _row("b", noise=1))
    assert choices["c"].status == "selected"
    assert (choices["a"].reason_code, choices["b"].reason_code) == ("duplicate", "older_processing")


@pytest.mark.parametrize("better", range(len(CONFIG.products) - 1))
def test_the_configured_product_is_preferred(better: int) -> None:
    first, second = CONFIG.products[better], CONFIG.products[better + 1]
    rows = _row("a", product=first, data_release=None), _row("b", product=second, noise=1)
    assert _choices(*rows)["b"].reason_code == "other_product"
    assert _selected(*rows, products=tuple(reversed(CONFIG.products))) == ["b"]


def test_every_product_has_its_place_once() -> None:
    assert sorted(CONFIG.products) == sorted(PRODUCTS)
    for wrong in (CONFIG.products[1:], (*CONFIG.products, "table"), (*CONFIG.products[1:], "tpf")):
        with pytest.raises(ValueError, match="each once"):
            SelectedFilesConfig(products=wrong)


@pytest.mark.parametrize(
    ("mission", "cadences", "kept"),
    [
        ("TESS", [20.0, 120.0, 1800.0], 120.0),
        ("TESS", [20.0, 600.0], 20.0),
        ("TESS", [200.0, 1800.0], 200.0),
        ("TESS", [1800.0], 1800.0),
        ("Kepler", [58.8488, 1765.463], 1765.463),
        ("Kepler", [58.8488, 1765.53], 1765.53),
        ("K2", [58.8488], 58.8488),
    ],
)
def test_one_cadence_of_a_stretch_of_time(mission: str, cadences: list[float], kept: float) -> None:
    rows = [_row(f"{c}", mission=mission, cadence_s=c, noise=i) for i, c in enumerate(cadences)]
    choices = _choices(*rows)
    assert [sha for sha, choice in choices.items() if choice.status == "selected"] == [str(kept)]
    lost = [choice.reason_code for choice in choices.values() if choice.status != "selected"]
    assert set(lost) <= {"other_cadence"}


def test_other_times_and_missions_stand_beside() -> None:
    later = {"start_btjd": 1382.0 + DAYS - 1, "end_btjd": 1382.0 + 2 * DAYS}
    assert _selected(_row("a"), _row("b", **later)) == ["a", "b"]
    assert _selected(_row("a"), _row("b", mission="K2")) == ["a", "b"]


def test_months_of_short_cadence_give_way_to_their_quarter_and_else_stand_together() -> None:
    kepler = {"mission": "Kepler", "target_id": "KIC 1"}
    months = [
        _row(f"{m}", noise=m, cadence_s=58.85, start_btjd=1400 + 30.0 * m, end_btjd=1430 + 30.0 * m, **kepler)
        for m in range(3)
    ]
    quarter = _row("q", noise=4, cadence_s=1765.46, start_btjd=1400.0, end_btjd=1490.0, **kepler)
    assert _selected(*months, quarter) == ["q"]
    assert _selected(*months) == ["0", "1", "2"]


def test_a_short_file_of_a_preferred_product_does_not_displace_years() -> None:
    kepler = {"mission": "Kepler", "target_id": "KIC 1", "cadence_s": 1765.46}
    table = _row("t", product="table", start_btjd=1300.0, end_btjd=2700.0, **kepler)
    quarter = _row("q", noise=1, start_btjd=1500.0, end_btjd=1582.0, **kepler)
    choices = _choices(quarter, table)
    assert choices["t"] == Choice("selected", "KIC 1")
    assert (choices["q"].status, choices["q"].reason_code) == ("not_selected", "shorter")
    assert "table file t shows this time and more" in str(choices["q"].reason)


GAPS = [(1382.0, 1391.0), (1394.0, 1402.0), (1405.0, 1409.0)]


@pytest.mark.parametrize(
    ("preferred", "other", "code"),
    [
        ({"spans": GAPS}, {"product": "eleanor", "cadence_s": 1800.0}, "other_cadence"),
        ({"spans": [(1382.0, 1393.0), (1397.0, 1409.0)], "data_release": 2}, {}, "older_processing"),
        (
            {"spans": GAPS, "data_release": 2},
            {"spans": [(1382.0, 1384.0), (1388.0, 1409.0)]},
            "older_processing",
        ),
    ],
)
def test_gaps_do_not_cost_a_preferred_file_its_sector(
    preferred: dict[str, Any], other: dict[str, Any], code: str
) -> None:
    rows = _row("a", segment=5, **preferred), _row("b", noise=1, segment=5, **other)
    choices = _choices(*rows)
    assert (choices["a"].status, choices["b"].reason_code) == ("selected", code)
    apart = [{**row, "segment": segment} for row, segment in zip(rows, (5, 6), strict=True)]
    assert "b" in _selected(*apart), "what is of another segment, or of none, is not lost"
    assert "b" in _selected(rows[0], {**rows[1], "segment": None})


def test_a_preferred_file_of_less_than_half_a_sector_gives_way() -> None:
    short = _row("a", segment=5, data_release=2, start_btjd=1382.0, end_btjd=1394.0)
    choices = _choices(short, _row("b", noise=1, segment=5))
    assert (choices["a"].reason_code, choices["b"].status) == ("shorter", "selected")


def test_files_that_share_no_time_do_not_compete_although_their_spans_do() -> None:
    table = _row("t", product="table", spans=[(1330.0, 1357.0), (2040.0, 2067.0)])
    sector = _row("s", noise=1, start_btjd=1660.0, end_btjd=1687.0)
    assert _selected(table, sector) == ["s", "t"]


def test_preferred_files_that_together_show_the_time_of_another_replace_it() -> None:
    sectors = [_row(f"{k}", noise=k, start_btjd=1400 + 27.0 * k, end_btjd=1427 + 27.0 * k) for k in range(3)]
    table = _row("t", product="table", noise=9, start_btjd=1400.0, end_btjd=1481.0)
    assert _selected(*sectors, table) == ["0", "1", "2"]
    assert _selected(*sectors[:2], table) == ["t"], "a third would be lost"


@pytest.mark.parametrize("shared", [0.0, 1.0])
def test_quiet_files_are_in_conflict_if_they_share_no_noise(shared: float) -> None:
    rows = [_row(f"{k}", noise=k, product=("mission", "table")[k]) for k in range(2)]
    noise = np.random.default_rng(1).normal(0, 1e-3, (2, rows[0]["light_curve"]["time"].size))
    for row, flux in zip(rows, (noise[0], shared * noise[0] + noise[1]), strict=True):
        row["light_curve"]["flux"] = (1 + flux).astype(np.float32)
    assert _selected(*rows) == (["0"] if shared else [])
    assert {choice.status for choice in _choices(*rows).values()} == (
        {"selected", "not_selected"} if shared else {"conflict"}
    )


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.floats(1300, 1500), st.floats(1, 60), st.sampled_from(["mission", "table"]), st.booleans()
        ),
        min_size=1,
        max_size=6,
    )
)
def test_a_tenth_of_a_file_at_most_is_lost(files: list[tuple[float, float, str, bool]]) -> None:
    rows = [
        _row(
            f"{number}",
            noise=number,
            product=product,
            spans=[(start, start + days), (start + 90, start + 90 + days)][: 1 + is_split],
        )
        for number, (start, days, product, is_split) in enumerate(files)
    ]
    choices = _choices(*rows, least_agreement=-1)
    steps = {row["sha256"]: set(np.floor(row["light_curve"]["time"] * 10)) for row in rows}
    shown = set().union(*(steps[sha] for sha, choice in choices.items() if choice.status == "selected"))
    for sha, of in steps.items():
        assert len(of & shown) >= 0.9 * len(of), f"{sha}: {choices}"


def test_two_stars_under_one_id_are_in_conflict_and_searched_apart() -> None:
    rows = _row("aaaaaaaaaa", star=1, data_release=2), _row("bbbbbbbbbb", star=2, noise=1)
    choices = _choices(*rows)
    assert {choice.status for choice in choices.values()} == {"conflict"}
    assert choices["aaaaaaaaaa"].search_id == "TIC 1~aaaaaaaa"
    assert choices["bbbbbbbbbb"].search_id == "TIC 1~bbbbbbbb"
    assert {choice.reason_code for choice in choices.values()} == {"fluxes_disagree"}
    assert _selected(*rows, least_agreement=-1) == ["aaaaaaaaaa"]


def test_a_third_file_belongs_to_the_star_it_shows_and_other_segments_are_left_alone() -> None:
    later = {"start_btjd": 1500.0, "end_btjd": 1500.0 + DAYS}
    rows = (
        _row("a", star=1, data_release=3),
        _row("b", star=2, noise=2, data_release=2),
        _row("c", star=2, noise=1),
        _row("d", star=1, **later),
    )
    choices = _choices(*rows)
    assert [choices[sha].status for sha in "abcd"] == ["conflict", "conflict", "not_selected", "selected"]
    assert "file b" in str(choices["c"].reason)


@given(st.permutations(range(6)), st.data())
def test_the_choice_does_not_depend_on_order(order: list[int], data: st.DataObject) -> None:
    rows = [
        _row(
            f"{number:02d}",
            star=data.draw(st.sampled_from([1, 2])),
            noise=number,
            product=data.draw(st.sampled_from(["mission", "table"])),
            cadence_s=data.draw(st.sampled_from([20.0, 120.0])),
            data_release=data.draw(st.sampled_from([None, 1, 2])),
            end_btjd=1400.0,
        )
        for number in range(6)
    ]
    choices = _choices(*rows)
    assert choices == _choices(*(rows[i] for i in order))
    assert len({row["sha256"] for row in rows}) == len(choices)
    for choice in choices.values():
        assert choice.status in STATUSES
        assert (choice.reason_code in CHOICE_REASONS) == (choice.status != "selected")
        assert (choice.search_id is None) == (choice.status == "not_selected")
    apart = [c.search_id for c in choices.values() if c.status == "conflict"]
    assert len(set(apart)) == len(apart)
    assert len([c for c in choices.values() if c.status == "selected"]) <= 1


def test_views_of_rows() -> None:
    types = {name: OBSERVATION_FILES_SCHEMA[name].polars_type for name in ("sha256", "status")}
    files = pl.DataFrame([("a", "accepted"), ("b", "refused")], schema=types, orient="row")
    assert accepted(files)["sha256"].to_list() == ["a"]
    chosen = pl.DataFrame({"status": list(STATUSES)})
    assert searched(chosen)["status"].to_list() == ["selected", "conflict"]


def _star(sha256: str, created: str, gravity: float | None, radius: float | None) -> dict[str, Any]:
    told = {"star_surface_gravity": gravity, "star_radius_sun": radius}
    return {"sha256": sha256, "file_created": created, **told}


SELECTED, LEFT_OUT, CONFLICT = (Choice(status, None) for status in ("selected", "not_selected", "conflict"))


def test_the_star_is_what_the_newest_file_says_that_says_all() -> None:
    rows = [
        _star("d", "2019-01-01", 4.1, 1.1),
        _star("c", "2020-01-01", 4.2, 1.2),  # newest with both, though it is not searched
        _star("b", "2021-01-01", None, 1.3),
        _star("a", "2021-01-01", 4.4, None),
        _star("f", "2020-01-01", 4.5, 0.5),
    ]
    told = stars_told(rows, [SELECTED, LEFT_OUT, SELECTED, SELECTED, CONFLICT])
    assert told[-1] == {"star_surface_gravity": 4.5, "star_radius_sun": 0.5}
    assert [list(star.values()) for star in stars_told(rows[:4], 4 * [SELECTED])] == 4 * [[4.2, 1.2]]
    assert [list(star.values()) for star in stars_told(rows[2:4], 2 * [SELECTED])] == 2 * [[None, None]]


@given(order=st.permutations(range(4)))
def test_the_order_of_files_does_not_count_for_the_star(order: list[int]) -> None:
    radii = {"a": 1.0, "b": 2.0, "c": 3.0, "d": None}
    rows = [_star(name, "2020-01-01", 4.0, radius) for name, radius in radii.items()]
    told = stars_told([rows[i] for i in order], 4 * [SELECTED])
    assert all(star["star_radius_sun"] == 3 for star in told)


def test_a_file_in_conflict_tells_of_its_own_star_alone() -> None:
    told = [("a", "2020-01-01", 4.4, 1.0), ("b", "2021-01-01", None, None), ("c", "", 2.5, 9.0)]
    stars = stars_told([_star(*values) for values in told], [CONFLICT, CONFLICT, SELECTED])
    assert [star["star_radius_sun"] for star in stars] == [1.0, None, 9.0]
    twin = ("d", "2022-01-01", 3.0, 5.0)  # not searched, and maybe of the star of the first
    stars = stars_told([_star(*values) for values in (*told, twin)], [CONFLICT, CONFLICT, SELECTED, LEFT_OUT])
    assert stars[2]["star_radius_sun"] == 9.0
