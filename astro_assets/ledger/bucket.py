"""A part of an object store that speaks S3, as the place of a home's tables and files.

What Delta Lake and we need to know of it comes from the environment alone. Files are read from copies on this
machine; what is written is there as a whole or not at all.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache, partial
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from astro_assets.ledger.atomic import Flushing
from astro_assets.ledger.copies import Copies, bound_bytes
from astro_assets.ledger.hashing import hash_parts
from astro_assets.ledger.storage import Entry, StoreError
from astro_assets.redaction import without_secrets

if TYPE_CHECKING:
    from obstore.store import S3Config, S3Store

#: Where the store is and who asks: all other programs read these, too.
_VARIABLES: Final = (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL", "AWS_REGION",
    "AWS_ALLOW_HTTP",
)  # fmt: skip
#: Stores that are not Amazon's do not care.
_DEFAULT_REGION: Final = "us-east-1"
#: How long a store may be away, as when it is started anew, and how long one request may take, in seconds.
_PATIENCE_S: Final = 20
_REQUEST_S: Final = 60
_TRIES: Final = 30
_PAUSE_S: Final = 2
#: Files fetched at once.
_AT_ONCE: Final = 16
#: From so many on, what is there is listed and not asked one by one.
_FEW: Final = 4
#: How errors of object stores say so, whoever raises them, and what to do; the first that fits.
_REASONS: Final = (
    ("NoSuchBucket", "there is no such bucket: make it, or see AWS_ENDPOINT_URL"),
    ("403 Forbidden", "it refuses: see AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what they may do"),
    ("401 Unauthorized", "it refuses: see AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and what they may do"),
    ("169.254.169.254", "nobody says who asks: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
    ("builder error", "its address is no https: set AWS_ALLOW_HTTP=true where that is meant"),
    ("S3 error", "it does not answer: see that it runs and AWS_ENDPOINT_URL, then run again"),
    ("error sending request", "it does not answer: see that it runs and AWS_ENDPOINT_URL, then run again"),
)


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket, or what lies below a prefix in one.

    Parameters
    ----------
    url
        ``s3://BUCKET`` or ``s3://BUCKET/PREFIX``.
    folder
        For copies.
    """

    url: str
    folder: Path

    @property
    def options(self) -> Mapping[str, str]:
        """Address and credentials of the environment, and how long to try."""
        return {
            **_environment(),
            # Of several writers of one version of a table, one wins.
            "aws_conditional_put": "etag",
            "timeout": f"{_REQUEST_S}s",
            "max_retries": str(_TRIES),
            "retry_timeout": f"{_PATIENCE_S}s",
            "backoff_config.max_backoff": f"{_PAUSE_S}s",
        }

    @property
    def has_copies(self) -> bool:
        """Files are fetched once."""
        return True

    def place(self, key: str) -> str:
        """Return the address of a key."""
        return f"{self.url}/{key}"

    @contextmanager
    def reaching(self) -> Iterator[None]:
        """Say of errors that come of the store what to do; others pass, without secrets in their texts."""
        from deltalake.exceptions import DeltaError
        from obstore.exceptions import BaseError

        try:
            yield
        except StoreError:
            raise
        except (OSError, DeltaError, BaseError) as error:
            why = next((why for sign, why in _REASONS if sign in str(error)), None)
            if why is None or (isinstance(error, FileNotFoundError) and why != _REASONS[0][1]):
                error.args = tuple(without_secrets(of) if isinstance(of, str) else of for of in error.args)
                raise
            # Without the cause: it may repeat what was sent, keys among it.
            raise StoreError(f"the store {self.url} cannot be used: {why}") from None

    def read(self, key: str) -> bytes:
        """Return the bytes of an object."""
        import obstore

        try:
            with self.reaching():
                return bytes(obstore.get(self._store, key).bytes())
        except FileNotFoundError:
            raise FileNotFoundError(f"{self.place(key)} is missing") from None

    def open(self, key: str) -> BufferedReader | BytesIO:
        """Fetch an object to read."""
        return BytesIO(self.read(key))

    def write(
        self, key: str, data: bytes | memoryview, *, replace: bool = True, mode: int = 0o644,
        flushing: Flushing | None = None,
    ) -> None:  # fmt: skip
        """Put an object; in the background where whoever waits for it waits for that, too."""
        del mode
        put = partial(self._put, key, bytes(data), is_new=not replace)
        # What may reach the disk after its commit is in the store before it: nothing else keeps it.
        if flushing is not None and flushing.first:
            flushing.begin(put)
        else:
            put()

    @contextmanager
    def writing(self, key: str, *, mode: int = 0o644, flushing: Flushing | None = None) -> Iterator[BinaryIO]:
        """Give a temporary file that is put in the end, in pieces where it is large."""
        del mode, flushing
        with tempfile.TemporaryFile() as stream:
            yield stream
            stream.seek(0)
            self._put(key, stream, is_new=False)

    def rewrite(self, key: str, data: bytes) -> None:
        """Replace an object."""
        self._put(key, data, is_new=False)

    def _put(self, key: str, data: Any, *, is_new: bool) -> None:
        import obstore
        from obstore.exceptions import AlreadyExistsError

        with self.reaching(), suppress(AlreadyExistsError):
            obstore.put(self._store, key, data, mode="create" if is_new else "overwrite")

    def remove(self, key: str) -> int | None:
        """Remove an object."""
        import obstore

        n_bytes = self.size(key)
        if n_bytes is not None:
            with self.reaching():
                obstore.delete(self._store, key)
        return n_bytes

    def size(self, key: str) -> int | None:
        """Ask for the size of an object."""
        import obstore

        try:
            with self.reaching():
                return int(obstore.head(self._store, key)["size"])
        except FileNotFoundError:
            return None

    def existing(self, keys: Collection[str]) -> set[str]:
        """Ask for few objects, list where there are many."""
        if len(keys) <= _FEW:
            return {key for key in keys if self.size(key) is not None}
        prefix = os.path.commonpath(keys)
        return {entry.key for entry in self.entries(f"{prefix}/" if prefix else "")}.intersection(keys)

    def entries(self, prefix: str) -> list[Entry]:
        """List objects."""
        entries = (
            Entry(told["path"], told["size"], told["last_modified"].timestamp())
            for told in self._listed(prefix)
        )
        return sorted(entries, key=lambda entry: entry.key)

    def _listed(self, prefix: str) -> list[Mapping[str, Any]]:
        import obstore

        with self.reaching():
            return [told for page in obstore.list(self._store, prefix or None) for told in page]

    def folder_with(self, prefix: str, names: Iterable[str], version: str = "") -> Path:
        """Fetch what is not there yet into the folder of copies."""
        copies = _copies(self.folder, bound_bytes())
        below = f"{prefix}/{version}" if version else prefix
        if version:
            copies.keep_version(below)
        missing = [name for name in names if not copies.has(f"{below}/{name}")]

        def fetch(name: str) -> None:
            copies.keep(f"{below}/{name}", self.read(f"{prefix}/{name}"))

        _each(fetch, missing)
        return self.folder / below

    def stamp(self, prefix: str) -> str | None:
        """Hash what is listed."""
        found = sorted((told["path"], told["e_tag"] or "") for told in self._listed(prefix))
        return hash_parts(*(part for pair in found for part in pair)) if found else None

    def clear_copies(self, key: str = "") -> None:
        """Remove the folder of copies, or one in it."""
        _copies(self.folder, bound_bytes()).clear(key)

    @property
    def _store(self) -> S3Store:
        return _connected(self.url, tuple(sorted(_environment().items())))


def _each(call: Callable[[str], None], names: list[str]) -> None:
    if len(names) <= 1:
        for name in names:
            call(name)
        return
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        list(threads.map(call, names))


def _environment() -> dict[str, str]:
    """Return what the environment says, and take out of it what is empty: libraries take that for a value."""
    for name in _VARIABLES:
        if os.environ.get(name) == "":
            del os.environ[name]
    told = {name.lower(): os.environ[name] for name in _VARIABLES if name in os.environ}
    return {"aws_region": _DEFAULT_REGION, **told}


@lru_cache(maxsize=16)
def _copies(folder: Path, bound: int) -> Copies:
    return Copies(folder, bound)


@lru_cache(maxsize=16)
def _connected(url: str, environment: tuple[tuple[str, str], ...]) -> S3Store:
    from obstore.store import S3Store

    told = dict(environment)
    allow_http = told.pop("aws_allow_http", "").lower() in ("true", "1")
    return S3Store.from_url(
        url,
        config=cast("S3Config", told),
        client_options={"allow_http": allow_http, "timeout": f"{_REQUEST_S}s"},
        retry_config={
            "max_retries": _TRIES,
            "retry_timeout": timedelta(seconds=_PATIENCE_S),
            "backoff": {"max_backoff": timedelta(seconds=_PAUSE_S)},
        },
    )
