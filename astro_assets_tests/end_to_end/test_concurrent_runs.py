"""Two runs on one home at the same time: both succeed, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.staleness import stale
from astro_assets.orchestration.instance import open_instance
from astro_assets_tests.cli.commands import started, wait_for_end
from astro_assets_tests.orchestration import homes


def test_two_runs_with_different_files_equal_one_run_with_all(searched_home: Home, tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", n_shards=homes.N_SHARDS)
    folders = []
    for numbers in (homes.STARS[:2], homes.STARS[2:]):
        folders.append(tmp_path / f"folder{numbers[0]}")
        folders[-1].mkdir()
        for number in numbers:
            name = f"star{number}.fits"
            (folders[-1] / name).write_bytes((searched_home.inbox / name).read_bytes())
    errors = [tmp_path / f"stderr{n}" for n in range(2)]
    runs = []
    for folder, error in zip(folders, errors, strict=True):
        with error.open("wb") as stream:
            runs.append(started("run", "--observations", folder, home=home, stderr=stream))
    codes = [run.wait(timeout=300) for run in runs]
    assert codes == [0, 0], [error.read_text() for error in errors]
    assert homes.contents(home) == homes.contents(searched_home)
    assert stale(homes.ledger_of(home)).entries.is_empty()
    with open_instance(home) as instance:
        assert [run.is_success for run in instance.get_runs()] == [True, True]
    assert not [left for run in runs for left in wait_for_end(run.pid)]
