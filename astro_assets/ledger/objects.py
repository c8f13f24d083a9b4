"""Immutable things under their content hash: arrays, raw files, package sources, environments.

Storing and verified reading live here; which rows refer to what does not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import polars as pl
from numpy.typing import NDArray

from astro_assets.ledger.atomic import replacing, write_bytes
from astro_assets.ledger.hashing import canonical_array, hash_arrays
from astro_assets.ledger.home import Home
from astro_assets.ledger.schema import SchemaError
from astro_assets.ledger.sources import environment_hash

#: What PyArrow raises on damaged files, and hashing on values that cannot have been stored.
_UNREADABLE: Final = (OSError, ValueError, TypeError, LookupError, MemoryError, NotImplementedError)


#: Bytes copied at once.
_PIECE: Final = 1 << 20


class CorruptStoreError(RuntimeError):
    """Something stored is missing or is not what its hash says; the message names the file."""


@dataclass(frozen=True, slots=True)
class ObjectStore:
    """The content-addressed stores of a home.

    Parameters
    ----------
    rewrite
        Whether arrays that are there are written again, which mends damaged ones.
    """

    home: Home
    rewrite: bool = False

    def array_path(self, digest: str) -> Path:
        """Return where arrays of this hash lie: an Arrow IPC file that ``polars.read_ipc`` reads."""
        return self.home.root / "objects" / digest[:2] / f"{digest}.arrow"

    def file_path(self, sha256: str) -> Path:
        """Return where the raw file of this sha256 lies."""
        return self.home.root / "files" / sha256[:2] / sha256

    def put_arrays(self, arrays: Mapping[str, NDArray[Any]]) -> tuple[str, int]:
        """Store named 1-D arrays of one length.

        Returns
        -------
        tuple of (str, int)
            The content hash and the bytes written, 0 when they were there.

        Raises
        ------
        SchemaError
            If the arrays are not 1-D, of one length, and of at most 64 bits an element.
        """
        if len({array.shape for array in arrays.values()}) != 1 or next(iter(arrays.values())).ndim != 1:
            shapes = {name: array.shape for name, array in arrays.items()}
            raise SchemaError(f"arrays kept together are 1-D and of one length, not {shapes}")
        digest = hash_arrays(arrays)
        path = self.array_path(digest)
        if path.exists() and not self.rewrite:
            return digest, 0
        frame = pl.DataFrame({name: canonical_array(arrays[name], name) for name in sorted(arrays)})
        with replacing(path) as stream:
            frame.write_ipc(stream, compression="zstd")
        return digest, path.stat().st_size

    def get_arrays(self, digest: str) -> dict[str, NDArray[Any]]:
        """Read arrays and verify them against their hash.

        Raises
        ------
        CorruptStoreError
            If they are missing, unreadable or different from what was stored.
        """
        path = self.array_path(digest)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise CorruptStoreError(f"{path} is missing") from None
        try:
            arrays = _arrays_in(data)
            found = hash_arrays(arrays)
        except _UNREADABLE as error:
            raise CorruptStoreError(f"{path} cannot be read: {error}") from error
        if found != digest:
            raise CorruptStoreError(f"{path} is damaged: its contents do not match its name")
        return arrays

    def put_file(self, source: Path, sha256: str) -> int:
        """Store a raw file under its sha256 and return the bytes written, 0 when it was there.

        Raises
        ------
        CorruptStoreError
            If the file changed while it was copied.
        """
        path = self.file_path(sha256)
        if path.exists() and path.stat().st_size == source.stat().st_size:
            return 0
        copied = hashlib.sha256()
        with source.open("rb") as reader, replacing(path) as stream:
            while piece := reader.read(_PIECE):
                copied.update(piece)
                stream.write(piece)
            if copied.hexdigest() != sha256:
                raise CorruptStoreError(
                    f"{source} changed while it was being copied; run again when it is complete"
                )
        path.chmod(0o444)
        return path.stat().st_size

    def get_file(self, sha256: str) -> Path:
        """Return where a raw file lies, after verifying it against its hash.

        Raises
        ------
        CorruptStoreError
            If it is missing or is not what was stored.
        """
        path = self.file_path(sha256)
        try:
            found = sha256_of(path)
        except FileNotFoundError:
            raise CorruptStoreError(f"{path} is missing") from None
        if found != sha256:
            raise CorruptStoreError(f"{path} is damaged: its contents do not match its name")
        return path

    def put_source(self, archive: bytes) -> str:
        """Store a zip of the package's source and return its sha256."""
        digest = hashlib.sha256(archive).hexdigest()
        path = self.home.root / "sources" / f"{digest}.zip"
        if not path.exists():
            write_bytes(path, archive)
        return digest

    def put_environment(self, environment: Mapping[str, str]) -> str:
        """Store a description of installed software and return its hash."""
        digest = environment_hash(environment)
        path = self.home.root / "environments" / f"{digest}.json"
        if not path.exists():
            write_bytes(path, json.dumps(dict(environment), indent=1, sort_keys=True).encode())
        return digest


def _arrays_in(data: bytes) -> dict[str, NDArray[Any]]:
    """Read an Arrow IPC file with PyArrow: on damaged files Polars panics or takes the process down."""
    import pyarrow as pa
    from pyarrow import ipc

    with ipc.open_file(pa.py_buffer(data)) as reader:
        table = reader.read_all()
    table.validate(full=True)
    return {name: table[name].to_numpy() for name in table.column_names}


def sha256_of(path: Path) -> str:
    """Return a file's sha256 in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
