"""Unpacking bundles: only what belongs there, each file verified as it is written.

A bundle may come from anybody: nothing in it is believed before it is looked at.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Self

from astro_assets.ledger.bundles import FORMAT, MANIFEST, RECORD, BundleError
from astro_assets.ledger.home import Home
from astro_assets.ledger.records import Record, RecordError, read_record
from astro_assets.ledger.storage import Folder

#: What a manifest and a record may hold, as of a training on 200,000 files: read, it takes 30 times as much.
_MOST_TOLD: Final = 1 << 25
#: What headers may come to besides, and an archive: what is larger was made to fill a disk.
_MOST_BETWEEN: Final = 1 << 28
_LEAST_ALLOWED: Final = 1 << 30
_MOST_TIMES: Final = 200
#: ``record.json``, ``sources/HASH.zip``, ``files/HA/HASH``.
_PLAIN: Final = re.compile(
    r"[A-Za-z][\w.]*|(?:sources|environments|model|files/[0-9a-f]{2})/[0-9a-f]+[a-z.]*"
)
_PIECE: Final = 1 << 20


def unpack(path: Path, into: Path) -> tuple[Record, Home]:
    """Unpack a bundle into a folder that is not there yet; every file is verified as it is written.

    Returns
    -------
    tuple of (Record, Home)
        How the version was made, and where raw files and code of it lie.

    Raises
    ------
    BundleError
        If it is no bundle, is damaged or was changed, holds what it should not, or does not fit on the disk.
    """
    if not path.is_file():
        raise BundleError(f"there is no bundle {path}")
    try:
        into.mkdir(parents=True)
    except OSError as error:
        raise BundleError(f"{into} cannot be made: {error}; unpack into another folder") from error
    try:
        _take(path, into)
        record = read_record(Folder(into), RECORD)
    except BaseException as error:
        shutil.rmtree(into, ignore_errors=True)
        if isinstance(error, RecordError):
            raise BundleError(f"{path}: {error}") from error
        raise
    return record, Home(into, record.world.n_shards)


def _take(path: Path, into: Path) -> None:
    import zstandard

    try:
        most = min(max(_LEAST_ALLOWED, _MOST_TIMES * path.stat().st_size), shutil.disk_usage(into).free)
        with path.open("rb") as stream, zstandard.ZstdDecompressor().stream_reader(stream) as plain:
            limited: Any = _Limited(plain, path, most + _MOST_BETWEEN)
            with tarfile.open(fileobj=limited, mode="r|", tarinfo=_Member) as archive:
                _Unpacking(path, into, most).take(archive)
    except (tarfile.TarError, zstandard.ZstdError, EOFError, RecursionError) as error:
        raise BundleError(f"{path} is damaged, or no bundle: {error}") from error
    except OSError as error:
        raise BundleError(f"{path} cannot be unpacked: {error}") from error


@dataclass(slots=True)
class _Limited:
    """Reads so much and no more: names and headers of members could be of any size."""

    stream: Any
    path: Path
    left: int

    def read(self, n_bytes: int) -> bytes:
        piece: bytes = self.stream.read(n_bytes)
        self.left -= len(piece)
        if self.left < 0:
            raise BundleError(f"{self.path} unpacks to more than is taken")
        return piece


class _Member(tarfile.TarInfo):
    """A member whose name and size are in its own header, or in a small one before it."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Read a header; what else belongs to it would be held in memory, whatever its size."""
        found = super().frombuf(buf, encoding, errors)
        if not found.isreg() and not (found.type == tarfile.XHDTYPE and found.size <= tarfile.BLOCKSIZE):
            raise tarfile.ReadError(f"it holds {found.name!r}, which is no plain file")
        return found


@dataclass(slots=True)
class _Unpacking:
    path: Path
    into: Path
    most: int

    def take(self, archive: tarfile.TarFile) -> None:
        """Write the files that the manifest names, and no others."""
        left = self._manifest(archive)
        while (member := archive.next()) is not None:
            told = left.pop(member.name, None)
            if told is None:
                raise BundleError(f"{self.path} holds {member.name!r} twice or not by its manifest")
            self._write(archive, member, told)
        if left:
            raise BundleError(f"{self.path} lacks {min(left)}")

    def _manifest(self, archive: tarfile.TarFile) -> dict[str, Any]:
        first = archive.next()
        if first is None or first.name != MANIFEST or not first.isreg() or first.size > _MOST_TOLD:
            raise BundleError(f"{self.path} does not begin with {MANIFEST}: it is no bundle")
        stream = archive.extractfile(first)
        try:
            told = json.loads(stream.read() if stream else b"")
            if told["format"] != FORMAT:
                raise BundleError(f"{self.path} is not a bundle of this form, {FORMAT!r}")
            files = {str(name): (str(of["sha256"]), int(of["n_bytes"])) for name, of in told["files"].items()}
        except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
            raise BundleError(f"{self.path}: {MANIFEST} is damaged: {error}") from error
        if files.get(RECORD, ("", 0))[1] > _MOST_TOLD:
            raise BundleError(f"{self.path}: {RECORD} is larger than that of any training")
        if any(n_bytes < 0 for _, n_bytes in files.values()):
            raise BundleError(f"{self.path}: {MANIFEST} is damaged: there are files of less than nothing")
        if (whole := sum(n_bytes for _, n_bytes in files.values())) > self.most:
            raise BundleError(f"{self.path} would unpack to {whole} bytes; at most {self.most} are taken")
        return dict(files)

    def _write(self, archive: tarfile.TarFile, member: tarfile.TarInfo, told: tuple[str, int]) -> None:
        sha256, n_bytes = told
        name = member.name
        if not member.isreg() or not _PLAIN.fullmatch(name):
            raise BundleError(f"{self.path} holds {name!r}, which is no plain file within it")
        tarfile.data_filter(member, str(self.into))
        if member.size != n_bytes:
            raise BundleError(f"{self.path}: {name} has {member.size} bytes, and had {n_bytes}")
        place = self.into / name
        place.parent.mkdir(parents=True, exist_ok=True)
        found = _copied(archive.extractfile(member), place)
        if found != sha256 or not _is_named_by(name, found):
            place.unlink()
            raise BundleError(f"{self.path}: {name} is damaged or was changed: its sha256 is {found}")


def _copied(source: IO[bytes] | None, place: Path) -> str:
    copied = hashlib.sha256()
    with place.open("xb") as stream:
        while source and (piece := source.read(_PIECE)):
            copied.update(piece)
            stream.write(piece)
    return copied.hexdigest()


def _is_named_by(name: str, sha256: str) -> bool:
    """Say whether what is named by its sha256 has it."""
    folder, _, last = name.rpartition("/")
    is_named = folder.partition("/")[0] in ("files", "model", "sources")
    return not is_named or last.partition(".")[0] == sha256
