"""Homes that faults happen to: copies of them, what they must hold in the end, and what is wrong in one.

The real ones are searched by the command that people use; those of the toy wing take the same way through the
ledger in a tenth of the time.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import polars as pl

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from astro_assets.cli.preparation import begun_engine
from astro_assets.cli.search import search
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.objects import CorruptStoreError
from astro_assets.ledger.staleness import stale
from astro_assets.tables import TABLES
from astro_assets_tests.catalogs.made_catalogs import KOI_ROW, write
from astro_assets_tests.cli.commands import SCRIPT
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import put_files, refresh, toy_ledger
from astro_assets_tests.orchestration import homes

#: What a killed writer may leave: names that no reader takes for a table's, an array's or a file's.
LEFTOVERS = (".partial-*", ".creating-*", "*#*", "_commit_*.tmp")
_OLD, _NEW = (100, 101), (102, 103)
_TOY = [f"SIM {i}" for i in range(24)]

#: Of each table what decides whether two homes hold the same, by key.
Rows = dict[str, dict[str, tuple[Any, ...]]]


@dataclass
class Trial:
    """What one fault came to.

    ``is_detected`` is None where there is nothing to detect: no byte that was stored was changed.
    """

    fault: str
    moment: str
    is_recovered: bool = False
    is_identical: bool = False
    is_detected: bool | None = None
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """Whether all is as it should be."""
        return self.is_recovered and self.is_identical and self.is_detected is not False and not self.problems


def rows_of(ledger: Ledger) -> Rows:
    """Return all units of all tables."""
    columns = ["key", "shard", "target", "outcome", "recipe_hash", "output_hash", "row_hash"]
    found: Rows = {}
    for table in ledger.tables:
        lines = ledger.open(table).units(columns).collect()
        if lines["key"].is_duplicated().any():
            raise AssertionError(f"{table.name} holds a key twice")
        found[table.name] = {key: (*rest, tuple(hashes)) for key, *rest, hashes in lines.iter_rows()}
    return found


def differences(found: Rows, expected: Rows) -> list[str]:
    """Tell how two homes differ, a line a table."""
    said = []
    for name, units in expected.items():
        here = found[name]
        keys = sorted(key for key in units.keys() | here.keys() if units.get(key) != here.get(key))
        if keys:
            said.append(f"{name}: {len(keys)} of {len(units)} units differ, as {keys[0]!r}")
    return said


def broken_files(ledger: Ledger) -> list[str]:
    """Name what in the stores is half written, or is not what its name says."""
    root, objects, broken = ledger.home.root, ledger.objects, []
    for path in sorted(root.rglob("*")):
        kind = path.relative_to(root).parts[0]
        if not path.is_file() or any(path.match(name) for name in LEFTOVERS) or _is_in_creation(path):
            continue
        try:
            if kind == "objects":
                objects.get_arrays(path.stem)
            elif kind == "files":
                objects.get_file(path.name)
            elif kind == "sources":
                objects.get_source(path.stem)
            elif kind == "environments":
                objects.get_environment(path.stem)
            elif kind == "configs":
                objects.get_config(path.stem)
            elif kind == "tables":
                _read(path)
        except (CorruptStoreError, ValueError, OSError, pl.exceptions.PolarsError) as error:
            broken.append(f"{path}: {error}")
    return broken


def _is_in_creation(path: Path) -> bool:
    return any(part.startswith(".creating-") for part in path.parts)


def _read(path: Path) -> None:
    if path.suffix == ".parquet":
        pl.read_parquet(path, hive_partitioning=False)
    elif path.suffix == ".json":
        for line in path.read_bytes().splitlines():
            json.loads(line)
    elif path.name != "_last_checkpoint" and path.suffix != ".copy":
        raise ValueError("nobody knows what this is")


@dataclass(frozen=True)
class Ground:
    """Homes of one kind before a run, and what they hold after an undisturbed one.

    Attributes
    ----------
    seconds
        What an undisturbed run took.
    """

    folder: Path
    expected: Mapping[str, Rows]
    seconds: dict[str, float]
    is_toy: bool = False
    #: What is run, and as whom.
    arguments: tuple[str, ...] = ("run",)
    prefix: tuple[str, ...] = ()

    @contextmanager
    def home(self, rng: random.Random | None, name: str = "") -> Iterator[tuple[Home, str]]:
        """Copy one of the homes, any where none is named; it is removed in the end."""
        kind = name if rng is None or name else rng.choice(sorted(self.expected))
        root = self.folder / "now"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(self.folder / kind, root, symlinks=True)
        try:
            yield open_home(root), kind
        finally:
            shutil.rmtree(root, ignore_errors=True)

    def ledger(self, home: Home) -> Ledger:
        """Open the ledger of such a home."""
        return toy_ledger(home.root) if self.is_toy else open_ledger(home, TABLES)

    def command(self, home: Home) -> list[str]:
        """Return the command that brings such a home up to date."""
        if self.is_toy:
            script = str(Path(__file__).with_name("chaos_toy.py"))
            return [*self.prefix, sys.executable, script, str(home.root)]
        return [*self.prefix, str(SCRIPT), *self.arguments, "--home", str(home.root)]

    def judge(self, trial: Trial, home: Home, kind: str) -> Trial:
        """Compare a home that has been brought up to date again with the undisturbed one."""
        ledger = self.ledger(home)
        trial.problems += broken_files(ledger)
        found = differences(rows_of(ledger), self.expected[kind])
        trial.problems += found
        trial.is_identical = not found
        left = stale(ledger).entries
        trial.problems += [f"not up to date: {line}" for line in left.head(3).iter_rows()]
        return trial

    def recover(self, trial: Trial, home: Home, kind: str) -> Trial:
        """Run the same command again, and judge."""
        self.again(trial, home)
        return self.judge(trial, home, kind)

    def again(self, trial: Trial, home: Home) -> None:
        """Run the same command again."""
        began = time.monotonic()
        done = subprocess.run(self.command(home), capture_output=True, text=True, check=False, timeout=900)
        trial.seconds, trial.is_recovered = time.monotonic() - began, done.returncode == 0
        if done.returncode:
            trial.problems.append(f"the command again ended with {done.returncode}: {done.stderr[-600:]}")


def real_ground(folder: Path) -> Ground:
    """Make real homes: one with nothing but files in its inbox, and one that a survey and new files touch."""
    folder.mkdir(parents=True)
    homes.new_home(folder / "fresh", *_OLD, *_NEW)
    grown = open_home(folder / "grown", n_shards=homes.N_SHARDS)
    if search(begun_engine(grown), n_targets=2):
        raise RuntimeError("the simulated survey could not be searched")
    for number in _NEW:
        homes.star_file(grown.inbox / f"star{number}.fits", number)
    grown.config_file.write_text("[transits.detrended_light_curves]\nclip_sigma = 4.5\n")
    return _undisturbed(Ground(folder, {"fresh": {}, "grown": {}}, {}))


def toy_ground(folder: Path) -> Ground:
    """Make a home of the toy wing of which every target has changed since its last refresh."""
    folder.mkdir(parents=True)
    make_toy(folder / "changed")
    return _undisturbed(Ground(folder, {"changed": {}}, {}, is_toy=True))


def make_toy(root: Path) -> Ledger:
    """Make a home of the toy wing of which every target has changed since its last refresh."""
    ledger = toy_ledger(root)
    put_files(ledger, *(toy.file_row(f"f{i}", name, [0.6, i / 64]) for i, name in enumerate(_TOY)))
    refresh(ledger)
    changed = [toy.file_row(f"f{i}", name, [0.9, 0.8, i / 64]) for i, name in enumerate(_TOY)]
    put_files(ledger, *changed[1:], toy.file_row("more", _TOY[5], [0.75]), remove=["f0"])
    return ledger


def finished(ground: Ground) -> Ground:
    """Return a ground with one home, brought up to date, after so many commits that there are checkpoints."""
    kind = min(ground.expected)
    root = ground.folder / "finished"
    shutil.copytree(ground.folder / kind, root, symlinks=True)
    home = open_home(root)
    if ground.is_toy:
        ledger = toy_ledger(root)
        for i in range(22):
            put_files(ledger, toy.file_row("again", _TOY[1], [0.3, i / 64]))
    subprocess.run(ground.command(home), check=True, capture_output=True)
    return replace(ground, expected={"finished": rows_of(ground.ledger(home))})


def catalogue_ground(real: Ground, folder: Path) -> Ground:
    """Make a home that has been searched, into which a catalogue of its stars comes."""
    folder.mkdir(parents=True)
    listed = [
        {**KOI_ROW, "kepid": str(number), "kepoi_name": f"K{number:05}.01", "koi_time0bk": "1501.075",
         "koi_period": str(homes.period_of(number))}
        for number in (*_OLD, *_NEW)
    ]  # fmt: skip
    path = write(folder / "koi.csv", *listed, comments="# Sat Oct  4 09:55:46 2025\n")
    shutil.copytree(real.folder / "finished", folder / "searched", symlinks=True)
    arguments = ("catalogs", "add", str(path))
    return _undisturbed(Ground(folder, {"searched": {}}, {}, arguments=arguments))


def _undisturbed(ground: Ground) -> Ground:
    expected = {}
    for kind in ground.expected:
        with ground.home(None, kind) as (home, _):
            began = time.monotonic()
            subprocess.run(ground.command(home), check=True, capture_output=True)
            ground.seconds[kind] = time.monotonic() - began
            expected[kind] = rows_of(ground.ledger(home))
            if broken := broken_files(ground.ledger(home)):
                raise RuntimeError(f"undisturbed, {broken[0]}")
    return replace(ground, expected=expected)
