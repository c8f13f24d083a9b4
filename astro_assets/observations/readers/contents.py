"""A file opened far enough to tell what it is: FITS headers, or the columns of a Parquet or text table.

Only opening lives here, safe against damaged and hostile files; the formats are in the readers.
"""

from __future__ import annotations

import csv
import json
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from astro_assets.observations.fits_cards import PRINTABLE
from astro_assets.observations.fits_checksums import check_sums
from astro_assets.observations.fits_structure import Hdu, column_names, read_structure
from astro_assets.observations.refusals import RefusalError

if TYPE_CHECKING:
    from astropy.io.fits import Header
    from numpy.typing import NDArray

#: The largest real table, four years of Kepler, has 65,000 rows; a year of 20 s cadence has 1.6 million.
_MAX_ROWS: Final = 20_000_000
_MAX_TABLE_BYTES: Final = 512 * 1024**2
_HEAD_BYTES: Final = 65536
_MAX_COLUMNS: Final = 1000


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds, before anybody says what it means.

    Parameters
    ----------
    path
        The file, whatever its name.
    kind
        ``fits``, ``parquet`` or ``csv``.
    hdus
        Headers of a FITS file, the primary first; else none.
    names
        Column names of a table; numbers from 0 for a text table whose first line is of numbers.
    has_names
        Whether the first line of a text table names its columns.
    description
        The cells of the table's entry in ``targets.csv`` by column; None where it has none.
    """

    path: Path
    kind: Literal["fits", "parquet", "csv"]
    hdus: tuple[Hdu, ...] = ()
    names: tuple[str, ...] = ()
    has_names: bool = True
    description: Mapping[str, str] | None = field(default=None)

    @property
    def is_fits(self) -> bool:
        """Whether the file is FITS."""
        return self.kind == "fits"

    @property
    def first_columns(self) -> frozenset[str]:
        """Columns of the table in a FITS file's first extension; none where none can be read."""
        try:
            return frozenset(column_names(self.hdus[1]))
        except (IndexError, RefusalError):
            return frozenset()

    @property
    def primary(self) -> Header:
        """Primary header of a FITS file."""
        return self.hdus[0].header


def open_contents(path: Path, description: str | None = None) -> Contents:
    """Open a file of any kind.

    Parameters
    ----------
    path
        Any path; only regular files are opened.
    description
        The entry in ``targets.csv`` that names the file, as a JSON object of texts; None for none.

    Raises
    ------
    RefusalError
        If the file is none of the kinds, truncated, damaged or too large.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise RefusalError("unreadable", "not a regular file")
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise RefusalError("unreadable", f"cannot be read: {error.strerror or error}") from error
    told = json.loads(description) if description is not None else None
    if head.startswith(b"PAR1"):
        return Contents(path, "parquet", names=_parquet_names(path), description=told)
    if (line := _first_line(head)) is not None:
        if status.st_size > _MAX_TABLE_BYTES:
            raise RefusalError("too_large", f"the table has {status.st_size} bytes")
        has_names = not all(_is_number(cell) for cell in line)
        names = tuple(_printable(cell) for cell in line) if has_names else _numbers(len(line))
        return Contents(path, "csv", names=names, has_names=has_names, description=told)
    hdus = tuple(read_structure(path))
    check_sums(path, hdus)
    return Contents(path, "fits", hdus)


def read_table(contents: Contents, columns: Sequence[int]) -> list[NDArray[np.float64]]:
    """Read columns of a Parquet or text table as numbers; what is none becomes NaN.

    Parameters
    ----------
    columns
        Positions in ``contents.names``.

    Returns
    -------
    list of ndarray, shape (n_rows,)
        float64, in the order asked for.

    Raises
    ------
    RefusalError
        If the table is damaged.
    """
    return _parquet(contents, columns) if contents.kind == "parquet" else _csv(contents, columns)


def _parquet(contents: Contents, columns: Sequence[int]) -> list[NDArray[np.float64]]:
    import pyarrow as pa
    from pyarrow import compute, parquet

    try:
        table = parquet.ParquetFile(contents.path).read(columns=[contents.names[i] for i in columns])
        return [
            compute.cast(table.column(contents.names[i]), pa.float64(), safe=False)
            .to_numpy()
            .astype(np.float64, copy=True)
            for i in columns
        ]
    except (pa.ArrowException, OSError, KeyError) as error:
        raise RefusalError("damaged", f"damaged Parquet: {_line(error)}") from error


def _csv(contents: Contents, columns: Sequence[int]) -> list[NDArray[np.float64]]:
    import polars as pl

    try:
        frame = pl.read_csv(
            contents.path,
            has_header=False,
            skip_rows=int(contents.has_names),
            infer_schema=False,
            new_columns=list(_numbers(len(contents.names))),
            truncate_ragged_lines=True,
            n_rows=_MAX_ROWS,
            raise_if_empty=False,
        )
    except (pl.exceptions.PolarsError, OSError) as error:
        raise RefusalError("damaged", f"damaged table: {_line(error)}") from error
    if frame.is_empty():
        return [np.empty(0) for _ in columns]
    if frame.width <= max(columns):
        raise RefusalError("damaged", "damaged table: lines are shorter than the first")
    numbers = pl.all().str.strip_chars().cast(pl.Float64, strict=False).fill_null(float("nan"))
    return [frame.select(numbers).to_series(place).to_numpy().copy() for place in columns]


def _parquet_names(path: Path) -> tuple[str, ...]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        metadata = parquet.ParquetFile(path).metadata
        n_bytes = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
        names = tuple(parquet.ParquetFile(path).schema_arrow.names)
    except (pa.ArrowException, OSError) as error:
        code = "truncated" if "magic bytes" in str(error) else "damaged"
        raise RefusalError(code, f"{code} Parquet: {_line(error)}") from error
    if metadata.num_rows > _MAX_ROWS or n_bytes > _MAX_TABLE_BYTES or len(names) > _MAX_COLUMNS:
        raise RefusalError("too_large", f"the table has {metadata.num_rows} rows, {n_bytes} bytes unpacked")
    return names


def _first_line(head: bytes) -> list[str] | None:
    """Return the cells of the first line if the file begins like a table of text."""
    begin, _, _ = head.partition(b"\n")
    if head.startswith(b"SIMPLE") or b"\x00" in head or b"," not in begin or begin.lstrip()[:1] in b"{[<":
        return None
    try:
        text = begin.decode("utf-8-sig")
        cells = next(csv.reader([text.rstrip("\r")]), [])
    except (UnicodeDecodeError, csv.Error):
        return None
    return [cell.strip() for cell in cells] if 2 <= len(cells) <= _MAX_COLUMNS else None


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _numbers(n: int) -> tuple[str, ...]:
    return tuple(str(i) for i in range(n))


def _printable(text: str) -> str:
    return text.encode("ascii", "replace").translate(PRINTABLE).decode("ascii")[:80]


def _line(error: Exception) -> str:
    return _printable(" ".join(str(error).split()))
