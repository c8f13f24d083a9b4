"""How the work for a target grows with the number of targets: homes of short curves, one after the other.

For each size files of 2.5 days are written (measured apart), taken in and searched by the job that
`astro-assets run` runs, and questions are asked of the home. Times are of processors, of all processes
together; the ratio is that of the time for a target to the same at the first size. Each table is computed by
itself, so that its time is its own; checks and pictures are counted with the table they are of. The rest
(starting, Dagster) is a line of its own. A small home comes first and does not count, so that no size pays
for what is made once: the package's own code is read then. Exits with 1 where a target takes more than 1.2
times as long as at the first size, or each of those beyond the size before more than 1.2 times as long as
each of those before them; and where a worker took more memory than it may have. What a model came from is
asked of larger homes by `bench_ledger_scale.py`.
"""

from __future__ import annotations

import argparse
import gc
import json
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from process_tree import Watched, watched
from short_curves import write_short_curves
from timing import end

from astro_assets.ledger import memory
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.tables import PRELOAD, TABLES

WANTED: Final = 1.2
#: What people wait for, by the tables in it. Other tables of the job are left out: they do more of the same.
STAGES: Final = {
    "ingestion": (
        "observations/raw_files",
        "observations/quarantined_files",
        "observations/observation_files",
        "observations/light_curves",
        "observations/selected_files",
    ),
    "search": ("transits/detrended_light_curves", "transits/transit_candidates"),
}
#: What a worker may have.
_WORKER_BYTES: Final = 10**9
#: By how much the same command differs from itself [s of a processor]; it weighs less, the more targets.
_NOISE_S: Final = 1.0
#: Starting Python takes half a second more or less, so questions are asked again, and the least counts; not
#: the one that changes the home.
_ASKED: Final = 5
_CHANGING: Final = "one file more"
#: Targets of the home that does not count.
_WARMING: Final = 200
_CLI: Final = [str(Path(sys.executable).with_name("astro-assets"))]
#: The step of a table's checks is named by the table's, and this.
_CHECKS: Final = "__checks"


@dataclass
class Measured:
    """What was measured of one size.

    Attributes
    ----------
    seconds
        Processor seconds by stage, by step (table, or its checks) and by question.
    wall
        Wall seconds of the run; of the questions with their imports.
    memory
        Highest resident memory [byte] of the run's process, of each of its workers, and of each question.
    n_bytes
        Of the home, by folder.
    files, commits
        Data files and commits of each table.
    """

    n_targets: int
    seconds: dict[str, float] = field(default_factory=dict)
    steps: dict[str, float] = field(default_factory=dict)
    wall: dict[str, float] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)
    n_bytes: dict[str, int] = field(default_factory=dict)
    files: dict[str, int] = field(default_factory=dict)
    commits: dict[str, int] = field(default_factory=dict)


def measure(folder: Path, n_targets: int, n_shards: int) -> Measured:
    """Make a home of so many targets and ask it questions."""
    found = Measured(n_targets)
    files, root = folder / "files", folder / "home"
    started, processor = time.monotonic(), time.process_time()
    paths = list(write_short_curves(files, range(1, n_targets + 2)))
    found.seconds["files written"] = time.process_time() - processor
    found.wall["files written"] = time.monotonic() - started
    late = folder / "late" / paths[-1].name
    late.parent.mkdir()
    paths[-1].rename(late)
    open_home(root, n_shards=n_shards)
    _of_run(found, watched(search_command(root, files), {memory.VARIABLE: f"{_WORKER_BYTES // 10**6}MB"}))
    shutil.rmtree(files)
    _sizes(found, root)
    for name, command in _questions(root, late).items():
        times = 1 if name == _CHANGING else _ASKED
        asked = min((watched(command) for _ in range(times)), key=lambda seen: seen.processor)
        found.seconds[name], found.wall[name] = asked.processor, asked.wall
        found.memory[name] = asked.parent
    return found


def _questions(root: Path, late: Path) -> dict[str, list[str]]:
    home, target = ["--home", str(root)], "SIM 20"
    return {
        "stale": [*_CLI, "stale", *home],
        "lineage of a target": [*_CLI, "lineage", "transits/transit_candidates", target, *home],
        "impact of a target": [*_CLI, "impact", target, *home],
        _CHANGING: search_command(root, late),
    }


def search_command(root: Path, files: Path) -> list[str]:
    """Return the command that takes files in and searches them."""
    return [sys.executable, __file__, "--run", str(root), str(files)]


def _of_run(found: Measured, run: Watched) -> None:
    told = json.loads(run.output.splitlines()[-1])
    found.steps = {step: run.between(*span) for step, span in told.items()}
    of_tables = defaultdict[str, float](float)
    for step, seconds in found.steps.items():
        of_tables[step.removesuffix(_CHECKS).replace("__", "/")] += seconds
    for stage, tables in STAGES.items():
        found.seconds[stage] = sum(of_tables[table] for table in tables)
    found.seconds["all of the run"] = run.processor
    found.seconds["of it in its own process"] = run.own
    found.seconds["rest of the run"] = run.processor - sum(found.seconds[stage] for stage in STAGES)
    found.wall["all of the run"] = run.wall
    found.memory["run"], found.memory["workers"] = run.parent, sorted(run.workers.values())


def _sizes(found: Measured, root: Path) -> None:
    for part in sorted(path for path in root.iterdir() if path.is_dir()):
        found.n_bytes[part.name] = sum(path.stat().st_size for path in part.rglob("*") if path.is_file())
    ledger = open_ledger(open_home(root), TABLES)
    for table in ledger.tables:
        handle = ledger.open(table)
        if handle.delta is not None:
            found.files[table.name], found.commits[table.name] = len(handle.file_names()), handle.version


def run_search(root: Path, files: Path) -> None:
    """Run the search job, each table by itself, and print when each of its steps began and ended."""
    from astro_assets.cli.app import OBJECTS_A_SEARCH
    from astro_assets.definitions import SEARCH_JOB, build_definitions
    from astro_assets.orchestration.engine import Engine
    from astro_assets.orchestration.instance import open_instance
    from astro_assets.orchestration.launch import run_job

    gc.set_threshold(OBJECTS_A_SEARCH)  # as the command does
    home = open_home(root)
    engine = Engine(home, TABLES, preload=PRELOAD)
    engine.begin()
    config = {"ops": {"observations__raw_files": {"config": {"paths": [str(files)]}}}}
    tables = [table for stage in STAGES.values() for table in stage]
    run_id, failed = run_job(build_definitions(home, engine), SEARCH_JOB, home, config, tables)
    engine.close()
    if failed:
        raise SystemExit("\n".join(failed))
    with open_instance(home) as instance:
        steps = instance.get_run_step_stats(run_id)
    print(json.dumps({step.step_key: (step.start_time, step.end_time) for step in steps}))


def show(all_found: Sequence[Measured]) -> list[str]:
    """Print the figures and return what grows."""
    first, missed = all_found[0], []
    print(f"\n{'processor ms a target':28}" + "".join(f"{found.n_targets:>20,}" for found in all_found))
    for name in first.seconds:
        line = f"{name:28}"
        for found in all_found:
            own, least = found.seconds[name] / found.n_targets, first.seconds[name] / first.n_targets
            line += f"{1e3 * own:12.3f} ({own / least:4.2f})" if least else f"{1e3 * own:12.3f}       "
            if least and own / least > WANTED:
                missed.append(f"{name} at {found.n_targets:,}: {own / least:.2f} times as long a target")
        print(line)
    missed += _beyond(all_found)
    _lines("seconds of wall", all_found, "wall", lambda value: f"{value:.1f}")
    for found in all_found:
        workers = ", ".join(f"{value / 1e6:.0f}" for value in found.memory["workers"])
        asked = ", ".join(
            f"{name} {value / 1e6:.0f}" for name, value in found.memory.items() if name != "workers"
        )
        print(f"MB at the most, {found.n_targets:,}: {asked}; workers {workers}")
        if max(found.memory["workers"]) > _WORKER_BYTES:
            missed.append(f"a worker at {found.n_targets:,} took more than {_WORKER_BYTES / 1e6:.0f} MB")
    per_target = {name: 0 for found in all_found for name in found.n_bytes}
    print(f"\n{'bytes a target':28}" + "".join(f"{found.n_targets:>20,}" for found in all_found))
    for name in per_target:
        print(
            f"{name:28}"
            + "".join(f"{found.n_bytes.get(name, 0) / found.n_targets:20,.0f}" for found in all_found)
        )
    print(f"\n{'files / commits':28}" + "".join(f"{found.n_targets:>20,}" for found in all_found))
    for name in first.files:
        cells = (f"{found.files.get(name, 0)} / {found.commits.get(name, 0)}" for found in all_found)
        print(f"{name:34}" + "".join(f"{cell:>18}" for cell in cells))
    return missed


def _beyond(all_found: Sequence[Measured]) -> list[str]:
    """Print what each target takes beyond those of the size before, and return where that grows.

    It is blind to what any run takes, which hides growth at small sizes.
    """
    print(
        f"\n{'ms a target beyond the size before':48}" + "".join(f"{n.n_targets:>20,}" for n in all_found[1:])
    )
    missed = []
    for name in all_found[0].seconds:
        beyond = [
            1e3 * (more.seconds[name] - less.seconds[name]) / (more.n_targets - less.n_targets)
            for less, more in pairwise(all_found)
        ]
        print(f"{name:48}" + "".join(f"{value:20.3f}" for value in beyond))
        noise = [1e3 * _NOISE_S / (more.n_targets - less.n_targets) for less, more in pairwise(all_found)]
        for (before, least), (after, _) in pairwise(zip(beyond, noise, strict=True)):
            if after > WANTED * (before + least):
                missed.append(f"{name}: each further target takes {after:.3f} ms, before {before:.3f}")
    return missed


def _lines(title: str, all_found: Sequence[Measured], of: str, shown: Any) -> None:
    print(f"\n{title:28}" + "".join(f"{found.n_targets:>20,}" for found in all_found))
    values: Mapping[str, Any] = getattr(all_found[0], of)
    for name in values:
        print(f"{name:28}" + "".join(f"{shown(getattr(found, of)[name]):>20}" for found in all_found))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,10000", help="numbers of targets, the first to compare with")
    parser.add_argument("--shards", type=int, default=64, help="of each home")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    parser.add_argument("--folder", type=Path, help="where the homes are made, and deleted")
    parser.add_argument("--run", nargs=2, type=Path, metavar=("HOME", "FILES"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.run:
        run_search(*options.run)
        return
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        measure(Path(folder), _WARMING, options.shards)
    all_found = []
    for size in map(int, options.sizes.split(",")):
        with tempfile.TemporaryDirectory(dir=options.folder) as folder:
            all_found.append(measure(Path(folder), size, options.shards))
        if options.json:
            options.json.write_text(json.dumps([asdict(found) for found in all_found], indent=1))
    end(show(all_found))


if __name__ == "__main__":
    main()
