"""Opens Parquet files that may be damaged or hostile: what would be unpacked is checked before it is.

Only the form of such a file lives here; which column holds what is told elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from astro_assets.observations.refusals import RefusalError

if TYPE_CHECKING:
    from pyarrow.parquet import ColumnChunkMetaData, FileMetaData, ParquetFile

#: The longest real table, a year of 20 s cadence in ten columns, has 128 MB.
MAX_BYTES: Final = 256 * 1024**2
#: A footer of a thousand columns in ten row groups has 1 MB; Arrow unpacks one to ten times its size.
_MAX_FOOTER_BYTES: Final = 8 * 1024**2
#: Of columns, and of row groups. Fields within fields count: deep ones exhaust the stack of Arrow's reader,
#: which ends the process.
_MAX_LISTED: Final = 4096
#: A page holds 20,000 rows, or 1 MB, by all writers.
_MAX_PAGES: Final = 100_000
#: Statistics of a page are in its header, and may be long texts.
_MAX_PAGE_HEADER: Final = 64 * 1024
_END: Final = b"PAR1"


def opened_parquet(path: Path) -> ParquetFile:
    """Open a Parquet file.

    Raises
    ------
    RefusalError
        If it is too large, or its footer is.
    pyarrow.ArrowException, OSError
        If it is damaged.
    """
    from pyarrow import parquet

    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(size - 8, 0))
        end = file.read(8)
    n_footer = int.from_bytes(end[:4], "little")
    if end[4:] == _END and n_footer > _MAX_FOOTER_BYTES:
        raise RefusalError("too_large", f"the table's footer has {n_footer} bytes")
    if size > MAX_BYTES:
        raise RefusalError("too_large", f"the table has {size} bytes")
    return parquet.ParquetFile(path, thrift_container_size_limit=_MAX_LISTED)


def check_pages(path: Path, metadata: FileMetaData, columns: list[int]) -> None:
    """Check what the pages of columns unpack to by their own headers: a footer may say anything.

    Parameters
    ----------
    columns
        Places of leaves in the schema.

    Raises
    ------
    RefusalError
        If it is too much, or a page is damaged.
    """
    left, n_pages = MAX_BYTES, 0
    with path.open("rb") as file:
        for group in range(metadata.num_row_groups):
            for column in columns:
                for unpacked in _unpacked_sizes(file, metadata.row_group(group).column(column)):
                    left, n_pages = left - unpacked, n_pages + 1
                    if left < 0 or n_pages > _MAX_PAGES:
                        raise RefusalError(
                            "too_large", f"the table's pages unpack to more than {MAX_BYTES} bytes"
                        )


def _unpacked_sizes(file: BinaryIO, chunk: ColumnChunkMetaData) -> Iterator[int]:
    """Yield what each page of a chunk of a column says that it unpacks to."""
    begin = chunk.data_page_offset
    if chunk.has_dictionary_page and 0 < (chunk.dictionary_page_offset or 0) < begin:
        begin = chunk.dictionary_page_offset
    end = begin + chunk.total_compressed_size
    while begin < end:
        file.seek(begin)
        header = _Thrift(file.read(min(_MAX_PAGE_HEADER, end - begin)))
        try:
            numbers = header.numbers()
        except IndexError:
            raise RefusalError("damaged", "damaged Parquet: a page's header is no header") from None
        unpacked, packed = numbers.get(2, -1), numbers.get(3, -1)
        if min(unpacked, packed) < 0:
            raise RefusalError("damaged", "damaged Parquet: a page does not say how large it is")
        yield unpacked
        begin += header.place + packed


class _Thrift:
    """Reads whole numbers of a structure in Thrift's compact protocol, and passes over everything else."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.place = 0

    def numbers(self, depth: int = 0) -> dict[int, int]:
        """Return the whole numbers of a structure by their fields; those of structures within are left out.

        Raises
        ------
        IndexError
            If the data end before the structure, or it is none.
        """
        found: dict[int, int] = {}
        field = 0
        while (head := self._byte()) != 0:
            kind, step = head & 15, head >> 4
            field = field + step if step else self._signed()
            if kind in (4, 5, 6):
                found[field] = self._signed()
            else:
                self._pass(kind, depth)
        return found

    def _pass(self, kind: int, depth: int) -> None:
        if depth > 8 or kind > 12:
            raise IndexError
        if kind in (4, 5, 6):
            self._signed()
        elif kind in (3, 7):
            self.place += 1 if kind == 3 else 8
        elif kind == 8:
            n_bytes = self._varint()
            self.place += n_bytes
        elif kind in (9, 10):
            head = self._byte()
            n_items = head >> 4 if head >> 4 < 15 else self._varint()
            if n_items > _MAX_PAGE_HEADER:
                raise IndexError
            for _ in range(n_items):
                # The two logical values have a byte each in a list.
                self._pass(3 if head & 15 in (1, 2) else head & 15, depth + 1)
        elif kind == 12:
            self.numbers(depth + 1)
        elif kind not in (1, 2):
            raise IndexError

    def _byte(self) -> int:
        byte = self.data[self.place]
        self.place += 1
        return byte

    def _varint(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
        raise IndexError

    def _signed(self) -> int:
        value = self._varint()
        return value >> 1 ^ -(value & 1)
