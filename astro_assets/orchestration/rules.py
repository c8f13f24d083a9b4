"""The kinds of rules that a table is judged by, and those of every table.

Only declarations live here; how units are judged by them is in `checking`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import polars as pl

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.table import Table
from astro_assets.orchestration.stored_form import broken_schema, duplicate_keys


@dataclass(frozen=True, slots=True)
class StoredRule:
    """A rule about how units are stored, whatever they mean.

    Parameters
    ----------
    broken
        ``broken(table, stored, units) -> frame``: of the dtypes stored by column and the units with all
        their columns, the lines ``key`` and ``what`` of those that break the rule.
    """

    name: str
    description: str
    broken: Callable[[Table, Mapping[str, Any], pl.LazyFrame], pl.LazyFrame]


@dataclass(frozen=True, slots=True)
class RowRule:
    """A rule about the numbers in rows, for which no array is read.

    Parameters
    ----------
    columns
        What of the rows is read.
    broken
        ``broken(rows, **settings) -> frame``: pure; of rows with ``key`` and the columns, the lines ``key``
        and ``what`` (is wrong) of those that break the rule.
    settings
        Names of the settings of the table that it is given.
    beside
        Columns of other tables by ``key``, joined to the rows. Such a rule judges what changed since the
        check last passed: a result that is out of date cannot agree with what came after it.
    """

    name: str
    description: str
    columns: tuple[str, ...]
    broken: Callable[..., pl.LazyFrame]
    settings: tuple[str, ...] = ()
    beside: Callable[[Ledger], pl.LazyFrame] | None = None


@dataclass(frozen=True, slots=True)
class ArrayRule:
    """A rule about the arrays of one column, read where they changed since the check last passed.

    Parameters
    ----------
    broken
        ``broken(arrays, **settings) -> what is wrong``: pure, importable by name; nothing for sound arrays.
    """

    name: str
    description: str
    column: str
    broken: Callable[..., Sequence[str]]
    settings: tuple[str, ...] = ()


Rule = StoredRule | RowRule | ArrayRule


def standard_rules(identity: Sequence[str]) -> tuple[StoredRule, StoredRule]:
    """Return the rules of every table.

    Parameters
    ----------
    identity
        Columns whose values no two rows of the table share; none when the unit's key is all there is.
    """
    rows = f", and no two rows {' and '.join(identity)}" if identity else ""
    return (
        StoredRule(
            "schema",
            "Columns are stored as they are declared, and no value that must be there is missing.",
            broken_schema,
        ),
        StoredRule(
            "no_duplicate_keys",
            f"No two units have one key{rows}.",
            partial(duplicate_keys, identity=tuple(identity)),
        ),
    )
