"""Bundles: everything that a version of a model can be made again from, in one archive.

A bundle is a tar of plain files, compressed with zstandard; the same version gives the same bytes. What is
read from it is in :mod:`astro_assets.ledger.unbundling`.
"""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from astro_assets.ledger.atomic import replacing
from astro_assets.ledger.enactment import Said
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.needs import needs_of
from astro_assets.ledger.records import Record

FORMAT: Final = "astro_assets bundle 1"
SUFFIX: Final = ".tar.zst"
RECORD: Final = "record.json"
MANIFEST: Final = "MANIFEST.json"
_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_LEVEL: Final = 10
#: Of the names that are kept of an environment, those that no package has.
_NOT_PACKAGES: Final = frozenset({"python", "platform", "machine", "instruction-set", "astro-assets"})
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
    texts[MANIFEST] = _json(manifest)
    compressor = zstandard.ZstdCompressor(level=_LEVEL, threads=0, write_checksum=True)
    try:
        with (
            replacing(path) as stream,
            compressor.stream_writer(stream, closefd=False) as packed,
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as archive,
        ):
            names = [MANIFEST, *manifest["files"]]
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
    known, worlds = {table.name for table in ledger.tables}, list(record.world.all())
    if unknown := sorted({name for world in worlds for name in world.sources} - known):
        raise BundleError(f"there is no table {unknown[0]} any more: bundle it with the code of then")
    needs = needs_of(record.world, ledger.tables)
    for sha256 in needs.sources:
        found[f"sources/{sha256}.zip"] = partial(objects.get_source, sha256)
    for installed in {world.installed for world in worlds}:
        found[f"environments/{installed}.json"] = partial(objects.environment_file, installed)
    for sha256 in needs.files:
        found[f"files/{sha256[:2]}/{sha256}"] = partial(objects.get_file, sha256)
    artefact = record.expected.artefact
    found[f"model/{artefact}"] = partial(objects.get_file, artefact)
    return dict(sorted(found.items()))


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
