"""What people think of objects that they have looked at: files of labels.

A label is of an object, not of a packet: all its packets are wanted, or none.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

#: Of a file.
MOST_BYTES: Final = 32 << 20
#: Of a file: each is a unit of the table.
MOST_LABELS: Final = 10_000
_COLUMNS: Final = ("object_id", "wanted", "labelled_by")
_WANTED: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_LONGEST: Final = 200


class LabelFileError(ValueError):
    """A file holds no labels, or one that cannot be understood: the message names the line."""


@dataclass(frozen=True, slots=True)
class Label:
    """What somebody thinks of an object.

    Parameters
    ----------
    is_wanted
        Whether it is worth following up.
    labelled_by
        Who says so; empty if the file does not tell.
    """

    is_wanted: bool
    labelled_by: str = ""


def labels_of(data: bytes, name: str) -> Mapping[str, Label]:
    """Read a file of labels.

    Parameters
    ----------
    data
        Comma-separated values in UTF-8, with a line of names: ``object_id``, ``wanted`` (yes or no) and, if
        somebody is to be named, ``labelled_by``.
    name
        Of the file, for messages.

    Returns
    -------
    mapping of str to Label
        By the survey's identifier of the object.

    Raises
    ------
    LabelFileError
        If a column is missing or unknown, a label is neither yes nor no, an object has both, or there are
        more than :data:`MOST_LABELS`.
    """
    if len(data) > MOST_BYTES:
        raise LabelFileError(f"{name} has {len(data)} bytes; {MOST_BYTES} are allowed for labels")
    try:
        reader = csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True)
        lines = [(reader.line_num, line) for line in reader if line]
    except (UnicodeDecodeError, csv.Error) as error:
        raise LabelFileError(f"{name} holds no comma-separated values: {error}") from error
    header = [cell.strip() for cell in lines[0][1]] if lines else []
    if missing := [column for column in _COLUMNS[:2] if column not in header]:
        raise LabelFileError(f"{name}: no column {missing[0]}; the first line names object_id, wanted")
    if unknown := [column for column in header if column not in _COLUMNS]:
        raise LabelFileError(f"{name}: no column {unknown[0]!r} is known; there are {', '.join(_COLUMNS)}")
    if len(lines) > MOST_LABELS + 1:
        raise LabelFileError(f"{name}: more than {MOST_LABELS} labels; divide it")
    found: dict[str, Label] = {}
    for number, line in lines[1:]:
        place = f"{name}, line {number}"
        if len(line) != len(header):
            raise LabelFileError(f"{place}: {len(line)} values for {len(header)} columns")
        told = dict(zip(header, (cell.strip() for cell in line), strict=True))
        label = _label(told, place)
        if found.setdefault(told["object_id"], label).is_wanted != label.is_wanted:
            raise LabelFileError(f"{place}: {told['object_id']} is wanted and not wanted")
    return found


def _label(told: Mapping[str, str], place: str) -> Label:
    if not 0 < len(told["object_id"]) <= _LONGEST or not told["object_id"].isprintable():
        raise LabelFileError(f"{place}: an object needs an identifier of at most {_LONGEST} characters")
    wanted = _WANTED.get(told["wanted"].lower())
    if wanted is None:
        raise LabelFileError(f"{place}: wanted is {told['wanted'][:20]!r}; it is yes or no")
    return Label(wanted, told.get("labelled_by", "")[:_LONGEST])
