"""Catalogues come from archives whole or not at all, each for itself, by the clients that astronomers use."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from astro_assets.archives import errors
from astro_assets.catalogs.archive_tables import (
    FETCHABLE,
    SIGNAL_CATALOGS,
    STAR_CATALOGS,
    Fetched,
    Held,
    UnknownCatalogError,
    catalog_of,
    catalogs_wanted,
)
from astro_assets.catalogs.fetching import Fetcher
from astro_assets.catalogs.reading import read_catalog
from astro_assets_tests.archives import faults
from astro_assets_tests.archives.asking import quick
from astro_assets_tests.archives.tap import ServedTable
from astro_assets_tests.catalogs.made_catalogs import KOI_ROW
from astro_assets_tests.catalogs.served import K2_STAR, KEPLER_STAR, OTHER_KOI, STAR, Archives, archives

STARS = ("TIC 377780790", "KIC 11904151", "EPIC 201367065")


@pytest.fixture
def served() -> Iterator[Archives]:
    with archives() as both:
        yield both


def fetch(served: Archives, folder: Path, *catalogs: str, held: dict[str, Held] | None = None) -> Fetched:
    settings = quick(served.server.base_url)
    return Fetcher(folder, lambda _key: settings, held or {}, STARS).fetch(catalogs)


def test_every_catalogue_that_is_fetched_is_one_that_is_read(served: Archives, tmp_path: Path) -> None:
    found = fetch(served, tmp_path, *FETCHABLE)
    assert not found.failures
    assert [answer.catalog for answer in found.answers] == list(FETCHABLE)
    by_name = {answer.catalog: answer for answer in found.answers}
    for name, answer in by_name.items():
        assert read_catalog(tmp_path / answer.file_name).name == name
    assert by_name["toi"].archive_version == "2024-09-10"
    assert by_name["kic"].archive_version == "q1_q17_dr25_stellar"
    assert by_name["tic"].archive_version == "20190415"
    assert by_name["koi"].archive_version is None
    assert {name: answer.row_count for name, answer in by_name.items()} == {
        **dict.fromkeys(FETCHABLE, 1), "koi": 2,
    }  # fmt: skip
    assert by_name["koi"].query.startswith("select kepid,")
    assert by_name["tic"].query == "TESS Input Catalog, by ID or KIC, 2 stars"


def test_the_same_answer_is_the_same_file(served: Archives, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        fetch(served, tmp_path / name, "koi", "tic")
        served.tap.tables["cumulative"].rows.reverse()
    for file in ("koi.csv", "tic.csv"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def _rows(path: Path) -> list[dict[str, Any]]:
    rows = [{**row, "line_number": None} for row in read_catalog(path).rows]
    return sorted(rows, key=lambda row: row["entry"])


@pytest.mark.parametrize(
    ("catalog", "table", "file"),
    [
        ("koi", "cumulative", "koi_cumulative.csv"),
        ("toi", "toi", "toi.csv"),
        ("dr24_tce", "q1_q17_dr24_tce", ""),
    ],
)
def test_real_tables_come_as_they_are_downloaded(
    served: Archives, shared_data: Path, tmp_path: Path, catalog: str, table: str, file: str
) -> None:
    """By TAP and VOTable, with the units of the file: every value is that of the file, to the last digit."""
    path = shared_data / "catalogs" / (file or "kepler_q1q17_dr24_tce.csv")
    lines = path.read_text().splitlines()
    first = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    kept = lines[: first + 200]
    local = tmp_path / "local.csv"
    local.write_text("\n".join(kept) + "\n")
    units = {
        line.split()[2].rstrip(":"): line.rpartition("[")[2].rstrip("]")
        for line in kept[:first]
        if "COLUMN" in line and line.endswith("]")
    }
    served.tap.tables[table] = ServedTable(list(csv.DictReader(kept[first:])), units)
    found = fetch(served, tmp_path, catalog)
    assert not found.failures
    assert found.answers[0].row_count == 199
    assert _rows(tmp_path / f"{catalog}.csv") == _rows(local)


LIES = [
    (lambda rows: (rows, "OVERFLOW"), errors.CutOffError, r"it cut the rows of cumulative off"),
    (
        lambda rows: (rows[:-1], "OK") if len(rows) > 1 else (rows, "OK"),
        errors.IncompleteError,
        "1 of 2 rows of cu",
    ),
    (lambda rows: (rows, "ERROR"), errors.RefusedError, "it refuses the question"),
]


@pytest.mark.parametrize(("lie", "kind", "happened"), LIES)
def test_an_answer_that_is_not_whole_is_refused(
    served: Archives, tmp_path: Path, lie: Any, kind: type[Exception], happened: str
) -> None:
    served.tap.edit = lie
    found = fetch(served, tmp_path, "koi")
    (failure,) = found.failures
    assert isinstance(failure.error, kind)
    assert happened in str(failure)
    assert str(failure).startswith("koi: NASA Exoplanet Archive (127.0.0.1:")
    assert not list(tmp_path.iterdir())


FAULTS = [
    (faults.truncated(900), errors.IncompleteError, "cannot be read to its end"),
    (faults.broken_off(900), errors.IncompleteError, "broke off before its end"),
    (faults.page, errors.NotDataError, "a page for people"),
    (faults.status(429, retry_after="3600"), errors.RateLimitedError, "asks for a wait of 3600 s"),
    (faults.status(503), errors.UnavailableError, "HTTP 503"),
]


@pytest.mark.parametrize(("fault", "kind", "happened"), FAULTS)
def test_an_archive_that_fails_fails_for_what_was_asked_of_it(
    served: Archives, tmp_path: Path, fault: faults.Fault, kind: type[Exception], happened: str
) -> None:
    served.server.misbehave(fault, path="/TAP")
    found = fetch(served, tmp_path, "koi", "tic", "toi")
    assert [answer.catalog for answer in found.answers] == ["tic"]
    assert [failure.catalog for failure in found.failures] == ["koi", "toi"]
    assert all(isinstance(failure.error, kind) for failure in found.failures)
    assert happened in str(found.failures[0])


def test_faults_that_pass_are_not_noticed(served: Archives, tmp_path: Path) -> None:
    for fault in (faults.status(429, retry_after="0"), faults.broken_off(300)):
        served.server.misbehave(fault, times=1)
    assert not fetch(served, tmp_path, "koi", "toi").failures


def test_a_dead_archive_is_asked_once_for_all(served: Archives, tmp_path: Path) -> None:
    served.server.misbehave(faults.status(503), path="/TAP")
    found = fetch(served, tmp_path, *SIGNAL_CATALOGS)
    assert len(found.failures) == 5
    assert len(served.server.asked("/TAP")) == 3, "the attempts of one request"


def test_a_table_without_a_column_that_is_needed_is_named(served: Archives, tmp_path: Path) -> None:
    rows = served.tap.tables["cumulative"].rows
    served.tap.tables["cumulative"] = ServedTable([{k: v for k, v in rows[0].items() if k != "koi_period"}])
    (failure,) = fetch(served, tmp_path, "koi").failures
    assert "cumulative has no koi_period; the archive may have changed" in str(failure)
    del served.tap.tables["cumulative"]
    (failure,) = fetch(served, tmp_path, "koi").failures
    assert "it has no table cumulative" in str(failure)


def test_a_word_that_nobody_knows_is_told_with_its_line(served: Archives, tmp_path: Path) -> None:
    served.tap.tables["cumulative"].rows[0] = {**KOI_ROW, "koi_disposition": "MAYBE"}
    (failure,) = fetch(served, tmp_path, "koi", "toi").failures
    assert "NASA Exoplanet Archive: what came cannot be used: line 6, column koi_disposition: 'MAYBE'" in str(
        failure
    )


def test_a_table_that_lost_most_of_its_rows_is_not_believed(served: Archives, tmp_path: Path) -> None:
    held = {"koi": Held(tmp_path / "koi.csv", 5)}
    (failure,) = fetch(served, tmp_path, "koi", held=held).failures
    assert isinstance(failure.error, errors.IncompleteError)
    assert "2 rows of cumulative came, of 5 that are held" in str(failure)
    served.tap.tables["cumulative"].rows.append({**OTHER_KOI, "kepoi_name": "K00007.02"})
    assert not fetch(served, tmp_path, "koi", held=held).failures


@pytest.mark.parametrize("catalog", ["tic", "kic", "epic"])
def test_a_catalogue_that_lost_most_of_the_stars_asked_for_is_not_believed(
    served: Archives, tmp_path: Path, catalog: str
) -> None:
    n_stars = 10
    served.stars[:] = [{**STAR, "ID": str(number)} for number in range(1, n_stars + 1)]
    tables = (("keplerstellar", "kepid", KEPLER_STAR), ("k2targets", "epic_number", K2_STAR))
    for table, column, row in tables:
        rows = [{**row, column: str(number)} for number in range(1, n_stars + 1)]
        served.tap.tables[table] = ServedTable(rows)
    mission = STAR_CATALOGS[catalog][0]
    settings = quick(served.server.base_url)

    def come(held: dict[str, Held]) -> Fetched:
        targets = [f"{mission} {number}" for number in range(1, 9)]
        return Fetcher(tmp_path, lambda _key: settings, held, targets).fetch([catalog])

    assert [answer.row_count for answer in come({}).answers] == [8]
    held = {catalog: Held((tmp_path / f"{catalog}.csv").rename(tmp_path / "held.csv"), 8)}
    lists: list[list[dict[str, Any]]] = [
        served.stars, served.tap.tables["keplerstellar"].rows, served.tap.tables["k2targets"].rows
    ]  # fmt: skip
    for rows in lists:
        del rows[4:]
    assert [answer.row_count for answer in come(held).answers] == [4], "half of them may be gone"
    for rows in lists:
        del rows[1:4]
    (failure,) = come(held).failures
    assert isinstance(failure.error, errors.IncompleteError)
    assert re.search(r"1 stars of the (TESS Input|table k).* came, of 8 that are held", str(failure))


def test_stars_come_with_the_names_they_have(served: Archives, tmp_path: Path) -> None:
    fetch(served, tmp_path, "tic")
    rows = read_catalog(tmp_path / "tic.csv").rows
    names = {(row["alias"], row["target_id"]) for row in rows if row["alias"]}
    star = "TIC 377780790"
    assert names == {
        ("KIC 11904151", star), (star, "KIC 11904151"), ("TYC 3549-354-1", star),
        ("2MASS J19024305+5014286", star), ("Gaia DR2 2132155017099178624", star),
    }  # fmt: skip
    (values,) = (row for row in rows if row["alias"] is None)
    assert (values["star_temperature_k"], values["star_temperature_uncertainty_k"]) == (5706.0, 122.0)
    assert (values["magnitude"], values["star_density_sun"], values["updated"]) == (10.481, None, "20190415")
    assert all(row["star_temperature_k"] is None for row in rows if row["alias"])


def test_mast_may_take_its_time_and_answer_in_pages(served: Archives, tmp_path: Path) -> None:
    served.mast.executing = 3
    served.mast.page_size = 1
    settings = quick(served.server.base_url)
    found = Fetcher(tmp_path, lambda _key: settings, {}, (STARS[0], "TIC 150428135")).fetch(["tic"])
    assert [answer.row_count for answer in found.answers] == [2]


@pytest.mark.parametrize(
    ("edit", "kind", "happened"),
    [
        (lambda said: {**said, "data": said["data"][1:]}, errors.IncompleteError, "0 of 1 stars came"),
        (
            lambda said: {**said, "status": "ERROR", "msg": "no such\n column"},
            errors.RefusedError,
            "no such column",
        ),
        (lambda said: {"status": "COMPLETE"}, errors.NotDataError, "the answer cannot be read"),
        (
            lambda said: {**said, "data": [{"ID": 1}], "fields": [{"name": "ID", "type": "int"}]},
            errors.NotDataError,
            "the answer has no KIC, Teff",
        ),
    ],
)
def test_what_mast_says_wrongly_is_named(
    served: Archives, tmp_path: Path, edit: Any, kind: type[Exception], happened: str
) -> None:
    served.mast.edit = edit
    (failure,) = fetch(served, tmp_path, "tic").failures
    assert isinstance(failure.error, kind)
    assert happened in str(failure)
    assert str(failure).startswith("tic: MAST (127.0.0.1:")


@pytest.mark.parametrize("said", [b"[]", b"null", b'"x"', b"3", b"", b"{", b"\xff"])
def test_an_answer_of_another_form_stops_no_other_catalogue(
    served: Archives, tmp_path: Path, said: bytes
) -> None:
    for path in ("/api/v0", "/TAP"):
        served.server.misbehave(faults.changed(lambda _: said), path=path)
    found = fetch(served, tmp_path, "tic", "koi", "toi")
    assert [failure.catalog for failure in found.failures] == ["tic", "koi", "toi"]
    assert all(isinstance(failure.error, errors.ArchiveError) for failure in found.failures)
    served.server.behave()
    served.server.misbehave(faults.changed(lambda _: said), path="/api/v0")
    assert [answer.catalog for answer in fetch(served, tmp_path, "tic", "koi").answers] == ["koi"]


def test_catalogues_are_named_as_here_or_there() -> None:
    assert catalog_of("cumulative") == catalog_of("koi") == "koi"
    assert catalogs_wanted(["pscomppars", "composite_planets", "tic"], ()) == ["composite_planets", "tic"]
    assert catalogs_wanted([], ["SIM 3"]) == list(SIGNAL_CATALOGS)
    assert catalogs_wanted([], ["KIC 3"]) == [*SIGNAL_CATALOGS, "tic", "kic"]
    with pytest.raises(UnknownCatalogError, match=r"no archive has a catalogue 'gaia'; there are koi, toi"):
        catalog_of("gaia")
