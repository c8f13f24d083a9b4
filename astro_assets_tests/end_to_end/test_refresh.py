"""Files that are dropped while everything runs renew the results of just their stars, whatever is killed."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from astro_assets.definitions import REFRESH_JOB
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.page_names import candidate_page_name, report_folder, target_page_name
from astro_assets.ledger.staleness import stale
from astro_assets.orchestration.instance import open_instance
from astro_assets.orchestration.runs import GOING_ON
from astro_assets_tests.cli.commands import astro_assets, wait_until
from astro_assets_tests.cli.test_scorer import SMALL
from astro_assets_tests.end_to_end import drops
from astro_assets_tests.end_to_end.serving import daemon
from astro_assets_tests.orchestration import homes
from astro_assets_tests.transits.scorer.events import event_frame, write_events

#: Of stars that nothing is dropped for.
BYSTANDERS = (100, 101, 102)
TOUCHED = {f"KIC {number}" for number in (*drops.NEW, *drops.KNOWN)}
RESULTS = ("transits/transit_candidates", "transits/folded_views", "transits/transit_scores")


def make_scored_home(root: Path) -> Home:
    """Make a home with a scorer, and scores of the known stars and of some others."""
    home = open_home(root, n_shards=16)
    events = write_events(root.parent / "events.parquet", event_frame(80, events_per_star=2))
    result = astro_assets("train", "transit_scorer", "--events", events, *SMALL, home=home)
    assert result.returncode == 0, result.stderr
    drops.put_known_stars(home.inbox)
    for number in BYSTANDERS:
        homes.star_file(home.inbox / f"star{number}.fits", number)
    for command in ("run", "report"):
        result = astro_assets(command, home=home)
        assert result.returncode == 0, result.stderr
    return home


def pages(home: Home) -> dict[str, int]:
    """Return when the pages of each star and of its candidates were written."""
    folders = ("targets", "candidates")
    found = [page for name in folders for page in (report_folder(home) / name).glob("*.html")]
    return {f"{page.parent.name}/{page.name}": page.stat().st_mtime_ns for page in found}


def lines(home: Home) -> dict[str, pl.DataFrame]:
    """Return what identifies each unit of every computed table, and when it was made."""
    columns = ["key", "target", "recipe_hash", "output_hash", "computed_at"]
    ledger = homes.ledger_of(home)
    return {
        table.name: ledger.open(table).units(columns).collect()
        for table in ledger.tables
        if not table.is_source
    }


def touched(before: pl.DataFrame, after: pl.DataFrame) -> set[str]:
    """Return the targets of units that came, went or were made again."""
    columns = before.columns
    changed = pl.concat(
        [before.join(after, on=columns, how="anti", nulls_equal=True),
         after.join(before, on=columns, how="anti", nulls_equal=True)]
    )  # fmt: skip
    return set(changed["target"].drop_nulls())


def reasons(home: Home, star: str) -> list[str | None]:
    """Return why files of a star are not searched, None for those that are."""
    ledger = homes.ledger_of(home)
    rows = ledger.open(ledger.table("selected_files")).rows(["target_id", "reason_code"])
    return rows.filter(pl.col("target_id") == star).collect()["reason_code"].sort(nulls_last=True).to_list()


def is_settled(home: Home, instance: dg.DagsterInstance) -> bool:
    runs = instance.get_run_records(dg.RunsFilter(statuses=GOING_ON), limit=1)
    scored = homes.units(home, "transits/transit_scores")["key"]
    return not runs and all(f"KIC {number}.01" in scored for number in drops.NEW)


@pytest.mark.slow
def test_a_drop_renews_just_its_stars_though_all_is_killed_in_the_middle(tmp_path: Path) -> None:
    home = make_scored_home(tmp_path / "home")
    before, raw, written = lines(home), homes.units(home, "raw_files").height, pages(home)
    with daemon(home), open_instance(home) as instance:
        wait_until(lambda: bool(instance.all_instigator_state()), 120, pause=0.2)
        drops.make_drop(tmp_path / "drop")
        for file in sorted((tmp_path / "drop").iterdir()):
            file.rename(home.inbox / file.name)
        known = homes.versions(home)["observations/light_curves"]
        wait_until(lambda: homes.versions(home)["observations/light_curves"] > known, 120)
    assert not set(homes.units(home, "transits/transit_scores", "target")["target"]) >= TOUCHED
    with daemon(home), open_instance(home) as instance:
        wait_until(lambda: is_settled(home, instance), 180, pause=0.5)
        runs = instance.get_run_records(dg.RunsFilter(job_name=REFRESH_JOB))
        assert [run.dagster_run.status.value for run in runs] == ["SUCCESS", "FAILURE"]

    after = lines(home)
    for name, units in after.items():
        assert touched(before[name], units) <= TOUCHED, name
    for name in RESULTS:
        assert touched(before[name], after[name]) == TOUCHED, name
        assert set(after[name]["target"]) == TOUCHED | {f"KIC {number}" for number in BYSTANDERS}
        assert after[name]["key"].is_unique().all()
    renewed = {page for page, moment in pages(home).items() if written.get(page) != moment}
    shown = homes.units(home, "transits/transit_scores", "target").filter(pl.col("target").is_in(TOUCHED))
    of_candidates = {candidate_page_name(name) for name in shown["key"]}
    assert renewed == {target_page_name(target) for target in TOUCHED} | of_candidates
    assert homes.units(home, "raw_files").height == raw + 19, "the copy is the same file"
    assert stale(homes.ledger_of(home)).entries.is_empty()
    assert reasons(home, "KIC 200") == ["older_processing", None, None, None]
    assert reasons(home, "KIC 201") == [None, None, None]
