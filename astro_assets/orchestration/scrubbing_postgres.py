"""Taking a name out of a run history that PostgreSQL keeps: every table of its database, and old rows.

What is replaced by what is decided in `scrubbing`, where SQLite files are treated.
"""

from __future__ import annotations

from typing import Any, Final

import sqlalchemy

from astro_assets.ledger.home import Home
from astro_assets.orchestration.instance import postgres_folder
from astro_assets.orchestration.postgres import (
    POSTGRES_VARIABLE,
    PostgresError,
    connected,
    postgres_address,
)
from astro_assets.orchestration.scrubbing import Replace, replaced_value

#: Rows held at a time: an event with a picture is a hundred kilobytes.
_ROWS: Final = 200


def history_address(home: Home) -> str | None:
    """Return the database that has a part of a home's history; None where none ever had.

    Raises
    ------
    PostgresError
        If one had, and the environment does not say which, or it does not answer.
    """
    address = postgres_address()
    if address is None and postgres_folder(home).exists():
        raise PostgresError(
            f"runs of {home.root} are kept in PostgreSQL, and nothing says where: set {POSTGRES_VARIABLE} as "
            f"the home's services have it; if that database is gone, remove {postgres_folder(home)}"
        )
    if address is not None:
        with connected(address):
            pass
    return address


def scrub_database(address: str, replace: Replace) -> int:
    """Replace a name in every table of a database, and return the number of rows where it was.

    The database belongs to one home: all its tables are looked through. What the server keeps of old rows in
    its tables is removed; in its write-ahead log and in backups it stays till they are recycled.

    Raises
    ------
    PostgresError
        If it does not answer, or a table with the name in it has no primary key.
    """
    n_changed = 0
    with connected(address) as connection:
        known = sqlalchemy.MetaData()
        known.reflect(connection)
        for table in known.sorted_tables:
            n_changed += _scrub_table(connection, table, replace)
            connection.commit()
        connection.execution_options(isolation_level="AUTOCOMMIT")
        for table in known.sorted_tables:
            name = connection.dialect.identifier_preparer.format_table(table)
            connection.exec_driver_sql(f"VACUUM FULL {name}")
    return n_changed


def _scrub_table(connection: Any, table: sqlalchemy.Table, replace: Replace) -> int:
    key = list(table.primary_key)
    n_changed = 0
    for row in connection.execute(table.select(), execution_options={"yield_per": _ROWS}).mappings():
        new = {name: replaced_value(value, replace) for name, value in row.items()}
        changed = {name: value for name, value in new.items() if value != row[name]}
        if changed and not key:
            raise PostgresError(
                f"the table {table.name!r} beside the run history tells of the star, and has no primary key "
                "by which to change its rows: remove it, or the rows, then `astro-assets forget` again"
            )
        if changed:
            here = [column == row[column.name] for column in key]
            connection.execute(table.update().where(*here).values(changed))
            n_changed += 1
    return n_changed
