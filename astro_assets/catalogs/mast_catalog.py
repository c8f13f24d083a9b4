"""What is asked of MAST's TESS Input Catalog: stars by their TIC or KIC numbers, by astroquery.

How politely is the session's affair; what the columns mean is declared in `star_formats`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from astro_assets.archives.clients import as_archive_error, mast_client
from astro_assets.archives.errors import IncompleteError, NotDataError, RefusedError
from astro_assets.archives.patience import patiently
from astro_assets.archives.sessions import PoliteSession
from astro_assets.catalogs.answers import cell_text
from astro_assets.catalogs.star_formats import TIC

Row = dict[str, str]


class TessInputCatalog:
    """Asks for stars of the TESS Input Catalog.

    Parameters
    ----------
    session
        With MAST.
    """

    def __init__(self, session: PoliteSession) -> None:
        from astroquery.mast import CatalogsClass

        self._session = session
        with as_archive_error(session):
            self._client = mast_client(CatalogsClass, session)

    def rows(self, column: str, numbers: Sequence[int]) -> list[Row]:
        """Return the stars whose ``column``, ``ID`` or ``KIC``, is one of some numbers.

        Raises
        ------
        ArchiveError
            If they cannot be had, all of them.
        """
        return patiently(self._session.settings, self._session.told, self._complete, column, numbers)

    def _complete(self, column: str, numbers: Sequence[int]) -> list[Row]:
        """Return rows that are as many as MAST tells."""
        url = self._session.base_url
        with as_archive_error(self._session, url):
            pages = [
                page.json()
                for page in self._client.query_criteria_async("Tic", **{column: list(map(str, numbers))})
            ]
            told = max((int(page.get("paging", {}).get("rowsFiltered", 0)) for page in pages), default=0)
            if failed := [page for page in pages if page["status"] != "COMPLETE"]:
                said = " ".join(str(failed[0].get("msg") or failed[0]["status"]).split())[:200]
                raise RefusedError(self._session.archive, url, f"it refuses the question: {said}")
            found: list[dict[str, Any]] = [row for page in pages for row in page["data"]]
        if len(found) != told:
            raise IncompleteError(self._session.archive, url, f"{len(found):,} of {told:,} stars came")
        if lacking := sorted(TIC.required - found[0].keys()) if found else []:
            raise NotDataError(self._session.archive, url, f"the answer has no {', '.join(lacking)}")
        return [{name: cell_text(row[name]) for name in sorted(TIC.columns & row.keys())} for row in found]
