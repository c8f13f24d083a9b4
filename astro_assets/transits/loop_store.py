"""Where compiled loops are stored: beside the package, in a folder named after their source.

Needs no Numba, so that a command can tell whether they are there before it loads anything.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

import platformdirs

WING: Final = Path(__file__).parent
_COMPLETE: Final = "complete"


def loop_folder(package: Path = WING) -> Path | None:
    """Return the folder of the loops of this source alone.

    Where the package cannot be written to, it comes from an installer, whose files are all of one age: Numba
    stores in the user's cache then. So does whoever sets ``NUMBA_CACHE_DIR`` decide.

    Parameters
    ----------
    package
        Folder whose Python files are what loops are made of.

    Returns
    -------
    Path or None
        None where Numba decides.
    """
    if os.environ.get("NUMBA_CACHE_DIR") or not os.access(package, os.W_OK):
        return None
    return package / "__pycache__" / f"loops-{_digest(package)}"


def remove_older(folder: Path) -> None:
    """Remove what was stored for older source, once: when there is nothing yet for this one."""
    if folder.exists():
        return
    for stored in _holding(folder).glob("loops-*"):
        if stored != folder:  # another process may have just begun it
            shutil.rmtree(stored, ignore_errors=True)


def are_stored(package: Path = WING) -> bool:
    """Whether all loops of this source have been compiled, as far as can be told."""
    return _mark(package).exists()


def mark_stored(package: Path = WING) -> None:
    """Remember that all loops of this source have been compiled; nothing where nothing can be written."""
    mark = _mark(package)
    with suppress(OSError):
        _holding(mark).mkdir(parents=True, exist_ok=True)
        mark.touch()


def _mark(package: Path) -> Path:
    folder = loop_folder(package)
    if folder is not None:
        return folder / _COMPLETE
    chosen = os.environ.get("NUMBA_CACHE_DIR") or platformdirs.user_cache_dir("astro_assets", appauthor=False)
    return Path(chosen) / f"loops-{_digest(package)}-{_COMPLETE}"


def _digest(package: Path) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for file in sorted(package.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _holding(path: Path) -> Path:
    """Return the folder of a file."""
    # A module that says `parent` twice may read any file of the package, as far as code versions can tell:
    # each page of the report would count for every table.
    return Path(*path.parts[:-1])
