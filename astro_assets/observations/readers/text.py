"""Tables of text: where their rows begin, what separates and names their cells, and their columns as numbers.

Only the form of such a file lives here; which column holds what is told elsewhere.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from astro_assets.observations.fits_cards import PRINTABLE
from astro_assets.observations.refusals import RefusalError

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

#: The largest real table, four years of Kepler, has 65,000 rows; a year of 20 s cadence has 1.6 million.
MAX_ROWS: Final = 10_000_000
MAX_COLUMNS: Final = 1000
#: A line of a thousand cells has 16 kB. Polars takes the cells of the first for columns, however many.
MAX_LINE_BYTES: Final = 32 * 1024
#: What separates cells, tried in this order where two would do; with the first two a comma may stand in
#: numbers in place of the point. None stands for any blanks.
_DELIMITERS: Final = (";", "\t", ",", None)
_WITH_COMMAS: Final = (";", "\t")
#: Names of columns by which a list of descriptions is known.
_OF_A_LIST: Final = ({"file", "target_id"}, {"file", "band_kev"})
#: Polars would unpack these as it reads them. Of gzip and Zstandard no first line is text.
_ZLIB: Final = (b"x\x01", b"x\x9c", b"x\xda")
_UTF_16: Final = (b"\xff\xfe", b"\xfe\xff")
#: Bytes that are in no text: all controls but tab, line feed and carriage return.
_CONTROLS: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: Separates nothing: stands in no text.
_NOTHING: Final = "\x1f"
_NUMBER: Final = re.compile(
    r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eEdD][+-]?[0-9]+)?|[+-]?nan|[+-]?inf", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class TextLayout:
    """The form of a table of text.

    Parameters
    ----------
    names
        Names of the columns; numbers from 0 where the table has none.
    has_names
        Whether the names are the table's own.
    n_skipped
        Lines before the first row: comments, titles, and the names of the columns.
    delimiter
        What separates cells; None for any blanks.
    line_end
        What ends lines, a carriage return or else a line feed.
    has_blank_lines
        Whether there are blank lines between rows, which count as none.
    """

    names: tuple[str, ...]
    has_names: bool
    n_skipped: int
    delimiter: str | None
    line_end: str
    has_blank_lines: bool = False


def layout_of(head: bytes, known_names: Collection[str] = ()) -> TextLayout | None:
    """Return the form of the table of text that a file begins with; None if it begins with none.

    Rows begin with the first line of at least two cells, half of them numbers; lines that begin with ``#``
    are comments. A line before with one of the ``known_names`` names the columns, else the first with as many
    cells, or the last with a ``#``, else the first with two cells or more.

    Parameters
    ----------
    head
        The first bytes of the file.
    known_names
        Names that columns are said to have.
    """
    if head.startswith((b"SIMPLE", *_ZLIB)) or _CONTROLS.search(head):
        return None
    text = _decoded(head.removeprefix(b"\xef\xbb\xbf"))
    line_end = "\n" if "\n" in text else "\r"
    lines = text.split(line_end)
    first = next((n for n, line in enumerate(lines) if not _is_comment(line)), None)
    if first is None:
        return None
    for separator in _DELIMITERS[:3]:
        if is_list(cells := _cells(lines[first], separator)):
            return TextLayout(_printables(cells), True, first + 1, separator, line_end)
    begins = [(_first_row(lines, delimiter), order) for order, delimiter in enumerate(_DELIMITERS)]
    row, order = min((begin, order) for begin, order in begins)
    delimiter = _DELIMITERS[order]
    if row == len(lines):
        cells = _cells(lines[first], ",")
        is_table = 2 <= len(cells) <= MAX_COLUMNS
        return TextLayout(_printables(cells), True, first + 1, ",", line_end) if is_table else None
    n_cells = len(_cells(lines[row], delimiter))
    names = _names([line.strip() for line in lines[:row]], delimiter, n_cells, known_names)
    shown = tuple(map(str, range(n_cells))) if names is None else _printables(names)
    has_blank_lines = any(not line.strip() for line in lines[row:-1])
    return TextLayout(shown, names is not None, row, delimiter, line_end, has_blank_lines)


def is_list(names: Collection[str]) -> bool:
    """Tell by the names of its columns whether a table is a ``targets.csv``, which describes others."""
    return any(known <= set(names) for known in _OF_A_LIST)


def why_no_table(head: bytes) -> str | None:
    """Return why a file that is text is no table; None if it is no text."""
    if head.startswith(_UTF_16):
        return "text in UTF-16; save it as UTF-8"
    if not head or head.startswith((b"SIMPLE", *_ZLIB)) or _CONTROLS.search(head):
        return None
    return "text without a row of at least two cells, half of them numbers, in its first 64 kB"


def check_lines(path: Path, layout: TextLayout) -> None:
    """Check that a line ends in every piece of a table of :data:`MAX_LINE_BYTES`.

    Raises
    ------
    RefusalError
        If not: such a line is no row, and reading it takes many times its size.
    """
    line_end = layout.line_end.encode()
    with path.open("rb") as file:
        while len(piece := file.read(MAX_LINE_BYTES)) == MAX_LINE_BYTES:
            if line_end not in piece:
                raise RefusalError("too_large", f"a line of the table has more than {MAX_LINE_BYTES} bytes")


def read_text(path: Path, layout: TextLayout, columns: Sequence[int]) -> list[NDArray[np.float64]]:
    """Read columns by their positions as float64 of shape (n_rows,); what is no number becomes NaN.

    Raises
    ------
    RefusalError
        If the table is damaged, or has too many rows.
    """
    read = [_column(path, layout, place) for place in columns]
    if layout.has_blank_lines:
        lines = _frame(path, layout, _NOTHING, 0).to_series()
        is_filled = lines.str.strip_chars().str.len_bytes().fill_null(0).to_numpy() > 0
        read = [numbers[is_filled] for numbers in read]
    return read


def _column(path: Path, layout: TextLayout, place: int) -> NDArray[np.float64]:
    import polars as pl

    cells = pl.all()
    if layout.delimiter is None:
        frame = _frame(path, layout, _NOTHING, 0)
        # Not all cells of all lines: they may be as many as bytes.
        cells = cells.str.extract(rf"^\s*(?:\S+\s+){{{place}}}(\S+)")
    else:
        frame = _frame(path, layout, layout.delimiter, place)
    if layout.delimiter in _WITH_COMMAS:
        cells = cells.str.replace(",", ".", literal=True)
    cells = cells.str.strip_chars()
    numbers = frame.select(cells.cast(pl.Float64, strict=False)).to_series()
    if numbers.null_count() == len(numbers):  # exponents as Fortran writes them
        cells = cells.str.replace("D", "E", literal=True)
        numbers = frame.select(cells.cast(pl.Float64, strict=False)).to_series()
    return numbers.fill_null(float("nan")).to_numpy().copy()


def _frame(path: Path, layout: TextLayout, separator: str, place: int) -> pl.DataFrame:
    """Return one column as text."""
    import polars as pl

    try:
        frame = pl.read_csv(
            path,
            columns=[place],
            has_header=False,
            skip_lines=layout.n_skipped,
            separator=separator,
            eol_char=layout.line_end,
            comment_prefix="#",
            quote_char=None if separator == _NOTHING else '"',
            encoding="utf8-lossy",
            infer_schema=False,
            truncate_ragged_lines=True,
            n_rows=MAX_ROWS + 1,
        )
    except pl.exceptions.NoDataError:
        return pl.DataFrame({"column": []}, schema={"column": pl.String})
    except pl.exceptions.ColumnNotFoundError:
        raise RefusalError("damaged", "damaged table: lines are shorter than the first") from None
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        cited = str(error)[:200]  # it may cite the rest of the file
        text = " ".join(cited.split()).encode("ascii", "replace").translate(PRINTABLE).decode("ascii")
        raise RefusalError("damaged", f"damaged table: {text}") from error
    if frame.height > MAX_ROWS:
        raise RefusalError("too_large", f"the table has more than {MAX_ROWS} rows")
    return frame


def _decoded(head: bytes) -> str:
    """Return text in UTF-8, of which the last letter may be cut, or else in Windows-1252."""
    try:
        return head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start >= len(head) - 3:
            return head[: error.start].decode("utf-8")
        return head.decode("cp1252", "replace")


def _is_comment(line: str) -> bool:
    return line.strip()[:1] in ("", "#")


def _first_row(lines: Sequence[str], delimiter: str | None) -> int:
    """Return the number of the first line of values; that of lines if there is none."""
    rows = (n for n, line in enumerate(lines) if not _is_comment(line) and _is_row(line, delimiter))
    return next(rows, len(lines))


def _is_row(line: str, delimiter: str | None) -> bool:
    """Whether a line has values, some of which may be missing or words; words between blanks are prose."""
    cells = _cells(line, delimiter)
    filled = [cell for cell in cells if cell]
    n_numbers = sum(_is_number(cell, has_commas=delimiter in _WITH_COMMAS) for cell in filled)
    least = 2 if delimiter is None else 0
    return 2 <= len(cells) <= MAX_COLUMNS and n_numbers >= least and 2 * n_numbers >= max(len(filled), 1)


def _cells(line: str, delimiter: str | None) -> list[str]:
    """Return the cells of a line; none of one that is JSON, XML or quoted wrongly."""
    if line.lstrip()[:1] in ("{", "[", "<"):
        return []
    if delimiter is None:
        return line.split()
    try:
        return [cell.strip() for cell in next(csv.reader([line.rstrip("\r")], delimiter=delimiter), [])]
    except csv.Error:
        return []


def _names(
    before: Sequence[str], delimiter: str | None, n_cells: int, known_names: Collection[str]
) -> list[str] | None:
    """Choose the line of names among those before the first row; it may be longer or shorter than that."""
    known = {name.lower() for name in known_names}
    plain: list[list[str]] = []
    commented: list[list[str]] = []
    for line in before:
        cells = _cells(line.lstrip("#"), delimiter)
        if 2 <= len(cells) <= MAX_COLUMNS and not _is_row(line.lstrip("#"), delimiter):
            (commented if line.startswith("#") else plain).append(cells)
    candidates: list[list[str]] = [
        *(cells for cells in plain + commented if known & {cell.lower() for cell in cells}),
        *(cells for cells in plain + commented[::-1] if len(cells) == n_cells),
        *(plain if delimiter is not None else ()),
    ]
    if not candidates:
        return None
    return candidates[0] + [str(place) for place in range(len(candidates[0]), n_cells)]


def _is_number(cell: str, *, has_commas: bool) -> bool:
    return _NUMBER.fullmatch(cell.replace(",", ".", 1) if has_commas else cell) is not None


def _printables(cells: Sequence[str]) -> tuple[str, ...]:
    return tuple(cell.encode("ascii", "replace").translate(PRINTABLE).decode("ascii")[:80] for cell in cells)
