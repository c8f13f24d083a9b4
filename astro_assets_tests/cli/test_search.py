"""`astro-assets run` and `demo` on folders as they are: with damage, duplicates and odd names in them."""

from __future__ import annotations

import os
import pty
import re
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import Home
from astro_assets_tests.cli.commands import astro_assets, started
from astro_assets_tests.observations.made_files import light_curve_file
from astro_assets_tests.orchestration import homes


def counts(stdout: str) -> dict[str, dict[str, int]]:
    """Read the printed table: units computed, reused, empty, failed, removed by table."""
    names = ("computed", "reused", "empty", "failed", "removed")
    lines = re.findall(r"^  ([a-z]+/[a-z_]+) +((?:\d+ +){5})", stdout, flags=re.MULTILINE)
    return {table: dict(zip(names, map(int, numbers.split()), strict=True)) for table, numbers in lines}


def test_running_again_computes_nothing(searched_home: Home, tmp_path: Path) -> None:
    home = homes.copy_of(searched_home, tmp_path / "home")
    before = homes.versions(home), homes.contents(home)
    result = astro_assets("run", home=home)
    assert result.returncode == 0, result.stderr
    table = counts(result.stdout)
    assert set(homes.CHAIN) <= set(table)
    for name in homes.CHAIN:
        assert (table[name]["computed"], table[name]["reused"]) == (0, len(homes.STARS))
    assert (homes.versions(home), homes.contents(home)) == before


def test_a_folder_as_it_is(searched_home: Home, tmp_path: Path) -> None:
    home = homes.copy_of(searched_home, tmp_path / "home")
    folder = tmp_path / "what I have"
    (folder / "below" / "deeper").mkdir(parents=True)
    good = homes.star_file(folder / "below" / "deeper" / "étoile n° 7 [星] .fits", 107)
    (folder / "duplicate.fits").write_bytes((home.inbox / "star100.fits").read_bytes())
    (folder / "truncated.fits").write_bytes(
        homes.star_file(tmp_path / "whole.fits", 108).read_bytes()[:20000]
    )
    (folder / "notes.txt").write_text("Clouds until midnight.\n")
    (folder / "empty.fits").touch()
    no_name = os.fsdecode(b"no \xff name.txt")
    (folder / no_name).write_text("Named by another machine.\n")

    result = astro_assets("run", "--observations", folder, home=home)

    assert result.returncode == 0, result.stderr
    table = counts(result.stdout)
    assert table["observations/observation_files"]["computed"] == 5
    assert {name: table[name]["computed"] for name in homes.CHAIN[1:]} == dict.fromkeys(homes.CHAIN[1:], 1)
    told = re.findall(r"^  ([a-z_]+) +(.+?): (.+)$", result.stdout.partition("were refused")[2], re.MULTILINE)
    assert {name: code for code, name, _ in told} == {
        "truncated.fits": "truncated",
        "notes.txt": "not_fits",
        "empty.fits": "not_fits",
        "no \ufffd name.txt": "not_fits",
    }
    assert len({reason for *_, reason in told}) >= 3, "each has its own reason"
    # All are kept, unchanged, the refused ones too; nothing was moved.
    objects = homes.ledger_of(home).objects
    for path in (good, folder / "truncated.fits", folder / "notes.txt", folder / no_name):
        assert objects.get_file(sha256_of(path)).read_bytes() == path.read_bytes()
    assert "KIC 107" in {
        target for target, *_ in homes.contents(home)["transits/transit_candidates"].values()
    }


#: A bit of Kepler's quality that disqualifies nothing by default.
UNUSED_BIT = 1 << 25


def disqualify(home: Home, bit: int) -> None:
    """Let a bit disqualify cadences, but not files: one with no other cadences fails as a light curve."""
    settings = f"[observations.light_curves]\nkepler_quality_bitmask = {bit}\n"
    (home.root / "config.toml").write_text(settings)


def test_what_failed_is_computed_again_only_when_asked(tmp_path: Path) -> None:
    home = homes.new_home(tmp_path / "home", 100)
    disqualify(home, UNUSED_BIT)
    flagged = {"SAP_QUALITY": np.full(60, UNUSED_BIT, dtype=np.int32)}
    light_curve_file(home.inbox / "flagged.fits", "Kepler", columns=flagged)

    def run(*flags: str) -> tuple[int, dict[str, dict[str, int]]]:
        result = astro_assets("run", *flags, home=home)
        return result.returncode, counts(result.stdout)

    def of_run() -> dict[str, str]:
        return dict(
            homes.units(home, "light_curves", "run_id", "outcome").rows_by_key("outcome", unique=True)
        )

    code, table = run()
    assert code == 0
    assert (table["observations/light_curves"]["computed"], table["observations/light_curves"]["failed"]) == (
        2,
        1,
    )
    first = of_run()
    assert set(first) == {"rows", "failed"}
    code, table = run()
    assert (code, table["observations/light_curves"]["computed"], of_run()) == (0, 0, first)
    code, table = run("--retry-failed")
    assert (code, table["observations/light_curves"]["computed"]) == (0, 1)
    again = of_run()
    assert again["rows"] == first["rows"]
    assert again["failed"] != first["failed"]


def test_one_file_and_one_folder_may_be_named_together(tmp_path: Path) -> None:
    home = homes.new_home(tmp_path / "home", 103)
    (tmp_path / "folder").mkdir()
    homes.star_file(tmp_path / "folder" / "a.fits", 100)
    file = homes.star_file(tmp_path / "b.fits", 101)
    result = astro_assets("run", "--observations", tmp_path / "folder", "--observations", file, home=home)
    assert result.returncode == 0, result.stderr
    targets = {target for target, *_ in homes.contents(home)["transits/detrended_light_curves"].values()}
    assert targets == {"KIC 100", "KIC 101"}, "what is named, and not the inbox"


def test_progress_shows_while_the_run_goes_on(tmp_path: Path) -> None:
    home = homes.new_home(tmp_path / "home", *homes.STARS)
    ours, terminal = pty.openpty()
    with started("run", home=home, stderr=terminal) as run:
        os.close(terminal)
        shown = b""
        with suppress(OSError):  # how Linux says that the other end is closed
            while b"observations/light_curves" not in shown and (more := os.read(ours, 4096)):
                shown += more
        is_over = homes.versions(home)["transits/folded_views"] >= 0
        with suppress(OSError):
            while more := os.read(ours, 4096):
                shown += more
    os.close(ours)
    assert not is_over
    assert run.returncode == 0
    assert b"transits/folded_views" in shown


def test_the_demonstration_prints_the_best_beside_the_truth(simulated_home: Home) -> None:
    stdout = (simulated_home.root / "stdout").read_text()
    stderr = (simulated_home.root / "stderr").read_text()
    assert {counts(stdout)[name]["failed"] for name in homes.CHAIN} == {0}
    assert counts(stdout)["observations/light_curves"]["computed"] == homes.N_SIMULATED
    best = stdout.partition("The ten best candidates")[2].partition("What was found")[0]
    stars = [line.split() for line in best.splitlines() if line.strip().startswith("SIM ")]
    assert len(stars) >= 3
    assert all(float(words[5]) == pytest.approx(1, abs=0.005) for words in stars)
    assert f"astro-assets ui --home {simulated_home.root}" in stdout
    assert "transits/transit_candidates" in stderr, "progress was shown"
    assert f"{homes.N_SIMULATED}/{homes.N_SIMULATED}" in stderr


def test_simulated_stars_never_join_a_home_with_observations(tmp_path: Path) -> None:
    home = homes.new_home(tmp_path / "home", 100)
    assert astro_assets("run", home=home).returncode == 0
    assert set(homes.units(home, "raw_files", "origin")["origin"]) == {"real"}
    assert homes.units(home, "simulated_truth").is_empty()


def test_what_cannot_be_used_is_told_by_every_run_that_meets_it(searched_home: Home, tmp_path: Path) -> None:
    home = homes.copy_of(searched_home, tmp_path / "home")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "notes.txt").write_text("Clouds until midnight.\n")
    (folder / "nowhere.fits").symlink_to(folder / "no such file")
    for _ in range(2):
        result = astro_assets("run", "--observations", folder, home=home)
        assert result.returncode == 0, result.stderr
        assert re.search(r"notes\.txt: neither FITS nor a table", result.stdout)
        assert re.search(r"nowhere\.fits was not taken in: No such file", result.stdout)


def test_an_empty_folder_and_an_unasked_inbox_are_told(searched_home: Home, tmp_path: Path) -> None:
    home = homes.copy_of(searched_home, tmp_path / "home")
    (tmp_path / "empty").mkdir()
    result = astro_assets("run", "--observations", tmp_path / "empty", home=home)
    assert result.returncode == 0, result.stderr
    assert f"no files in {tmp_path / 'empty'}" in result.stdout
    assert "Everything is up to date." in astro_assets("stale", home=home).stdout
    homes.star_file(home.inbox / "star109.fits", 109)
    waiting = astro_assets("stale", home=home).stdout
    assert "1 files in the inbox are not taken in" in waiting
    assert "Everything is up to date." not in waiting


def test_units_that_failed_are_told_by_file_name_and_reason(searched_home: Home, tmp_path: Path) -> None:
    home = homes.copy_of(searched_home, tmp_path / "home")
    disqualify(home, UNUSED_BIT)
    flagged = {"SAP_QUALITY": np.full(60, UNUSED_BIT, dtype=np.int32)}
    light_curve_file(tmp_path / "no light.fits", "Kepler", columns=flagged)
    for _ in range(2):
        result = astro_assets("run", "--observations", tmp_path / "no light.fits", home=home)
        assert result.returncode == 0, result.stderr
        told = result.stdout.partition("units failed")[2]
        assert re.search(r"observations/light_curves  no light\.fits: LightCurveError: .+", told)
