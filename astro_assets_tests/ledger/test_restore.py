"""What the store lost comes back by computing again, and results stay with the settings that made them."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.objects import CorruptStoreError, ObjectStore, StoredArrays
from astro_assets.ledger.staleness import stale
from astro_assets.ledger.update import update
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import CHAIN, contents, put_files, refresh, toy_ledger
from astro_assets_tests.ledger.places import array_path, file_path


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = toy_ledger(tmp_path / "home of a b é")
    put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i}", [0.1 * i, 0.7]) for i in range(4)))
    refresh(ledger)
    return ledger


def test_what_the_store_lost_is_restored_by_computing_again(ledger: Ledger) -> None:
    before = contents(ledger)
    for path in (ledger.home.root / "objects").rglob("*.arrow"):
        path.unlink()
    for name in CHAIN:
        report = update(ledger, ledger.table(name), recompute=True)
        assert report.total("reused") == 0
    assert contents(ledger) == before
    references = [d for name in CHAIN for d in _references(ledger, name)]
    assert references
    assert all(ledger.objects.get_arrays(digest) for digest in references)


def test_a_damaged_object_is_written_anew_by_computing_again(ledger: Ledger) -> None:
    digest = _references(ledger, "curves")[0]
    array_path(ledger.objects, digest).write_bytes(b"damaged")
    update(ledger, ledger.table("curves"))
    with pytest.raises(CorruptStoreError):
        ledger.objects.get_arrays(digest)
    update(ledger, ledger.table("curves"), recompute=True)
    assert ledger.objects.get_arrays(digest)


def test_a_damaged_file_is_replaced_by_taking_it_in_again(ledger: Ledger, tmp_path: Path) -> None:
    source = tmp_path / "raw"
    source.write_bytes(b"observed")
    sha256 = sha256_of(source)
    assert ledger.objects.put_file(source, sha256) == 8
    kept = file_path(ledger.objects, sha256)
    kept.chmod(0o644)
    kept.write_bytes(b"observer")  # of the same size
    with pytest.raises(CorruptStoreError):
        ledger.objects.get_file(sha256)
    assert ledger.objects.put_file(source, sha256) == 8
    assert ledger.objects.get_file(sha256).read_bytes() == b"observed"
    assert ledger.objects.put_file(source, sha256) == 0
    assert ledger.objects.put_file(source, sha256, b"observed") == 0


def test_arrays_that_a_table_passes_on_are_not_read_and_a_lost_one_is_named_where_it_is(
    ledger: Ledger,
) -> None:
    digest = _references(ledger, "curves")[0]
    passed_on = StoredArrays(ledger.objects, digest, "mend it")
    assert ledger.objects.put_arrays(passed_on) == (digest, 0)
    array_path(ledger.objects, digest).unlink()
    assert ledger.objects.put_arrays(passed_on) == (digest, 0)
    with pytest.raises(CorruptStoreError, match=r"is missing; mend it"):
        passed_on["flux"]


def test_arrays_that_a_table_passes_on_are_verified_when_all_of_it_is_computed_again(ledger: Ledger) -> None:
    digest = _references(ledger, "curves")[0]
    path = array_path(ledger.objects, digest)
    whole = path.read_bytes()
    again = ObjectStore(ledger.home, rewrite=True)
    path.write_bytes(b"damaged")
    with pytest.raises(CorruptStoreError, match="mend it"):
        again.put_arrays(StoredArrays(again, digest, "mend it"))
    path.write_bytes(whole)
    assert again.put_arrays(StoredArrays(again, digest, "mend it")) == (digest, len(whole))
    assert path.read_bytes() == whole


def test_the_configuration_of_the_recipe_is_the_one_computed_with(ledger: Ledger) -> None:
    table = ledger.table("curves")
    assert ledger.version(table).config == table.config
    ledger.home.config_file.write_text("[toy.curves]\noffset = 5.0\n")
    update(ledger, table, recompute=True)
    digest = _references(ledger, "curves")[0]
    assert ledger.objects.get_arrays(digest)["flux"].max() < 5
    again = open_ledger(ledger.home, ledger.tables)
    assert set(stale(again).entries.filter(pl.col("table") == "toy/curves")["cause"]) == {"config"}


def _references(ledger: Ledger, name: str) -> list[str]:
    table = ledger.table(name)
    columns = [column.name for column in table.schema if column.dtype == "arrays"]
    rows = ledger.open(table).rows(columns).collect()
    return [digest for column in columns for digest in rows[column]]
