"""The archive that a model's file is: named parts of bytes, of which nothing runs when it is read.

What the parts are is the model's own matter.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping
from typing import Final

#: What reading an archive and its parts may raise; of pydantic and JSON a ValueError, of an unknown
#: compression a RuntimeError.
UNREADABLE: Final = (
    zipfile.BadZipFile, zlib.error, EOFError, KeyError, TypeError, ValueError, RuntimeError,
)  # fmt: skip
#: Of every part, so that equal models are equal files.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


def packed(parts: Mapping[str, bytes]) -> bytes:
    """Return the archive of some parts; equal parts give equal bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(parts):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), parts[name], zipfile.ZIP_DEFLATED)
    return file.getvalue()


def unpacked(data: bytes, most_bytes: int) -> dict[str, bytes]:
    """Return the parts of an archive by name.

    Parameters
    ----------
    most_bytes
        What all parts together may have: a small file may unpack to fill the memory.

    Raises
    ------
    ValueError
        If they have more.
    zipfile.BadZipFile and others of `UNREADABLE`
        If it is no archive, or damaged.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        n_bytes = sum(entry.file_size for entry in archive.infolist())
        if n_bytes > most_bytes:
            raise ValueError(f"it unpacks to {n_bytes} bytes; {most_bytes} are allowed")
        return {name: archive.read(name) for name in archive.namelist()}
