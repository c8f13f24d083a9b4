"""Where a home's tables, arrays, raw files and records lie: what the ledger needs of such a place.

A folder is one, an object store another (`bucket`). Everything in it has a key, a path with slashes; what the
bytes mean is not known here.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from astro_assets.ledger.atomic import Flushing, replacing, write_bytes

#: What was written so shortly ago may be written again without showing a later time, in ns.
_UNTRUSTED_NS: Final = 2 * 10**9


class StoreError(OSError):
    """An object store does not answer, or refuses; the message names it and says what to do."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something stored: its key, its size, and when it was written, in seconds since 1970."""

    key: str
    n_bytes: int
    modified: float

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.key.rpartition("/")[2]


class Storage(Protocol):
    """A place for files by key. Each is there as a whole or not at all, whatever is killed when.

    All methods but :meth:`place` and :meth:`clear_copies` may raise :class:`StoreError` or another OSError.
    """

    @property
    def options(self) -> Mapping[str, str] | None:
        """What Delta Lake needs to know to read and write here."""
        ...

    @property
    def has_copies(self) -> bool:
        """Whether files are read from copies, so that what replaces one has to be told of."""
        ...

    def place(self, key: str) -> str:
        """Return the path or address of a key, for people and for Delta Lake."""
        ...

    def reaching(self) -> AbstractContextManager[None]:
        """Return a block in which an error of others' code that comes of this place says so."""
        ...

    def read(self, key: str) -> bytes:
        """Return the bytes of a key; raises FileNotFoundError where there is none."""
        ...

    def open(self, key: str) -> BufferedReader | BytesIO:
        """Open a key to read; raises FileNotFoundError where there is none."""
        ...

    def write(
        self,
        key: str,
        data: bytes | memoryview,
        *,
        replace: bool = True,
        mode: int = 0o644,
        flushing: Flushing | None = None,
    ) -> None:
        """Write a key; without ``replace`` the first writer wins."""
        ...  # fmt: skip

    def writing(
        self, key: str, *, mode: int = 0o644, flushing: Flushing | None = None
    ) -> AbstractContextManager[BinaryIO]:
        """Open a stream whose content becomes the key's when the block ends without an exception."""
        ...

    def rewrite(self, key: str, data: bytes) -> None:
        """Replace what a key holds; where the place keeps times and permissions, these stay."""
        ...

    def remove(self, key: str) -> int | None:
        """Remove a key, or a folder of a folder, and return its bytes; None where nothing was there."""
        ...

    def size(self, key: str) -> int | None:
        """Return how many bytes a key holds, None where there is none."""
        ...

    def existing(self, keys: Collection[str]) -> set[str]:
        """Return those of some keys that are there."""
        ...

    def entries(self, prefix: str) -> list[Entry]:
        """List everything below a prefix that ends in a slash, or all for an empty one, by key."""
        ...

    def folder_with(self, prefix: str, names: Iterable[str], version: str = "") -> Path:
        """Return a local folder in which files below a prefix can be read.

        Parameters
        ----------
        names
            The files wanted, by their path below the prefix.
        version
            Another one where files may have been replaced since; otherwise they are taken to be immutable.

        Raises
        ------
        FileNotFoundError
            If one is not there; a place whose files are local leaves that to who reads them.
        """
        ...

    def stamp(self, prefix: str) -> str | None:
        """Return what changes when something directly below a prefix comes or goes; None where nothing is.

        Empty where that has just happened: it may happen again without showing.
        """
        ...

    def clear_copies(self, key: str = "") -> None:
        """Remove the copies kept here of what lies elsewhere, or that of one key."""
        ...


def local_file(storage: Storage, key: str) -> Path:
    """Return where the file of a key can be read.

    Raises
    ------
    FileNotFoundError
        If there is none; a place whose files are local leaves that to who reads them.
    """
    prefix, _, name = key.rpartition("/")
    return storage.folder_with(prefix, [name]) / name


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of this machine, or one that several share."""

    root: Path

    @property
    def options(self) -> None:
        """Nothing."""

    @property
    def has_copies(self) -> bool:
        """Files are read where they are."""
        return False

    def place(self, key: str) -> str:
        """Return the path of a key."""
        return os.fspath(self.root / key)

    def reaching(self) -> AbstractContextManager[None]:
        """Return a block that leaves errors as they are."""
        return nullcontext()

    def read(self, key: str) -> bytes:
        """Return the bytes of a file."""
        return (self.root / key).read_bytes()

    def open(self, key: str) -> BufferedReader | BytesIO:
        """Open a file to read."""
        return (self.root / key).open("rb")

    def write(
        self, key: str, data: bytes | memoryview, *, replace: bool = True, mode: int = 0o644,
        flushing: Flushing | None = None,
    ) -> None:  # fmt: skip
        """Write a file beside its place, flush it and move it there."""
        write_bytes(self.root / key, data, replace=replace, mode=mode, flushing=flushing)

    def writing(
        self, key: str, *, mode: int = 0o644, flushing: Flushing | None = None
    ) -> AbstractContextManager[BinaryIO]:
        """Open a file beside its place that is flushed and moved there in the end."""
        return replacing(self.root / key, mode=mode, flushing=flushing)

    def rewrite(self, key: str, data: bytes) -> None:
        """Replace a file by one that is as old, with its permissions."""
        path = self.root / key
        status = path.stat()
        with replacing(path, mode=status.st_mode & 0o777) as stream:
            stream.write(data)
            stream.flush()
            # What a table was at a time is found by the times of the files of its log.
            os.utime(stream.fileno(), ns=(status.st_atime_ns, status.st_mtime_ns))

    def remove(self, key: str) -> int | None:
        """Remove a file, or a folder with all in it."""
        path = self.root / key
        if path.is_dir() and not path.is_symlink():
            n_below = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
            shutil.rmtree(path)
            return n_below
        n_bytes = self.size(key)
        path.unlink(missing_ok=True)
        return n_bytes

    def size(self, key: str) -> int | None:
        """Return the size of a file."""
        path = self.root / key
        return path.stat().st_size if path.is_file() else None

    def existing(self, keys: Collection[str]) -> set[str]:
        """Look for each file."""
        root = os.fspath(self.root)
        return {key for key in keys if os.path.isfile(f"{root}/{key}")}  # noqa: PTH113  of thousands

    def entries(self, prefix: str) -> list[Entry]:
        """List the files below a folder."""
        root, found = os.fspath(self.root), []
        for folder, _, names in os.walk(self.root / prefix):
            for name in names:
                path = f"{folder}/{name}"
                status = os.stat(path, follow_symlinks=False)  # noqa: PTH116  of thousands
                key = path[len(root) + 1 :]
                found.append(Entry(key, status.st_size, status.st_mtime))
        return sorted(found, key=lambda entry: entry.key)

    def folder_with(self, prefix: str, names: Iterable[str], version: str = "") -> Path:
        """Return the folder itself."""
        del names, version
        return self.root / prefix

    def stamp(self, prefix: str) -> str | None:
        """Return what the file system says of a folder."""
        try:
            status = os.stat(self.root / prefix)  # noqa: PTH116  a hundred times a minute
        except FileNotFoundError:
            return None
        is_new = abs(time.time_ns() - status.st_mtime_ns) < _UNTRUSTED_NS
        return "" if is_new else f"{status.st_ino} {status.st_mtime_ns}"

    def clear_copies(self, key: str = "") -> None:
        """Keep everything: there are no copies."""


@lru_cache(maxsize=64)
def storage_at(root: Path, store: str | None, copies: Path | None) -> Storage:
    """Return the place of a home's tables and files.

    Parameters
    ----------
    root
        The home.
    store
        The address of an object store; the home itself where there is none.
    copies
        Where copies of what lies in the store are kept; decided by the environment and the home when None.
    """
    if store is None:
        return Folder(root)
    from astro_assets.ledger.bucket import Bucket
    from astro_assets.ledger.copies import copies_folder

    return Bucket(store, copies_folder(root, store) if copies is None else copies)
