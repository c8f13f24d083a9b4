"""How much memory a worker process may have: what goes beyond is refused by the kernel, and fails alone.

Only the setting and the bound live here; which processes are bounded is decided by who starts them.
"""

from __future__ import annotations

import os
import re
import resource
from pathlib import Path
from typing import Final

VARIABLE: Final = "ASTRO_ASSETS_WORKER_MEMORY"
#: A worker begins with 0.3 GB, by what it has imported.
LEAST: Final = 512 * 10**6
_UNITS: Final = {"": 10**6, "MB": 10**6, "MiB": 2**20, "GB": 10**9, "GiB": 2**30}
_SIZE: Final = re.compile(rf"(\d+(?:\.\d+)?) ?({'|'.join(_UNITS)})")


def memory_named() -> int | None:
    """Return the bytes that ``ASTRO_ASSETS_WORKER_MEMORY`` allows a worker, None where it is not set.

    Raises
    ------
    ValueError
        If it names no size, or one with which no worker could begin.
    """
    named = os.environ.get(VARIABLE, "")
    if not named:
        return None
    size = _SIZE.fullmatch(named)
    n_bytes = 0 if size is None else int(float(size[1]) * _UNITS[size[2]])
    if n_bytes < LEAST:
        raise ValueError(
            f"{VARIABLE} = {named!r} is no size of at least {LEAST // 10**6}MB; write 2000MB, 2GB or 2GiB"
        )
    return n_bytes


def bound_memory(n_bytes: int) -> None:
    """Let this process have no more memory than this: what goes beyond raises MemoryError.

    Counted is what is its own and can be written, touched or not (RLIMIT_DATA). Files that are mapped do not
    count, nor does what is only reserved, which libraries that compile do by the gigabyte.

    Raises
    ------
    ValueError
        If it has more already: whatever it did next could end it.
    """
    if (held := _held()) > n_bytes:
        raise ValueError(
            f"{VARIABLE} allows {n_bytes // 10**6} MB, and a worker has {held // 10**6} MB at first: allow "
            "more, or set MIMALLOC_ARENA_EAGER_COMMIT=0 for the workers of a cluster"
        )
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    bound = n_bytes if most == resource.RLIM_INFINITY else min(n_bytes, most)
    resource.setrlimit(resource.RLIMIT_DATA, (bound, most))


def _held() -> int:
    """Return the bytes of this process that count; 0 where the system does not tell."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmData")), 0)


def memory_bound() -> int | None:
    """Return the bytes that this process may have, None for any number."""
    bound, _ = resource.getrlimit(resource.RLIMIT_DATA)
    return None if bound == resource.RLIM_INFINITY else bound
