"""Which sources an autoencoder is fitted to, stops by and is judged on, by their names: 85, 5, 10 %."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray

TRAINING, VALIDATION, TEST = 0, 1, 2
#: Shares up to which a source is in each part.
_ENDS: Final = (0.85, 0.90)


def parts_of_sources(names: Sequence[str], seed: int) -> NDArray[np.int64]:
    """Return the part of each source: 0 training, 1 validation, 2 test.

    A source keeps its part whatever others there are, and all its curves are in it.
    """
    shares = [
        int.from_bytes(blake2b(name.encode(), key=str(seed).encode(), digest_size=8).digest()) / 2**64
        for name in names
    ]
    return np.searchsorted(_ENDS, shares, side="right").astype(np.int64)
