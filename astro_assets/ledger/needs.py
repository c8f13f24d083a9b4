"""What a rebuild reads of a home besides the record: raw files, and code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from astro_assets.ledger.home import Home
from astro_assets.ledger.objects import CorruptStoreError, ObjectStore
from astro_assets.ledger.running import source_version
from astro_assets.ledger.table import Table
from astro_assets.ledger.worlds import World

#: Where a row of a raw file says its name.
_NAME: Final = "file_name"
#: Missing files that are named.
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Needs:
    """What a rebuild reads.

    Attributes
    ----------
    files
        Names of the raw files by sha256, as people know them.
    sources
        The sha256 of each code zip.
    """

    files: dict[str, str]
    sources: tuple[str, ...]

    def require(self, home: Home) -> None:
        """See that all is there; whether it is undamaged is seen when it is read.

        Raises
        ------
        CorruptStoreError
            Naming what is missing.
        """
        store = ObjectStore(home)
        held = store.held_files(self.files)
        gone = [self.told(sha256) for sha256 in self.files if sha256 not in held]
        if gone:
            more = f" and {len(gone) - _SHOWN} more" if len(gone) > _SHOWN else ""
            what = "a raw file is" if len(gone) == 1 else f"{len(gone)} raw files are"
            raise CorruptStoreError(
                f"{what} missing in {home.storage.place('files')}: {', '.join(gone[:_SHOWN])}{more}"
            )
        for sha256 in self.sources:
            if sha256 != source_version():
                store.get_source(sha256)

    def told(self, sha256: str) -> str:
        """Return how people are told of a raw file."""
        return f"{self.files[sha256]} ({sha256[:12]})"

    def named_in(self, text: str) -> str:
        """Return the names of the raw files that a text speaks of by their sha256."""
        return ", ".join(name for sha256, name in self.files.items() if sha256 in text)


def needs_of(world: World, tables: Sequence[Table]) -> Needs:
    """Return what has to be there to bring a world about.

    Parameters
    ----------
    tables
        Those that tell which columns are raw files.
    """
    worlds = list(world.all())
    columns = {table.name: table.schema.files for table in tables}
    files = {
        str(row[column]): str(row.get(_NAME) or f"{name} {key}")
        for of in worlds
        for name, key, row in _rows(of)
        for column in columns.get(name, ())
    }
    return Needs(dict(sorted(files.items())), tuple(sorted({of.code for of in worlds})))


def _rows(world: World) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for name, of_table in world.sources.items():
        for key, rows in of_table.items():
            for row in rows:
                yield name, key, row
