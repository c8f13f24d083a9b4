"""Other people's clients of archives, made polite: our session inside, addresses from settings.

What is asked with them is said in the wings.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from astro_assets.archives.errors import (
    ArchiveError,
    IncompleteError,
    NotDataError,
    RefusedError,
    TooSlowError,
)
from astro_assets.archives.sessions import PoliteSession

Client = TypeVar("Client")


def exoplanet_archive_client(session: PoliteSession) -> Any:
    """Return astroquery's client of the NASA Exoplanet Archive; its TAP service is asked for its tables."""
    from astroquery.ipac.nexsci.nasa_exoplanet_archive import NasaExoplanetArchiveClass
    from pyvo.dal import TAPService

    client = NasaExoplanetArchiveClass()
    client._session = session  # noqa: SLF001  there is no other way in
    client.URL_TAP = f"{session.base_url}/TAP"
    # The client would ask for them by a session of its own.
    with as_archive_error(session):
        schema = TAPService(client.URL_TAP, session=session).search(
            "select table_name from TAP_SCHEMA.tables"
        )
        client._tap_tables = [str(name) for name in schema["table_name"]]  # noqa: SLF001
    return client


def columns_of(service_url: str, table: str, session: PoliteSession) -> dict[str, str]:
    """Return the units of the columns of a table at a TAP service, by name; no unit is an empty one."""
    from pyvo.dal import TAPService

    query = f"select column_name, unit from TAP_SCHEMA.columns where table_name = '{table}'"  # noqa: S608  ours
    found = TAPService(service_url, session=session).search(query)
    return {str(row["column_name"]): str(row["unit"] or "").strip() for row in found}


def mast_client(kind: Callable[[], Client], session: PoliteSession) -> Client:
    """Return one of astroquery's clients of MAST.

    Parameters
    ----------
    kind
        Its class, such as ``astroquery.mast.CatalogsClass``.
    """
    client: Any = kind()
    old, new = "https://mast.stsci.edu", session.base_url
    for part in (client, client._portal_api_connection, client._service_api_connection):  # noqa: SLF001
        part._session = session  # noqa: SLF001
        part.TIMEOUT = session.settings.patience_s
        for name in dir(part):
            value = getattr(part, name, None) if name.isupper() else None
            if isinstance(value, str) and value.startswith(old):
                setattr(part, name, new + value.removeprefix(old))
    client._auth_obj.session = session  # noqa: SLF001
    client._portal_api_connection._column_configs = {}  # noqa: SLF001  else shared by all clients
    return client  # type: ignore[no-any-return]


@contextmanager
def as_archive_error(session: PoliteSession, url: str = "") -> Iterator[None]:
    """Turn whatever a client makes of an archive's answer into an :class:`ArchiveError`.

    Clients wrap what our session raises, and have errors of their own for answers that they cannot read.
    Their warnings are not shown: what they warn of is looked at.
    """
    url = url or session.base_url
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except ArchiveError:
        raise
    except Exception as error:
        if (inner := _archive_error_in(error)) is not None:
            raise inner from error
        raise _meaning(session, url, error) from error


def _archive_error_in(error: BaseException) -> ArchiveError | None:
    """Return our error from which a client's was made."""
    seen: BaseException | None = error
    while seen is not None:
        for one in (seen, *seen.args, getattr(seen, "cause", None)):
            if isinstance(one, ArchiveError):
                return one
        seen = seen.__cause__ or seen.__context__
    return None


def _meaning(session: PoliteSession, url: str, error: Exception) -> ArchiveError:
    """Return what a client's own error says of the answer."""
    from astropy.io.votable.exceptions import VOTableSpecError
    from astroquery.exceptions import InvalidQueryError, RemoteServiceError
    from pyvo.dal import DALFormatError, DALQueryError

    chain: list[BaseException] = []
    seen: BaseException | None = error
    while seen is not None:
        chain.append(seen)
        seen = seen.__cause__ or seen.__context__
    words = " ".join(str(error).split())[:200]
    if any(isinstance(one, DALFormatError | VOTableSpecError) for one in chain):
        return IncompleteError(
            session.archive, url, f"the table that came cannot be read to its end: {words}"
        )
    if any(isinstance(one, DALQueryError | InvalidQueryError | RemoteServiceError) for one in chain):
        return RefusedError(session.archive, url, f"it refuses the question: {words}")
    if isinstance(error, TimeoutError):
        return TooSlowError(session.archive, url, "it is still working on the question")
    # Clients look into an answer of another form than they expect with whatever error that gives.
    return NotDataError(session.archive, url, f"the answer cannot be read: {words}")
