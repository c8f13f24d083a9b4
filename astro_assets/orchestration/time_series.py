"""Rules about stored time series that hold in every wing: arrays in, what is wrong out.

Pure functions of NumPy arrays; which table they are applied to is declared in the wings' `checks`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]


def broken_times(arrays: Arrays) -> list[str]:
    """Tell what is wrong with the times: float64, at least one, finite, strictly increasing.

    Parameters
    ----------
    arrays
        With the array ``time``, in days.
    """
    time = arrays.get("time")
    if time is None:
        return [f"there is no array time, only {', '.join(sorted(arrays))}"]
    if time.dtype != np.float64:
        return [f"time is {time.dtype}, not float64"]
    if time.size == 0:
        return ["there is no sample"]
    if n_bad := int(np.count_nonzero(~np.isfinite(time))):
        return [f"{n_bad} of {time.size} times are not finite"]
    back = np.flatnonzero(np.diff(time) <= 0)
    if back.size:
        first = int(back[0])
        step = f"from {time[first]:.6f} to {time[first + 1]:.6f}"
        return [f"time does not increase at {back.size} of {time.size} samples, first {step}"]
    return []


def broken_lengths(arrays: Arrays, *, names: tuple[str, ...]) -> list[str]:
    """Tell which of the arrays are missing, not 1-D, or of another length than ``time``."""
    expected = arrays["time"].shape if "time" in arrays else None
    wrong = []
    for name in names:
        shape = arrays[name].shape if name in arrays else None
        if shape is None:
            wrong.append(f"there is no array {name}")
        elif len(shape) != 1 or shape != expected:
            wrong.append(f"{name} is of shape {shape}, time of {expected}")
    return wrong


def broken_values(arrays: Arrays, *, finite: tuple[str, ...], positive: tuple[str, ...] = ()) -> list[str]:
    """Tell which arrays hold values that are not finite, or not positive.

    Parameters
    ----------
    finite
        Names of arrays all of whose values are finite.
    positive
        Names of arrays all of whose values are finite and above 0.
    """
    wrong = []
    for name in (*finite, *positive):
        values = arrays.get(name)
        if values is None:
            wrong.append(f"there is no array {name}")
        elif n_bad := int(np.count_nonzero(~np.isfinite(values))):
            wrong.append(f"{n_bad} of {values.size} values of {name} are not finite")
        elif name in positive and (n_bad := int(np.count_nonzero(values <= 0))):
            wrong.append(f"{n_bad} of {values.size} values of {name} are not positive")
    return wrong
