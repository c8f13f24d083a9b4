"""What candidates are grouped by: measures of the shape of their dips, from rows of three tables.

Values are worked out one by one, so that a candidate's are the same to the bit whatever else is there.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from astro_assets.transits.noise import Floats

#: Rows of one candidate: columns by table.
Rows = Mapping[str, Mapping[str, Any]]


def plain(value: float) -> float:
    """Return the value itself."""
    return value


def log(value: float) -> float:
    """Return the decimal logarithm; NaN where there is none."""
    return math.log10(value) if value > 0 else math.nan


def log_beyond_one(value: float) -> float:
    """Return the decimal logarithm of one more than the value; NaN where there is none."""
    return log(1 + value)


def share(value: float, difference: float) -> float:
    """Return the ratio of a value to that which is so much larger; NaN where that is not positive."""
    whole = value + difference
    return value / whole if whole > 0 else math.nan


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure.

    Parameters
    ----------
    name
        For people.
    table
        Name of the table without its wing.
    columns
        Columns of that table it is made of.
    how
        Makes the measure of their values.
    """

    name: str
    table: str
    columns: tuple[str, ...]
    how: Callable[..., float] = plain


#: Size, then shape, then what repeats. Measures of one thing count as often as they are here.
MEASURES: Final = (
    Measure("log_depth_ppm", "transit_candidates", ("depth_ppm",), log),
    Measure("log_period_days", "transit_candidates", ("period_days",), log),
    Measure("log_snr", "transit_candidates", ("snr",), log),
    Measure("log_duty_cycle", "transit_features", ("duty_cycle",), log),
    Measure("bottom_over_mean_depth", "transit_features", ("bottom_over_mean_depth",)),
    Measure("brightening_over_dip", "transit_features", ("brightening_over_dip",)),
    Measure("weak_secondary_over_depth", "transit_features", ("weak_secondary_over_depth",)),
    Measure(
        "half_period_over_depth",
        "transit_features",
        ("half_period_sigma", "half_period_unlike_sigma"),
        share,
    ),
    Measure("log_sine_over_depth", "transit_features", ("sine_over_depth",), log),
    Measure("largest_over_multiple", "transit_features", ("largest_over_multiple",)),
    Measure("log_odd_even_sigma", "transit_features", ("events_odd_even_sigma",), log_beyond_one),
    Measure("log_event_chi_square", "transit_features", ("event_chi_square",), log),
    Measure("global_autocorrelation", "tsfresh_features", ("global_autocorrelation_lag_1",)),
    Measure("global_skewness", "tsfresh_features", ("global_skewness",)),
    Measure("log_local_complexity", "tsfresh_features", ("local_cid_ce_normalize_true",), log),
)
MEASURE_NAMES: Final = tuple(measure.name for measure in MEASURES)
#: Names of the tables they are made of, each with a row a candidate.
MEASURED_TABLES: Final = tuple(dict.fromkeys(measure.table for measure in MEASURES))


def columns_of(table: str) -> tuple[str, ...]:
    """Return the columns of a table that measures are made of."""
    return tuple(column for measure in MEASURES if measure.table == table for column in measure.columns)


def measured(rows: Rows) -> Floats:
    """Return a candidate's :data:`MEASURES`, shape (n_measures,); NaN where one is not known."""
    values = [measure.how(*(float(rows[measure.table][c]) for c in measure.columns)) for measure in MEASURES]
    return np.array([value if math.isfinite(value) else math.nan for value in values])


def joined(tables: Mapping[str, Iterable[Mapping[str, Any]]]) -> dict[str, Rows]:
    """Return the rows of each candidate that is in all tables, by ``candidate_id``, sorted."""
    by_id = {name: {str(row["candidate_id"]): row for row in rows} for name, rows in tables.items()}
    common = set.intersection(*(set(rows) for rows in by_id.values()))
    return {one: {name: rows[one] for name, rows in by_id.items()} for one in sorted(common)}
