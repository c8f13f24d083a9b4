"""Writing files so that a reader sees all of a file or none of it, whatever is killed when.

Only this: a temporary file in the same folder, flushed to the disk, then one rename.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO


@contextmanager
def replacing(path: Path, *, replace: bool = True) -> Iterator[BinaryIO]:
    """Open a temporary file that becomes ``path`` when the block ends without an exception.

    Parameters
    ----------
    path
        Destination; its folder is made.
    replace
        Whether an existing file is replaced; otherwise the first writer wins.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=".partial-", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fchmod(stream.fileno(), 0o644)
            os.fsync(stream.fileno())
        if replace:
            temporary.replace(path)
        else:
            with suppress(FileExistsError):
                path.hardlink_to(temporary)
    finally:
        temporary.unlink(missing_ok=True)


def write_bytes(path: Path, data: bytes, *, replace: bool = True) -> None:
    """Write a whole file atomically."""
    with replacing(path, replace=replace) as stream:
        stream.write(data)
