"""Stars and entries are named as their catalogues name them, and canonical ids are canonical."""

from __future__ import annotations

import pytest

from astro_assets.catalogs.names import (
    Identity,
    alias_lines,
    host_of,
    is_canonical,
    kepler_object,
    planet,
    tess_object,
    threshold_crossing_event,
)
from astro_assets.catalogs.text_tables import CatalogError, Line
from astro_assets.observations.targets import canonical_target_id


@pytest.mark.parametrize("name", ["TIC 1", "KIC 11904151", "EPIC 201367065"])
def test_canonical_ids_are_those_of_the_observations(name: str) -> None:
    assert is_canonical(name)
    assert canonical_target_id(name) == name


@pytest.mark.parametrize("name", ["TIC 01", "KIC11904151", "SIM 1", "K2-3", "TIC 1 ", "TIC \u0661"])
def test_other_names_are_none(name: str) -> None:
    assert not is_canonical(name)


def test_hosts() -> None:
    assert [host_of(name) for name in ("Kepler-10 b", "Kepler-410 A b", "K2-3")] == [
        "Kepler-10",
        "Kepler-410 A",
        "K2-3",
    ]


def test_entries() -> None:
    koi = {"kepid": "11904151", "kepoi_name": "K00072.01", "kepler_name": "Kepler-10 b"}
    assert kepler_object(Line(1, koi)) == (Identity("K00072.01", "KIC 11904151", "Kepler-10"),)
    tce = {"kepid": "1162345", "tce_plnt_num": "2"}
    assert threshold_crossing_event(Line(1, tce)) == (Identity("001162345-02", "KIC 1162345"),)
    toi = {"toi": "700.01", "tid": "150428135"}
    assert tess_object(Line(1, toi)) == (Identity("TOI-700.01", "TIC 150428135", "TOI-700"),)
    (named,) = planet(Line(1, {"pl_name": "K2-3 b", "hostname": "K2-3"}))
    assert (named.star, named.target_id) == ("K2-3", None)
    (numbered,) = planet(Line(1, {"pl_name": "EPIC 249893012 b", "hostname": "EPIC 249893012"}))
    line = {"pl_name": "TOI-700 d", "hostname": "TOI-700", "tic_id": "TIC 150428135"}
    (listed,) = planet(Line(1, line))
    assert (listed.star, listed.alias, listed.target_id) == ("TOI-700", "TOI-700", "TIC 150428135")
    with pytest.raises(CatalogError, match="'150428135' is not a canonical id"):
        planet(Line(1, {**line, "tic_id": "150428135"}))
    assert numbered.target_id == "EPIC 249893012"


def test_a_match_of_two_canonical_ids_works_both_ways() -> None:
    both = alias_lines(Line(1, {"alias": "TIC 377780790", "target_id": "KIC 11904151"}))
    assert {(name.alias, name.target_id) for name in both} == {
        ("TIC 377780790", "KIC 11904151"),
        ("KIC 11904151", "TIC 377780790"),
    }
    assert len(alias_lines(Line(1, {"alias": "K2-3", "target_id": "EPIC 201367065"}))) == 1


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        ({"alias": "K2-3", "target_id": "201367065"}, "line 3, column target_id: '201367065' is not a canon"),
        ({"alias": "KIC 1", "target_id": "KIC 1"}, "line 3, column alias: 'KIC 1' is a name for itself"),
    ],
)
def test_a_match_that_says_nothing_is_refused(values: dict[str, str], complaint: str) -> None:
    with pytest.raises(CatalogError, match=complaint):
        alias_lines(Line(3, values))


def test_a_toi_without_its_planet_is_refused() -> None:
    with pytest.raises(CatalogError, match=r"line 3, column toi: '700' is not a number such as 700\.01"):
        tess_object(Line(3, {"toi": "700", "tid": "1"}))
