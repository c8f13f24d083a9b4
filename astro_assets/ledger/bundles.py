"""Bundles: one archive with all that a version of a model was made of, to make it again anywhere.

The same version gives the same bytes. What is read from a bundle is believed only as far as its hashes go.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Final

from astro_assets.ledger.atomic import replacing
from astro_assets.ledger.bundle_texts import constraints, readme
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.needs import needs_of
from astro_assets.ledger.objects import ObjectStore
from astro_assets.ledger.records import Record, read_record, record_path
from astro_assets.ledger.table import Table

FORMAT: Final = "astro_assets bundle 1"
SUFFIX: Final = ".tar.zst"
_MANIFEST: Final = "manifest.json"
#: What a bundle may hold, by name: nothing else is unpacked, so nothing lands elsewhere.
_NAMES: Final = re.compile(
    r"README\.md|constraints\.txt|records/[A-Za-z0-9_-]+\.json|sources/[0-9a-f]{64}\.zip"
    r"|files/[0-9a-f]{2}/[0-9a-f]{64}"
)
_LONGEST_MANIFEST: Final = 1 << 28
_PIECE: Final = 1 << 20
#: Of zstd: raw files in FITS hardly get smaller by more.
_LEVEL: Final = 6


class BundleError(RuntimeError):
    """A bundle cannot be written or read; the message says why."""


@dataclass(frozen=True, slots=True)
class Bundled:
    """A bundle that was written.

    Attributes
    ----------
    n_files
        Raw files in it.
    """

    path: Path
    sha256: str
    n_bytes: int
    n_files: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """A file of a bundle: its content, or where that lies."""

    sha256: str
    n_bytes: int
    content: bytes | Path

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        if isinstance(self.content, bytes):
            yield BytesIO(self.content)
        else:
            with self.content.open("rb") as stream:
                yield stream


def write_bundle(home: Home, record: Record, tables: Sequence[Table], out: Path) -> Bundled:
    """Write a bundle.

    Parameters
    ----------
    tables
        Those that tell which columns are raw files.
    out
        The archive; there is none yet.

    Raises
    ------
    BundleError
        If there is such a file.
    CorruptStoreError
        If something that it should hold is missing or damaged.
    """
    import zstandard

    if out.exists():
        raise BundleError(f"{out} is there already; choose another name")
    needs = needs_of(record.world, tables)
    needs.require(home)
    entries = dict(_entries(home, record, needs.files, needs.sources))
    listed = {name: {"sha256": of.sha256, "n_bytes": of.n_bytes} for name, of in sorted(entries.items())}
    manifest = {"format": FORMAT, "model": record.model, "version": record.version, "entries": listed}
    first = _of_bytes(json.dumps(manifest, indent=1, sort_keys=True).encode())
    with (
        replacing(out, replace=False) as stream,
        zstandard.ZstdCompressor(level=_LEVEL).stream_writer(stream, closefd=False) as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        for name, entry in [(_MANIFEST, first), *sorted(entries.items())]:
            member = tarfile.TarInfo(name)
            member.size = entry.n_bytes
            with entry.opened() as content:
                archive.addfile(member, content)
    with out.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return Bundled(out, sha256, out.stat().st_size, len(needs.files))


def read_bundle(archive: Path, into: Path) -> tuple[Home, Record]:
    """Unpack a bundle and return a home of what it holds, and the record.

    Parameters
    ----------
    into
        An empty folder.

    Raises
    ------
    BundleError
        If it is none, or is damaged, or holds anything that a bundle does not.
    """
    import zstandard

    try:
        with (
            archive.open("rb") as packed,
            zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=False) as stream,
            tarfile.open(fileobj=stream, mode="r|") as members,
        ):
            manifest = _unpack(members, into)
    except (tarfile.TarError, zstandard.ZstdError, EOFError) as error:
        raise BundleError(f"{archive} is no bundle, or is damaged: {error}") from error
    except _RefusedError as error:
        raise BundleError(f"{archive} is not read: {error}") from None
    record = _record_in(archive, into, manifest)
    return open_home(into, n_shards=record.world.n_shards), record


def _entries(
    home: Home, record: Record, files: Mapping[str, str], sources: Sequence[str]
) -> Iterator[tuple[str, _Entry]]:
    store = ObjectStore(home)
    path = record_path(home, record.model, record.version)
    yield f"records/{path.name}", _of_bytes(path.read_bytes())
    yield "constraints.txt", _of_bytes(constraints(record).encode())
    yield "README.md", _of_bytes(readme(record, len(files)).encode())
    for sha256 in sources:
        yield f"sources/{sha256}.zip", _of_file(store.get_source(sha256), sha256)
    for sha256 in files:
        yield f"files/{sha256[:2]}/{sha256}", _of_file(store.get_file(sha256), sha256)


def _of_bytes(data: bytes) -> _Entry:
    return _Entry(hashlib.sha256(data).hexdigest(), len(data), data)


def _of_file(path: Path, sha256: str) -> _Entry:
    return _Entry(sha256, path.stat().st_size, path)


class _RefusedError(Exception):
    """Why a bundle is not read."""


def _unpack(members: tarfile.TarFile, into: Path) -> dict[str, Any]:
    first = members.next()
    if first is None or first.name != _MANIFEST or not first.isreg() or first.size > _LONGEST_MANIFEST:
        raise _RefusedError(f"it does not begin with a {_MANIFEST}")
    manifest = _manifest_in(members, first)
    left = dict(manifest["entries"])
    if (needed := sum(of["n_bytes"] for of in left.values())) > shutil.disk_usage(into).free:
        raise _RefusedError(f"{into} has no room for its {needed} bytes")
    while (member := members.next()) is not None:
        told = left.pop(member.name, None)
        if told is None or not member.isreg() or not _NAMES.fullmatch(member.name):
            raise _RefusedError(f"it holds {member.name!r}, which no bundle does")
        if member.size != told["n_bytes"] or _copied(members, member, into / member.name) != told["sha256"]:
            raise _RefusedError(f"{member.name} in it is damaged")
    if left:
        raise _RefusedError(f"it lacks {min(left)}")
    return manifest


def _manifest_in(members: tarfile.TarFile, member: tarfile.TarInfo) -> dict[str, Any]:
    stream = members.extractfile(member)
    try:
        found = json.loads(stream.read() if stream else b"")
        form, entries = found["format"], found["entries"]
        sizes = [of["n_bytes"] >= 0 and len(of["sha256"]) for of in entries.values()]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _RefusedError(f"its {_MANIFEST} cannot be read: {error}") from error
    if form != FORMAT or not all(sizes):
        raise _RefusedError(f"it is not of this form, {FORMAT!r}")
    return dict(found)


def _copied(members: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> str:
    """Write a member to a path and return the sha256 of what was written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    source, written = members.extractfile(member), hashlib.sha256()
    with path.open("xb") as target:
        while source and (piece := source.read(_PIECE)):
            written.update(piece)
            target.write(piece)
    return written.hexdigest()


def _record_in(archive: Path, into: Path, manifest: Mapping[str, Any]) -> Record:
    records = sorted((into / "records").glob("*.json"))
    if len(records) != 1:
        raise BundleError(f"{archive} holds {len(records)} records, not one")
    record = read_record(records[0])
    if (record.model, record.version) != (manifest.get("model"), manifest.get("version")):
        raise BundleError(f"{archive} holds the record of {record.model}@{record.version}, another version")
    return record
