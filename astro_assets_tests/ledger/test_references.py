"""References in rows: a file that many rows name is read through once, and found damaged still."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import open_home
from astro_assets.ledger.objects import CorruptStoreError, ObjectStore
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Table
from astro_assets.ledger.worker import resolved_rows
from astro_assets_tests.ledger.places import file_path

FILES = Table("toy/files", Schema((Column("sha256", "file", "A file."), Column("n", "int32", "A number."))))


class Noting(ObjectStore):
    """Notes the files that are verified."""

    verified: ClassVar[list[str]] = []

    def get_file(self, sha256: str) -> Path:
        self.verified.append(sha256)
        return ObjectStore.get_file(self, sha256)


@pytest.fixture
def store(tmp_path: Path) -> Noting:
    Noting.verified.clear()
    return Noting(open_home(tmp_path / "home"))


def put(store: ObjectStore, folder: Path, text: str) -> str:
    path = folder / "file"
    path.write_text(text)
    store.put_file(path, sha256 := sha256_of(path))
    return sha256


def test_a_file_of_many_rows_is_verified_once(store: Noting, tmp_path: Path) -> None:
    one, other = (put(store, tmp_path, text) for text in ("one", "other"))
    rows = [{"sha256": name, "n": n} for n, name in enumerate([one, other] * 50)]
    found = resolved_rows(rows, FILES, store)
    assert [row["sha256"].read_text() for row in found] == ["one", "other"] * 50
    assert store.verified == [one, other]
    assert resolved_rows(rows[:1], FILES, store) == found[:1]
    assert store.verified == [one, other, one], "nothing is remembered from one unit to the next"


def test_a_damaged_file_is_named_whichever_row_names_it(store: Noting, tmp_path: Path) -> None:
    good, damaged = (put(store, tmp_path, text) for text in ("good", "damaged"))
    path = file_path(store, damaged)
    path.chmod(0o600)
    path.write_text("changed")
    with pytest.raises(CorruptStoreError, match="take the file in again"):
        resolved_rows([{"sha256": name, "n": 0} for name in (good, damaged)], FILES, store)
