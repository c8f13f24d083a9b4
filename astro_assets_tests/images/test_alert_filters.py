"""Versions of filters: all are kept, one of a name is applied, and each is found again."""

from __future__ import annotations

from pathlib import Path

import pytest

from astro_assets.images.alert_filters import put_in, rows_with, rows_without, version_named, versions_kept
from astro_assets.images.alert_tables import ALERT_FILTERS, by_version
from astro_assets.images.alerts.filter_files import FilterFileError, filter_file_of
from astro_assets.images.alerts.filters import AlertFilter, Condition
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.update import put_units
from astro_assets.tables import TABLES
from astro_assets_tests.orchestration import homes


def wanted(name: str, least: float) -> AlertFilter:
    return AlertFilter(name=name, conditions=(Condition(feature="snr", at_least=least),))


def test_a_version_that_comes_again_is_the_one_there_was() -> None:
    first, second = wanted("a", 5), wanted("a", 7)
    kept = by_version(rows_with([], first, []))
    kept = by_version(rows_with(kept, second, []))
    assert [(one[0]["number"], one[0]["status"]) for one in kept] == [(1, "replaced"), (2, "applied")]
    back = by_version(rows_with(kept, first, []))
    assert [(one[0]["number"], one[0]["status"]) for one in back] == [(1, "applied"), (2, "replaced")]
    assert [one[0]["filter_version"] for one in back] == [first.version, second.version]
    gone = by_version(rows_without(back, "a"))
    assert {one[0]["status"] for one in gone} == {"replaced"}


def test_other_names_are_left_as_they_are() -> None:
    kept = by_version(rows_with([], wanted("a", 5), []))
    assert {row["alert_filter"] for row in rows_with(kept, wanted("b", 5), [])} == {"b"}


def test_models_of_a_filter_are_rows_of_its_version() -> None:
    models = [
        {"score_name": name, "model": "images/x", "model_version": "1", "artefact": None}
        for name in ("p", "q")
    ]
    rows = rows_with([], wanted("a", 5), models)
    assert [row["score_name"] for row in rows] == ["p", "q"]
    assert len(by_version(rows)) == 1


def test_versions_are_found_by_name_or_beginning() -> None:
    first, second = wanted("a", 5), wanted("a", 7)
    kept = by_version(rows_with(by_version(rows_with([], first, [])), second, []))
    assert version_named(kept, "a")[0]["filter_version"] == second.version
    assert version_named(kept, first.version[:6])[0]["filter_version"] == first.version
    with pytest.raises(FilterFileError, match="no file and no filter 'b'; filters of this home: a"):
        version_named(kept, "b")


def test_filters_of_a_home_are_kept_in_its_ledger(tmp_path: Path) -> None:
    ledger = open_ledger(open_home(tmp_path / "home", n_shards=homes.N_SHARDS), TABLES)
    text = b'name = "a"\n[[conditions]]\nfeature = "snr"\nat_least = '
    for least in (b"5", b"7", b"5"):
        put_units(ledger, ALERT_FILTERS, put_in(ledger, [filter_file_of(text + least, "f")], []))
    assert [one[0]["status"] for one in versions_kept(ledger)] == ["applied", "replaced"]
    with pytest.raises(FilterFileError, match="two filters have the name 'a'"):
        put_in(ledger, [filter_file_of(text + b"5", "f")] * 2, [])
    with pytest.raises(FilterFileError, match="b: there is no filter of this name"):
        put_in(ledger, [], ["b"])
    put_units(ledger, ALERT_FILTERS, put_in(ledger, [], ["a"]))
    assert {one[0]["status"] for one in versions_kept(ledger)} == {"replaced"}
