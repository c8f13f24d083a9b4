"""The readers in the order in which they are tried, and the only way to reach them.

Only the order lives here; a new format is a module of its own and a place in the list.
"""

from __future__ import annotations

from typing import Final

from astro_assets.observations.readers.contents import Contents
from astro_assets.observations.readers.described_table import DESCRIBED_TABLE
from astro_assets.observations.readers.eleanor import ELEANOR
from astro_assets.observations.readers.k2sc import K2SC
from astro_assets.observations.readers.k2varcat import K2VARCAT
from astro_assets.observations.readers.lightkurve_export import LIGHTKURVE
from astro_assets.observations.readers.mission import MISSION
from astro_assets.observations.readers.observation import Reader

#: Tables come first, untouched mission files last: they take any FITS and say what it lacks.
READERS: Final = (DESCRIBED_TABLE, LIGHTKURVE, K2SC, K2VARCAT, ELEANOR, MISSION)
#: Their names in the tables.
PRODUCTS: Final = tuple(reader.product for reader in READERS)


def reader_of(contents: Contents) -> Reader:
    """Return the first reader that recognises a file; the last of them takes every one."""
    return next((reader for reader in READERS if reader.recognises(contents)), MISSION)
