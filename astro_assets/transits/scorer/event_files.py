"""Sets of threshold-crossing events in Parquet files, in the column layout of Nigraha's.

Rao et al. (2021, MNRAS 502, 2845) folded TESS events into views that are -1 at the lowest bin and 1 beside
the transit, and listed what transitleastsquares and the TIC say of them. What they list of the stars, but for
the magnitude, is standardised by means and deviations that no file tells: the density is in no unit, and no
transit is compared with it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from astro_assets.transits.scorer.classes import LABEL_SETS
from astro_assets.transits.scorer.examples import SCALARS, SPREADS, VIEWS

#: Columns with a list of bins, and the views that are in each, one after the other.
VIEW_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "global_view": ("global",),
    "shifted_global_view": ("shifted",),
    "local_view": ("local",),
    "odd_even_view": ("secondary", "primary"),  # phase 0.5, then phase 0, whatever its name says
}
_STELLAR: Final[Mapping[str, str]] = {
    "logg": "surface_gravity",
    "lum": "luminosity",
    "Mass": "mass",
    "Teff": "temperature",
    "rho": "density",
    "Radius": "radius",
    "distance": "distance",
    "TMag": "magnitude",
}
_NUMBERS: Final = (
    "Period", "T0", "Duration", "Depth", "DepthOdd", "DepthEven", "snr", "sde", "NumTransits", "rp_rs",
    *_STELLAR,
)  # fmt: skip
#: Every column that a file must have.
REQUIRED: Final = ("TIC_ID", *VIEW_COLUMNS, *_NUMBERS)
_SMALLEST_DEPTH: Final = 1e-6


class EventFileError(ValueError):
    """A file of events cannot be used; the message says which row or column is at fault."""


def read_events(path: Path, name: str = "", *, with_labels: bool = True) -> list[dict[str, Any]]:
    """Read a file of events.

    Parameters
    ----------
    path
        A Parquet file with the columns :data:`REQUIRED`; ``disposition`` and ``src`` are used where there
        are any. Lists may be empty or null: that view is missing.
    name
        What the file is called in messages; its own name by default.
    with_labels
        Whether dispositions are read; what is scored needs none.

    Returns
    -------
    list of dict
        One row with the columns of ``EXAMPLE_SCHEMA`` for each row of the file, in its order.

    Raises
    ------
    EventFileError
        If it is no Parquet file, lacks a column, or a row has a view of another length, an identifier that
        is no positive whole number or a disposition that is not known.
    """
    name = name or path.name
    frame = _frame(path, name)
    views = _views(frame, name)
    scalars = _scalars({column: _floats(frame, column, name) for column in _NUMBERS})
    stars = _stars(frame, name)
    dispositions = _dispositions(frame, name) if with_labels else [None] * frame.height
    sources = frame["src"].to_list() if "src" in frame.columns else [None] * frame.height
    period, epoch, duration = (_floats(frame, column, name) for column in ("Period", "T0", "Duration"))
    return [
        {
            "example_id": f"{star}#{i}",
            "target_id": star,
            "light_curve": None,  # such files do not say which sectors were searched
            "position": i,
            "disposition": dispositions[i],
            "label_set": list(LABEL_SETS.get(dispositions[i] or "", ())),
            "listed_in": sources[i] if sources[i] is None else str(sources[i]),
            "mission": "TESS",
            "segment": None,
            "cadence": None,
            "period_days": float(period[i]),
            "epoch_btjd": float(epoch[i]),
            "duration_days": float(duration[i]) / 24,
            **{f"{view}_view": None if view not in views else views[view][i] for view in (*VIEWS, *SPREADS)},
            **{scalar: float(scalars[scalar][i]) if scalar in scalars else np.nan for scalar in SCALARS},
        }
        for i, star in enumerate(stars)
    ]


def _frame(path: Path, name: str) -> pl.DataFrame:
    if not path.is_file():
        raise FileNotFoundError(f"{name}: there is no such file")
    try:
        columns = pl.read_parquet_schema(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise EventFileError(f"{name} cannot be read as Parquet: {error}") from error
    if missing := [column for column in REQUIRED if column not in columns]:
        raise EventFileError(f"{name} lacks the columns {', '.join(missing)}")
    wanted = [column for column in (*REQUIRED, "disposition", "src") if column in columns]
    try:
        return pl.read_parquet(path, columns=wanted)
    except pl.exceptions.PolarsError as error:
        raise EventFileError(f"{name} cannot be read as Parquet: {error}") from error


def _stars(frame: pl.DataFrame, name: str) -> list[str]:
    numbers = frame["TIC_ID"]
    if not numbers.dtype.is_integer():
        raise EventFileError(f"{name}: TIC_ID is {numbers.dtype}, not whole numbers")
    bad = [i for i, value in enumerate(numbers.to_list()) if value is None or value <= 0]
    if bad:
        raise EventFileError(f"{name}: row {bad[0] + 1} has the TIC_ID {numbers[bad[0]]}")
    return [f"TIC {value}" for value in numbers.to_list()]


def _dispositions(frame: pl.DataFrame, name: str) -> Sequence[str | None]:
    if "disposition" not in frame.columns:
        return [None] * frame.height
    found: list[str | None] = frame["disposition"].cast(pl.String).to_list()
    for i, value in enumerate(found):
        if value is not None and value not in LABEL_SETS:
            known = ", ".join(sorted(LABEL_SETS))
            raise EventFileError(f"{name}: row {i + 1} has the disposition {value!r}; known are {known}")
    return found


def _floats(frame: pl.DataFrame, column: str, name: str) -> NDArray[np.float64]:
    if frame[column].dtype == pl.Null:
        return np.full(frame.height, np.nan)
    if not frame[column].dtype.is_numeric():
        raise EventFileError(f"{name}: {column} is {frame[column].dtype}, not numbers")
    values = frame[column].cast(pl.Float64).to_numpy().astype(np.float64)
    return np.where(np.isfinite(values), values, np.nan)


def _views(frame: pl.DataFrame, name: str) -> dict[str, list[NDArray[np.float32] | None]]:
    found: dict[str, list[NDArray[np.float32] | None]] = {}
    for column, names in VIEW_COLUMNS.items():
        arrays = _bins(frame[column], sum(VIEWS[view] for view in names), name)
        edges = np.cumsum([0, *(VIEWS[view] for view in names)])
        for view, low, high in zip(names, edges[:-1], edges[1:], strict=True):
            found[view] = [None if array is None else array[low:high] for array in arrays]
    return found


def _bins(lists: pl.Series, bins: int, name: str) -> list[NDArray[np.float32] | None]:
    """Return views with 0 beside the transit and -1 at their lowest bin; None for those that are missing."""
    kind = lists.dtype
    if kind in (pl.Null, pl.List(pl.Null)):
        return [None] * len(lists)
    if not isinstance(kind, pl.List | pl.Array) or not pl.Series(dtype=kind.inner).dtype.is_numeric():
        raise EventFileError(f"{name}: {lists.name} is {kind}, not lists of numbers")
    lists = lists.cast(pl.List(pl.Float32))
    lengths = lists.list.len().fill_null(0).to_numpy()
    if (wrong := np.flatnonzero((lengths != bins) & (lengths != 0))).size:
        row = int(wrong[0])
        raise EventFileError(f"{name}: row {row + 1}: {lists.name} has {lengths[row]} bins, not {bins}")
    flat = lists.filter(pl.Series(lengths > 0)).explode().to_numpy().astype(np.float32)
    scaled = (flat.reshape(-1, bins) - 1) / 2
    scaled[~np.isfinite(scaled)] = np.nan
    views = iter(scaled)
    found = [next(views) if length else None for length in lengths]
    return [None if view is None or np.isnan(view).all() else view for view in found]


def _scalars(of: Mapping[str, NDArray[np.float64]]) -> dict[str, NDArray[np.float64]]:
    """Form the scalars of events from the columns of the file."""
    depth = np.maximum(1 - of["Depth"], _SMALLEST_DEPTH)
    period, duration = _positive(of["Period"]), _positive(of["Duration"] / 24)
    snr, transits, ratio = _positive(of["snr"]), of["NumTransits"], of["rp_rs"]
    odd_even = of["DepthOdd"] - of["DepthEven"]
    return {
        "log10_depth": np.log10(depth),
        "log10_period": np.log10(period),
        "log10_duration": np.log10(duration),
        "log10_duty_cycle": np.log10(duration / period),
        "log10_snr": np.log10(snr),
        "sde": of["sde"],
        "n_transits": transits,
        "radius_ratio": ratio,
        "odd_even_depth": odd_even,
        "odd_even_over_depth": odd_even / depth,
        "odd_even_sigma": odd_even / depth * snr / 2,
        "depth_over_radius_ratio_squared": depth / np.clip(ratio, 1e-3, 1) ** 2,
        "snr_of_one_transit": snr / np.sqrt(_positive(transits)),
        **{scalar: of[column] for column, scalar in _STELLAR.items()},
    }


def _positive(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(values > 0, values, np.nan)
