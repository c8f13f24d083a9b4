"""Immutable things under their content hash: arrays, raw files, package sources, environments, settings.

Storing and verified reading live here; which rows refer to what does not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Final

import polars as pl
from numpy.typing import NDArray

from astro_assets.ledger.atomic import Flushing, replacing, write_bytes
from astro_assets.ledger.hashing import canonical_array, hash_arrays, hash_json
from astro_assets.ledger.home import Home
from astro_assets.ledger.opening import opened
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
    flushing
        Where new arrays and files may take their places a little later.
    """

    home: Home
    rewrite: bool = False
    flushing: Flushing | None = None

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
            The content hash and the bytes written, 0 when they were there, as what was read from a store is.

        Raises
        ------
        SchemaError
            If the arrays are not 1-D, of one length, and of at most 64 bits an element.
        CorruptStoreError
            If arrays that were read from a store, and are to be written again, are damaged there.
        """
        if isinstance(arrays, StoredArrays) and not self.rewrite:
            return arrays.digest, 0
        if len({array.shape for array in arrays.values()}) != 1 or next(iter(arrays.values())).ndim != 1:
            shapes = {name: array.shape for name, array in arrays.items()}
            raise SchemaError(f"arrays kept together are 1-D and of one length, not {shapes}")
        digest = hash_arrays(arrays)
        path = self.array_path(digest)
        if path.exists() and not self.rewrite:
            return digest, 0
        data = _arrow_of({name: canonical_array(arrays[name], name) for name in sorted(arrays)})
        write_bytes(path, data, flushing=self.flushing)
        return digest, len(data)

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

    def put_file(self, source: Path, sha256: str, data: bytes | None = None) -> int:
        """Store a raw file under its sha256 and return the bytes written, 0 when it was there.

        Parameters
        ----------
        data
            The file's content of this sha256, where it was read already.

        Raises
        ------
        CorruptStoreError
            If the file changed while it was copied.
        """
        path = self.file_path(sha256)
        if path.exists() and (sha256_of(path) == sha256 if data is None else path.read_bytes() == data):
            return 0  # else it is damaged, and replaced
        with replacing(path, mode=0o444, flushing=self.flushing) as stream:
            return stream.write(data) if data is not None else _copy(source, stream, sha256)

    def get_file(self, sha256: str) -> Path:
        """Return where a raw file lies, after verifying it against its hash.

        Raises
        ------
        CorruptStoreError
            If it is missing or is not what was stored.
        """
        return _verified(self.file_path(sha256), sha256)

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

    def get_source(self, sha256: str) -> Path:
        """Return where a zip of the package's source lies, after verifying it against its hash.

        Raises
        ------
        CorruptStoreError
            If it is missing or is not what was stored.
        """
        return _verified(self.home.root / "sources" / f"{sha256}.zip", sha256)

    def put_config(self, config: Mapping[str, Any]) -> str:
        """Store the settings of a table and return the hash by which units name them."""
        digest = hash_json(config)
        path = self.home.root / "configs" / f"{digest}.json"
        if not path.exists():
            write_bytes(path, json.dumps(config, indent=1, sort_keys=True).encode())
        return digest

    def get_config(self, digest: str) -> dict[str, Any]:
        """Return the settings that units name by their hash, verified against it.

        Raises
        ------
        CorruptStoreError
            If they are missing or are not what was stored.
        """
        return _json_of(self.home.root / "configs" / f"{digest}.json", hash_json)

    def get_environment(self, digest: str) -> dict[str, str]:
        """Return a description of installed software, verified against its hash.

        Raises
        ------
        CorruptStoreError
            If it is missing or is not what was stored.
        """
        return _json_of(self.home.root / "environments" / f"{digest}.json", environment_hash)


class StoredArrays(Mapping[str, NDArray[Any]]):
    """Arrays that are read, and verified, when the first of them is asked for.

    Parameters
    ----------
    digest
        Their content hash.
    remedy
        What mends them, told with the error if they are lost or damaged.
    """

    def __init__(self, objects: ObjectStore, digest: str, remedy: str) -> None:
        self.digest = digest
        self._objects, self._remedy = objects, remedy

    @cached_property
    def _arrays(self) -> dict[str, NDArray[Any]]:
        try:
            return self._objects.get_arrays(self.digest)
        except CorruptStoreError as error:
            raise CorruptStoreError(f"{error}; {self._remedy}") from error

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)


def _json_of(path: Path, hashed: Callable[[Any], str]) -> dict[str, Any]:
    """Read a JSON object that lies under its hash."""
    try:
        found = dict[str, Any](json.loads(path.read_bytes()))
    except FileNotFoundError:
        raise CorruptStoreError(f"{path} is missing") from None
    except (TypeError, ValueError) as error:
        raise CorruptStoreError(f"{path} cannot be read: {error}") from error
    if hashed(found) != path.stem:
        raise CorruptStoreError(f"{path} is damaged: its contents do not match its name")
    return found


def _verified(path: Path, sha256: str) -> Path:
    try:
        found = sha256_of(path)
    except FileNotFoundError:
        raise CorruptStoreError(f"{path} is missing") from None
    if found != sha256:
        raise CorruptStoreError(f"{path} is damaged: its contents do not match its name")
    return path


def _copy(source: Path, stream: BinaryIO, sha256: str) -> int:
    n_bytes, copied = 0, hashlib.sha256()
    with opened(source) as reader:
        while piece := reader.read(_PIECE):
            copied.update(piece)
            n_bytes += stream.write(piece)
    if copied.hexdigest() != sha256:
        raise CorruptStoreError(f"{source} changed while it was being copied; run again when it is complete")
    return n_bytes


def _arrow_of(arrays: Mapping[str, NDArray[Any]]) -> memoryview:
    """Write arrays as an Arrow IPC file."""
    import pyarrow as pa
    from pyarrow import ipc

    # By way of Polars: PyArrow looks whether NumPy's arrays are Pandas', which it imports where it is there.
    table, sink = pl.DataFrame(dict(arrays)).to_arrow(), pa.BufferOutputStream()
    # Each curve is written once and read six times: LZ4 takes half of zstd's time for files 60 % larger.
    options = ipc.IpcWriteOptions(compression="lz4", use_threads=False)
    with ipc.new_file(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    return memoryview(sink.getvalue())


def _arrays_in(data: bytes) -> dict[str, NDArray[Any]]:
    """Read an Arrow IPC file with PyArrow: on damaged files Polars panics or takes the process down."""
    import pyarrow as pa
    from pyarrow import ipc

    # Workers share the cores already.
    options = ipc.IpcReadOptions(use_threads=False)
    with ipc.open_file(pa.py_buffer(data), options=options) as reader:
        table = reader.read_all()
    table.validate(full=True)
    frame = pl.DataFrame(table)
    return {name: frame[name].to_numpy() for name in frame.columns}


def sha256_of(path: Path) -> str:
    """Return a file's sha256 in hexadecimal."""
    with opened(path) as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
