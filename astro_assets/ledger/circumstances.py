"""Under what circumstances something is computed: the checkout, the machine, the threads.

A model that is fitted on other threads, or with other instructions, can differ in its last bits: how that was
is kept with each version, and a fit is held to one thread.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from astro_assets.ledger.sources import instruction_set, instructions_beyond
from astro_assets.ledger.variables import environment

#: How many threads a fit is given; for whoever wants it faster, and not the same again.
THREADS_VARIABLE: Final = "ASTRO_ASSETS_FIT_THREADS"
PINNED_THREADS: Final = 1
#: What a process may be told about instructions and threads by its environment.
DECIDING: Final = (
    "ATEN_CPU_CAPABILITY", "MKL_CBWR", "NPY_DISABLE_CPU_FEATURES", "NUMBA_CPU_FEATURES", "NUMBA_CPU_NAME",
    "OMP_NUM_THREADS", "OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS",
)  # fmt: skip
#: How libraries are told to keep to a level of the x86-64 psABI.
_LOWERED: Final = {
    "x86-64-v3": {
        "ATEN_CPU_CAPABILITY": "avx2", "NUMBA_CPU_NAME": "haswell", "OPENBLAS_CORETYPE": "Haswell",
    },
    "x86-64-v2": {
        "ATEN_CPU_CAPABILITY": "default", "NUMBA_CPU_NAME": "nehalem", "OPENBLAS_CORETYPE": "Nehalem",
    },
}  # fmt: skip
_THREADS: Final = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_PACKAGE: Final = Path(__file__).resolve().parents[1]


class ThreadsError(ValueError):
    """The number of threads is none."""


@contextmanager
def pinned() -> Iterator[dict[str, Any]]:
    """Hold what is done within to one thread, and tell the circumstances.

    Yields
    ------
    dict
        ``git_commit``, ``is_dirty``, ``hardware``, ``pins``, ``is_reproducible`` and ``why_not``; all is told
        when it ends.

    Raises
    ------
    ThreadsError
        If ``ASTRO_ASSETS_FIT_THREADS`` is not a number of threads.
    """
    from threadpoolctl import threadpool_limits

    n_threads = fit_threads()
    others = {name: os.environ[name] for name in DECIDING if name in os.environ}
    told: dict[str, Any] = {**_commit(), "hardware": _hardware()}
    with ExitStack() as held:
        # Libraries that are loaded within: no others can be told later.
        held.enter_context(environment(dict.fromkeys(_THREADS, str(n_threads))))
        held.enter_context(threadpool_limits(n_threads))
        held.enter_context(_torch_threads(n_threads))
        yield told
        pools = _threads_now()
    told["pins"] = {"threads": n_threads, "instruction_set": instruction_set(), "environment": others}
    told["hardware"]["threads"] = {name: f"{n} {kernels}".strip() for name, (n, kernels) in pools.items()}
    unpinned = [f"{name} ran on {n} threads" for name, (n, _) in pools.items() if n > PINNED_THREADS]
    if n_threads != PINNED_THREADS:
        unpinned.insert(0, f"it was fitted on {n_threads} threads, not pinned to one")
    told |= {"why_not": unpinned, "is_reproducible": not unpinned}


def as_then(pins: Mapping[str, Any]) -> dict[str, str]:
    """Return what to tell a process so that it computes as one did that told these pins.

    Instructions that this machine has and that one had not are held back; those that it lacks stay lacking.
    """
    told = {str(name): str(value) for name, value in pins.get("environment", {}).items()}
    if threads := pins.get("threads"):
        told[THREADS_VARIABLE] = str(threads)
    level = str(pins.get("instruction_set"))
    if level in _LOWERED and (beyond := instructions_beyond(level)):
        told |= {**_LOWERED[level], "NPY_DISABLE_CPU_FEATURES": " ".join(beyond)}
    return told


def fit_threads() -> int:
    """Return how many threads a fit is given.

    Raises
    ------
    ThreadsError
        If ``ASTRO_ASSETS_FIT_THREADS`` is not a number of threads.
    """
    text = os.environ.get(THREADS_VARIABLE, str(PINNED_THREADS))
    if not text.isdigit() or not 1 <= int(text) <= 1024:
        raise ThreadsError(f"{THREADS_VARIABLE}={text!r} is not a number of threads from 1 to 1024")
    return int(text)


@contextmanager
def _torch_threads(n_threads: int) -> Iterator[None]:
    """Limit torch, where it is loaded: what loads it within sets its threads itself."""
    torch = sys.modules.get("torch")
    if torch is None:
        yield
        return
    before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _threads_now() -> dict[str, tuple[int, str]]:
    """Return the threads of each library, and what kernels it chose."""
    from threadpoolctl import threadpool_info

    threads = {}
    for pool in threadpool_info():
        name = f"{pool['internal_api']} {pool.get('version') or ''}".strip()
        threads[name] = (int(pool["num_threads"]), pool.get("architecture") or "")
    if (torch := sys.modules.get("torch")) is not None:
        threads["torch"] = (torch.get_num_threads(), torch.backends.cpu.get_cpu_capability())
    return dict(sorted(threads.items()))


def _hardware() -> dict[str, Any]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "n_processors": len(os.sched_getaffinity(0)),
        "memory_bytes": memory,
        "instruction-set": instruction_set(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor() or platform.machine())


def _commit() -> dict[str, Any]:
    """Return the commit of the checkout that the package lies in, and whether it was changed since."""
    if not (_PACKAGE.parent / ".git").exists():
        return {"git_commit": None, "is_dirty": None}
    try:
        commit = _git("rev-parse", "HEAD")
        changes = _git("status", "--porcelain", "--", _PACKAGE.name)
    except (OSError, subprocess.SubprocessError):
        return {"git_commit": None, "is_dirty": None}
    return {"git_commit": commit, "is_dirty": bool(changes)}


def _git(*arguments: str) -> str:
    command = ("git", "-C", str(_PACKAGE.parent), *arguments)
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=10)  # noqa: S603  ours
    return done.stdout.strip()
