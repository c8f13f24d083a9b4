"""What a home asks of MAST: what it names, what it follows, and never what it left out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from astro_assets.ledger.home import Home, HomeError, open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.retraction import set_retracted
from astro_assets.ledger.update import update
from astro_assets.observations.fetching import (
    NothingWantedError,
    by_mission,
    fetch_products,
    followed,
    listed,
    own_targets,
    quick_settings,
)
from astro_assets.observations.mast_products import Wanted
from astro_assets.observations.missions import KEPLER, TESS
from astro_assets.observations.tables import OBSERVATION_FILES, RAW_FILES
from astro_assets.orchestration.ingest import ingest
from astro_assets.tables import TABLES
from astro_assets_tests.archives.held_stars import home_with, small_mast
from astro_assets_tests.archives.serving import ArchiveServer, serving

SECTOR = Wanted(TESS, (7,))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ArchiveServer]:
    with serving(small_mast(tmp_path / "held", 10, 20, 30).routes()) as served:
        yield served


@pytest.fixture
def home(server: ArchiveServer, tmp_path: Path) -> Home:
    return home_with(server, tmp_path / "home")


def ledger_of(home: Home) -> Ledger:
    return open_ledger(home, TABLES)


def test_targets_that_are_not_there_are_told(home: Home) -> None:
    (wanted,) = by_mission(["TIC 10", "TIC 99"])
    found = listed(ledger_of(home), [(wanted, None)])
    assert [product.target_id for product in found.products] == ["TIC 10"]
    assert found.missing == ["MAST lists no light curve of TIC 99 at 120 s"]


def test_targets_are_asked_for_mission_by_mission() -> None:
    wanted = by_mission(["TIC 1", "KIC 2", "TIC 3"], (), None)
    assert [(one.mission, one.targets) for one in wanted] == [
        (TESS, ("TIC 1", "TIC 3")),
        (KEPLER, ("KIC 2",)),
    ]
    with pytest.raises(NothingWantedError, match="SIM 1 is simulated"):
        by_mission(["SIM 1"])


def test_what_is_left_out_of_the_home_is_not_fetched(home: Home) -> None:
    set_retracted(ledger_of(home), "TIC 20", "not mine", is_retracted=True)
    found = listed(ledger_of(home), [(SECTOR, None), *((one, None) for one in by_mission(["TIC 20"]))])
    assert [product.target_id for product in found.products] == ["TIC 10", "TIC 30"]
    assert found.missing == ["TIC 20 is retracted or forgotten here: it is not fetched"]


def test_nothing_is_followed_unless_settings_say_so(home: Home) -> None:
    assert followed(ledger_of(home)) == []
    settings = "[observations.archive_products]\nsectors = [9, 7]\nlimit = 5\n"
    home.config_file.write_text(home.config_file.read_text() + settings)
    assert followed(ledger_of(home)) == [(SECTOR, 5), (Wanted(TESS, (9,)), 5)]
    home.config_file.write_text(home.config_file.read_text().replace("limit", "limits"))
    with pytest.raises(HomeError, match="limits"):
        followed(ledger_of(home))


def test_the_homes_own_stars_are_followed_where_settings_say_so(home: Home) -> None:
    home.config_file.write_text(
        home.config_file.read_text() + "[observations.archive_products]\nfollow_targets = true\n"
    )
    assert followed(ledger_of(home)) == []
    fetch_products(ledger_of(home), listed(ledger_of(home), [(SECTOR, 2)]).products, run_id="")
    ingest(ledger_of(home), RAW_FILES, [home.inbox])
    update(ledger_of(home), OBSERVATION_FILES)
    assert own_targets(ledger_of(home)) == ["TIC 10", "TIC 20"]
    assert followed(ledger_of(home)) == [(Wanted(TESS, (), ("TIC 10", "TIC 20")), None)]
    set_retracted(ledger_of(home), "TIC 10", "not mine", is_retracted=True)
    assert own_targets(ledger_of(home)) == ["TIC 20"]


def test_a_look_at_an_archive_ends_within_the_minute_that_dagster_gives(tmp_path: Path) -> None:
    quick = quick_settings(open_home(tmp_path))
    assert (quick.patience_s, quick.attempts, quick.timeout_s, quick.longest_wait_s) == (40, 2, 20, 5)
