"""Alerts in Parquet files of brokers (Fink), a few rows in memory at a time.

Rows become what is told of a packet here, that becomes a packet in `standard_form`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import nan
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

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
)
from astro_assets.images.alerts.packets import PackedStamps, Packet
from astro_assets.images.alerts.standard_form import SIGNS, StandardForm, Told

MAGIC: Final = b"PAR1"
#: Of an alert's columns; Fink's tables have 60, a struct of 110 fields among them.
_MOST_COLUMNS: Final = 5000
_MOST_ROW_GROUP_BYTES: Final = 1 << 30
_MOST_ROWS: Final = 1 << 17
_ROWS_AT_ONCE: Final = 32
_COLUMNS: Final = (*PACKET_SPELLINGS, CANDIDATE, HISTORY, FORCED)


def parquet_packets(stream: BinaryIO, file: str, *, with_stamps: bool) -> Iterator[Packet | Refusal]:
    """Yield the packets of a Parquet file in its order, and what of it was refused.

    Parameters
    ----------
    stream
        Seekable.
    file
        Name of the file.
    with_stamps
        Whether packets keep their stamps, as they are packed.

    Raises
    ------
    AlertFileError
        If it is no Parquet file of alerts, or claims what would not fit into memory.
    """
    import pyarrow as pa
    from pyarrow import parquet

    try:
        table = parquet.ParquetFile(stream)
        names = [
            name for name in table.schema_arrow.names if name in _COLUMNS or (with_stamps and name in STAMPS)
        ]
        _check(table, file)
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise AlertFileError(f"{file} is no Parquet file that is read: {error}"[:500]) from error
    if "candid" not in names:
        raise AlertFileError(f"{file} holds no alerts: it has no column candid")
    form = StandardForm(file, "fink", None)
    number = 0
    try:
        for batch in table.iter_batches(_ROWS_AT_ONCE, columns=names, use_threads=False):
            for row in batch.to_pylist():
                try:
                    yield form.packet(_told(row, with_stamps=with_stamps), number)
                except (PacketError, TypeError, ValueError, OverflowError, AttributeError) as error:
                    yield Refusal(file, number, f"it is no packet: {error}"[:300])
                number += 1
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        lost = max(0, table.metadata.num_rows - number)
        yield Refusal(file, number, f"it cannot be decoded: {error}"[:300], lost)


def _check(table: Any, file: str) -> None:
    metadata = table.metadata
    sizes = [metadata.row_group(i).total_byte_size for i in range(metadata.num_row_groups)]
    if metadata.num_columns > _MOST_COLUMNS or not all(0 <= size <= _MOST_ROW_GROUP_BYTES for size in sizes):
        raise ValueError(f"it claims {metadata.num_columns} columns, groups of rows of {sizes[:5]} bytes")


def _told(row: Mapping[str, Any], *, with_stamps: bool) -> Told:
    candidate = row.get(CANDIDATE)
    inner = candidate or {}
    texts = {name: _text(inner.get(name)) for name in TEXT_SPELLINGS}
    texts |= {name: _text(row.get(name)) for name in PACKET_SPELLINGS if row.get(name) is not None}
    history, history_bands = _table(row.get(HISTORY), HISTORY_SPELLINGS)
    forced, forced_bands = _table(row.get(FORCED), FORCED_SPELLINGS)
    return Told(
        texts=texts,
        numbers=None if candidate is None else np.array([_first(inner, one.spellings) for one in FIELDS]),
        is_mjd="jd" not in inner,
        history=history,
        history_bands=history_bands,
        forced=forced,
        forced_bands=forced_bands,
        stamps=PackedStamps(*(_stamp(row.get(name)) for name in STAMPS)) if with_stamps else None,
    )


def _table(
    records: Sequence[Mapping[str, Any]] | None, spellings: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.generic]]:
    names = spellings[: spellings.index("fid")]
    rows = records or ()
    if len(rows) > _MOST_ROWS:
        raise ValueError(f"its history has more than {_MOST_ROWS} entries")
    numbers = np.array([[_number(one.get(name)) for one in rows] for name in names], dtype=np.float64)
    bands = np.array([_number(one.get("fid")) for one in rows], dtype=np.float64)
    return numbers.reshape(len(names), len(rows)), bands


def _first(record: Mapping[str, Any], spellings: Sequence[str]) -> float:
    return _number(next((told for one in spellings if (told := record.get(one)) is not None), None))


def _number(told: Any) -> float:
    if told is None:
        return nan
    return SIGNS.get(told.lower(), nan) if isinstance(told, str) else float(told)


def _text(told: Any) -> str:
    if told is None:
        return ""
    # Tables that went through pandas have whole numbers as floats.
    return str(int(told)) if isinstance(told, float) and told.is_integer() else str(told)


def _stamp(told: Any) -> Any:
    data = told.get(STAMP_DATA) if isinstance(told, Mapping) else told
    if isinstance(data, list):
        return np.array(data, dtype=np.float32)
    return data if isinstance(data, bytes) and data else None
