"""The entries of a ``targets.csv`` as the readers get them, for tests."""

from __future__ import annotations

import csv
import json
from pathlib import Path


def entries(folder: Path) -> dict[str, str]:
    """Return the entries of a folder's ``targets.csv`` by file."""
    with (folder / "targets.csv").open(newline="") as text:
        lines = list(csv.DictReader(text))
    return {line.pop("file"): entry(**line) for line in lines}


def entry(**cells: str) -> str:
    """Return an entry: its cells that are not empty."""
    return json.dumps({name: cell for name, cell in cells.items() if cell}, sort_keys=True)
