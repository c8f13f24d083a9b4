"""Where things lie in a home that is a folder, for tests that look there, damage them or take them away."""

from __future__ import annotations

from pathlib import Path

from astro_assets.ledger.home import Home
from astro_assets.ledger.objects import ObjectStore
from astro_assets.ledger.records import record_key


def array_path(objects: ObjectStore, digest: str) -> Path:
    """Return the file of arrays."""
    return objects.home.root / objects.array_key(digest)


def file_path(objects: ObjectStore, sha256: str) -> Path:
    """Return the file of a raw file."""
    return objects.home.root / objects.file_key(sha256)


def table_path(home: Home, name: str) -> Path:
    """Return the folder of a table."""
    return home.root / home.table_key(name)


def record_path(home: Home, model: str, version: str) -> Path:
    """Return the file of a record."""
    return home.root / record_key(model, version)
