"""Timing beside others on one thread: processor and wall time, medians of ratios, and what is wanted.

Ratios are of processor time within a repeat, which other work on the machine changes least; where the wall
time is longer, there was such work.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_THREADS: Final = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")
REPEATS: Final = 5


def on_one_thread() -> None:
    """Start the script again with one thread for each library: they read it when they are loaded."""
    if any(os.environ.get(name) != "1" for name in _THREADS):
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | dict.fromkeys(_THREADS, "1"))


@contextmanager
def silence() -> Iterator[None]:
    """Drop what is written to the standard output, by compiled code as well."""
    sys.stdout.flush()
    output = os.dup(1)
    with Path(os.devnull).open("w") as nothing:
        os.dup2(nothing.fileno(), 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(output, 1)
        os.close(output)


@dataclass(frozen=True)
class Spent:
    """Processor and wall time, milliseconds."""

    processor: float
    wall: float


def milliseconds(call: Callable[[], object], n_curves: float = 1, n_calls: int = 1) -> Spent:
    """Return the time of calls for each curve, of which a call may do a part."""
    wall, processor = time.perf_counter(), time.process_time()
    for _ in range(n_calls):
        call()
    processor, wall = time.process_time() - processor, time.perf_counter() - wall
    return Spent(1e3 * processor / n_curves / n_calls, 1e3 * wall / n_curves / n_calls)


def table(
    title: str,
    timed: Mapping[str, Callable[[], Spent]],
    wanted: Mapping[str, float] | None = None,
) -> list[str]:
    """Run all in each repeat and print milliseconds a curve, and the ratios to the first, which is ours.

    Parameters
    ----------
    title
        What is compared.
    timed
        Each runs an implementation, which has been compiled, and returns its time a curve.
    wanted
        By how much slower others must be.

    Returns
    -------
    list of str
        What was missed.
    """
    runs = [{name: call() for name, call in timed.items()} for _ in range(REPEATS)]
    ours = next(iter(timed))
    print(f"\n{title}\n{'ms a curve':44}{'processor':>11}{'wall':>11}{'ratio':>9}   {'range':16}wanted")
    missed = []
    for name in timed:
        ratios = [run[name].processor / run[ours].processor for run in runs]
        spent = [
            statistics.median(getattr(run[name], kind) for run in runs) for kind in ("processor", "wall")
        ]
        least = (wanted or {}).get(name)
        print(
            f"{name:44}{spent[0]:11.3f}{spent[1]:11.3f}{statistics.median(ratios):9.1f}"
            f"   {f'{min(ratios):.1f}-{max(ratios):.1f}':16}{'' if least is None else f'{least:g}'}",
            flush=True,
        )
        if least is not None and statistics.median(ratios) < least:
            missed.append(f"{title}: {name}")
    return missed


def end(missed: list[str]) -> None:
    """Name what was missed and exit with 1, if anything was."""
    for one in missed:
        print(f"missed: {one}")
    sys.exit(bool(missed))
