"""Stored files damaged, cut off and deleted: each is found and named, and what is named restores it."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from chaos_homes import Ground, Trial, broken_files, differences, rows_of

from astro_assets.ledger.home import Home, HomeError, open_home
from astro_assets.ledger.home_verification import Finding, verify_home
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.mending import mend
from astro_assets.ledger.update import put_units, update
from astro_assets_tests.cli.commands import SCRIPT

#: What is damaged, by where it lies below the home.
PLACES = {
    "a data file of a table": "tables/*/*/shard=*/*.parquet",
    "a log entry of a table": "tables/*/*/_delta_log/*.json",
    "a checkpoint of a table": "tables/*/*/_delta_log/*.checkpoint*.parquet",
    "a checksum file": "tables/*/*/_checksums/*.json",
    "a copy of a data file": "tables/*/*/_checksums/copies/*.copy",
    "a stored array": "objects/*/*.arrow",
    "a raw file": "files/*/*",
    "a zip of the code": "sources/*.zip",
    "settings or versions": "[ce]*n[fv]*/*.json",
    "home.toml": "home.toml",
    "all of a table": "tables/*/*/",
}
#: What a remedy has computed again.
_RECOMPUTED: Final = re.compile(r"--recompute ([\w/]+)")
#: How it is damaged.
WAYS = ("flipped", "cut off", "deleted", "zeroed")


def places_in(ground: Ground) -> list[str]:
    """Return the places where there is something to damage in a finished home."""
    return [what for what, pattern in PLACES.items() if any((ground.folder / "finished").glob(pattern))]


def damaged(rng: random.Random, path: Path, way: str) -> str:
    """Damage a file and tell how; a folder is deleted."""
    if path.is_dir():
        shutil.rmtree(path)
        return "deleted"
    data = bytearray(path.read_bytes())
    path.chmod(0o644)
    if way == "deleted":
        path.unlink()
        return way
    if way == "cut off":
        data = data[: rng.randrange(len(data))]
    elif way == "zeroed":
        first = rng.randrange(len(data))
        data[first : first + 64] = bytes(len(data[first : first + 64]))
    else:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    if bytes(data) == path.read_bytes():
        return damaged(rng, path, "flipped")
    path.write_bytes(data)
    return way


def damage(ground: Ground, rng: random.Random, what: str) -> Trial:
    """Damage a finished home, ask what is wrong, do what the answer says, and compare."""
    with ground.home(rng, "finished") as (home, kind):
        shutil.copytree(home.root, backup := home.root.with_name("backup"), dirs_exist_ok=True)
        try:
            path = rng.choice(sorted(home.root.glob(PLACES[what])))
            way = damaged(rng, path, rng.choice(WAYS))
            trial = Trial(f"{what} is damaged", f"{way}: {path.relative_to(home.root)}")
            began = time.monotonic()
            remedies = _told(ground, trial, home, path)
            _restore(ground, trial, home, path, backup, remedies)
            trial.seconds = time.monotonic() - began
            return _judged(ground, trial, home, kind)
        finally:
            shutil.rmtree(backup)


def _told(ground: Ground, trial: Trial, home: Home, path: Path) -> set[str]:
    """Ask for everything that is damaged, and return what it says restores it."""
    try:
        findings = _findings(ground, home)
    except HomeError as error:
        trial.is_detected = str(path) in str(error)
        return {"copy"}
    named = [finding for finding in findings if finding.place in (str(path), str(path.parent))]
    trial.is_detected = bool(named) or any(str(path) in finding.problem for finding in findings)
    is_sound = path.suffix == ".arrow" and path.exists() and not broken_files(ground.ledger(home))
    if not trial.is_detected and is_sound:
        trial.is_detected, trial.moment = None, f"{trial.moment}, where nothing is stored"
    elif not trial.is_detected and "_checksums" in path.parts and not path.exists():
        trial.is_detected, trial.moment = None, f"{trial.moment}, which a killed writer lacks, too"
    elif not trial.is_detected:
        trial.problems.append(f"not found; found instead {findings[:2]}")
    return {finding.remedy for finding in findings}


def _findings(ground: Ground, home: Home) -> Sequence[Finding]:
    if ground.is_toy:
        open_home(home.root)
        return verify_home(ground.ledger(home))[1]
    done = _command("verify", "--format", "json", "--home", str(home.root))
    if "home.toml" in done.stderr:
        raise HomeError(done.stderr)
    told = json.loads(done.stdout)["damaged"]
    return [Finding(one["place"], one["problem"], one["remedy"]) for one in told]


def _restore(ground: Ground, trial: Trial, home: Home, path: Path, backup: Path, remedies: set[str]) -> None:
    tables = sorted({table for remedy in remedies for table in _RECOMPUTED.findall(remedy)})
    if any("copy" in remedy for remedy in remedies):
        copy = backup / path.relative_to(home.root)
        (shutil.copytree if copy.is_dir() else shutil.copy2)(copy, path)
    if any("remove it" in remedy for remedy in remedies):
        path.unlink()
    if ground.is_toy:
        restore_toy(ground.ledger(home), ground.ledger(Home(backup, home.n_shards)), tables)
        trial.is_recovered = True
        return
    again = [part for name in tables for part in ("--recompute", name)]
    done = _command("run", *again, "--home", str(home.root))
    trial.is_recovered = done.returncode == 0
    if done.returncode:
        trial.problems.append(f"restoring ended with {done.returncode}: {done.stderr[-600:]}")


def restore_toy(ledger: Ledger, whole: Ledger, tables: Sequence[str]) -> None:
    """Do for the toy wing what the command does: mend, take in again, compute again."""
    for name in tables:
        mend(ledger, ledger.table(name))
    for table in ledger.tables:
        if table.is_source:
            rows = whole.open(table).rows(table.schema.names).collect()
            of_keys = {key: rows.filter(rows["key"] == key).select(table.schema.names) for key in rows["key"]}
            put_units(ledger, table, {key: frame.to_dicts() for key, frame in of_keys.items()})
        else:
            update(ledger, table, recompute=table.name in tables)


def _command(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(SCRIPT), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=600)


def _judged(ground: Ground, trial: Trial, home: Home, kind: str) -> Trial:
    ledger = ground.ledger(home)
    trial.problems += broken_files(ledger)
    trial.problems += [f"found again: {finding}" for finding in _findings(ground, home)[:3]]
    found = differences(rows_of(ledger), ground.expected[kind])
    trial.is_identical = not found
    trial.problems += found
    return trial
