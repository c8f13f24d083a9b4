"""Fetching catalogues from archives into a folder: each for itself, so that one that fails stops no other.

Nothing is stored here; what came is taken in like the files that people add.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Final

from astro_assets.archives.errors import (
    ArchiveError,
    IncompleteError,
    RateLimitedError,
    TooSlowError,
    UnavailableError,
    UnreachableError,
)
from astro_assets.archives.patience import Told, logged
from astro_assets.archives.sessions import PoliteSession, polite_session
from astro_assets.archives.settings import EXOPLANET_ARCHIVE, MAST, Archive, ArchiveSettings
from astro_assets.catalogs.answers import Answer, file_text, keep_answer, with_kept_stars
from astro_assets.catalogs.archive_tables import STAR_CATALOGS, TABLES, Failure, Fetched, Held, Shown
from astro_assets.catalogs.exoplanet_archive import ExoplanetArchive, Rows
from astro_assets.catalogs.mast_catalog import TessInputCatalog
from astro_assets.catalogs.reading import read_catalog
from astro_assets.catalogs.text_tables import CatalogError, parse

#: Stars in one question.
_STARS: Final = 500
#: After one of these the archive is asked for nothing more.
_OUT_OF_REACH: Final = (UnreachableError, TooSlowError, RateLimitedError, UnavailableError)


class Fetcher:
    """Fetches catalogues into a folder.

    Parameters
    ----------
    folder
        Where the files go.
    settings_of
        Returns how an archive is asked, by its key.
    held
        What is held of each catalogue.
    targets
        Canonical ids of the targets that catalogues of stars are asked for.
    shown
        Told how far it is.
    told
        Told of waits and failures that pass.
    """

    def __init__(
        self,
        folder: Path,
        settings_of: Callable[[str], ArchiveSettings],
        held: Mapping[str, Held],
        targets: Iterable[str] = (),
        shown: Shown = lambda _name, _done, _to_do: None,
        told: Told = logged,
    ) -> None:
        self._folder = folder
        self._settings_of = settings_of
        self._held = held
        self._numbers: dict[str, set[int]] = defaultdict(set)
        for target in targets:
            mission, _, number = target.partition(" ")
            self._numbers[mission].add(int(number))
        self._shown = shown
        self._told = told

    def fetch(self, catalogs: Sequence[str]) -> Fetched:
        """Fetch catalogues, as far as their archives answer."""
        fetched = Fetched()
        dead: dict[Archive, ArchiveError] = {}
        for catalog in catalogs:
            archive = MAST if catalog == "tic" else EXOPLANET_ARCHIVE
            self._shown(catalog, 0, 1)
            try:
                if archive in dead:
                    raise dead[archive]
                fetched.answers.append(self._one(catalog))
            except (ArchiveError, CatalogError) as error:
                fetched.failures.append(Failure(catalog, error))
                if isinstance(error, _OUT_OF_REACH):
                    dead[archive] = error
            else:
                self._shown(catalog, 1, 1)
        return fetched

    def _one(self, catalog: str) -> Answer:
        now = datetime.now(UTC).replace(tzinfo=None).isoformat(timespec="seconds")
        answer, text = self._stars(catalog, now) if catalog in STAR_CATALOGS else self._table(catalog, now)
        path = self._folder / answer.file_name
        path.write_text(text)
        try:
            found = read_catalog(path)
        except CatalogError as error:
            raise CatalogError(f"{answer.archive}: what came cannot be used: {error}") from None
        if found.name != catalog:
            raise CatalogError(f"{answer.archive}: what came is the catalogue {found.name}, not {catalog}")
        keep_answer(self._folder, answer)
        return answer

    def _table(self, catalog: str, now: str) -> tuple[Answer, str]:
        archive = self._exoplanet_archive
        found = archive.rows(catalog)
        n_held = self._held[catalog].n_rows if catalog in self._held else 0
        self._refuse_fewer(EXOPLANET_ARCHIVE, f"rows of {TABLES[catalog].name}", len(found.rows), n_held)
        name = EXOPLANET_ARCHIVE.name
        comments = [f"{name}, table {TABLES[catalog].name}", f"QUERY {found.query}"]
        text = file_text(comments, found.columns, found.units, found.rows)
        return Answer(catalog, name, found.query, now, len(found.rows), found.version, f"{catalog}.csv"), text

    def _refuse_fewer(self, archive: Archive, what: str, n_came: int, n_held: int) -> None:
        """Refuse what lost most of its rows: archives reload tables, and tell nobody."""
        if 2 * n_came < n_held:
            url = archive.base_url(self._settings_of(archive.key))
            raise IncompleteError(archive, url, f"{n_came:,} {what} came, of {n_held:,} that are held")

    def _stars(self, catalog: str, now: str) -> tuple[Answer, str]:
        found = self._tic() if catalog == "tic" else self._stars_of_archive(catalog)
        column = "ID" if catalog == "tic" else TABLES[catalog].stars
        mission = STAR_CATALOGS[catalog][0]
        held = parse(self._held[catalog].path.read_bytes()) if catalog in self._held else None
        asked = {*map(str, self._numbers[mission])}
        there = asked & {line.values[column] for line in held.lines} if held else set()
        came = there & {row[column] for row in found.rows}
        archive = MAST if catalog == "tic" else EXOPLANET_ARCHIVE
        what = "TESS Input Catalog" if catalog == "tic" else f"table {TABLES[catalog].name}"
        self._refuse_fewer(archive, f"stars of the {what}", len(came), len(there))
        rows = with_kept_stars(held, found.rows, column, asked)
        columns = tuple(sorted({*found.columns, *(held.columns if held else ())}))
        units = {**(held.units if held else {}), **found.units}
        text = file_text([f"{archive.name}, {what}"], columns, units, rows)
        file = f"{catalog}.csv"
        return Answer(catalog, archive.name, found.query, now, len(rows), found.version, file), text

    def _stars_of_archive(self, catalog: str) -> Rows:
        numbers = sorted(self._numbers[STAR_CATALOGS[catalog][0]])
        parts = []
        for done, some in enumerate(chunks := _chunks(numbers)):
            self._shown(catalog, done, len(chunks))
            parts.append(self._exoplanet_archive.rows(catalog, some))
        if not parts:
            raise CatalogError("no target is known to ask for; name some with --targets FILE")
        version = max((part.version for part in parts if part.version), default=None)
        rows = [row for part in parts for row in part.rows]
        query = f"{parts[0].query.partition(' where ')[0]} for {len(numbers):,} stars"
        return Rows(parts[0].columns, parts[0].units, rows, query, version)

    def _tic(self) -> Rows:
        """Return the stars asked for by TIC numbers, and those of which KIC numbers are known."""
        asked = [("ID", some) for some in _chunks(sorted(self._numbers["TIC"]))]
        asked += [("KIC", some) for some in _chunks(sorted(self._numbers["KIC"]))]
        if not asked:
            raise CatalogError("no target is known to ask for; name some with --targets FILE")
        rows: dict[str, dict[str, str]] = {}
        for done, (column, some) in enumerate(asked):
            self._shown("tic", done, len(asked))
            rows |= {row["ID"]: row for row in self._tess_input_catalog.rows(column, some)}
        found = list(rows.values())
        columns = tuple(sorted({name for row in found for name in row}))
        n_stars = sum(len(some) for _, some in asked)
        version = max((row["version"] for row in found if row.get("version")), default=None)
        return Rows(columns, {}, found, f"TESS Input Catalog, by ID or KIC, {n_stars:,} stars", version)

    @cached_property
    def _exoplanet_archive(self) -> ExoplanetArchive:
        return ExoplanetArchive(self._session(EXOPLANET_ARCHIVE))

    @cached_property
    def _tess_input_catalog(self) -> TessInputCatalog:
        return TessInputCatalog(self._session(MAST))

    def _session(self, archive: Archive) -> PoliteSession:
        return polite_session(archive, self._settings_of(archive.key), told=self._told)


def _chunks(numbers: Sequence[int]) -> list[Sequence[int]]:
    return [numbers[first : first + _STARS] for first in range(0, len(numbers), _STARS)]
