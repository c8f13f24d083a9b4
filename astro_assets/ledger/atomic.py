"""Writing files so that a reader sees all of a file or none of it, whatever is killed when.

Only this: a temporary file in the same folder, flushed to the disk, then one rename.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from threading import Semaphore
from typing import Any, BinaryIO, Final, Self

#: Files flushed at once: the disk's journal takes several together.
_AT_ONCE: Final = 8
#: Files that wait to be flushed, at most: each is open.
_WAITING: Final = 64


class Flushing:
    """Flushes files in the background, while their writer goes on; all are on the disk when its block ends.

    Parameters
    ----------
    first
        Whether a file shows under its name only once it is on the disk, as without this. Otherwise it does
        at once, and a power failure before the block's end may leave a damaged one there.
    """

    def __init__(self, *, first: bool = True) -> None:
        self.first = first
        self._threads = ThreadPoolExecutor(_AT_ONCE)
        self._slots = Semaphore(_WAITING)
        self._begun: list[Future[None]] = []

    def begin(self, work: Callable[[], None]) -> None:
        """Do something in the background; where files wait open for it, not too many at once."""
        if self.first:
            self._slots.acquire()
        begun = self._threads.submit(work)
        if self.first:
            begun.add_done_callback(lambda _: self._slots.release())
        self._begun.append(begun)

    def close(self) -> None:
        """Wait until all files are on the disk.

        Raises
        ------
        OSError
            If one could not be written.
        """
        self._threads.shutdown()
        for done in self._begun:
            done.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        if raised[0] is None:
            self.close()
        else:
            self._threads.shutdown()


@contextmanager
def replacing(
    path: Path, *, replace: bool = True, mode: int = 0o644, flushing: Flushing | None = None
) -> Iterator[BinaryIO]:
    """Open a temporary file that becomes ``path`` when the block ends without an exception.

    Parameters
    ----------
    path
        Destination; its folder is made.
    replace
        Whether an existing file is replaced; otherwise the first writer wins.
    mode
        The file's permissions, as far as the process's mask allows them.
    flushing
        Where the file may become ``path`` a little later.
    """
    make_folder(path.parent)
    temporary = path.parent / f".partial-{secrets.token_hex(8)}"
    # Where nobody may write yet, and what the mask takes away stays away.
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    stream = os.fdopen(handle, "wb")
    try:
        yield stream
        stream.flush()
    except BaseException:
        _leave(stream, temporary)
        raise

    def settle(*, is_first: bool = True) -> None:
        try:
            if is_first:
                os.fsync(stream.fileno())
            if replace:
                temporary.replace(path)
            else:
                with suppress(FileExistsError):
                    path.hardlink_to(temporary)
        finally:
            _leave(stream, temporary)

    if flushing is None:
        settle()
    elif flushing.first:
        flushing.begin(settle)
    else:
        settle(is_first=False)
        flushing.begin(partial(_flush, path))


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, that others cannot write into, whatever the process's mask."""
    if not path.is_dir():
        make_folder(path.parent)
        path.mkdir(mode=0o775, exist_ok=True)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _leave(stream: BinaryIO, temporary: Path) -> None:
    with suppress(OSError):  # what could not be written before cannot be now; the cause is raised already
        stream.close()
    temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes | memoryview, *, replace: bool = True, **how: Any) -> None:
    """Write a whole file atomically; see :func:`replacing`."""
    with replacing(path, replace=replace, **how) as stream:
        stream.write(data)
