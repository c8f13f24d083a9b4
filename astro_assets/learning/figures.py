"""Figures of a training as JSON can hold them: what is not known is null, and no NaN is left."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any


def storable(value: Any) -> Any:
    """Return figures with plain numbers, and None for what is no finite number.

    Parameters
    ----------
    value
        Numbers (of NumPy, too), texts, mappings and sequences of them.
    """
    if isinstance(value, Mapping):
        return {str(name): storable(one) for name, one in value.items()}
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return [storable(one) for one in value]
    plain = value.item() if hasattr(value, "item") else value
    return None if isinstance(plain, float) and not math.isfinite(plain) else plain
