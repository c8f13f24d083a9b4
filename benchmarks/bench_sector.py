"""A sector of TESS two-minute curves, from local files to candidates in memory, on all cores.

Reads, detrends and searches the files of a simulated survey some times over, in pieces, one process a core,
without store, ledger and commits. Prints the wall time, processor milliseconds of each stage a curve, and the
highest memory of all processes together. Exits with 1 where it takes longer or more than wanted.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from timing import end, on_one_thread

from astro_assets.ledger.variables import environment
from astro_assets.observations.simulated_survey import simulate_survey
from astro_assets.orchestration.compute import worker_environment

PIECE = 96
#: Of all curves; in proportion for fewer. Gigabytes of all processes.
WANTED_SECONDS, WANTED_CURVES, WANTED_MEMORY = 60.0, 20_000, 2.0
SEED = 11


def candidates(paths: list[Path]) -> tuple[int, dict[str, float]]:
    """Do with some files what a run does; return the number of candidates and the seconds of each stage."""
    from astro_assets.observations.tables import LIGHT_CURVES
    from astro_assets.transits.tables import DETRENDED_LIGHT_CURVES, TRANSIT_CANDIDATES

    times = [time.process_time()]
    rows: list[Any] = []
    for path in paths:
        parents = {"observation_files": [{"sha256": path, "description": None}]}
        rows += LIGHT_CURVES.compute(path.name, parents, LIGHT_CURVES.config)
    names = [row["target_id"] for row in rows]
    times.append(time.process_time())
    of_stars = [{"selected_files": [row]} for row in rows]
    flat = DETRENDED_LIGHT_CURVES.compute(names, of_stars, DETRENDED_LIGHT_CURVES.config)
    times.append(time.process_time())
    curves = [{"detrended_light_curves": rows} for rows in flat]
    found = TRANSIT_CANDIDATES.compute(names, curves, TRANSIT_CANDIDATES.config)
    times.append(time.process_time())
    return sum(map(len, found)), dict(
        zip(("read", "detrend", "search"), np.diff(times).tolist(), strict=True)
    )


def search_all(pool: ProcessPoolExecutor, pieces: list[list[Path]]) -> tuple[float, int, Counter[str], float]:
    """Search all pieces; return wall seconds, signals, seconds of stages, and gigabytes at the most."""
    started, n_signals, spent, most = time.monotonic(), 0, Counter[str](), 0.0
    waiting = {pool.submit(candidates, piece) for piece in pieces}
    here = psutil.Process()
    while waiting:
        most = max(most, sum(one.memory_info().rss for one in (here, *here.children(recursive=True))) / 1e9)
        done = {one for one in waiting if one.done()}
        waiting -= done
        for one in done:
            count, stages = one.result()
            n_signals += count
            spent.update(stages)
        time.sleep(0.05)
    return time.monotonic() - started, n_signals, spent, most


def main() -> None:
    """Run and print."""
    on_one_thread()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=2000, help="files that are written")
    parser.add_argument("--times", type=int, default=10, help="how often each is read")
    options = parser.parse_args()
    n_cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for file in simulate_survey(options.files, SEED):
            paths.append(Path(folder) / file.name)
            paths[-1].write_bytes(file.content)
        every = paths * options.times
        pieces = [every[first : first + PIECE] for first in range(0, len(every), PIECE)]
        context = get_context("forkserver")
        with environment(worker_environment()), ProcessPoolExecutor(n_cores, mp_context=context) as pool:
            list(pool.map(candidates, pieces[:n_cores]))  # imports
            wall, n_signals, spent, memory = search_all(pool, pieces)
    wanted = WANTED_SECONDS * len(every) / WANTED_CURVES
    print(f"{len(every)} curves, {n_cores} cores: {wall:.1f} s, {n_signals} candidates, {memory:.2f} GB")
    print(f"wanted: {wanted:.1f} s, {WANTED_MEMORY} GB")
    for stage, seconds in spent.items():
        print(f"  {stage:8} {1e3 * seconds / len(every):6.2f} ms of a processor a curve")
    end(["seconds"] * (wall > wanted) + ["memory"] * (memory > WANTED_MEMORY))


if __name__ == "__main__":
    main()
