"""Where a target lives: the one partitioning that every table shares.

Only the arithmetic lives here. Sixty-four static, even shards keep all of a star's data together.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import Final

DEFAULT_SHARDS: Final = 64


@lru_cache(maxsize=1 << 17)  # planning asks for each target once a table
def shard_of(name: str, n_shards: int = DEFAULT_SHARDS) -> int:
    """Return the shard of a target's canonical id (or of a unit's key where no target is known).

    Parameters
    ----------
    name
        Canonical id such as ``TIC 100100827``.
    n_shards
        The home's number of shards, at least 1.
    """
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest(), "little") % n_shards
