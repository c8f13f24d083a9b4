"""What an archive answered, as a catalogue file: the same text for the same answer, whenever it came.

When and how it was asked stands beside the file, not in it: an unchanged answer is an unchanged file.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from astro_assets.catalogs.text_tables import TextTable

#: Beyond this a float may stand for several whole numbers.
_WHOLE: Final = 2**53
_BESIDE: Final = ".answer.json"


@dataclass(frozen=True, slots=True)
class Answer:
    """A catalogue that was fetched.

    Attributes
    ----------
    catalog
        Which, by our name.
    archive
        The archive's name.
    query
        What it was asked.
    retrieved_at
        When, ISO 8601, UTC.
    row_count
        Rows that came.
    archive_version
        The archive's own version of them, None where it tells none.
    file_name
        Of the file, in the folder of the answers.
    """

    catalog: str
    archive: str
    query: str
    retrieved_at: str
    row_count: int
    archive_version: str | None
    file_name: str

    def context(self) -> dict[str, Any]:
        """Return what is kept of it beside the file."""
        told = asdict(self)
        return {name: told[name] for name in CONTEXT}


#: Columns that tell how a file was fetched; null of a file that somebody added.
CONTEXT: Final = ("archive", "query", "retrieved_at", "row_count", "archive_version")


def keep_answer(folder: Path, answer: Answer) -> None:
    """Write what is known of an answer beside its file."""
    (folder / f"{answer.catalog}{_BESIDE}").write_text(json.dumps(asdict(answer)))


def kept_answers(folder: Path) -> dict[Path, Answer]:
    """Return the answers in a folder, by their file."""
    answers = [Answer(**json.loads(path.read_text())) for path in sorted(folder.glob(f"*{_BESIDE}"))]
    return {folder / answer.file_name: answer for answer in answers}


def file_text(
    comments: Iterable[str],
    columns: Sequence[str],
    units: Mapping[str, str],
    rows: Iterable[Mapping[str, str]],
) -> str:
    """Return a catalogue file, its rows in the order of their text.

    Parameters
    ----------
    comments
        Lines that say where it is from.
    columns
        In the order of the file.
    units
        By column, as the archive states them.
    """
    text = io.StringIO()
    for comment in comments:
        text.write(f"# {comment}\n")
    for column in columns:
        if unit := units.get(column, "").strip():
            text.write(f"# COLUMN {column}: [{unit}]\n")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(sorted([row.get(column, "") for column in columns] for row in rows))
    return text.getvalue()


def cell_text(value: Any) -> str:
    """Return a value of an answer as it stands in a file; whole numbers are written as such."""
    if value is None or type(value).__name__ == "MaskedConstant":
        return ""
    if isinstance(value, bytes):
        value = value.decode()
    if isinstance(value, str):
        return " ".join(value.split())
    number = value.item() if hasattr(value, "item") else value
    if isinstance(number, float):
        if not math.isfinite(number):
            return ""
        # That of a float32 is the shortest that is the same float32.
        return str(int(number)) if number.is_integer() and abs(number) < _WHOLE else str(value)
    return str(number)


def with_kept_stars(
    held: TextTable | None, rows: Sequence[Mapping[str, str]], column: str, asked: Iterable[str]
) -> list[dict[str, str]]:
    """Return rows of stars with those that are held of stars that were not asked for.

    Parameters
    ----------
    held
        The file held; None where there is none.
    column
        Where the number of a star is.
    asked
        Numbers that were asked for: what is held of them is replaced, or goes if the archive has it no more.
    """
    gone = {*asked, *(row[column] for row in rows)}
    kept = [dict(line.values) for line in held.lines if line.values[column] not in gone] if held else []
    return [*kept, *map(dict, rows)]
