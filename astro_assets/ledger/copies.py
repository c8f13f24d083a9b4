"""Copies, on this machine, of what lies in an object store and does not change: bounded, and never needed.

Which file is a copy of what is decided by who keeps it here.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

import platformdirs
from blake3 import blake3

from astro_assets.ledger.atomic import write_bytes

FOLDER_VARIABLE: Final = "ASTRO_ASSETS_CACHE"
SIZE_VARIABLE: Final = "ASTRO_ASSETS_CACHE_GB"
_DEFAULT_GB: Final = 20.0
#: What was used so shortly ago may be open, or about to be, in seconds.
_IN_USE_S: Final = 600.0
#: The folder is looked through each time when so much of what it may hold has been added.
_LOOK_AGAIN: Final = 0.05


class CacheSizeError(ValueError):
    """The bound of the copies is no number; the message names the variable."""


def copies_folder(root: Path, store: str) -> Path:
    """Return where copies of files of a store are kept: where the environment says, else in the home."""
    if named := os.environ.get(FOLDER_VARIABLE):
        folder = Path(named).absolute()
    elif root.is_dir():
        folder = root / "cache"
    else:  # as on a worker that has no home
        folder = Path(platformdirs.user_cache_dir("astro_assets", appauthor=False)) / "store"
    return folder / sha256(store.encode()).hexdigest()[:16]


def bound_bytes() -> int:
    """Return how much the copies of a store may take, in bytes.

    Raises
    ------
    CacheSizeError
        If the environment does not say a number.
    """
    told = os.environ.get(SIZE_VARIABLE) or str(_DEFAULT_GB)
    try:
        return int(float(told) * 1e9)
    except (ValueError, OverflowError):
        raise CacheSizeError(f"{SIZE_VARIABLE}={told}: write a number of gigabytes") from None


@dataclass(slots=True)
class Copies:
    """A folder of copies, each by its path in it.

    Parameters
    ----------
    bound
        Bytes it may hold; what was used within ten minutes stays all the same.
    """

    folder: Path
    bound: int
    _added: float = float("inf")
    #: Those that this process has found to be what was kept.
    _sound: set[str] = field(default_factory=set)

    def has(self, name: str) -> bool:
        """Tell whether a copy is there, as it was kept, and take note that it is used."""
        path, mark = self.folder / name, self._mark(name)
        try:
            for of in (path, mark):
                os.utime(of)
            if name not in self._sound and blake3(path.read_bytes()).hexdigest() != mark.read_text("ascii"):
                return False
        except (OSError, UnicodeDecodeError):  # it cannot be read: it is fetched again
            return False
        self._sound.add(name)
        return True

    def _mark(self, name: str) -> Path:
        """Return where the hash of a copy lies; it may be damaged itself: the copy is fetched again then."""
        path = self.folder / name
        return path.with_name(f".{path.name}.blake3")

    def keep(self, name: str, data: bytes | memoryview) -> None:
        """Keep a copy, and let go of those that were not used for longest where there are too many."""
        write_bytes(self.folder / name, data)
        self._mark(name).write_text(blake3(data).hexdigest(), "ascii")
        self._added += len(data)
        if self._added > self.bound * _LOOK_AGAIN:
            self._added = 0
            self._make_room()

    def keep_version(self, name: str) -> None:
        """Let go of all that lies beside a folder: copies of what was replaced."""
        folder = self.folder / name
        if not folder.is_dir() and folder.parent.is_dir():
            for other in folder.parent.iterdir():
                if other != folder:  # which another process may make just now
                    shutil.rmtree(other, ignore_errors=True)
            folder.mkdir(exist_ok=True)

    def clear(self, name: str = "") -> None:
        """Let go of everything, or of one copy."""
        if name:
            (self.folder / name).unlink(missing_ok=True)
        else:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _make_room(self) -> None:
        files = sorted(self._files())
        n_bytes = sum(size for _, size, _ in files)
        for used, size, path in files:
            if n_bytes <= self.bound or used > time.time() - _IN_USE_S:
                return
            with suppress(FileNotFoundError):  # another process was sooner
                os.unlink(path)  # noqa: PTH108  of thousands
            n_bytes -= size

    def _files(self) -> Iterator[tuple[float, int, str]]:
        for folder, _, names in os.walk(self.folder):
            for name in names:
                path = f"{folder}/{name}"
                with suppress(FileNotFoundError):
                    status = os.stat(path)  # noqa: PTH116  of thousands
                    yield status.st_mtime, status.st_size, path
