"""Opening files that others may have put there: never waiting for what is no file."""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from pathlib import Path


def opened(path: Path) -> BufferedReader:
    """Open a regular file to be read.

    Raises
    ------
    OSError
        If it is none: a pipe or a device may have taken its place, at which reading would wait for ever.
    """
    stream = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb")
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise OSError(errno.EINVAL, "not a regular file", os.fspath(path))
    return stream
