"""Shard numbers and partition keys are two spellings of one thing."""

from __future__ import annotations

import pytest

from astro_assets.ledger.home import open_home
from astro_assets.orchestration.shards import partition_keys, shard_partitions, shards_of


@pytest.mark.parametrize(
    ("n_shards", "first", "last"),
    [(1, "0", "0"), (4, "0", "3"), (64, "00", "63"), (100, "00", "99"), (128, "000", "127")],
)
def test_keys_are_of_one_width_and_sort_like_numbers(tmp_path, n_shards: int, first: str, last: str) -> None:
    home = open_home(tmp_path / "home", n_shards=n_shards)
    keys = shard_partitions(home).get_partition_keys()
    assert (keys[0], keys[-1], len(keys)) == (first, last, n_shards)
    assert keys == sorted(keys)
    assert shards_of(keys) == list(range(n_shards))


def test_some_shards_have_the_keys_they_have_among_all(tmp_path) -> None:
    home = open_home(tmp_path / "home", n_shards=64)
    assert partition_keys(home, [63, 2]) == ["63", "02"]
    assert set(partition_keys(home, [63, 2])) <= set(shard_partitions(home).get_partition_keys())
