"""What archives answer feeds the tables that files feed; one changed row makes stale what used it alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from astro_assets.catalogs.text_tables import CatalogError
from astro_assets.definitions import CATALOGS_JOB, build_definitions
from astro_assets.ledger.staleness import stale
from astro_assets.orchestration.instance import open_instance
from astro_assets.orchestration.launch import run_job
from astro_assets_tests.archives import faults
from astro_assets_tests.catalogs.made_catalogs import KOI_ROW, rows_of, write
from astro_assets_tests.catalogs.served import (
    OTHER_KOI,
    Archives,
    archives,
    brought_up_to_date,
    fetched,
    ledger_of,
)

TARGETS = ("TIC 377780790", "KIC 11904151", "EPIC 201367065")


@pytest.fixture
def served() -> Iterator[Archives]:
    with archives() as both:
        yield both


def test_archives_feed_the_tables_that_files_feed(served: Archives, tmp_path: Path) -> None:
    ledger = ledger_of(served.home(tmp_path / "home"))
    names = ("koi", "toi", "dr24_tce", "dr25_tce", "composite_planets", "tic", "kic", "epic")
    assert not fetched(ledger, *names, targets=TARGETS).failures
    brought_up_to_date(ledger)

    stars = {(row["catalog"], row["target_id"]): row for row in rows_of(ledger, "stellar_parameters")}
    assert set(stars) == {
        ("tic", "TIC 377780790"), ("kic", "KIC 11904151"), ("epic", "EPIC 201367065"),
    }  # fmt: skip
    kepler = stars["kic", "KIC 11904151"]
    assert (kepler["star_temperature_k"], kepler["star_temperature_uncertainty_k"]) == (5706.0, 150.0)
    assert (kepler["star_surface_gravity_dex"], kepler["magnitude"]) == (4.34, 10.961)

    aliases = {(row["star"], row["target_id"]): row["sources"] for row in rows_of(ledger, "target_aliases")}
    assert aliases["KIC 11904151", "TIC 377780790"] == ["tic"]
    assert aliases["TIC 377780790", "KIC 11904151"] == ["tic"]
    assert aliases["2MASS J19024305+5014286", "KIC 11904151"] == ["kic"]
    assert aliases["Kepler-10", "TIC 377780790"] == ["composite_planets"]

    signals = {(row["catalog"], row["target_id"]): row for row in rows_of(ledger, "known_signals")}
    # Each mission's id has the signals of the other's, and of the planet's name.
    for target in ("KIC 11904151", "TIC 377780790"):
        assert signals["koi", target]["disposition"] == "confirmed_planet"
        assert signals["dr25_tce", target]["disposition"] == "unknown"
        assert signals["composite_planets", target]["depth_ppm"] == pytest.approx(150.0)


def test_a_publication_stands_before_values_of_several(served: Archives, tmp_path: Path) -> None:
    ledger = ledger_of(served.home(tmp_path / "home"))
    planet = served.tap.tables["ps"].rows[0]
    served.tap.tables["ps"].rows[0] = {**planet, "pl_name": "Kepler-10 b", "hostname": "Kepler-10"}
    fetched(ledger, "composite_planets", "planetary_systems")
    brought_up_to_date(ledger)
    assert {row["catalog"] for row in rows_of(ledger, "planets")} == {
        "composite_planets",
        "planetary_systems",
    }
    assert {row["catalog"] for row in rows_of(ledger, "known_signals")} == {"planetary_systems"}


def test_how_it_was_fetched_is_kept_and_the_time_is_no_change(served: Archives, tmp_path: Path) -> None:
    ledger = ledger_of(served.home(tmp_path / "home"))
    fetched(ledger, "toi")
    brought_up_to_date(ledger)
    (before,) = rows_of(ledger, "catalog_files")
    assert before["archive"] == "NASA Exoplanet Archive"
    assert before["query"].endswith(" from toi")
    assert (before["row_count"], before["archive_version"]) == (1, "2024-09-10")
    assert before["retrieved_at"] > "2026"
    versions = {table.name: ledger.open(table).version for table in ledger.tables}
    fetched(ledger, "toi")
    assert stale(ledger).entries.is_empty()
    assert not any(brought_up_to_date(ledger).values())
    assert {table.name: ledger.open(table).version for table in ledger.tables} == versions
    assert rows_of(ledger, "catalog_files") == [before]


def test_one_changed_disposition_makes_stale_what_used_it(served: Archives, tmp_path: Path) -> None:
    ledger = ledger_of(served.home(tmp_path / "home"))
    served.tap.tables["cumulative"].rows += [
        {**OTHER_KOI, "kepid": str(number), "kepoi_name": f"K{number:05d}.01"} for number in range(100, 120)
    ]
    fetched(ledger, "koi", "toi")
    brought_up_to_date(ledger)
    assert stale(ledger).entries.is_empty()

    served.tap.tables["cumulative"].rows[1] = {**OTHER_KOI, "koi_disposition": "FALSE POSITIVE"}
    fetched(ledger, "koi", "toi")
    found = stale(ledger).entries
    reached = found.filter(pl.col("status") == "stale").select("table", "key").rows()
    assert reached == [("catalogs/catalog_entries", "koi")]
    computed = brought_up_to_date(ledger)
    assert {name: keys for name, keys in computed.items() if keys} == {
        "catalog_entries": ("koi",), "kepler_objects": ("KIC 7",), "known_signals": ("KIC 7",),
    }  # fmt: skip
    assert stale(ledger).entries.is_empty()
    (row,) = (row for row in rows_of(ledger, "known_signals") if row["target_id"] == "KIC 7")
    assert row["disposition"] == "false_positive"


def test_stars_are_added_to_those_held_and_asked_for_again(served: Archives, tmp_path: Path) -> None:
    ledger = ledger_of(served.home(tmp_path / "home"))
    fetched(ledger, "tic", targets=("TIC 377780790",))
    brought_up_to_date(ledger)
    fetched(ledger, "tic", targets=("TIC 150428135",))
    computed = brought_up_to_date(ledger)
    assert computed["stellar_parameters"] == ("TIC 150428135",)
    assert len(rows_of(ledger, "stellar_parameters")) == 2
    # Of whom the home knows, when nobody is named.
    served.stars[0]["Teff"] = 5700.0
    fetched(ledger, "tic")
    assert brought_up_to_date(ledger)["stellar_parameters"] == ("TIC 377780790",)


def test_nobody_is_asked_for_stars_that_nobody_knows(served: Archives, tmp_path: Path) -> None:
    ledger = ledger_of(served.home(tmp_path / "home"))
    found = fetched(ledger, "tic", "kic")
    assert [str(failure) for failure in found.failures] == [
        f"{name}: no target is known to ask for; name some with --targets FILE" for name in ("tic", "kic")
    ]
    assert not served.server.requests


def test_a_file_older_than_an_answer_needs_a_word(served: Archives, tmp_path: Path) -> None:
    from astro_assets.catalogs.archive_assets import take_in

    ledger = ledger_of(served.home(tmp_path / "home"))
    old = write(tmp_path / "koi.csv", KOI_ROW, comments="# Sat Oct  4 09:55:46 2025\n")
    take_in(ledger, [old], {}, allow_older=False, run_id="")
    fetched(ledger, "koi")
    assert rows_of(ledger, "catalog_files")[0]["archive"] is not None
    with pytest.raises(
        CatalogError, match=r"made on 2025-10-04T09:55:46, but the koi held is of 20.*--allow-older"
    ):
        take_in(ledger, [old], {}, allow_older=False, run_id="")
    take_in(ledger, [old], {}, allow_older=True, run_id="")
    assert rows_of(ledger, "catalog_files")[0]["archive"] is None


def test_a_run_fails_for_what_did_not_come_and_keeps_the_rest(served: Archives, tmp_path: Path) -> None:
    home = served.home(tmp_path / "home")
    served.server.misbehave(faults.status(503), path="/api")
    config = {"fetch": ["toi", "tic", "koi"], "targets": list(TARGETS)}
    run_id, failures = run_job(
        build_definitions(home), CATALOGS_JOB, home, {"ops": {"catalogs__catalog_files": {"config": config}}}
    )
    (failure,) = failures
    assert "tic: MAST (127.0.0.1:" in failure
    assert "it is out of order (HTTP 503" in failure
    ledger = ledger_of(home)
    assert {row["catalog"] for row in rows_of(ledger, "catalog_files")} == {"toi", "koi"}
    with open_instance(home) as instance:
        events = instance.all_logs(run_id)
    made = [event.asset_materialization for event in events if event.asset_materialization is not None]
    (files,) = (one for one in made if one.asset_key.path[-1] == "catalog_files")
    table = files.metadata["fetched"]
    assert isinstance(table, dg.TableMetadataValue)
    records = table.records
    assert [record.data["catalog"] for record in records] == ["koi", "toi"]
    assert records[1].data["archive_version"] == "2024-09-10"
    # What is in is brought up to date by the next run, with no archive at all.
    served.server.end()
    _, failures = run_job(build_definitions(home), CATALOGS_JOB, home, {})
    assert not failures
    assert {row["entry"] for row in rows_of(ledger, "known_signals")} == {
        "TOI-700.01",
        "K00072.01",
        "K00007.01",
    }
