"""The one Dagster partitioning: a home's shards as static partitions.

Only the translation between shard numbers and partition keys lives here.
"""

from collections.abc import Collection, Iterable

import dagster as dg

from astro_assets.ledger.home import Home


def shard_partitions(home: Home) -> dg.StaticPartitionsDefinition:
    """Return the partitions of a home's tables, ``00`` to ``63`` by default."""
    return dg.StaticPartitionsDefinition(partition_keys(home, range(home.n_shards)))


def partition_keys(home: Home, shards: Iterable[int]) -> list[str]:
    """Return the partition keys of some shards, all of one width so that they sort."""
    width = len(str(home.n_shards - 1))
    return [f"{shard:0{width}d}" for shard in shards]


def shards_of(keys: Iterable[str]) -> Collection[int]:
    """Return the shard numbers of partition keys."""
    return [int(key) for key in keys]
