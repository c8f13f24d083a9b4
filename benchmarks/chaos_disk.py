"""A disk that is full, or that nothing can be written to, from a random moment of a run until its end."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from chaos_homes import Ground, Trial
from chaos_kills import PATIENCE_S, has_ended_well, moment_in, running

from astro_assets.ledger.home import open_home

_MEGABYTES = 96
#: One of these is to be said by a run that could not write.
_FULL = ("No space left", "disk is full", "disk I/O error")
_READ_ONLY = ("Permission denied", "Read-only", "readonly database", "unable to open database")


class NotHereError(RuntimeError):
    """A fault cannot be made on this machine."""


@contextmanager
def _small_disk(root: Path) -> Iterator[None]:
    root.mkdir(parents=True)
    made = ["/usr/bin/mount", "-t", "tmpfs", "-o", f"size={_MEGABYTES}m", "tmpfs", str(root)]
    done = subprocess.run(made, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NotHereError(f"no small disk can be mounted: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["/usr/bin/umount", "--lazy", str(root)], check=True)


def full_disk(ground: Ground, rng: random.Random) -> Trial:
    """Fill the disk of a home, all but some kilobytes, while a run writes; free it when the run has ended."""
    while True:
        kind = rng.choice(sorted(ground.expected))
        root, log = ground.folder / "disk", ground.folder / "disk.log"
        shutil.rmtree(root, ignore_errors=True)
        with _small_disk(root):
            shutil.copytree(ground.folder / kind, root, symlinks=True, dirs_exist_ok=True)
            home, moment, left = open_home(root), moment_in(rng, ground, kind), rng.choice((0, 8, 64, 512))
            trial = Trial("the disk is full", f"{moment:.2f} s, {left} kB left")
            with running(ground.command(home), log) as process:
                time.sleep(moment)
                if has_ended_well(process, log):
                    ground.seconds[kind] = min(ground.seconds[kind], moment)
                    continue
                _fill(root / ".filler", left * 1024)
                _wait(trial, process, log, _FULL)
            (root / ".filler").unlink(missing_ok=True)
            return ground.recover(trial, home, kind)


def _fill(path: Path, left: int) -> None:
    with suppress(OSError), path.open("wb") as stream:  # the run writes meanwhile, and closing writes, too
        status = os.statvfs(path.parent)
        stream.write(bytes(max(0, status.f_bavail * status.f_frsize - left)))


def read_only(ground: Ground, rng: random.Random) -> Trial:
    """Take the right to write into the home from a run, and give it back when it has ended."""
    without_rights = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search,-fowner")
    bound = replace(ground, prefix=without_rights if os.getuid() == 0 else ())
    while True:
        with ground.home(rng) as (home, kind):
            moment, log = moment_in(rng, ground, kind), home.root.with_suffix(".log")
            trial = Trial("the home is read-only", f"{moment:.2f} s")
            with running(bound.command(home), log) as process:
                time.sleep(moment)
                if has_ended_well(process, log):
                    ground.seconds[kind] = min(ground.seconds[kind], moment)
                    continue
                modes = _modes(home.root)
                for path, mode in modes.items():
                    with suppress(OSError):
                        path.chmod(mode & ~0o222)
                _wait(trial, process, log, _READ_ONLY)
            for path, mode in modes.items():
                with suppress(OSError):
                    path.chmod(mode)
            return bound.recover(trial, home, kind)


def _modes(root: Path) -> dict[Path, int]:
    found = {}
    for path in (root, *root.rglob("*")):
        with suppress(FileNotFoundError):  # gone meanwhile
            found[path] = path.stat().st_mode
    return found


def _wait(trial: Trial, process: subprocess.Popen[bytes], log: Path, words: tuple[str, ...]) -> None:
    try:
        code = process.wait(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        trial.problems.append("the run hangs")
        return
    told = log.read_text(errors="replace")
    trial.moment += ", went on" if code == 0 else ", failed"
    if code and not any(word in told for word in words):
        trial.problems.append(f"it ended with {code} and does not say why: {told[-800:]}")
