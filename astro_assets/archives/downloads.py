"""Fetching a file from an archive: resumed where it broke off, verified, in its place only when it is whole.

What the file means is no affair of this module, but that a FITS file is one is seen here.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import requests

from astro_assets.archives.deadlines import within
from astro_assets.archives.errors import (
    CutOffError,
    DamagedError,
    IncompleteError,
    NotDataError,
)
from astro_assets.archives.fits_ends import fault_of_fits
from astro_assets.archives.patience import patiently
from astro_assets.archives.sessions import PIECE, PoliteSession, is_page, pieces_of

#: A file that comes at this rate may take longer than an archive's patience.
SLOWEST_BYTES_PER_S: Final = 10_000
_PART: Final = 206
_BEYOND_THE_END: Final = 416
_FITS_NAMES: Final = (".fits", ".fit")


@dataclass(frozen=True, slots=True)
class Expected:
    """What an archive tells of a file before it is fetched.

    Parameters
    ----------
    size_bytes
        Its size.
    algorithm, checksum
        The name of a hash such as ``md5`` or ``sha256``, and the file's in hexadecimal digits.
    is_fits
        Whether it is FITS; by its name when None.
    """

    size_bytes: int | None = None
    algorithm: str = ""
    checksum: str = ""
    is_fits: bool | None = None


def download(session: PoliteSession, url: str, destination: Path, expected: Expected | None = None) -> bool:
    """Fetch a file, unless it is there already as expected.

    What has come of it is kept beside it with the ending ``.part``, so that the next call goes on there if
    the archive can and still has the same file. One caller at a time may fetch one file.

    Parameters
    ----------
    session
        A streamed one, see :func:`~astro_assets.archives.sessions.polite_session`.
    destination
        Where it is put when it is whole; never a name that was not looked at: a
        :class:`~astro_assets.archives.products.Product` has one that is safe.

    Returns
    -------
    bool
        Whether it was fetched; false if it was there.

    Raises
    ------
    ArchiveError
        If it cannot be had whole and as expected; then there is nothing at its destination.
    """
    expected = expected or Expected()
    if destination.exists() and not _fault(destination, expected, destination.name):
        return False
    destination.parent.mkdir(parents=True, exist_ok=True)
    fetch = _Fetch(session, url, destination, expected)
    with within(session.settings.patience_s, slowest_bytes_per_s=SLOWEST_BYTES_PER_S):
        patiently(session.settings, session.told, fetch.go_on)
    return True


class _Fetch:
    def __init__(self, session: PoliteSession, url: str, destination: Path, expected: Expected) -> None:
        self.session = session
        self.url = url
        self.destination = destination
        self.expected = expected
        self.part = destination.with_name(f"{destination.name}.part")
        #: What the archive calls this state of the file: another one is not a continuation.
        self.tag = destination.with_name(f"{destination.name}.part.tag")

    def go_on(self) -> None:
        """Fetch what is missing, and put the file in its place."""
        had = self._had()
        headers = {"Accept-Encoding": "identity"}
        if had:
            headers["Range"] = f"bytes={had}-"
            if self.tag.exists():
                headers["If-Range"] = self.tag.read_text()
        with self.session.get(self.url, headers=headers, stream=True) as response:
            if response.status_code == _BEYOND_THE_END:
                self._end(had, is_resumed=True)
                return
            begins = _first_byte(response) if response.status_code == _PART else 0
            if begins not in (0, had):
                self._forget()
                raise IncompleteError(
                    self.session.archive, self.url, "it sent another part than was asked for"
                )
            total = self._receive(response, begins)
        self._end(total, is_resumed=begins > 0)

    def _had(self) -> int:
        """Return how much of the file is there of which a continuation can be had."""
        if not self.part.exists() or not (self.tag.exists() or self.expected.size_bytes):
            return 0
        return self.part.stat().st_size

    def _receive(self, response: requests.Response, begins: int) -> int:
        """Write what comes behind what was there, and return the size."""
        limit = self.session.settings.largest_file_mb
        size = begins
        tag = response.headers.get("ETag") or response.headers.get("Last-Modified") or ""
        # A weak tag says that two states mean the same, not that their bytes are equal.
        if tag and not tag.startswith("W/"):
            self.tag.write_text(tag)
        elif begins == 0:
            self.tag.unlink(missing_ok=True)
        with self.part.open("ab" if begins else "wb") as file:
            for piece in pieces_of(self.session.archive, self.url, response):
                if size == 0 and is_page(piece, response.headers.get("Content-Type", "")):
                    file.close()
                    self._forget()
                    raise NotDataError(
                        self.session.archive, self.url, "a page for people came in the place of a file"
                    )
                size += len(piece)
                if size > limit * 1e6:
                    file.close()
                    self._forget()
                    raise CutOffError(self.session.archive, self.url, f"the file is larger than {limit:g} MB")
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        return size

    def _end(self, size: int, *, is_resumed: bool) -> None:
        told = self.expected.size_bytes
        if told is not None and size < told:
            raise IncompleteError(self.session.archive, self.url, f"{size:,} of {told:,} bytes came")
        try:
            fault = _fault(self.part, self.expected, self.destination.name)
        except Exception:  # what cannot even be looked at would be so at the next call
            self._forget()
            raise
        if fault:
            self._forget()
            # What was put together may be of two states of the file: once more, from the beginning.
            kind = IncompleteError if is_resumed else DamagedError
            raise kind(self.session.archive, self.url, f"{self.destination.name}: {fault}")
        self.part.replace(self.destination)
        self.tag.unlink(missing_ok=True)

    def _forget(self) -> None:
        self.part.unlink(missing_ok=True)
        self.tag.unlink(missing_ok=True)


def _first_byte(response: requests.Response) -> int:
    match = re.match(r"bytes (\d{1,18})-", response.headers.get("Content-Range", ""))
    return int(match[1]) if match else -1


def _fault(path: Path, expected: Expected, name: str) -> str:
    """Return what of a file is not as expected, nothing if all is."""
    size = path.stat().st_size
    if expected.size_bytes is not None and size != expected.size_bytes:
        return f"it has {size:,} bytes, the archive tells of {expected.size_bytes:,}"
    if expected.checksum:
        digest = hashlib.new(expected.algorithm, usedforsecurity=False)
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                digest.update(piece)
        if digest.hexdigest() != expected.checksum.lower():
            return f"its {expected.algorithm} is not the one that the archive tells"
    is_fits = expected.is_fits if expected.is_fits is not None else name.lower().endswith(_FITS_NAMES)
    return fault_of_fits(path) if is_fits else ""
