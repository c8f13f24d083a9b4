"""Frames judged: an assessor trained by the command, a night in the tables, files by the command, a watch."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from astro_assets.images.quality_tables import FRAME_QUALITY, SIMULATED_NIGHTS
from astro_assets.images.simulation.night import NightFrame, NightSettings, simulate_night
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.lineage import lineage
from astro_assets.ledger.model_versions import versions
from astro_assets.tables import TABLES
from astro_assets_tests.cli.commands import SCRIPT, astro_assets, wait_until
from astro_assets_tests.end_to_end.trainings import assert_recorded
from astro_assets_tests.images.made_images import image_file
from astro_assets_tests.orchestration import homes

pytestmark = pytest.mark.slow

N_FRAMES = 22
START = 58106.1
MODEL = "images/frame_assessor"
#: As small as it may be to grade at all.
SMALL = (
    "network_nights=3", "forest_nights=12", "calibration_nights=4", "test_nights=3", "frames=12",
    "rows=[100,120]", "network.width=4", "network.epochs=2", "network.batch=8", "forest.trees=20",
)  # fmt: skip


def train(home: Home, *changes: str) -> subprocess.CompletedProcess[str]:
    settings = [part for change in (*SMALL, *changes) for part in ("--set", change)]
    return astro_assets("train", "frame_assessor", "--mode", "custom", *settings, home=home)


@pytest.fixture(scope="module")
def night() -> list[NightFrame]:
    """Return a night with good frames and bad ones, and one more."""
    settings = NightSettings(rows=128, columns=144, frames=N_FRAMES + 1, stars_per_megapixel=5000)
    found = list(simulate_night(settings, 12))
    grades = [one.grade for one in found]
    assert min(grades.count("good"), grades.count("bad")) >= 3
    return found


def write(one: NightFrame, number: int, path: Path) -> Path:
    cards = {"OBJECT": "field", "FILTER": "V", "EXPTIME": one.frame.exposure_s, "GAIN": one.frame.gain}
    return image_file(path, one.frame.image, **cards, **{"MJD-OBS": START + number / 500})


@pytest.fixture(scope="module")
def folder(night: list[NightFrame], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("frames")
    (folder / "night").mkdir()
    for number, one in enumerate(night[:N_FRAMES]):
        write(one, number, folder / "night" / f"frame{number:02d}.fits")
    return folder


@pytest.fixture(scope="module")
def home(folder: Path) -> Home:
    home = open_home(folder / "home", n_shards=homes.N_SHARDS)
    result = astro_assets("run", "--observations", folder / "night", home=home)
    assert result.returncode == 0, result.stderr
    before = astro_assets("assess", folder / "night" / "frame00.fits", home=home)
    assert before.returncode == 2
    assert "no frame assessor was trained yet: astro-assets train frame_assessor" in before.stderr
    result = train(home)
    assert result.returncode == 0, result.stdout + result.stderr
    return home


def ledger_of(home: Home) -> Ledger:
    return open_ledger(home, TABLES)


def quality(home: Home) -> pl.DataFrame:
    names = FRAME_QUALITY.schema.names
    return ledger_of(home).open(FRAME_QUALITY).rows(list(names)).select(names).sort("mid_mjd_utc").collect()


def assessed(home: Home, *paths: str | Path) -> list[dict[str, Any]]:
    result = astro_assets("assess", *paths, "--format", "json", home=home)
    assert result.returncode == 0, result.stderr
    found: list[dict[str, Any]] = json.loads(result.stdout)
    return found


def test_a_model_names_the_nights_it_was_trained_on(home: Home) -> None:
    (version,) = versions(ledger_of(home), MODEL)
    assert version["aliases"] == ["champion"]
    assert (version["origin"], version["trained_on_simulated"]) == ("simulated", 3 + 12 + 4 + 3)
    nights = ledger_of(home).open(SIMULATED_NIGHTS).rows(["role"]).collect()
    assert dict(nights["role"].value_counts().iter_rows()) == {
        "network": 3,
        "forest": 12,
        "calibration": 4,
        "test": 3,
    }
    audit = astro_assets("audit", "frame_assessor", "--format", "json", home=home)
    assert audit.returncode == 0, audit.stderr
    card = astro_assets("model-card", "frame_assessor", home=home)
    assert "kappa, quadratic weights, beside the night" in card.stdout
    assert_recorded(home, version)


def test_every_frame_of_a_night_has_a_verdict_and_the_worst_rank_worst(
    home: Home, night: list[NightFrame]
) -> None:
    rows = quality(home)
    assert rows.height == N_FRAMES
    assert set(rows["n_frames"]) == {N_FRAMES}
    assert rows["is_beside_night"].all()
    kept = np.array([one.kept for one in night[:N_FRAMES]])
    worse = (rows["p_medium"] + 2 * rows["p_bad"]).to_numpy()
    assert np.corrcoef(kept, worse)[0, 1] < -0.7
    assert rows["night_p_value"].min() == pytest.approx(1 / N_FRAMES)
    node = lineage(ledger_of(home), FRAME_QUALITY, rows["series_id"][0])
    raw = {one.key for _, one in node.walk() if one.table == "observations/raw_files"}
    assert raw == set(rows["frame_sha256"])


def test_the_command_says_of_files_what_the_table_says(home: Home, folder: Path) -> None:
    told = assessed(home, *sorted((folder / "night").iterdir()))
    rows = quality(home)
    assert [one["grade"] for one in told] == rows["grade"].to_list()
    assert [one["reasons"] for one in told] == rows["reasons"].to_list()
    for name in ("p_good", "p_medium", "p_bad", "night_p_value", "training_p_value"):
        assert [one[name] for one in told] == pytest.approx(rows[name].to_list(), abs=1e-4)
    assert {one["series_id"] for one in told} == set(rows["series_id"])
    alone = assessed(home, folder / "night" / "frame03.fits")
    assert (alone[0]["is_beside_night"], alone[0]["night_p_value"]) == (False, None)
    assert "depth" not in alone[0]["measures"]


def test_what_cannot_be_read_is_told_and_the_others_are_judged(home: Home, folder: Path) -> None:
    good = folder / "night" / "frame00.fits"
    cut, text = folder / "cut.fits", folder / "text.fits"
    cut.write_bytes(good.read_bytes()[:9000])
    text.write_text("no image")
    result = astro_assets("assess", cut, good, text, folder / "none.fits", good, "--format", "csv", home=home)
    assert result.returncode == 1
    assert [line.split(": ")[0] for line in result.stderr.splitlines()] == [
        str(cut),
        str(text),
        str(folder / "none.fits"),
    ]
    header, line = result.stdout.splitlines()
    assert header.startswith("file,series_id,grade,p_good")
    assert line.startswith(f"{good},field_2017-12-18_V_144x128,")
    shown = astro_assets("assess", good, home=home)
    assert (shown.returncode, "frame00.fits" in shown.stdout) == (0, True)
    assert "1 of 1 judged without a night" in shown.stdout


@pytest.mark.parametrize("arguments", [(), ("a.fits", "--watch", "b")])
def test_frames_or_a_folder_are_named(home: Home, arguments: tuple[str, ...]) -> None:
    result = astro_assets("assess", *arguments, home=home)
    assert result.returncode == 2
    assert "name frames, or a folder with --watch" in result.stderr.replace("\n", " ")
    missing = astro_assets("assess", "--watch", "/nowhere/at/all", home=home)
    assert (missing.returncode, "there is no such folder" in missing.stderr) == (2, True)


def test_one_more_frame_is_judged_with_its_whole_night(
    home: Home, folder: Path, night: list[NightFrame]
) -> None:
    before = quality(home)
    last = write(night[N_FRAMES], N_FRAMES, folder / "one.fits")
    assert astro_assets("run", "--observations", last, home=home).returncode == 0
    assert astro_assets("stale", home=home).returncode == 0
    result = train(home)  # equal, so that nothing is fitted, and what applies it is brought up to date
    assert result.returncode == 0, result.stdout + result.stderr
    after = quality(home)
    assert after.height == before.height + 1
    assert set(after["n_frames"]) == {N_FRAMES + 1}
    assert len(versions(ledger_of(home), MODEL)) == 1


def test_verdicts_made_again_are_the_same_and_stay_where_a_star_is_retracted(
    home: Home, folder: Path, night: list[NightFrame]
) -> None:
    before = hashes(home)
    result = astro_assets("run", "--recompute", FRAME_QUALITY.name, home=home)
    assert result.returncode == 0, result.stderr
    assert hashes(home) == before
    named = folder / "named"
    named.mkdir()
    write(night[N_FRAMES], N_FRAMES + 1, named / "of_a_star.fits")
    (named / "targets.csv").write_text("file,target_id\nof_a_star.fits,TIC 42\n")
    result = astro_assets("run", "--observations", named, home=home)
    assert result.returncode == 0, result.stderr
    with_it = hashes(home)
    assert len(with_it) == len(before) + 1
    result = astro_assets("retract", "TIC 42", "--why", "blended", home=home)
    assert result.returncode == 0, result.stdout + result.stderr
    assert hashes(home) == with_it, "a frame is of many stars"


def hashes(home: Home) -> list[str]:
    units = ledger_of(home).open(FRAME_QUALITY).units(["row_hash"]).collect()
    return sorted(value for of_unit in units["row_hash"] for value in of_unit)


def test_a_version_judged_on_fewer_nights_does_not_replace_the_promoted_one(home: Home) -> None:
    (before,) = [one for one in versions(ledger_of(home), MODEL) if "champion" in one["aliases"]]
    result = train(home, "test_nights=2")
    there = versions(ledger_of(home), MODEL)
    (after,) = [one for one in there if "champion" in one["aliases"]]
    assert len(there) == 2, result.stdout + result.stderr
    assert after["model_version"] == before["model_version"]


def test_pages_show_grades_under_frames(home: Home) -> None:
    result = astro_assets("report", home=home)
    assert result.returncode == 0, result.stderr
    gallery = (home.root / "report" / "images.html").read_text()
    assert gallery.count("P(bad)") >= N_FRAMES
    assert "in its night" in gallery


class Watched:
    """A watch as a process, and what it says."""

    def __init__(self, process: subprocess.Popen[bytes], said: Path, faults: Path) -> None:
        self.process, self._said, self._faults = process, said, faults

    def lines(self) -> list[dict[str, Any]]:
        # Of a line that is being written there is no end yet.
        return [json.loads(line) for line in self._said.read_text().split("\n")[:-1]]

    def faults(self) -> list[str]:
        return self._faults.read_text().splitlines()

    def files(self) -> list[str]:
        return [Path(one["file"]).name for one in self.lines()]


@contextmanager
def watching(home: Home, place: Path, folder: Path) -> Iterator[Watched]:
    said, faults = folder / "said.jsonl", folder / "faults.txt"
    with said.open("wb") as stdout, faults.open("wb") as stderr:
        command = [SCRIPT, "assess", "--watch", place, "--format", "json", "--interval", "0.1"]
        process = subprocess.Popen(
            [*map(str, command), "--home", str(home.root)],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdout=stdout,
            stderr=stderr,
        )
    try:
        yield Watched(process, said, faults)
    finally:
        process.kill()
        process.wait(30)


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_watch_judges_each_file_once_as_soon_as_it_is_whole_and_ends_when_told(
    home: Home, folder: Path, night: list[NightFrame], tmp_path: Path, ending: signal.Signals
) -> None:
    place = tmp_path / "telescope"
    place.mkdir()
    write(night[0], 0, place / "first.fits")
    with watching(home, place, tmp_path) as watch:
        wait_until(lambda: watch.files() == ["first.fits"])
        # Written piece by piece, as a camera over a slow network does.
        whole = (folder / "night" / "frame01.fits").read_bytes()
        with (place / "slow.fits").open("wb") as file:
            file.write(whole[:6000])
            file.flush()
            (place / "gone.fits").write_bytes(b"")
            for number in range(2, 6):
                write(night[number], number, place / f"{number}.fits")
            wait_until(lambda: len(watch.files()) == 5)
            (place / "gone.fits").unlink()
            (place / "cut.fits").write_bytes(whole[:9000])
            file.write(whole[6000:])
        wait_until(lambda: "slow.fits" in watch.files())
        (place / "slow.fits").rename(place / "renamed.fits")
        (place / "2.fits").touch()
        wait_until(lambda: any("cut.fits" in line for line in watch.faults()))
        assert watch.process.poll() is None
        watch.process.send_signal(ending)
        assert watch.process.wait(30) == 0
        files, lines = watch.files(), watch.lines()
        assert sorted(files) == sorted(["first.fits", *(f"{n}.fits" for n in range(2, 6)), "slow.fits"])
        assert [one["is_beside_night"] for one in lines] == [False] * 4 + [True] * 2
        assert all(one["grade"] in {"good", "medium", "bad"} for one in lines)
        *faults, ended = watch.faults()
        assert ended == "6 frames judged"
        assert sum("gone.fits: it" in line for line in faults) == 1
        assert sum("cut.fits" in line for line in faults) == 1
