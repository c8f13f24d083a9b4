"""Finding the table of rates in a FITS file, plain or in gzip, and its columns as plain numbers.

What a header claims is bounded before anything is read; what the columns mean is in `fits_curves`.
"""

from __future__ import annotations

import gzip
import io
import re
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from astro_assets.xray.reading.assembly import MOST_BANDS, MOST_BINS, MOST_NUMBERS
from astro_assets.xray.reading.cards import Cards
from astro_assets.xray.refusals import XrayRefusedError, damage_is_refused

if TYPE_CHECKING:
    from astro_assets.xray.light_curve import Floats

GZIP: Final = b"\x1f\x8b"
#: Of a file, unpacked: a million bins of three bands have 100 MB, a real one has half of one.
MOST_BYTES: Final = 128 * 1024**2
#: Columns of which a table of rates has at least one.
MEASURED: Final = ("RATE", "COUNTS", "COUNT_RATE", "NET_RATE")
_NUMBERS: Final = re.compile(r"([0-9]{0,6})[BIJKED]\Z")
_TABLE: Final = "RATE"


@dataclass(frozen=True, slots=True)
class RateTable:
    """A table of rates over time, open.

    Parameters
    ----------
    hdu
        Its number in the file.
    where
        Its number and name, for messages.
    cards
        Of its header, then of the primary one.
    names
        Of its columns, in capitals.
    """

    hdu: int
    where: str
    cards: Cards
    names: tuple[str, ...]
    table: Any

    @property
    def n_rows(self) -> int:
        """Bins."""
        return int(self.table.header["NAXIS2"])

    def unit(self, name: str) -> str | None:
        """Return the unit of a column; None where it tells none."""
        unit = self.table.columns[name].unit
        return None if unit is None else str(unit)

    def first(self, *names: str) -> str | None:
        """Return the first of some columns that is there."""
        return next((name for name in names if name in self.names), None)

    def width(self, name: str) -> int:
        """Return how many numbers a row of a column has.

        Raises
        ------
        XrayRefusedError
            If they are no plain numbers, or more than bands of a light curve.
        """
        match = _NUMBERS.match(str(self.table.columns[name].format).strip().upper())
        if match is None:
            form = self.table.columns[name].format
            raise XrayRefusedError(
                "no_column", f"{self.where}, column {name}: format {form!r} is not of plain numbers"
            )
        width = int(match[1] or 1)
        if not 1 <= width <= MOST_BANDS:
            raise XrayRefusedError("too_large", f"{self.where}, column {name}: {width} numbers a row")
        return width

    def numbers(self, *names: str) -> Floats | None:
        """Read the first of some columns that is there, as float64 of (n_rows,) or (n_rows, n_bands)."""
        name = self.first(*names)
        if name is None:
            return None
        width = self.width(name)
        with np.errstate(all="ignore"):  # of values that stand for none
            values = np.array(self.table.data[name], dtype=np.float64).reshape(self.n_rows, width)
        column = self.table.columns[name]
        if isinstance(column.null, int):  # as it is stored: before it is scaled
            values[values == column.null * (column.bscale or 1.0) + (column.bzero or 0.0)] = np.nan
        return values[:, 0] if width == 1 else values


@contextmanager
def rate_table(path: Path, wanted: str = "") -> Iterator[RateTable]:
    """Open the table of rates of a FITS file.

    Parameters
    ----------
    wanted
        Name or number of its HDU; by default the first of those with rates or counts that OGIP calls a light
        curve, else the first of them that is named RATE.

    Raises
    ------
    XrayRefusedError
        If there is none, it is too large, or the file is damaged.
    """
    from astropy.io import fits
    from astropy.utils.exceptions import AstropyWarning

    content = _unpacked(path)
    with warnings.catch_warnings(), damage_is_refused():
        warnings.simplefilter("ignore", AstropyWarning)
        with fits.open(io.BytesIO(content), memmap=False) as hdus:
            number = _number(hdus, wanted)
            hdu = hdus[number]
            where = f"HDU {number} ({hdu.name or 'unnamed'})"
            _bound(hdu.header, where)
            names = tuple(str(name).upper() for name in hdu.columns.names)
            yield RateTable(number, where, Cards((hdu.header, hdus[0].header)), names, hdu)


def _unpacked(path: Path) -> bytes:
    with path.open("rb") as file:
        head = file.read(2)
    try:
        with gzip.open(path) if head == GZIP else path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise XrayRefusedError("damaged", f"damaged gzip: {error}") from error
    if len(content) > MOST_BYTES:
        raise XrayRefusedError("too_large", f"more than {MOST_BYTES} bytes")
    return content


def _bound(header: Any, where: str) -> None:
    n_rows, n_bytes = int(header["NAXIS2"]), int(header["NAXIS1"]) * int(header["NAXIS2"])
    if not 1 <= n_rows <= MOST_BINS or n_bytes > MOST_BYTES:
        code = "too_large" if n_rows > 0 else "nothing_measured"
        raise XrayRefusedError(code, f"{where}: {n_rows} rows of {header['NAXIS1']} bytes")


def check_size(table: RateTable, n_bands: int) -> None:
    """Refuse a table with more numbers than are held, before any column is read."""
    if table.n_rows * n_bands > MOST_NUMBERS:
        raise XrayRefusedError("too_large", f"{table.where}: {table.n_rows} bins of {n_bands} bands")


def _number(hdus: Sequence[Any], wanted: str) -> int:
    from astropy.io import fits

    tables = [
        (number, hdu, {str(name).upper() for name in hdu.columns.names})
        for number, hdu in enumerate(hdus)
        if isinstance(hdu, fits.BinTableHDU)
    ]
    if wanted:
        found = [number for number, hdu, _ in tables if wanted.upper() in (hdu.name, str(number))]
    else:
        rates = [(number, hdu) for number, hdu, names in tables if not names.isdisjoint(MEASURED)]
        called = [n for n, hdu in rates if str(hdu.header.get("HDUCLAS1", "")).upper() == "LIGHTCURVE"]
        found = called or [n for n, hdu in rates if hdu.name == _TABLE]
    if found:
        return found[0]
    told = ", ".join(f"{number} {hdu.name or 'unnamed'}" for number, hdu, _ in tables) or "none"
    what = f"no table {wanted!r}" if wanted else "no table of rates over time"
    advice = "events have to be binned into a light curve first" if "EVENTS" in told else "name it with hdu"
    raise XrayRefusedError("no_light_curve", f"{what}; tables: {told}; {advice}"[:300])
