"""Alerts in Avro object container files, one block in memory at a time.

Bytes become what is told of a packet here, that becomes a packet in `standard_form`. fastavro judges the
schema; records are walked over by `avro_loops`, for fastavro makes a Python object of each of the two
thousand values of a packet, and takes eight times as long.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.alerts.avro_container import Block, Damage, blocks, read_header
from astro_assets.images.alerts.errors import AlertFileError, PacketError, Refusal
from astro_assets.images.alerts.fields import (
    CANDIDATE,
    FIELDS,
    FORCED,
    FORCED_SPELLINGS,
    HISTORY,
    HISTORY_SPELLINGS,
    PACKET_SPELLINGS,
    STAMP_DATA,
    STAMPS,
    TEXT_SPELLINGS,
    is_wanted,
)
from astro_assets.images.alerts.packets import PackedStamps, Packet
from astro_assets.images.alerts.standard_form import SIGNS, StandardForm, Told

_TABLES: Final = ((HISTORY,), (FORCED,))
#: Rows of all tables of a packet: so many at first, so many at most.
_FIRST_ROWS: Final = 1024
_MOST_ROWS: Final = 1 << 17
#: Signs as the first seven bytes of their texts, and what they mean.
_PACKED_SIGNS: Final = {int.from_bytes(text.encode()): value for text, value in SIGNS.items()}
_WORDS: Final = np.array(list(_PACKED_SIGNS)), np.array(list(_PACKED_SIGNS.values()))
_N_NUMBERS: Final = {HISTORY: HISTORY_SPELLINGS.index("fid"), FORCED: FORCED_SPELLINGS.index("fid")}
_LONGEST_TEXT: Final = 400


def avro_packets(stream: BinaryIO, file: str, *, with_stamps: bool) -> Iterator[Packet | Refusal]:
    """Yield the packets of an Avro file in its order, and what of it was refused.

    Avro has no checksum: damage that leaves a record readable cannot be told from what a survey wrote. Where
    a record cannot be decoded, those after it in its block are lost too, for nothing says where they begin.

    Parameters
    ----------
    stream
        Seekable, at the beginning of the file.
    file
        Name of the file.
    with_stamps
        Whether packets keep their stamps, as they are packed.

    Raises
    ------
    AlertFileError
        If it is no Avro file of alerts, or its schema describes what cannot be decoded within bounds.
    """
    header = read_header(stream, file)
    if not header.schema.fields() & {CANDIDATE, *STAMPS}:
        raise AlertFileError(f"{file} holds no alerts: its records ({header.schema.name}) have no candidate")
    records = _records(header.schema.tree, file, with_stamps=with_stamps)
    form = StandardForm(file, header.schema.name, header.schema.version)
    number = 0
    for block in blocks(stream, header):
        if isinstance(block, Damage):
            yield Refusal(file, number, block.reason, block.n_records)
        else:
            yield from _of_block(block, records, form, number)
        number += block.n_records


def _of_block(block: Block, records: _Records, form: StandardForm, number: int) -> Iterator[Packet | Refusal]:
    data, at = np.frombuffer(block.data, np.uint8), 0
    for i in range(block.n_records):
        try:
            told, at = records.told(block.data, data, at)
        except _UndecodableError as error:
            yield Refusal(form.file, number + i, f"it cannot be decoded: {error}", block.n_records - i)
            return
        try:
            yield form.packet(told, number + i)
        except PacketError as error:
            yield Refusal(form.file, number + i, str(error))
    if at != data.size:
        reason = f"{data.size - at} bytes are left over after it"
        yield Refusal(form.file, number + max(0, block.n_records - 1), reason, 0)


class _UndecodableError(ValueError):
    """Bytes are no record of the schema."""


@dataclass(slots=True)
class _Records:
    """Decodes the records of one file.

    Parameters
    ----------
    code, widths
        The program, and how many columns each table has.
    numbers_at
        Column of each standard field, -1 (which is always NaN) where the schema has none.
    texts_at
        Column of each text.
    tables_at, bands_at
        Columns of the numbers of each table, as above, and that of the band's name.
    stamps_at
        Column of each stamp; None where they are not wanted.
    is_mjd, has_candidate
        Whether times are MJD rather than JD, and whether there is a candidate at all.
    arrays
        What walks fill.
    """

    code: NDArray[np.int64]
    widths: NDArray[np.int64]
    numbers_at: NDArray[np.int64]
    texts_at: dict[str, int]
    tables_at: dict[str, NDArray[np.int64]]
    bands_at: dict[str, int]
    stamps_at: tuple[int | None, ...] | None
    is_mjd: bool
    has_candidate: bool
    arrays: Any = field(init=False)

    def __post_init__(self) -> None:
        self._room_for(_FIRST_ROWS)

    def _room_for(self, rows: int) -> None:
        width = int(self.widths.max()) + 1  # the last is that of what the schema does not have
        numbers = np.full((rows, width), np.nan)
        self.arrays = numbers, np.full((rows, width, 3), -2), np.zeros(rows, np.int64)

    def told(self, raw: bytes, data: NDArray[np.uint8], start: int) -> tuple[Told, int]:
        """Decode the record that begins at a byte (of both, which are the same); also say where it ends."""
        from astro_assets.images.alerts import avro_loops as ops

        while True:
            numbers, marks, tables = self.arrays
            status, end, n_rows = ops.walk(self.code, data, start, numbers, marks, tables, self.widths)
            if status == ops.DONE:
                break
            if status == ops.FULL and len(tables) < _MOST_ROWS:
                self._room_for(8 * len(tables))
                continue
            raise _UndecodableError(_REASONS[status])
        first = marks[0].tolist()
        texts = {name: text for name, at in self.texts_at.items() if (text := _text(first[at], raw))}
        found = numbers[0, self.numbers_at]
        sign = self.texts_at.get("isdiffpos")
        if sign is not None and first[sign][0] >= 0:
            found[_IS_POSITIVE] = _PACKED_SIGNS.get(first[sign][2], np.nan)
        history = self._table(HISTORY, np.flatnonzero(tables[:n_rows] == 1), raw)
        forced = self._table(FORCED, np.flatnonzero(tables[:n_rows] == 2), raw)
        told = Told(
            texts=texts,
            numbers=found if self.has_candidate else None,
            is_mjd=self.is_mjd,
            history=history[0],
            history_bands=history[1],
            forced=forced[0],
            forced_bands=forced[1],
            stamps=None if self.stamps_at is None else self._stamps(first, raw),
        )
        return told, end

    def _table(
        self, name: str, rows: NDArray[np.int64], raw: bytes
    ) -> tuple[NDArray[np.float64], NDArray[np.generic]]:
        numbers, marks, _ = self.arrays
        from astro_assets.images.alerts.avro_loops import gather

        if not rows.size:
            return np.empty((_N_NUMBERS[name], 0)), np.empty(0)
        columns = gather(numbers, marks, rows, self.tables_at[name], *_WORDS)
        at = self.bands_at[name]
        if at >= 0 and marks[rows[0], at, 0] >= 0:
            return columns[:-1], np.array([_text(one, raw) for one in marks[rows, at].tolist()])
        return columns[:-1], columns[-1]

    def _stamps(self, marks: Sequence[Sequence[int]], raw: bytes) -> PackedStamps:
        packed = []
        for at in self.stamps_at or ():
            length, start = (0, 0) if at is None else marks[at][:2]
            packed.append(raw[start : start + length] if length > 0 else None)
        return PackedStamps(*packed)


def _text(mark: Sequence[int], raw: bytes) -> str:
    length, start, number = mark
    if length == -2:
        return ""
    if length < 0:
        return str(number)
    return raw[start : start + min(length, _LONGEST_TEXT)].decode("utf-8", "replace")


def _records(tree: dict[str, Any], file: str, *, with_stamps: bool) -> _Records:
    import fastavro
    from fastavro.schema import SchemaParseException

    from astro_assets.images.alerts.avro_plan import plan

    try:
        fastavro.parse_schema(tree)
    except (SchemaParseException, ValueError, TypeError, LookupError) as error:
        raise AlertFileError(f"{file} has a schema that is not read: {error}") from error
    found = plan(tree, partial(is_wanted, with_stamps=with_stamps), _TABLES)
    packet, *tables = found.columns
    paths: dict[str, tuple[str, ...]] = {name: (CANDIDATE, name) for name in (*TEXT_SPELLINGS, "isdiffpos")}
    paths |= {name: (name,) for name in PACKET_SPELLINGS if (name,) in packet}
    at_of = dict(zip((HISTORY, FORCED), tables, strict=True))
    spellings = {HISTORY: HISTORY_SPELLINGS, FORCED: FORCED_SPELLINGS}
    return _Records(
        code=found.code,
        widths=np.array([len(columns) for columns in found.columns]),
        numbers_at=np.array([_first_of(packet, one.spellings) for one in FIELDS]),
        texts_at={name: packet[path] for name, path in paths.items() if path in packet},
        tables_at={
            name: np.array([columns.get((name, one), -1) for one in spellings[name][: _N_NUMBERS[name] + 1]])
            for name, columns in at_of.items()
        },
        bands_at={name: columns.get((name, "band"), -1) for name, columns in at_of.items()},
        stamps_at=tuple(packet.get((name, STAMP_DATA), packet.get((name,))) for name in STAMPS)
        if with_stamps
        else None,
        is_mjd=(CANDIDATE, "jd") not in packet,
        has_candidate=any(path[0] == CANDIDATE for path in packet),
    )


def _first_of(columns: dict[tuple[str, ...], int], spellings: tuple[str, ...]) -> int:
    return next((columns[CANDIDATE, one] for one in spellings if (CANDIDATE, one) in columns), -1)


_IS_POSITIVE: Final = [one.name for one in FIELDS].index("is_positive")
_REASONS: Final = {
    1: "it ends in the middle of a value",
    2: "it holds what its schema does not allow",
    3: f"its history has more than {_MOST_ROWS} entries",
}
