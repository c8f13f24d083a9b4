"""Faults at random moments: after each the same command is run again, and the rows must be the same.

Kills what computes and what serves, fills the disk, makes the home read-only, cuts the network to an object
store, damages stored files. Prints a table: how many moments, after how many of them the same command (or
the daemon by itself) came to its end, the rows were those of an undisturbed run, the damage was found and
named; and the longest recovery. Exits with 1 where anything was otherwise. As root it mounts a small disk;
PostgreSQL runs as another user then.

The search must have been compiled (`python -m astro_assets.transits.compilation`).
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path

import chaos_damage
import chaos_disk
import chaos_homes
import chaos_kills
import chaos_network
import chaos_served
from chaos_homes import Ground, Trial

#: Of how many faults each kind is, in parts of 200 kills; the others come on top.
KILLS = {
    "forked-toy": 80, "run-toy": 14, "worker-toy": 14, "dask-worker-toy": 12, "dask-scheduler-toy": 10,
    "run": 20, "worker": 10, "dask-worker": 4, "dask-scheduler": 4, "ingestion": 8, "catalogue": 8,
    "served-run": 6, "daemon": 4, "postgres": 6,
}  # fmt: skip
OTHERS = {
    "full-toy": 10, "full": 4, "read-only-toy": 6, "read-only": 4, "network-toy": 8, "damage-toy": 40,
    "damage": 14,
}  # fmt: skip


#: Stars of the home that is served: one for each fault.
_STARS = 40


class Faults:
    """The kinds of faults, with what each needs, made when it is first needed."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self.toy = cache(lambda: chaos_homes.toy_ground(folder / "toy"))
        self.real = cache(lambda: chaos_homes.real_ground(folder / "real"))
        self.toy_done = cache(lambda: chaos_homes.finished(self.toy()))
        self.real_done = cache(lambda: chaos_homes.finished(self.real()))
        self.catalogue = cache(self._catalogue(folder))
        self.dask = cache(lambda: stack.enter_context(chaos_kills.dask(folder / "dask")))
        self.toy_on_dask = cache(lambda: chaos_kills.undisturbed_on(self.toy(), self.dask()))
        self.real_on_dask = cache(lambda: chaos_kills.undisturbed_on(self.real(), self.dask()))
        self.remote = cache(lambda: stack.enter_context(chaos_network.remote(folder / "remote", self.toy())))
        self.served = cache(lambda: stack.enter_context(chaos_served.served(folder / "served", _STARS)))

    def _catalogue(self, folder: Path) -> Callable[[], chaos_homes.Ground]:
        def made() -> chaos_homes.Ground:
            return chaos_homes.catalogue_ground(self.real_done(), folder / "catalogue")

        return made

    def ready(self, kind: str) -> Callable[[random.Random], Trial]:
        """Make what a kind of fault needs, and return what lets one happen."""
        what, is_toy = kind.removesuffix("-toy"), kind.endswith("-toy")
        ground = self.toy if is_toy else self.real
        if what in ("dask-worker", "dask-scheduler"):
            on_dask = self.toy_on_dask() if is_toy else self.real_on_dask()
            part = what.removeprefix("dask-")
            return lambda rng: chaos_kills.kill_in_cluster(on_dask, rng, self.dask(), part)
        if what in ("served-run", "daemon", "postgres"):
            served, part = self.served(), what.removeprefix("served-")
            return lambda rng: chaos_served.kill_of_served(served, rng, part)
        if what == "damage":
            done = self.toy_done() if is_toy else self.real_done()
            places = chaos_damage.places_in(done)
            return lambda rng: chaos_damage.damage(done, rng, rng.choice(places))
        if what == "network":
            return self.remote().cut
        if what == "catalogue":
            return partial(chaos_kills.kill_of_run, self.catalogue())
        of_ground: dict[str, Callable[[Ground, random.Random], Trial]] = {
            "run": chaos_kills.kill_of_run, "forked": chaos_kills.kill_of_forked_run,
            "worker": chaos_kills.kill_of_worker, "ingestion": chaos_kills.kill_of_ingestion,
            "full": chaos_disk.full_disk, "read-only": chaos_disk.read_only,
        }  # fmt: skip
        return partial(of_ground[what], ground())


def chosen(n_kills: int, only: list[str]) -> Iterator[tuple[str, int]]:
    """Yield the kinds and how many of each."""
    total = sum(KILLS.values())
    for kind, part in KILLS.items():
        if not only or kind in only:
            yield kind, max(1, round(part * n_kills / total))
    for kind, part in OTHERS.items():
        if (not only or kind in only) and n_kills:
            yield kind, max(1, round(part * n_kills / total))


def run(
    kinds: list[tuple[str, int]], seed: int, told: Callable[[str, Trial], None]
) -> dict[str, list[Trial]]:
    """Let all faults happen, one at a time, and return what each came to."""
    found: dict[str, list[Trial]] = {}
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, ExitStack() as stack:
        Path(folder).chmod(0o755)
        faults = Faults(Path(folder), stack)
        for kind, number in kinds:
            rng, fault = random.Random(f"{seed} {kind}"), faults.ready(kind)  # noqa: S311  not for secrets
            for _ in range(number):
                try:
                    trial = fault(rng)
                except chaos_disk.NotHereError as error:
                    print(f"{kind} is left out: {error}", flush=True)
                    break
                except Exception as error:  # noqa: BLE001  what the harness did not foresee counts as a failure
                    trial = Trial(kind, "", problems=[f"{type(error).__name__}: {error}"])
                found.setdefault(kind, []).append(trial)
                told(kind, trial)
    return found


def print_table(found: dict[str, list[Trial]]) -> None:
    """Print a line a kind."""
    print(f"\n{'fault':<20} {'moments':>7} {'recovered':>9} {'identical':>9} {'found':>7} {'longest':>9}")
    for kind, trials in found.items():
        detected = [trial.is_detected for trial in trials if trial.is_detected is not None]
        counts = [sum(trial.is_recovered for trial in trials), sum(trial.is_identical for trial in trials)]
        shown = f"{sum(detected)}/{len(detected)}" if detected else "-"
        longest = max(trial.seconds for trial in trials)
        print(f"{kind:<20} {len(trials):>7} {counts[0]:>9} {counts[1]:>9} {shown:>7} {longest:>7.1f} s")


def main() -> None:
    """Let faults happen and print what they came to."""
    parser = argparse.ArgumentParser(description=__doc__)
    many = sum(KILLS.values())
    parser.add_argument("--kills", type=int, default=many, help="how many; other faults in proportion")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[], choices=[*KILLS, *OTHERS], metavar="KIND")
    parser.add_argument("--json", type=Path, help="write what each fault came to into this file")
    arguments = parser.parse_args()
    kinds = list(chosen(arguments.kills, arguments.only))
    total, done, began = sum(number for _, number in kinds), 0, time.monotonic()

    def told(kind: str, trial: Trial) -> None:
        nonlocal done
        done += 1
        said = "well" if trial.is_good else f"FAILED: {'; '.join(trial.problems) or 'see the table'}"
        of = f"{done}/{total} {time.monotonic() - began:6.0f} s"
        print(f"{of}  {kind}: {trial.moment}, {trial.seconds:.1f} s: {said}", flush=True)

    found = run(kinds, arguments.seed, told)
    print_table(found)
    if arguments.json:
        written = {kind: [asdict(trial) for trial in trials] for kind, trials in found.items()}
        arguments.json.write_text(json.dumps({"seed": arguments.seed, "faults": written}, indent=1) + "\n")
    bad = [trial for trials in found.values() for trial in trials if not trial.is_good]
    print(f"{len(bad)} of {done} did not come out well" if bad else f"All {done} came out well.")
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
