"""Columns that astropy has to read: of tables of text, and of numbers with a blank or broken scaling.

Only what astropy is given, and how much of its answer is believed, lives here; usual tables are read in
`fits_columns`.
"""

from __future__ import annotations

import re
import warnings
from typing import TYPE_CHECKING, Final

import numpy as np

from astro_assets.observations.fits_cards import integer_card, text_card
from astro_assets.observations.fits_header import Header
from astro_assets.observations.fits_structure import BLOCK, FitsError, whole_number
from astro_assets.observations.refusals import RefusalError, damage_is_refused

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: A Kepler quarter of short cadence would have 65 MB as text, of which astropy makes some copies.
MAX_TEXT_BYTES: Final = 128 * 1024**2
#: Formats of columns of text tables, with their width (FITS standard 4.0, table 15).
_TEXT_FORMAT: Final = re.compile(r"([AIFED])([0-9]{1,9})(?:\.[0-9]{1,9})?")


def check_text_table(header: Header, names: Sequence[str], wanted: Sequence[str]) -> None:
    """Check that the columns of a table of text follow each other, and that the wanted hold numbers.

    Astropy takes all that follows the last for a part of it.

    Parameters
    ----------
    names
        Of all columns, in their order.
    wanted
        Of those to be read.

    Raises
    ------
    FitsError
        If not, or if the table is larger than astropy is to read.
    """
    width, n_rows = whole_number(header, "NAXIS1"), whole_number(header, "NAXIS2")
    if width * n_rows > MAX_TEXT_BYTES:
        raise FitsError(
            f"the table of text has {width * n_rows} bytes; at most {MAX_TEXT_BYTES} are read", "too_large"
        )
    end = 0
    for number, name in enumerate(names, 1):
        form, begin = text_card(header, f"TFORM{number}").upper(), integer_card(header, f"TBCOL{number}")
        match = _TEXT_FORMAT.fullmatch(form)
        if match is None or begin is None or not end < begin <= width - int(match[2]) + 1:
            raise FitsError(
                f"damaged: column {number}, {form!r}, is not behind the one before in rows of {width} bytes"
            )
        if match[1] == "A" and name in wanted:
            raise FitsError(f"column {name} has format {form!r}, not one plain number a row", "no_column")
        end = begin + int(match[2]) - 1


def read_by_astropy(header: Header, data: bytes, names: Sequence[str]) -> dict[str, NDArray[np.generic]]:
    """Read some columns of a table of a bounded size as astropy does.

    Parameters
    ----------
    header
        Of the table.
    data
        All bytes that it announces, so that nothing else can be read.
    names
        Names of columns that hold one number a row.

    Returns
    -------
    dict of str to ndarray, shape (n_rows,)
        In native byte order.

    Raises
    ------
    FitsError
        If astropy cannot read one, or finds anything but one number a row.
    """
    from astropy.io import fits

    first = fits.PrimaryHDU().header.tostring().encode("ascii")
    file = b"".join((first, header.image, data, bytes(-len(data) % BLOCK)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what matters is checked below
        try:
            with damage_is_refused():
                table = fits.HDUList.fromstring(file)[1].data
                columns = {name: np.asarray(table.field(name)) for name in names}
        except (RefusalError, OSError) as error:  # there is no file here: an OSError is astropy's, of parsing
            raise FitsError(f"not read by astropy: {error}") from error
    shape = (whole_number(header, "NAXIS2"),)
    for name, values in columns.items():
        if values.shape != shape or values.dtype.kind not in "iuf":
            raise FitsError(f"column {name} is not one plain number a row", "no_column")
    return {name: values.astype(values.dtype.newbyteorder("=")) for name, values in columns.items()}
