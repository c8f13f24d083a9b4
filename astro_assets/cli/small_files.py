"""Files that a person wrote by hand, read whole: nothing else is a few megabytes at most."""

from __future__ import annotations

from pathlib import Path


def read_small(path: Path, most_bytes: int, what: str, error: type[ValueError]) -> bytes:
    """Read a file.

    Parameters
    ----------
    most_bytes
        Larger ones are not read.
    what
        It is to hold, as in "too large for labels".
    error
        Raised with the reason where it cannot be.
    """
    if not path.is_file():
        raise error(f"{path}: there is no such file")
    if path.stat().st_size > most_bytes:
        raise error(f"{path}: too large for {what}")
    return path.read_bytes()
