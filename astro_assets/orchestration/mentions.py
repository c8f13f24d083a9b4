"""Whether a file of any kind mentions a target: it is looked into, unpacked where it is packed.

Reading only; what becomes of such a file is in `forgetting` and `forgetting_files`.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from enum import Enum, auto
from pathlib import Path
from typing import IO, Any, Final

import polars as pl

from astro_assets.ledger.trace import Trace

#: Larger files are not looked into, nor what is larger once unpacked.
_MOST_BYTES: Final = 256 * 1024**2
#: Archives within archives.
_DEEPEST: Final = 4
#: Beginnings of files whose texts are packed in ways that are not undone here, or drawn.
_CLOSED: Final = (
    b"%PDF", b"7z\xbc\xaf\x27\x1c", b"Rar!", b"\x04\x22\x4d\x18", b"\x89HDF\r\n", b"\x89PNG", b"\xff\xd8\xff",
    b"GIF8",
)  # fmt: skip
_TAR: Final = slice(257, 262)
#: Columns whose whole numbers may be those of stars, and of which catalogue.
_STARS: Final = re.compile(r"#?[\"' ]*(tid|\w*id|\w*(tic|kic|epic|star|target)\w*)[\"' ]*", re.IGNORECASE)
_CATALOGUES: Final = re.compile(r"(?<![a-z])(tic|kic|epic)(?![a-z])", re.IGNORECASE)
_SEPARATORS: Final = re.compile(r"[,;|\t]")


class Mention(Enum):
    """What looking into a file came to."""

    #: It mentions the target.
    FOUND = auto()
    #: It does not.
    NONE = auto()
    #: It may: it is too large, damaged, or of a kind that is not unpacked here, or just has a star's number.
    UNSURE = auto()


class _ClosedError(ValueError):
    """Something cannot be looked into."""


def mention_in(path: Path, trace: Trace) -> Mention:
    """Look for a target in a file, in what is packed in it as well; its name counts, too."""
    if trace.mentions(path.name):
        return Mention.FOUND
    try:
        if path.stat().st_size > _MOST_BYTES:
            return Mention.UNSURE
        data = path.read_bytes()
    except OSError:
        return Mention.UNSURE
    looking = _Looking(trace)
    if looking.finds(data):
        return Mention.FOUND
    return Mention.UNSURE if looking.is_unsure else Mention.NONE


class _Looking:
    """One look into a file."""

    def __init__(self, trace: Trace) -> None:
        self.is_unsure = False
        self._trace = trace
        self._number = trace.target.rpartition(" ")[2]
        self._catalogue = trace.target.partition(" ")[0].lower()

    def finds(self, data: bytes, depth: int = _DEEPEST) -> bool:
        """Tell whether some bytes mention the target, or what is packed in them."""
        if self._trace.mentions(data.decode("latin-1")):
            return True
        try:
            if data.startswith(_CLOSED) or depth < 0:
                raise _ClosedError
            if (unpack := _how_packed(data)) is not None:
                return any(self.finds(part, depth - 1) for part in unpack(data))
            if data.startswith((b"PAR1", b"ARROW1")):
                return self._is_in_table(_frame(data))
        except _unreadable():
            self.is_unsure = True
            return False
        self.is_unsure |= self._has_number(data)
        return False

    def _is_in_table(self, frame: pl.DataFrame) -> bool:
        for values in frame.get_columns():
            flat = values
            while isinstance(flat.dtype, pl.List | pl.Array):
                flat = flat.explode()
            if isinstance(flat.dtype, pl.Struct):
                if self._is_in_table(flat.struct.unnest()):
                    return True
            elif flat.dtype.is_integer():
                if self._may_name(values.name) and (flat.cast(pl.String) == self._number).any():
                    self.is_unsure = True
            elif self._trace.mentions(_text(flat)):
                return True
        return False

    def _may_name(self, column: str) -> bool:
        """Tell whether whole numbers of a column may be those of stars of the target's catalogue."""
        if _STARS.fullmatch(column) is None:
            return False
        named = {name.lower() for name in _CATALOGUES.findall(column.replace("_", " "))}
        return not named or self._catalogue in named

    def _has_number(self, data: bytes) -> bool:
        """Tell whether a table in text has the target's number in a column of stars."""
        try:
            lines = [line for line in data.decode().splitlines() if line and not line.startswith("#")]
        except UnicodeDecodeError:
            return False
        names = _SEPARATORS.split(lines[0]) if lines else []
        places = [place for place, name in enumerate(names) if self._may_name(name)]
        for line in lines[1:] if places else ():
            cells = [cell.strip("\"' ") for cell in _SEPARATORS.split(line)]
            if any(place < len(cells) and cells[place] == self._number for place in places):
                return True
        return False


def _text(values: pl.Series) -> str:
    if values.dtype == pl.Binary:
        return b"\n".join(values.drop_nulls().unique()).decode("latin-1")
    if values.dtype in (pl.String, pl.Categorical) or isinstance(values.dtype, pl.Enum):
        return "\n".join(values.cast(pl.String).drop_nulls().unique())
    return ""


def _unreadable() -> tuple[type[Exception], ...]:
    """Return what is raised of what is damaged, locked or too large."""
    import pyarrow as pa
    import zstandard

    of_tables: tuple[type[Exception], ...] = (pa.ArrowException, pl.exceptions.PolarsError)
    of_archives = (lzma.LZMAError, tarfile.TarError, zipfile.BadZipFile, zlib.error, zstandard.ZstdError)
    return (
        OSError, ValueError, EOFError, LookupError, RuntimeError, MemoryError, *of_archives, *of_tables,
    )  # fmt: skip


def _how_packed(data: bytes) -> Callable[[bytes], Iterator[bytes]] | None:
    if data[_TAR] == b"ustar":
        return _tar
    return next((unpack for magic, unpack in _PACKED.items() if data.startswith(magic)), None)


def _limited(stream: IO[bytes]) -> bytes:
    with stream:
        data = stream.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise _ClosedError
    return data


def _unpacked_by(opened: Callable[[io.BytesIO], Any]) -> Callable[[bytes], Iterator[bytes]]:
    def unpack(data: bytes) -> Iterator[bytes]:
        yield _limited(opened(io.BytesIO(data)))

    return unpack


def _zstandard(stream: io.BytesIO) -> Any:
    import zstandard

    return zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True)


def _zip(data: bytes) -> Iterator[bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            yield name.encode()
            yield _limited(archive.open(name))


def _tar(data: bytes) -> Iterator[bytes]:
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:") as archive:
        for member in archive:
            if (stream := archive.extractfile(member)) is not None:
                yield _limited(stream)


_PACKED: Final[Mapping[bytes, Callable[[bytes], Iterator[bytes]]]] = {
    b"\x1f\x8b": _unpacked_by(lambda stream: gzip.GzipFile(fileobj=stream)),
    b"BZh": _unpacked_by(bz2.BZ2File),
    b"\xfd7zXZ\x00": _unpacked_by(lzma.LZMAFile),
    b"\x28\xb5\x2f\xfd": _unpacked_by(_zstandard),
    b"PK\x03\x04": _zip,
}


def _frame(data: bytes) -> pl.DataFrame:
    import pyarrow.parquet as pq
    from pyarrow import ipc

    stream = io.BytesIO(data)
    if data.startswith(b"ARROW1"):
        return pl.DataFrame(pl.from_arrow(ipc.open_file(stream).read_all()))
    told = pq.read_metadata(stream)
    if sum(told.row_group(place).total_byte_size for place in range(told.num_row_groups)) > _MOST_BYTES:
        raise _ClosedError
    return pl.DataFrame(pl.from_arrow(pq.ParquetFile(stream).read()))
