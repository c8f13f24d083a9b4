"""Immutable things under their content hash: arrays, raw files, package sources, environments, settings.

Storing and verified reading live here; which rows refer to what does not.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Final

from numpy.typing import NDArray

from astro_assets.ledger.array_files import UNREADABLE, arrays_in, arrow_of
from astro_assets.ledger.atomic import Flushing
from astro_assets.ledger.hashing import canonical_array, hash_arrays, hash_json, sha256_of
from astro_assets.ledger.home import Home
from astro_assets.ledger.memory import memory_bound
from astro_assets.ledger.opening import opened
from astro_assets.ledger.schema import SchemaError
from astro_assets.ledger.sources import environment_hash
from astro_assets.ledger.storage import Storage, local_file

_READ_ONLY: Final = 0o444  # raw files stay as they came
_DAMAGED: Final = "is damaged: its contents do not match its name"


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

    @property
    def storage(self) -> Storage:
        """Where they lie."""
        return self.home.storage

    def array_key(self, digest: str) -> str:
        """Return where arrays of this hash lie: an Arrow IPC file that ``polars.read_ipc`` reads."""
        return f"objects/{digest[:2]}/{digest}.arrow"

    def file_key(self, sha256: str) -> str:
        """Return where the raw file of this sha256 lies."""
        return f"files/{sha256[:2]}/{sha256}"

    def held_file(self, sha256: str) -> Path | None:
        """Return where a raw file can be read, unverified; None where it is lost."""
        key = self.file_key(sha256)
        return local_file(self.storage, key) if self.storage.size(key) is not None else None

    def held_files(self, hashes: Iterable[str]) -> set[str]:
        """Return those of some raw files, by sha256, that are there."""
        keys = {self.file_key(sha256): sha256 for sha256 in hashes}
        return {keys[key] for key in self.storage.existing(keys)}

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
        storage, key = self.storage, self.array_key(digest)
        if not self.rewrite and storage.size(key) is not None:
            return digest, 0
        data = arrow_of({name: canonical_array(arrays[name], name) for name in sorted(arrays)})
        storage.write(key, data, flushing=self.flushing)
        return digest, len(data)

    def get_arrays(self, digest: str) -> dict[str, NDArray[Any]]:
        """Read arrays and verify them against their hash.

        Raises
        ------
        CorruptStoreError
            If they are missing, unreadable or different from what was stored.
        MemoryError
            If they are larger than what a process may have that is bounded.
        """
        storage, key = self.storage, self.array_key(digest)
        try:
            data = storage.read(key)
        except FileNotFoundError:
            raise CorruptStoreError(f"{storage.place(key)} is missing") from None
        try:
            arrays = arrays_in(data)
            found = hash_arrays(arrays)
        except UNREADABLE as error:
            if isinstance(error, MemoryError) and memory_bound() is not None:
                raise
            raise CorruptStoreError(f"{storage.place(key)} cannot be read: {error}") from error
        if found != digest:
            raise CorruptStoreError(f"{storage.place(key)} {_DAMAGED}")
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
        storage, key = self.storage, self.file_key(sha256)
        if storage.size(key) is not None and self._holds(key, sha256, data):
            return 0  # else it is damaged, and replaced
        if data is not None:
            storage.write(key, data, mode=_READ_ONLY, flushing=self.flushing)
            return len(data)
        with storage.writing(key, mode=_READ_ONLY, flushing=self.flushing) as stream:
            return _copy(source, stream, sha256)

    def _holds(self, key: str, sha256: str, data: bytes | None) -> bool:
        if data is not None:
            return self.storage.read(key) == data
        with self.storage.open(key) as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest() == sha256

    def get_file(self, sha256: str) -> Path:
        """Return where a raw file lies, after verifying it against its hash.

        Raises
        ------
        CorruptStoreError
            If it is missing or is not what was stored.
        """
        return self._verified(self.file_key(sha256), sha256)

    def put_source(self, archive: bytes) -> str:
        """Store a zip of the package's source and return its sha256."""
        digest = hashlib.sha256(archive).hexdigest()
        self._put(f"sources/{digest}.zip", archive)
        return digest

    def put_environment(self, environment: Mapping[str, str]) -> str:
        """Store a description of installed software and return its hash."""
        digest = environment_hash(environment)
        self._put(
            f"environments/{digest}.json", json.dumps(dict(environment), indent=1, sort_keys=True).encode()
        )
        return digest

    def get_source(self, sha256: str) -> Path:
        """Return where a zip of the package's source lies, after verifying it against its hash.

        Raises
        ------
        CorruptStoreError
            If it is missing or is not what was stored.
        """
        return self._verified(f"sources/{sha256}.zip", sha256)

    def put_config(self, config: Mapping[str, Any]) -> str:
        """Store the settings of a table and return the hash by which units name them."""
        digest = hash_json(config)
        self._put(f"configs/{digest}.json", json.dumps(config, indent=1, sort_keys=True).encode())
        return digest

    def get_config(self, digest: str) -> dict[str, Any]:
        """Return the settings that units name by their hash, verified against it.

        Raises
        ------
        CorruptStoreError
            If they are missing or are not what was stored.
        """
        return self._json_of(f"configs/{digest}.json", digest, hash_json)

    def get_environment(self, digest: str) -> dict[str, str]:
        """Return a description of installed software, verified against its hash.

        Raises
        ------
        CorruptStoreError
            If it is missing or is not what was stored.
        """
        return self._json_of(f"environments/{digest}.json", digest, environment_hash)

    def environment_file(self, digest: str) -> Path:
        """Return where a description of installed software can be read, after verifying it against its hash.

        Raises
        ------
        CorruptStoreError
            If it is missing or is not what was stored.
        """
        self.get_environment(digest)
        return local_file(self.storage, f"environments/{digest}.json")

    def _put(self, key: str, data: bytes) -> None:
        if self.storage.size(key) is None:
            self.storage.write(key, data)

    def _verified(self, key: str, sha256: str) -> Path:
        storage = self.storage
        try:
            path = local_file(storage, key)
            found = sha256_of(path)
            if found != sha256 and storage.has_copies:  # it may be the copy that is damaged
                storage.clear_copies(key)
                found = sha256_of(local_file(storage, key))
        except FileNotFoundError:
            raise CorruptStoreError(f"{storage.place(key)} is missing") from None
        if found != sha256:
            raise CorruptStoreError(f"{storage.place(key)} {_DAMAGED}")
        return path

    def _json_of(self, key: str, digest: str, hashed: Callable[[Any], str]) -> dict[str, Any]:
        """Read a JSON object that lies under its hash."""
        place = self.storage.place(key)
        try:
            found = dict[str, Any](json.loads(self.storage.read(key)))
        except FileNotFoundError:
            raise CorruptStoreError(f"{place} is missing") from None
        except (TypeError, ValueError) as error:
            raise CorruptStoreError(f"{place} cannot be read: {error}") from error
        if hashed(found) != digest:
            raise CorruptStoreError(f"{place} {_DAMAGED}")
        return found


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


def _copy(source: Path, stream: BinaryIO, sha256: str) -> int:
    n_bytes, copied = 0, hashlib.sha256()
    with opened(source) as reader:
        while piece := reader.read(1 << 20):
            copied.update(piece)
            n_bytes += stream.write(piece)
    if copied.hexdigest() != sha256:
        raise CorruptStoreError(f"{source} changed while it was being copied; run again when it is complete")
    return n_bytes
