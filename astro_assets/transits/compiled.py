"""How the wing's loops are compiled, and where the result is stored.

Numba looks at the age of the file a loop is in, not at those of the loops that it calls: after an update
that touches only these it would go on with the old ones. So what is compiled is stored under a digest of all
of the wing's source.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

from numba import config, njit

P = ParamSpec("P")
R = TypeVar("R")


def store_by_source(package: Path) -> None:
    """Let Numba store what it compiles for this source alone; remove what it stored for an older one.

    Where the package cannot be written to, it comes from an installer, whose files are all of one age: Numba
    stores in the user's cache then. So does whoever sets ``NUMBA_CACHE_DIR`` decide.

    Parameters
    ----------
    package
        Folder whose Python files are what loops are made of.
    """
    settings: Any = config
    if settings.CACHE_DIR or not os.access(package, os.W_OK):
        return
    digest = hashlib.blake2b(digest_size=8)
    for file in sorted(package.rglob("*.py")):
        digest.update(file.read_bytes())
    folder = package / "__pycache__" / f"loops-{digest.hexdigest()}"
    if not folder.exists():
        for stored in folder.parent.glob("loops-*"):
            if stored != folder:  # another process may have just begun it
                shutil.rmtree(stored, ignore_errors=True)
    settings.CACHE_DIR = str(folder)


store_by_source(Path(__file__).parent)


def compiled_with(**options: Any) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Return the decorator of loops with further options of Numba's ``njit``."""

    def decorated(function: Callable[P, R]) -> Callable[P, R]:
        return cast("Callable[P, R]", njit(cache=True, nogil=True, **options)(function))

    return decorated


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a loop when it is called first, and store it; other threads go on while it runs."""
    return compiled_with()(function)
