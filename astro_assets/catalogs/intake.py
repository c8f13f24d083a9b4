"""Which files may come in as catalogues: readable to the last line, one a catalogue, none outdated.

Nothing is stored here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from astro_assets.catalogs.answers import CONTEXT, Answer
from astro_assets.catalogs.reading import Catalog, read_catalog
from astro_assets.catalogs.text_tables import CatalogError


def accepted(
    paths: Iterable[Path], held: Mapping[str, str | None], *, allow_older: bool = False
) -> dict[Path, Catalog]:
    """Read files and check that they may replace what is held.

    Parameters
    ----------
    held
        Date of the file held of each catalogue, None where it says none.
    allow_older
        Let a file replace one that was made after it.

    Returns
    -------
    dict of Path to Catalog
        In the order given.

    Raises
    ------
    CatalogError
        If a file cannot be used, is older than the one held, or is of the same catalogue as another.
    FileNotFoundError
        If a file does not exist.
    """
    found: dict[Path, Catalog] = {}
    for path in paths:
        try:
            catalog = read_catalog(path)
        except CatalogError as error:
            raise CatalogError(f"{path.name}: {error}") from None
        except IsADirectoryError:
            raise CatalogError(f"{path} is a folder: name the catalogue files") from None
        same = [other.name for other, before in found.items() if before.name == catalog.name]
        if same:
            raise CatalogError(f"{same[0]} and {path.name} are both the catalogue {catalog.name}")
        date = held.get(catalog.name)
        if date is not None and catalog.date is not None and catalog.date < date and not allow_older:
            raise CatalogError(
                f"{path.name}: made on {catalog.date}, but the {catalog.name} held is of {date}; "
                "an older file is taken with --allow-older"
            )
        found[path] = catalog
    return found


def file_row(path: Path, catalog: Catalog, sha256: str, answer: Answer | None = None) -> dict[str, Any]:
    """Return the row of ``catalog_files`` for a file.

    Parameters
    ----------
    answer
        How it was fetched; None of a file that somebody added.
    """
    return {
        "catalog": catalog.name,
        "sha256": sha256,
        "date": catalog.date,
        "file_name": path.name,
        "size_bytes": path.stat().st_size,
        **(dict.fromkeys(CONTEXT) if answer is None else answer.context()),
    }
