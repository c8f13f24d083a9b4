"""What is asked of the NASA Exoplanet Archive: tables of planets, objects and stars, by astroquery and TAP.

How politely is the session's affair; what the columns mean is declared in `formats`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from astro_assets.archives.clients import as_archive_error, columns_of, exoplanet_archive_client
from astro_assets.archives.errors import ArchiveError, CutOffError, IncompleteError, RefusedError
from astro_assets.archives.patience import patiently
from astro_assets.archives.sessions import PoliteSession
from astro_assets.catalogs.answers import cell_text
from astro_assets.catalogs.archive_tables import TABLES
from astro_assets.catalogs.format import DELIVERY
from astro_assets.catalogs.formats import FORMATS

#: Columns that say how new rows are, the first that a table has: by row, and by delivery.
_VERSIONS: Final = ("rowupdate", DELIVERY, "st_delivname", "releasedate")


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a table.

    Attributes
    ----------
    query
        By which they were asked for.
    version
        The newest of what the table says of its rows, None where it says nothing.
    """

    columns: tuple[str, ...]
    units: dict[str, str]
    rows: list[dict[str, str]]
    query: str
    version: str | None


class ExoplanetArchive:
    """Asks the archive for tables. Its own tables are asked for once.

    Parameters
    ----------
    session
        With the archive.
    """

    def __init__(self, session: PoliteSession) -> None:
        self._session = session
        self._client = exoplanet_archive_client(session)

    def rows(self, catalog: str, stars: Sequence[int] = ()) -> Rows:
        """Return a catalogue's rows, in the columns that are read of it.

        Parameters
        ----------
        stars
            Of a catalogue of stars: the numbers of those that are asked for.

        Raises
        ------
        ArchiveError
            If they cannot be had, all of them.
        """
        table, form = TABLES[catalog], FORMATS[catalog]
        units = self._columns(table.name)
        if lacking := sorted(form.required - units.keys()):
            raise RefusedError(
                self._session.archive, self._session.base_url, f"{table.name} has no {', '.join(lacking)}"
            )
        columns = tuple(sorted(form.columns & units.keys()))
        of_stars = f"{table.stars} in ({','.join(map(str, stars))})" if table.stars else ""
        where = " and ".join(part for part in (of_stars, table.where) if part)
        version = next((name for name in _VERSIONS if name in units), None)
        session = self._session
        return patiently(
            session.settings, session.told, self._complete, table.name, columns, units, where, version
        )

    def _complete(
        self, table: str, columns: tuple[str, ...], units: dict[str, str], where: str, version: str | None
    ) -> Rows:
        """Return rows that are as many as the archive told just before."""
        aggregates = ["count(*) as n", *([f"max({version}) as newest"] if version else [])]
        told = self._ask(table, aggregates, where)[0]
        found = self._ask(table, columns, where)
        n_rows = int(told["n"])
        if len(found) != n_rows:
            raise self._error(IncompleteError, f"{len(found):,} of {n_rows:,} rows of {table} came")
        # For people: nobody runs it.
        query = f"select {','.join(columns)} from {table}{f' where {where}' if where else ''}"  # noqa: S608
        return Rows(
            columns, {name: units[name] for name in columns}, found, query, told.get("newest") or None
        )

    def _columns(self, table: str) -> dict[str, str]:
        """Return the units of a table's columns, by name; no unit is an empty one."""
        if table not in self._client.TAP_TABLES:
            raise self._error(RefusedError, f"it has no table {table}")
        with as_archive_error(self._session, self._client.URL_TAP):
            return columns_of(self._client.URL_TAP, table, self._session)

    def _ask(self, table: str, columns: Sequence[str], where: str) -> list[dict[str, str]]:
        url = self._client.URL_TAP
        criteria = {"where": where} if where else {}
        with as_archive_error(self._session, url):
            answer = self._client.query_criteria_async(table, select=list(columns), **criteria)
            if answer.status[0].lower() != "ok":
                raise self._error(
                    CutOffError, f"it cut the rows of {table} off (QUERY_STATUS {answer.status[0]})"
                )
            return list(_texts(answer.resultstable.array, [column.rpartition(" ")[2] for column in columns]))

    def _error(self, kind: type[ArchiveError], happened: str) -> ArchiveError:
        return kind(self._session.archive, self._session.base_url, happened)


def _texts(array: Any, names: Sequence[str]) -> list[dict[str, str]]:
    """Return the rows of a VOTable as text by column; columns are taken as asked for, whatever their case."""
    by_name = {name.lower(): name for name in array.dtype.names}
    columns = [[cell_text(value) for value in array[by_name[name.lower()]]] for name in names]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]
