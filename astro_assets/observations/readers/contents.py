"""A file opened far enough to tell what it is: FITS headers, or the columns of a Parquet, Avro or text table.

Only opening lives here, safe against damaged and hostile files; the formats are in the readers.
"""

from __future__ import annotations

import json
import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import numpy as np

from astro_assets.observations.alert_files import AVRO, avro_names, is_of_alerts
from astro_assets.observations.fits_cards import PRINTABLE
from astro_assets.observations.fits_checksums import check_sums
from astro_assets.observations.fits_columns import column_names
from astro_assets.observations.fits_header import Header
from astro_assets.observations.fits_structure import Hdu, read_structure
from astro_assets.observations.other_wings import GZIP, packed_structure
from astro_assets.observations.readers.parquet_file import MAX_BYTES, check_pages, opened_parquet
from astro_assets.observations.readers.text import (
    MAX_COLUMNS,
    MAX_ROWS,
    TextLayout,
    check_lines,
    layout_of,
    read_text,
    why_no_table,
)
from astro_assets.observations.refusals import RefusalError
from astro_assets.observations.xray_files import is_xray_text

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pyarrow import DataType

#: A year of 20 s cadence has 100 MB as text, which takes seconds to read.
_MAX_TEXT_BYTES: Final = 128 * 1024**2
_HEAD_BYTES: Final = 65536
#: What an entry names columns for.
_COLUMNS: Final = ("time", "flux", "flux_err")
#: What pyarrow raises besides its own errors where a footer is damaged: names that are no UTF-8, columns that
#: are not where they should be.
_DAMAGED_PARQUET: Final = (OSError, KeyError, IndexError, UnicodeDecodeError)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a file holds, before anybody says what it means.

    Parameters
    ----------
    path
        The file, whatever its name.
    kind
        ``fits``, ``parquet``, ``avro`` or ``csv``; ``xray`` for text and JSON of X-ray light curves.
    hdus
        Headers of a FITS file, the primary first; else none.
    names
        Column names of a table, or of records; numbers from 0 for a table of text without names.
    layout
        The form of a table of text.
    description
        The cells of the table's entry in ``targets.csv`` by column; None where it has none.
    """

    path: Path
    kind: Literal["fits", "parquet", "avro", "csv", "xray"]
    hdus: tuple[Hdu, ...] = ()
    names: tuple[str, ...] = ()
    layout: TextLayout | None = None
    description: Mapping[str, str] | None = field(default=None)

    @property
    def is_fits(self) -> bool:
        """Whether the file is FITS."""
        return self.kind == "fits"

    @property
    def has_names(self) -> bool:
        """Whether the columns of a table have names."""
        return self.layout is None or self.layout.has_names

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
    if head.startswith(GZIP):
        return Contents(path, "fits", packed_structure(path), description=told)
    if head.startswith(b"PAR1"):
        return Contents(path, "parquet", names=_parquet_names(path), description=told)
    if head.startswith(AVRO):
        return Contents(path, "avro", names=avro_names(path), description=told)
    if is_xray_text(head, told):
        return Contents(path, "xray", description=told)
    columns = [told[role] for role in _COLUMNS if role in told] if told is not None else []
    if (layout := layout_of(head, columns)) is not None:
        if status.st_size > _MAX_TEXT_BYTES:
            raise RefusalError("too_large", f"the table has {status.st_size} bytes")
        check_lines(path, layout)
        return Contents(path, "csv", (), layout.names, layout, told)
    if (why := why_no_table(head)) is not None:
        raise RefusalError("not_fits", f"neither FITS nor a table: {why}")
    hdus = tuple(read_structure(path))
    check_sums(path, hdus)
    return Contents(path, "fits", hdus, description=told)


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
    if contents.layout is not None:
        return read_text(contents.path, contents.layout, columns)
    return _parquet(contents, columns)


def _parquet(contents: Contents, columns: Sequence[int]) -> list[NDArray[np.float64]]:
    import pyarrow as pa
    from pyarrow import compute

    read = []
    try:
        file = opened_parquet(contents.path)
        n_rows = file.metadata.num_rows
        leaves = {file.schema.column(leaf).path: leaf for leaf in range(file.metadata.num_columns)}
        for place in columns:
            field = file.schema_arrow.field(place)
            # Texts that repeat are stored once: two million lines of them may be 200 kB in the file.
            if not _holds_numbers(field.type):
                read.append(np.full(n_rows, np.nan))
                continue
            check_pages(contents.path, file.metadata, [leaves[field.name]])
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


def _parquet_names(path: Path) -> tuple[str, ...]:
    import pyarrow as pa

    try:
        file = opened_parquet(path)
        metadata = file.metadata
        n_bytes = sum(metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups))
        names = tuple(file.schema_arrow.names)
        if is_of_alerts(names):  # of light curves those columns are looked at that are read
            check_pages(path, metadata, list(range(metadata.num_columns)))
    except (pa.ArrowException, *_DAMAGED_PARQUET) as error:
        code = "truncated" if "magic bytes" in str(error) else "damaged"
        raise RefusalError(code, f"{code} Parquet: {_line(error)}") from error
    if metadata.num_rows > MAX_ROWS or n_bytes > MAX_BYTES or len(names) > MAX_COLUMNS:
        raise RefusalError("too_large", f"the table has {metadata.num_rows} rows, {n_bytes} bytes unpacked")
    return names


def _printable(text: str) -> str:
    return text.encode("ascii", "replace").translate(PRINTABLE).decode("ascii")[:80]


def _line(error: Exception) -> str:
    return _printable(" ".join(str(error)[:1000].split()))
