"""Files of archives fetched into the inbox: each comes in whole, and after it is told where it is from.

What is fetched, and what a file means, is the caller's. Killed at any moment, the same call goes on.
"""

from __future__ import annotations

import errno
import fcntl
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import polars as pl

from astro_assets.archives.downloads import Expected, download
from astro_assets.archives.errors import ArchiveError, DamagedError
from astro_assets.archives.packed import unpack
from astro_assets.archives.products import Product
from astro_assets.archives.sessions import PoliteSession
from astro_assets.ledger.atomic import replacing
from astro_assets.ledger.computing import Progress
from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.table import Table
from astro_assets.ledger.update import put_units
from astro_assets.orchestration.run_marks import BusyError

#: Files, and seconds, after which what has come is let into the inbox: each time commits once.
_TOGETHER: Final = 50
_TOGETHER_S: Final = 20.0
#: Files in a row that an archive could not give, after which it is left alone.
_PATIENCE: Final = 3


@dataclass(frozen=True, slots=True)
class Failure:
    """A product that did not come, and why."""

    product: Product
    why: str


@dataclass(slots=True)
class Fetched:
    """What came of fetching.

    Attributes
    ----------
    new
        Products that are in the inbox now.
    here
        Products that were fetched before, and are taken in or still in the inbox.
    failed
        Products that did not come; asking again may help.
    untried
        Products that were not asked for because the archive did not answer.
    n_bytes
        Of the new files.
    """

    new: list[Product] = field(default_factory=list)
    here: list[Product] = field(default_factory=list)
    failed: list[Failure] = field(default_factory=list)
    untried: list[Product] = field(default_factory=list)
    n_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Sources:
    """The tables that tell of files from archives.

    Parameters
    ----------
    products
        Where each file is from: a source table, keyed by SHA-256, with the columns of :func:`_row`.
    raw
        The files that are taken in, keyed by SHA-256.
    """

    products: Table
    raw: Table


@dataclass(slots=True)
class _Waiting:
    """A file that is complete, and not in the inbox yet."""

    path: Path
    name: str
    sha256: str
    size: int
    product: Product


class Known:
    """Which products a home has: those whose files are taken in, or in its inbox."""

    def __init__(self, ledger: Ledger, sources: Sources) -> None:
        self._inbox = ledger.home.inbox
        columns = ["sha256", "archive", "uri", "listed_bytes", "file_name", "size_bytes"]
        rows = ledger.open(sources.products).rows(columns).select(columns).collect()
        self._raw = set(ledger.open(sources.raw).units(["key"]).collect()["key"])
        self._files: dict[tuple[str, str, int | None], list[tuple[str, str, int]]] = {}
        for sha256, archive, uri, listed, name, size in rows.iter_rows():
            self._files.setdefault((archive, uri, listed), []).append((sha256, name, size))

    def has(self, product: Product) -> bool:
        """Tell whether a product as the archive lists it is here."""
        files = self._files.get((product.archive, product.uri, product.size), [])
        return bool(files) and all(
            sha256 in self._raw or _is_file(self._inbox / product.archive / name, size)
            for sha256, name, size in files
        )


def fetch(
    ledger: Ledger,
    sources: Sources,
    products: Iterable[Product],
    sessions: Mapping[str, PoliteSession],
    *,
    fault_of: Callable[[Path], str],
    run_id: str = "",
    progress: Progress | None = None,
) -> Fetched:
    """Fetch the products that a home does not have.

    Parameters
    ----------
    sessions
        A streamed session with each archive, by its key.
    fault_of
        Returns what is wrong with a file that came, nothing if it is as it was written.
    progress
        Called with the number of products done and to do.

    Raises
    ------
    BusyError
        If somebody else fetches into the same home.
    """
    products = list({(product.archive, product.uri): product for product in products}.values())
    fetched, known = Fetched(), Known(ledger, sources)
    with _staging(ledger.home) as folder:
        inbox = _Delivery(ledger, sources.products, run_id)
        refused: dict[str, int] = {}
        try:
            for n_done, product in enumerate(products, 1):
                if known.has(product):
                    fetched.here.append(product)
                elif refused.get(product.archive, 0) >= _PATIENCE:
                    fetched.untried.append(product)
                else:
                    try:
                        files = _fetched(folder, product, sessions[product.archive], fault_of)
                    except ArchiveError as error:
                        fetched.failed.append(Failure(product, str(error)))
                        refused[product.archive] = refused.get(product.archive, 0) + error.is_transient
                    else:
                        refused[product.archive] = 0
                        inbox.add(files)
                        fetched.new.append(product)
                        fetched.n_bytes += sum(file.size for file in files)
                if progress is not None:
                    progress(n_done, len(products))
        finally:  # interrupted: what has come is not fetched twice
            inbox.let_in()
    return fetched


class _Delivery:
    """Lets complete files into the inbox, after it is recorded where they are from."""

    def __init__(self, ledger: Ledger, table: Table, run_id: str) -> None:
        self._ledger = ledger
        self._table = table
        self._run_id = run_id
        self._waiting: list[_Waiting] = []
        self._since = time.monotonic()

    def add(self, files: Sequence[_Waiting]) -> None:
        """Add the files of a product."""
        self._waiting += files
        if len(self._waiting) >= _TOGETHER or time.monotonic() - self._since > _TOGETHER_S:
            self.let_in()

    def let_in(self) -> None:
        """Record the files that wait, then let them in."""
        self._since = time.monotonic()
        if not self._waiting:
            return
        there = self._ledger.open(self._table).rows(list(self._table.schema.names))
        shas = [file.sha256 for file in self._waiting]
        rows: dict[str, list[dict[str, Any]]] = {}
        for row in there.filter(pl.col("key").is_in(shas)).collect().iter_rows(named=True):
            rows.setdefault(row["key"], []).append({name: row[name] for name in self._table.schema.names})
        for file in self._waiting:
            row = _row(file)
            others = [old for old in rows.get(file.sha256, []) if old["uri"] != row["uri"]]
            rows[file.sha256] = sorted([*others, row], key=lambda row: str(row["uri"]))
        put_units(self._ledger, self._table, rows, run_id=self._run_id)
        while self._waiting:
            file = self._waiting[0]
            folder = self._ledger.home.inbox / file.product.archive
            folder.mkdir(exist_ok=True)
            _move(file.path, folder / file.name)
            del self._waiting[0]


def _move(path: Path, destination: Path) -> None:
    """Move a complete file, which shows all at once, wherever the inbox leads."""
    try:
        path.replace(destination)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        with path.open("rb") as file, replacing(destination) as copy:
            shutil.copyfileobj(file, copy)
        path.unlink()


@contextmanager
def _staging(home: Home) -> Iterator[Path]:
    """Yield the folder in which files become complete; one at a time may use it.

    By its name it is known as what a killed writer has left.
    """
    folder = home.root / ".partial-downloads"
    folder.mkdir(exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(
                f"files are being fetched into {home.root} already: wait for the end of that"
            ) from None
        yield folder


def _fetched(
    folder: Path, product: Product, session: PoliteSession, fault_of: Callable[[Path], str]
) -> list[_Waiting]:
    """Fetch a product, and return its files, each whole and as it was written."""
    # Another version of it is another file: the two are not put together.
    version = f"{product.archive} {product.uri} {product.size}"
    path = folder / f"{blake2b(version.encode(), digest_size=8).hexdigest()}-{product.file_name}"
    expected = Expected(size_bytes=product.size, is_fits=not product.is_zip)
    url = product.address()
    download(session, url, path, expected)
    paths = [path]
    if product.is_zip:
        try:
            paths = unpack(session, url, path, path.name.removesuffix(".zip"))
        finally:
            path.unlink()
    files = []
    for part in paths:
        if fault := fault_of(part):
            for spoiled in paths:
                spoiled.unlink()
            raise DamagedError(session.archive, url, f"{product.file_name}: {fault}")
        name = part.name.partition("-")[2]
        files.append(_Waiting(part, name, sha256_of(part), part.stat().st_size, product))
    return files


def _row(file: _Waiting) -> dict[str, Any]:
    product = file.product
    return {
        "sha256": file.sha256,
        "archive": product.archive,
        "uri": product.uri,
        "file_name": file.name,
        "size_bytes": file.size,
        "listed_bytes": product.size,
        "kind": product.kind,
        "target_id": product.target_id,
        "mission": product.mission,
        "segment_kind": product.segment_kind,
        "segment": product.segment,
        "cadence_s": product.cadence_s,
        "fetched_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _is_file(path: Path, size: int) -> bool:
    try:
        return path.is_file() and path.stat().st_size == size
    except OSError:
        return False
