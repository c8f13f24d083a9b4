"""Whether a file that an archive sent is as it was written: its structure, and the sums that it carries.

Whether it can be used is judged when it is taken in, by `identification`.
"""

from __future__ import annotations

from pathlib import Path

from astro_assets.observations.fits_checksums import check_sums
from astro_assets.observations.fits_structure import FitsError, read_structure


def fault_of_file(path: Path) -> str:
    """Return what is wrong with a FITS file, nothing if all of it is there and as it was written."""
    try:
        check_sums(path, read_structure(path))
    except FitsError as error:
        return str(error)
    return ""
