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
    from pyarrow import DataType

#: The largest real table, four years of Kepler, has 65,000 rows; a year of 20 s cadence has 1.6 million.
_MAX_ROWS: Final = 20_000_000
_MAX_TABLE_BYTES: Final = 512 * 1024**2
#: A year of 20 s cadence has 100 MB as text, which takes seconds to read.
_MAX_TEXT_BYTES: Final = 256 * 1024**2
_HEAD_BYTES: Final = 65536
_MAX_COLUMNS: Final = 1000
#: Lists of descriptions are told apart from tables also as spreadsheets write them.
_OTHER_DELIMITERS: Final = (";", "\t")
_OF_A_LIST: Final = {"file", "target_id"}
#: What pyarrow raises besides its own errors where a footer is damaged: names that are no UTF-8, columns that
#: are not where they should be.
_DAMAGED_PARQUET: Final = (OSError, KeyError, IndexError, UnicodeDecodeError)
#: Polars would unpack these as it reads them. Of gzip and Zstandard no first line is text.
_ZLIB: Final = (b"x\x01", b"x\x9c", b"x\xda")


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
    n_skipped
        Lines of a text table before its first row: comments, and the names of its columns.
    has_names
        Whether the columns of a text table have names.
    description
        The cells of the table's entry in ``targets.csv`` by column; None where it has none.
    """

    path: Path
    kind: Literal["fits", "parquet", "csv"]
    hdus: tuple[Hdu, ...] = ()
    names: tuple[str, ...] = ()
    n_skipped: int = 0
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
    if (begin := _beginning(head)) is not None:
        if status.st_size > _MAX_TEXT_BYTES:
            raise RefusalError("too_large", f"the table has {status.st_size} bytes")
        names, n_skipped, has_names = begin
        return Contents(path, "csv", (), names, n_skipped, has_names, told)
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

    read = []
    try:
        file = parquet.ParquetFile(contents.path)
        n_rows = file.metadata.num_rows
        for place in columns:
            field = file.schema_arrow.field(place)
            # Texts that repeat are stored once: two million lines of them may be 200 kB in the file.
            if not _holds_numbers(field.type):
                read.append(np.full(n_rows, np.nan))
                continue
            column = file.read(columns=[field.name]).column(field.name)
            numbers = compute.cast(column, pa.float64(), safe=False).to_numpy()
            if len(numbers) != n_rows:
                raise RefusalError("damaged", f"damaged Parquet: {len(numbers)} values in {n_rows} rows")
            read.append(numbers.astype(np.float64, copy=True))
    except (pa.ArrowException, *_DAMAGED_PARQUET) as error:
        raise RefusalError("damaged", f"damaged Parquet: {_line(error)}") from error
    return read


def _holds_numbers(dtype: DataType) -> bool:
    from pyarrow import types

    return bool(types.is_integer(dtype) or types.is_floating(dtype) or types.is_decimal(dtype))


def _csv(contents: Contents, columns: Sequence[int]) -> list[NDArray[np.float64]]:
    import polars as pl

    number = pl.all().str.strip_chars().cast(pl.Float64, strict=False).fill_null(float("nan"))
    read = []
    for place in columns:
        try:
            frame = pl.read_csv(
                contents.path,
                columns=[place],
                has_header=False,
                skip_lines=contents.n_skipped,
                comment_prefix="#",
                infer_schema=False,
                truncate_ragged_lines=True,
                n_rows=_MAX_ROWS,
            )
        except pl.exceptions.NoDataError:
            read.append(np.empty(0))
            continue
        except pl.exceptions.ColumnNotFoundError:
            raise RefusalError("damaged", "damaged table: lines are shorter than the first") from None
        except (pl.exceptions.PolarsError, OSError) as error:
            raise RefusalError("damaged", f"damaged table: {_line(error)}") from error
        read.append(frame.select(number).to_series().to_numpy().copy())
    return read


def _parquet_names(path: Path) -> tuple[str, ...]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        metadata = parquet.ParquetFile(path).metadata
        n_bytes = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
        names = tuple(parquet.ParquetFile(path).schema_arrow.names)
    except (pa.ArrowException, *_DAMAGED_PARQUET) as error:
        code = "truncated" if "magic bytes" in str(error) else "damaged"
        raise RefusalError(code, f"{code} Parquet: {_line(error)}") from error
    if metadata.num_rows > _MAX_ROWS or n_bytes > _MAX_TABLE_BYTES or len(names) > _MAX_COLUMNS:
        raise RefusalError("too_large", f"the table has {metadata.num_rows} rows, {n_bytes} bytes unpacked")
    return names


def _beginning(head: bytes) -> tuple[tuple[str, ...], int, bool] | None:
    """Return the columns' names, the lines before the first row, and whether the names are the file's.

    None if the file does not begin like a table of text. Lines before it that begin with ``#`` are passed
    over; the last of them may name the columns.
    """
    if head.startswith((b"SIMPLE", *_ZLIB)) or b"\x00" in head:
        return None
    lines = head.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    n_comments = next((n for n, line in enumerate(lines) if line.strip()[:1] not in (b"", b"#")), None)
    first = None if n_comments is None else _cells(lines[n_comments])
    if first is None or n_comments is None:
        return None
    if not _are_data(first):
        return tuple(map(_printable, first)), n_comments + 1, True
    told = _cells(lines[n_comments - 1].strip().lstrip(b"#")) if n_comments else None
    if told is not None and len(told) == len(first) and not _are_data(told):
        return tuple(map(_printable, told)), n_comments, True
    return tuple(map(str, range(len(first)))), n_comments, False


def _cells(line: bytes) -> list[str] | None:
    """Return the cells of a line of a table of text; None if it is none."""
    if line.lstrip()[:1] in b"{[<":
        return None
    try:
        text = line.decode("utf-8").rstrip("\r")
        for delimiter in (",", *_OTHER_DELIMITERS):
            cells = [cell.strip() for cell in next(csv.reader([text], delimiter=delimiter), [])]
            if 2 <= len(cells) <= _MAX_COLUMNS and (delimiter == "," or set(cells) >= _OF_A_LIST):
                return cells
    except (UnicodeDecodeError, csv.Error):
        return None
    return None


def _are_data(cells: Sequence[str]) -> bool:
    """Whether a line is a row of values, some of which may be missing or words, and not one of names."""
    filled = [cell for cell in cells if cell]
    return 2 * sum(map(_is_number, filled)) >= max(len(filled), 1)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _printable(text: str) -> str:
    return text.encode("ascii", "replace").translate(PRINTABLE).decode("ascii")[:80]


def _line(error: Exception) -> str:
    return _printable(" ".join(str(error).split()))
