"""Arrays that begin where a cache line does, so that no vector of 16 float32 numbers lies across two."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

_LINE_BYTES: Final = 64


def aligned_zeros(*shape: int) -> NDArray[np.float32]:
    """Return an array of float32 zeros; NumPy's own begin at any multiple of 16 bytes."""
    size = 4 * math.prod(shape)
    memory = np.zeros(size + _LINE_BYTES, np.uint8)
    start = -memory.ctypes.data % _LINE_BYTES
    return memory[start : start + size].view(np.float32).reshape(shape)
