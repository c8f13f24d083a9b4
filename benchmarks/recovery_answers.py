"""The store of what other searches found in injected curves, so that these slow searches run once.

A file a cell and search, a line an injection, with a hash of all that the search was given. Lines are
appended and flushed one by one: whatever ends a run, what was found is kept.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from peer_searches import N_PEAKS, Answer

_PERIODS = tuple(f"period_{n}" for n in range(1, N_PEAKS + 1))
_COLUMNS = ("number", "asked", *_PERIODS, "power", "at_truth", "seconds")


class AnswerError(ValueError):
    """An answer is to another question; the message names it."""


@dataclass(frozen=True)
class Store:
    """Answers in a folder."""

    folder: Path

    def read(self, cell: str, peer: str) -> dict[int, tuple[str, Answer]]:
        """Return the hash and the answer of each injection's number; none where there is no file.

        A line that a killed run left unfinished is cut off.
        """
        path = self._path(cell, peer)
        if not path.exists():
            return {}
        text = path.read_text()
        whole = text[: text.rfind("\n") + 1]
        if whole != text:
            path.write_text(whole)
        answers = {}
        for row in csv.DictReader(whole.splitlines()):
            periods = tuple(float(row[name]) for name in _PERIODS)
            numbers = (float(row[name]) for name in ("power", "at_truth", "seconds"))
            answers[int(row["number"])] = row["asked"], Answer(periods, *numbers)
        return answers

    def append(self, cell: str, peer: str, number: int, asked: str, answer: Answer) -> None:
        """Add an answer; its number must not have one."""
        path = self._path(cell, peer)
        path.parent.mkdir(parents=True, exist_ok=True)
        values = (number, asked, *answer.periods, answer.power, answer.at_truth, f"{answer.seconds:.4f}")
        with path.open("a", newline="") as file:
            header = "" if file.tell() else ",".join(_COLUMNS) + "\n"
            file.write(header + ",".join(map(str, values)) + "\n")

    def _path(self, cell: str, peer: str) -> Path:
        return self.folder / cell / f"{peer}.csv"


def require_same(answers: Mapping[int, tuple[str, Answer]], number: int, asked: str, where: str) -> Answer:
    """Return the answer with a number, if it is to this very question.

    Raises
    ------
    AnswerError
        If the curve, the periods or the durations were others.
    """
    of, answer = answers[number]
    if of != asked:
        raise AnswerError(f"{where}: the stored answer {number} is of another curve; delete the file")
    return answer
