"""A home: the folder that holds everything of one installation.

Finding and making a home live here; its settings, and what its tables mean, do not.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import platformdirs

from astro_assets.ledger.atomic import write_bytes
from astro_assets.ledger.shards import DEFAULT_SHARDS
from astro_assets.ledger.storage import Storage, StoreError, storage_at

ENVIRONMENT_VARIABLE: Final = "ASTRO_ASSETS_HOME"
SHARDS_VARIABLE: Final = "ASTRO_ASSETS_SHARDS"
STORE_VARIABLE: Final = "ASTRO_ASSETS_STORE"
_FORMAT: Final = 1
#: Whatever the system's settings: what lies in a home decides what its owner's processes do.
_NOT_FOR_OTHERS: Final = 0o002
#: Of homes whose tables lie elsewhere: versions of before must not make them anew in the folder.
_FORMAT_WITH_STORE: Final = 2
#: Kept in a store for those homes that share it.
_STORE_MARKER: Final = "store.toml"
#: delta-rs makes something else of an address with other characters.
_STORE: Final = re.compile(r"s3://[a-z0-9][a-z0-9.-]+[a-z0-9](/[A-Za-z0-9._-]+)*")
#: Characters in a folder's name that delta-rs or Dagster's SQLite takes for parts of an address.
_UNUSABLE: Final = re.compile(r"[%#?\[\]\x00-\x1f]")


#: What to do without the file that says how many shards there are.
_RESTORE: Final = (
    "copy it from a backup, or write two lines into it, `format = 1` and `n_shards = 64`, or what it was; "
    '`format = 2` and a third, `store = "s3://..."`, where tables are in an object store'
)


class HomeError(RuntimeError):
    """A home cannot be used as it is; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Home:
    """The layout of a home. Use :func:`open_home`.

    Parameters
    ----------
    root
        Absolute folder.
    n_shards
        Fixed when the home was made.
    store
        Address of the object store that holds tables, arrays, raw files and records; the folder itself does
        when None. Fixed when the home was made.
    copies
        Folder for copies of what lies in the store, other than the usual one.
    """

    root: Path
    n_shards: int = DEFAULT_SHARDS
    store: str | None = None
    copies: Path | None = None

    @property
    def storage(self) -> Storage:
        """Where tables, arrays, raw files and records lie."""
        return storage_at(self.root, self.store, self.copies)

    @property
    def inbox(self) -> Path:
        """Where observations are dropped."""
        return self.root / "inbox"

    @property
    def dagster(self) -> Path:
        """The Dagster instance: runs, events, schedules."""
        return self.root / "dagster"

    @property
    def config_file(self) -> Path:
        """The settings people edit, one section a table."""
        return self.root / "config.toml"

    def table_key(self, name: str) -> str:
        """Return the key of the Delta table's folder in :attr:`storage`."""
        return f"tables/{name}"


def default_root() -> Path:
    """Return the home to use when none is named: the environment's, the checkout's, the user's."""
    if named := os.environ.get(ENVIRONMENT_VARIABLE):
        return Path(named)
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "workspace.yaml").is_file() and (checkout / "pyproject.toml").is_file():
        return checkout / "data" / "home"
    return Path(platformdirs.user_data_dir("astro_assets", appauthor=False))


def open_home(
    root: Path | str | None = None,
    *,
    n_shards: int | None = None,
    must_exist: bool = False,
    store: str | None = None,
) -> Home:
    """Open a home, making it where there is none; others can write no file that this process makes from then.

    Parameters
    ----------
    root
        Folder; :func:`default_root` when None.
    n_shards
        Number of shards of a home that is made now: ``ASTRO_ASSETS_SHARDS``, else 64, when None. An existing
        home keeps its own.
    must_exist
        Refuse to make a home: a question about a mistyped folder has no answer.
    store
        Address of the object store of a home that is made now, ``s3://BUCKET`` or ``s3://BUCKET/PREFIX``;
        that of the environment when None, and none when empty. An existing home keeps its own.

    Raises
    ------
    HomeError
        If the folder cannot be written, or was made by a later version of this package; or the number of
        shards that a new one is to have is none.
    StoreError
        If a home is to be made and its object store does not answer.
    """
    os.umask(os.umask(_NOT_FOR_OTHERS) | _NOT_FOR_OTHERS)
    path = Path(root if root is not None else default_root()).expanduser().absolute()
    if unusable := _UNUSABLE.search(str(path)):
        raise HomeError(
            f"the home {path} cannot be used: its stores do not open folders with {unusable[0]!r}"
        )
    marker = path / "home.toml"
    try:
        if not marker.exists():
            if (path / "tables").exists():
                raise HomeError(f"{marker} is missing, and there are tables: {_RESTORE}")
            if must_exist:
                raise HomeError(f"there is no home at {path}; `astro-assets run` makes one")
            named = os.environ.get(STORE_VARIABLE, "") if store is None else store
            _make(path, n_shards or _shards_of_new_homes(), named)
        settings = _marked(marker)
    except StoreError:
        raise
    except OSError as error:
        raise HomeError(f"the home {path} cannot be used: {error}; choose another with --home") from error
    if settings.get("format") not in (_FORMAT, _FORMAT_WITH_STORE):
        known = f"{_FORMAT} and {_FORMAT_WITH_STORE}"
        raise HomeError(
            f"{path} has home format {settings.get('format')}; this version reads formats {known}"
        )
    return Home(path, _shards_in(settings, marker), _store_in(settings, marker))


def _make(path: Path, n_shards: int, store: str) -> None:
    """Make a home; one that shares its store with others has as many shards as they."""
    lines: dict[str, int | str] = {"format": _FORMAT, "n_shards": n_shards}
    if store:
        _check_store(store)
        storage = storage_at(path, store, path / "cache")  # of which it takes none
        storage.write(_STORE_MARKER, _toml(lines), replace=False)
        lines["n_shards"] = _shards_of(storage)
        lines["format"] = _FORMAT_WITH_STORE
    path.mkdir(parents=True, exist_ok=True)
    (path / "inbox").mkdir(exist_ok=True)
    if store:
        lines["store"] = store
    told = _toml(lines)
    # First, so that it is there when what it is of was cut off.
    checksum = _toml({"checksum": _checksum(told.decode())})
    write_bytes(path / "home.toml", checksum + told, replace=False)


def _toml(values: Mapping[str, int | str]) -> bytes:
    lines = (f"{name} = {json.dumps(value)}\n" for name, value in values.items())
    return "".join(lines).encode()


def _shards_of(storage: Storage) -> int:
    marker = storage.place(_STORE_MARKER)
    try:
        settings = tomllib.loads(storage.read(_STORE_MARKER).decode())
    except ValueError as error:
        raise HomeError(f"{marker} is damaged: {error}") from error
    if settings.get("format") != _FORMAT:
        raise HomeError(f"{marker} has format {settings.get('format')}; this version reads format {_FORMAT}")
    return _shards_in(settings, marker)


def _shards_in(settings: Mapping[str, Any], marker: object) -> int:
    stored = settings.get("n_shards")
    if not isinstance(stored, int) or stored < 1:
        raise HomeError(f"{marker} is damaged: n_shards = {stored!r} is not a positive number")
    return stored


def _marked(marker: Path) -> dict[str, Any]:
    """Read what a home was made with."""
    try:
        text = marker.read_text()
        settings = tomllib.loads(text)
    except ValueError as error:
        raise HomeError(f"{marker} is damaged: {error}; {_RESTORE}") from error
    told = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("checksum = "))
    # One bit makes the checksum a comment.
    if settings.pop("checksum", _checksum(told)) != _checksum(told) or "#hecksum = " in text:
        raise HomeError(f"{marker} is damaged: its contents do not match its checksum; {_RESTORE}")
    if "format" not in settings or not text.endswith("\n"):
        raise HomeError(f"{marker} is damaged: its end is missing; {_RESTORE}")
    if unknown := sorted(settings.keys() - {"format", "n_shards", "store"}):
        raise HomeError(f"{marker} is damaged: {unknown[0]!r} is no setting of a home; {_RESTORE}")
    return settings


def _checksum(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def _store_in(settings: Mapping[str, Any], marker: Path) -> str | None:
    store = settings.get("store")
    if settings["format"] == _FORMAT and store is None:
        return None
    if settings["format"] == _FORMAT or not isinstance(store, str) or not _STORE.fullmatch(store):
        raise HomeError(f"{marker} is damaged: store = {store!r} is not the address of a store")
    return store


def _check_store(store: str) -> None:
    if not _STORE.fullmatch(store):
        raise HomeError(
            f"the store {store!r} cannot be used: write s3://BUCKET or s3://BUCKET/PREFIX, "
            "of letters, digits and the characters . _ -"
        )


@contextmanager
def read_anew(home: Home) -> Iterator[Home]:
    """Give a home that reads no copies of before: what its store holds is what is seen."""
    if home.store is None:
        yield home
        return
    with tempfile.TemporaryDirectory(prefix="astro-assets-") as folder:
        yield replace(home, copies=Path(folder))


def _shards_of_new_homes() -> int:
    named = os.environ.get(SHARDS_VARIABLE) or str(DEFAULT_SHARDS)
    if not (named.isdecimal() and int(named) > 0):
        raise HomeError(f"{SHARDS_VARIABLE} = {named!r} is not a positive number of shards")
    return int(named)
