"""Bundles: everything that a version of a model can be made again from, in one archive.

A bundle is a tar of plain files, compressed with zstandard; the same version gives the same bytes. What is
made of it is in :mod:`astro_assets.ledger.rebuilding`.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any, Final

from astro_assets.ledger.atomic import replacing
from astro_assets.ledger.enactment import Said
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.objects import ObjectStore
from astro_assets.ledger.records import Record, RecordError, read_record
from astro_assets.ledger.schema import FILE
from astro_assets.ledger.worlds import World

FORMAT: Final = "astro_assets bundle 1"
SUFFIX: Final = ".tar.zst"
RECORD: Final = "record.json"
_MANIFEST: Final = "MANIFEST.json"
_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_LEVEL: Final = 10
_PIECE: Final = 1 << 20
#: What a manifest may hold, and an archive come to: what is larger was made to fill a disk.
_MOST_TOLD: Final = 1 << 28
_LEAST_ALLOWED: Final = 1 << 30
_MOST_TIMES: Final = 200
#: Of the names that are kept of an environment, those that no package has.
_NOT_PACKAGES: Final = frozenset({"python", "platform", "machine", "instruction-set", "astro-assets"})
#: ``record.json``, ``sources/HASH.zip``, ``files/HA/HASH``.
_PLAIN: Final = re.compile(
    r"[A-Za-z][\w.]*|(?:sources|environments|model|files/[0-9a-f]{2})/[0-9a-f]+[a-z.]*"
)
_README: Final = """\
This archive holds everything that {name}
was made of, such that it can be made again, to the bit, without a network.

  record.json       what was put in by name, settings, code, versions, and what it came to
  files/            raw files, each under its sha256
  sources/          zips of the package's source, each under its sha256: {code}
                    made this version
  environments/     installed versions, each list under its BLAKE2b hash
  constraints.txt   those of this version, for pip
  model/            the model's own file, under its sha256, to compare with
  MANIFEST.json     sha256 and size of each of these files

To make it again:

  1. Python {python}, with exactly the packages of constraints.txt
     (pip install --requirement constraints.txt, where there is a network or a mirror);
     a processor with the instruction set {instructions}.
  2. unzip sources/{code}.zip
     into a folder, and put that folder on PYTHONPATH; or install the package.
  3. python -c "from astro_assets.cli import main; main()" rebuild ARCHIVE.tar.zst
     or, where it is installed: astro-assets rebuild ARCHIVE.tar.zst

It prints what came out the same, and exits with 0 if all of it did. Whatever differs from MANIFEST.json is
refused. That runs the code in the archive, and who made it is not proved by it: compare the archive's sha256
with what they told you, and rebuild only what comes from people you trust.
"""


class BundleError(RuntimeError):
    """A bundle cannot be made or used; the message names the file."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle that was written.

    Attributes
    ----------
    sha256
        Of the archive.
    n_files
        Files within, :file:`MANIFEST.json` not counted.
    """

    path: Path
    sha256: str
    n_bytes: int
    n_files: int


def is_bundle(text: str) -> bool:
    """Say whether something that can be rebuilt is named as a bundle is, or is one by its first bytes."""
    if text.endswith(SUFFIX):
        return True
    try:
        with Path(text).open("rb") as stream:
            return stream.read(len(_MAGIC)) == _MAGIC
    except (OSError, ValueError):
        return False


def write_bundle(
    ledger: Ledger,
    record: Record,
    path: Path,
    said: Said = lambda _what, _done, _to_do: None,
) -> Bundle:
    """Write everything a version can be made again from into an archive; nothing is left of a failed try.

    Raises
    ------
    CorruptStoreError
        If a file, code or versions are missing or damaged.
    BundleError
        If the archive cannot be written, or a table is not known any more.
    """
    import zstandard

    sources = list(_contents(ledger, record).items())
    texts = _texts(record)
    told, held = {name: _told(data) for name, data in texts.items()}, {}
    for done, (name, find) in enumerate(sources):
        held[name] = file = find()
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        told[name] = {"sha256": digest, "n_bytes": file.stat().st_size}
        said("files verified", done + 1, len(sources))
    manifest = {"format": FORMAT, "files": dict(sorted(told.items()))}
    texts[_MANIFEST] = _json(manifest)
    compressor = zstandard.ZstdCompressor(level=_LEVEL, threads=0, write_checksum=True)
    try:
        with (
            replacing(path) as stream,
            compressor.stream_writer(stream, closefd=False) as packed,
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive,
        ):
            names = [_MANIFEST, *manifest["files"]]
            for done, name in enumerate(names):
                _add(archive, name, texts.get(name), held.get(name))
                said("files packed", done + 1, len(names))
    except OSError as error:
        raise BundleError(f"{path} cannot be written: {error}") from error
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Bundle(path, digest, path.stat().st_size, len(told))


def _contents(ledger: Ledger, record: Record) -> dict[str, Any]:
    """Return how each file that is copied is found, and verified, by its name within."""
    objects, found = ledger.objects, {}
    for world in _worlds(record.world):
        found[f"sources/{world.code}.zip"] = partial(objects.get_source, world.code)
        found[f"environments/{world.installed}.json"] = partial(_environment, objects, world.installed)
        for sha256 in _files_of(ledger, world):
            found[f"files/{sha256[:2]}/{sha256}"] = partial(objects.get_file, sha256)
    artefact = record.expected.artefact
    found[f"model/{artefact}"] = partial(objects.get_file, artefact)
    return dict(sorted(found.items()))


def _worlds(world: World) -> Iterator[World]:
    yield world
    for applied in world.applied.values():
        yield from _worlds(applied.world)


def _files_of(ledger: Ledger, world: World) -> Iterator[str]:
    tables = {table.name: table for table in ledger.tables}
    for name, rows in world.sources.items():
        if name not in tables:
            raise BundleError(f"there is no table {name} any more: bundle the version with the code of then")
        columns = [column.name for column in tables[name].schema if column.dtype == FILE]
        for of_key in rows.values():
            yield from (row[column] for row in of_key for column in columns)


def _environment(objects: ObjectStore, digest: str) -> Path:
    objects.get_environment(digest)
    return objects.home.root / "environments" / f"{digest}.json"


def _texts(record: Record) -> dict[str, bytes]:
    versions = record.environment
    pinned = [
        f"{name}=={version}\n" for name, version in sorted(versions.items()) if name not in _NOT_PACKAGES
    ]
    python = versions.get("python", "as then")
    readme = _README.format(
        name=f"{record.model}@{record.version}",
        code=record.world.code,
        python=python,
        instructions=versions.get("instruction-set", "of then"),
    )
    return {
        RECORD: _json(record.to_json()),
        "constraints.txt": "".join([f"# Python {python}\n", *pinned]).encode(),
        "README.txt": readme.encode(),
    }


def _json(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, indent=1, sort_keys=True).encode() + b"\n"


def _told(data: bytes) -> dict[str, Any]:
    return {"sha256": hashlib.sha256(data).hexdigest(), "n_bytes": len(data)}


def _add(archive: tarfile.TarFile, name: str, data: bytes | None, file: Path | None) -> None:
    """Add a file by its name alone: of no time and no owner."""
    member = tarfile.TarInfo(name)
    member.mode = 0o644
    if file is None:
        member.size = len(data or b"")
        archive.addfile(member, io.BytesIO(data or b""))
        return
    with file.open("rb") as stream:
        member.size = file.stat().st_size
        archive.addfile(member, stream)


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
        record = read_record(into / RECORD)
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
            limited: Any = _Limited(plain, path, most + _MOST_TOLD)
            with tarfile.open(fileobj=limited, mode="r|") as archive:
                _Unpacking(path, into, most).take(archive)
    except (tarfile.TarError, zstandard.ZstdError, EOFError) as error:
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
        if first is None or first.name != _MANIFEST or not first.isreg() or first.size > _MOST_TOLD:
            raise BundleError(f"{self.path} does not begin with {_MANIFEST}: it is no bundle")
        stream = archive.extractfile(first)
        try:
            told = json.loads(stream.read() if stream else b"")
            if told["format"] != FORMAT:
                raise BundleError(f"{self.path} is not a bundle of this form, {FORMAT!r}")
            files = {str(name): (str(of["sha256"]), int(of["n_bytes"])) for name, of in told["files"].items()}
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise BundleError(f"{self.path}: {_MANIFEST} is damaged: {error}") from error
        if any(n_bytes < 0 for _, n_bytes in files.values()):
            raise BundleError(f"{self.path}: {_MANIFEST} is damaged: there are files of less than nothing")
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
