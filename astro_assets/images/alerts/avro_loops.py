"""The compiled walk over an encoded Avro record: what is wanted is noted, all else is passed over.

Only the loop and its instructions live here; `avro_plan` writes the programs that it runs. Nothing of another
module is called: Numba notices a change of this file alone.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

#: Instructions, each with operands ``a`` and ``b``, ordered so that groups of them are told by comparison: a
#: test for membership in a set would make one for each value.
END: Final = 0
#: Go to ``a``.
JUMP: Final = 1
#: Pass over a choice between nothing, number ``b``, and ``a`` bytes.
OPTIONAL: Final = 2
#: Go to one of the ``a`` jumps that follow.
UNION: Final = 3
#: Begin a collection that ends before ``a``, of kind ``b``. End one of its items, it began at ``a``.
COLLECTION: Final = 4
ITEM: Final = 5
#: Pass over a number of variable length, or note it in column ``a`` of the row; likewise counted bytes.
VARINT: Final = 6
INTEGER: Final = 7
COUNTED: Final = 8
TEXT: Final = 9
#: Pass over ``a`` bytes; note a value in column ``a``.
FIXED: Final = 10
FLOAT: Final = 11
DOUBLE: Final = 12
BOOLEAN: Final = 13
#: Kinds of collections below, and those whose items begin a row: ``FIRST_TABLE + table``.
ARRAY: Final = 0
MAP: Final = 1
FIRST_TABLE: Final = 2
#: How a walk ends.
DONE: Final = 0
CUT_OFF: Final = 1
IMPOSSIBLE: Final = 2
FULL: Final = 3
#: In ``marks[..., 0]``: nothing was noted, or a number; else it is the length of a text.
NOTHING: Final = -2
NUMBER: Final = -1

_DEEPEST: Final = 64


@njit(cache=True, nogil=True)
def gather(
    numbers: NDArray[np.float64],
    marks: NDArray[np.int64],
    rows: NDArray[np.int64],
    at: NDArray[np.int64],
    words: NDArray[np.int64],
    meanings: NDArray[np.float64],
) -> Any:
    """Take columns of some rows: (columns, rows), of texts what they mean.

    Parameters
    ----------
    at
        Columns, -1 for one that does not exist.
    words, meanings
        First seven bytes of texts, and the numbers that they stand for.
    """
    found = np.full((at.size, rows.size), np.nan)
    for i in range(at.size):
        if at[i] < 0:
            continue
        for j in range(rows.size):
            found[i, j] = numbers[rows[j], at[i]]
            if marks[rows[j], at[i], 0] >= 0:
                for k in range(words.size):
                    if words[k] == marks[rows[j], at[i], 2]:
                        found[i, j] = meanings[k]
    return found


@njit(cache=True, nogil=True)
def _varint(data: Any, at: Any) -> Any:
    """Read a zig-zag number: it, and where it ends; -1 where it does not."""
    value = np.uint64(0)
    for i in range(10):
        if at >= data.size:
            return np.int64(0), np.int64(-1)
        byte = np.uint64(data[at])
        at += 1
        value |= (byte & np.uint64(0x7F)) << np.uint64(7 * i)
        if byte < np.uint64(0x80):
            return np.int64(value >> np.uint64(1)) ^ -np.int64(value & np.uint64(1)), np.int64(at)
    return np.int64(0), np.int64(-1)


@njit(cache=True, nogil=True)
def walk(
    code: NDArray[np.int64],
    data: NDArray[np.uint8],
    start: int,
    numbers: NDArray[np.float64],
    marks: NDArray[np.int64],
    tables: NDArray[np.int64],
    widths: NDArray[np.int64],
) -> Any:
    """Walk over one record.

    Parameters
    ----------
    code
        Program, shape (n, 3).
    data
        Encoded records.
    start
        Where this one begins.
    numbers, marks, tables
        To be filled: values of each row and column, shape (rows, columns); shape (rows, columns, 3): length
        of a text or one of `NOTHING` and `NUMBER`, where the text begins, the whole number or the first seven
        bytes of the text; the table that each row belongs to, 0 is the record itself.
    widths
        Columns of each table.

    Returns
    -------
    status, end, n_rows
        `DONE` or why not, where the next record begins, rows that were filled.
    """
    counts = np.zeros(_DEEPEST, np.int64)
    depth = 0
    at, pc, row, n_rows = np.int64(start), 0, 0, 1
    four, eight = np.zeros(1, np.uint32), np.zeros(1, np.uint64)
    as_float, as_double = four.view(np.float32), eight.view(np.float64)
    numbers[0, : widths[0]] = np.nan
    marks[0, : widths[0], 0] = NOTHING
    tables[0] = 0
    while True:
        op, a, b = code[pc, 0], code[pc, 1], code[pc, 2]
        if op == END:
            return DONE, at, n_rows
        if op == JUMP:
            pc = a
            continue
        if op == OPTIONAL:
            if at >= data.size:
                return CUT_OFF, np.int64(start), n_rows
            branch = np.int64(data[at])
            at += 1
            if branch & 0xFD:  # 0 or 1, and encoded 1 is 2
                return IMPOSSIBLE, np.int64(start), n_rows
            if branch != 2 * b:
                if a > data.size - at:
                    return CUT_OFF, np.int64(start), n_rows
                at += a
            pc += 1
            continue
        if op == UNION:
            branch, at = _varint(data, at)
            if at < 0:
                return CUT_OFF, np.int64(start), n_rows
            if branch < 0 or branch >= a:
                return IMPOSSIBLE, np.int64(start), n_rows
            pc += 1 + branch
            continue
        if op <= ITEM:
            begin = pc
            if op == COLLECTION:
                if depth == _DEEPEST:
                    return IMPOSSIBLE, np.int64(start), n_rows
                counts[depth] = 0
                depth += 1
            else:
                begin = a
                counts[depth - 1] -= 1
            kind = code[begin, 2]
            if counts[depth - 1] == 0:
                count, at = _varint(data, at)
                if at >= 0 and count < 0:
                    count = -count
                    _, at = _varint(data, at)
                if at < 0:
                    return CUT_OFF, np.int64(start), n_rows
                if count < 0 or count > data.size - at:  # an item takes a byte at least
                    return IMPOSSIBLE, np.int64(start), n_rows
                if count == 0:
                    depth -= 1
                    row = 0
                    pc = code[begin, 1]
                    continue
                counts[depth - 1] = count
            if kind == MAP:
                length, at = _varint(data, at)
                if at < 0 or length > data.size - at:
                    return CUT_OFF, np.int64(start), n_rows
                if length < 0:
                    return IMPOSSIBLE, np.int64(start), n_rows
                at += length
            elif kind >= FIRST_TABLE:
                if n_rows == len(tables):
                    return FULL, np.int64(start), n_rows
                row = n_rows
                n_rows += 1
                table = 1 + kind - FIRST_TABLE
                tables[row] = table
                numbers[row, : widths[table]] = np.nan
                marks[row, : widths[table], 0] = NOTHING
            pc = begin + 1
            continue
        pc += 1
        if op <= TEXT:
            value, at = _varint(data, at)
            if at < 0:
                return CUT_OFF, np.int64(start), n_rows
            if op == INTEGER:
                numbers[row, a] = value
                marks[row, a, 0] = NUMBER
                marks[row, a, 2] = value
            elif op != VARINT:
                if value < 0:
                    return IMPOSSIBLE, np.int64(start), n_rows
                if value > data.size - at:
                    return CUT_OFF, np.int64(start), n_rows
                if op == TEXT:
                    packed = np.int64(0)
                    for i in range(min(value, 7)):
                        packed = (packed << 8) | np.int64(data[at + i])
                    marks[row, a, 0], marks[row, a, 1], marks[row, a, 2] = value, at, packed
                at += value
            continue
        size = a
        if op == FLOAT:
            size = 4
        elif op == DOUBLE:
            size = 8
        elif op == BOOLEAN:
            size = 1
        if size > data.size - at:
            return CUT_OFF, np.int64(start), n_rows
        if op == FLOAT:
            word = np.uint32(0)
            for i in range(4):
                word |= np.uint32(data[at + i]) << np.uint32(8 * i)
            four[0] = word
            numbers[row, a] = as_float[0]
            marks[row, a, 0] = NUMBER
        elif op == DOUBLE:
            long_word = np.uint64(0)
            for i in range(8):
                long_word |= np.uint64(data[at + i]) << np.uint64(8 * i)
            eight[0] = long_word
            numbers[row, a] = as_double[0]
            marks[row, a, 0] = NUMBER
        elif op == BOOLEAN:
            numbers[row, a] = data[at] != 0
            marks[row, a, 0] = NUMBER
        at += size
