"""How the wing's loops are compiled, and where the result is stored.

Numba looks at the age of the file a loop is in, not at those of the loops that it calls: after an update
that touches only these it would go on with the old ones. So what is compiled is stored under a digest of all
of the wing's source.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from numba import config, njit

from astro_assets.transits.loop_store import WING, loop_folder, remove_older

P = ParamSpec("P")
R = TypeVar("R")


def store_by_source(package: Path = WING) -> None:
    """Let Numba store what it compiles for this source alone; remove what it stored for an older one."""
    settings: Any = config
    folder = loop_folder(package)
    if folder is not None:
        remove_older(folder)
        settings.CACHE_DIR = str(folder)


store_by_source()


def compiled_with(**options: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return the decorator of loops with further options of Numba's ``njit``."""

    def decorated(function: Callable[P, R]) -> Callable[P, R]:
        return cast("Callable[P, R]", njit(cache=True, nogil=True, **options)(function))

    return decorated


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a loop when it is called first, and store it; other threads go on while it runs."""
    return compiled_with()(function)
