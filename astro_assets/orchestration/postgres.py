"""The PostgreSQL database that keeps a home's runs, events and schedules when the environment names one.

Only its address and whether it answers: Dagster reads and writes it. The password is in no address, since
addresses are shown: the driver takes it from ``PGPASSWORD``, or from the file that ``PGPASSFILE`` names.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from astro_assets.redaction import is_secret

POSTGRES_VARIABLE: Final = "ASTRO_ASSETS_POSTGRES"
#: The one driver that Dagster's storage works with; SQLAlchemy takes another one when none is named.
_DRIVER: Final = "postgresql+psycopg2"
_FORM: Final = f"{_DRIVER}://USER@HOST:PORT/DATABASE"
#: Longest wait for a server that takes no connection, in seconds.
_PATIENCE_S: Final = 10


class PostgresError(RuntimeError):
    """The database of a home's run history cannot be used; the message says what to do."""


def postgres_address() -> str | None:
    """Return the address that ``ASTRO_ASSETS_POSTGRES`` holds; None where it is not set: SQLite then.

    Raises
    ------
    PostgresError
        If it is no such address, or has a password in it.
    """
    named = os.environ.get(POSTGRES_VARIABLE)
    if not named:
        return None
    import sqlalchemy

    try:
        url = sqlalchemy.make_url(named)
    except (sqlalchemy.exc.ArgumentError, ValueError):  # what it holds may be a password: it is not shown
        raise PostgresError(f"{POSTGRES_VARIABLE} is no address: write {_FORM}") from None
    if url.password is not None or any(is_secret(name) for name in url.query):
        raise PostgresError(
            f"{POSTGRES_VARIABLE} has a password in it, and addresses are shown: put it into PGPASSWORD"
        )
    if url.drivername != _DRIVER or not url.database:
        raise PostgresError(f"{POSTGRES_VARIABLE} = {named!r} is none of a database: write {_FORM}")
    return named


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """Connect to the database of a run history for the block.

    Raises
    ------
    PostgresError
        If it does not answer, refuses, or its driver is not installed.
    """
    import sqlalchemy

    try:
        waiting = {"connect_timeout": _PATIENCE_S}
        engine = sqlalchemy.create_engine(address, poolclass=sqlalchemy.NullPool, connect_args=waiting)
        connection = engine.connect()
    except ModuleNotFoundError as error:
        raise PostgresError(
            f"{POSTGRES_VARIABLE} is set, but not {error.name} installed: pip install 'astro-assets[cluster]'"
        ) from error
    except sqlalchemy.exc.SQLAlchemyError as error:
        said = " ".join(str(getattr(error, "orig", None) or error).split())
        raise PostgresError(
            f"the database of the run history at {address} ({POSTGRES_VARIABLE}) cannot be used: {said}"
        ) from error
    with connection:
        yield connection
