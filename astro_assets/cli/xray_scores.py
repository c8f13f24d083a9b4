"""The `xray score` command: files of X-ray light curves, scored by a version of the autoencoder."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table as Grid

from astro_assets.cli import printing
from astro_assets.cli.options import RowFormat
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.model_versions import version_of
from astro_assets.tables import TABLES
from astro_assets.xray.autoencoder.model import TrainedAutoencoder, open_autoencoder
from astro_assets.xray.autoencoder.verdicts import verdict_of
from astro_assets.xray.autoencoder_models import XRAY_AUTOENCODER
from astro_assets.xray.autoencoder_tables import XRAY_SCORES, verdict_columns
from astro_assets.xray.reading.files import read_file
from astro_assets.xray.score_schemas import XrayScoresConfig

#: Columns of a table for people, and of CSV; JSON has all.
SHOWN: Final = (
    "file", "object_name", "p_usual", "p_constant", "variability", "change_start_s", "change_end_s",
    "cluster",
)  # fmt: skip
COLUMNS: Final = (
    *SHOWN, "log_evidence", "nll_per_count", "variability_score", "change_score", "surprise_score",
    "is_change_of_state", "scatter", "scatter_low", "scatter_high", "log_red_ratio", "best_method",
    "not_scored", "no_verdict", "model_version",
)  # fmt: skip
_DIGITS: Final = 6
#: Of missions' clocks, whose seconds have nine digits.
_TIMES: Final = ("change_start_s", "change_end_s")


@dataclass(frozen=True, slots=True)
class Scorer:
    """An autoencoder, and how a home applies it.

    Parameters
    ----------
    version
        Of the autoencoder.
    neighbours
        Known sources that are told of each curve.
    """

    autoencoder: TrainedAutoencoder
    version: str
    neighbours: int


def opened(home: Path | None, model: str) -> Scorer:
    """Open a version of the autoencoder.

    Raises
    ------
    HomeError, UnknownModelError
        If there is no home, or no such version in it.
    """
    ledger = open_ledger(open_home(home, must_exist=True), TABLES)
    row = version_of(ledger, XRAY_AUTOENCODER.name, model)
    config = ledger.config(XRAY_SCORES)
    if not isinstance(config, XrayScoresConfig):
        raise TypeError(f"{XRAY_SCORES.name} has settings of another class")
    autoencoder = open_autoencoder(ledger.objects.get_file(row["artefact"]))
    return Scorer(autoencoder, row["model_version"], config.neighbours)


def score(scorer: Scorer, paths: Sequence[Path], hdu: str, output: RowFormat) -> int:
    """Score files and print what is thought of each.

    Returns
    -------
    int
        Exit code: 1 if there is no probability of a file's counts; why is told.
    """
    code, rows = 0, []
    for path in dict.fromkeys(paths):
        try:
            row = _row(scorer, path, hdu)
        except (OSError, ValueError) as error:
            code = _told(path, str(error))
            continue
        if row["not_scored"] is not None:
            code = _told(path, f"not scored: {row['not_scored']}")
        rows.append(row)
    if output is RowFormat.json:
        sys.stdout.write(json.dumps(rows, indent=1) + "\n")
    elif output is RowFormat.csv:
        sys.stdout.write(_csv(rows))
    elif rows:
        _print(rows)
    return code


def _row(scorer: Scorer, path: Path, hdu: str) -> dict[str, Any]:
    read = read_file(path, hdu)
    verdict = verdict_of(scorer.autoencoder, read.light_curve, read.rate_unit, scorer.neighbours)
    columns = {
        name: value if name in _TIMES else _rounded(value) for name, value in verdict_columns(verdict).items()
    }
    return {"file": str(path), "object_name": read.object_name, **columns, "model_version": scorer.version}


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(array.tolist()) for name, array in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value


def _told(path: Path, why: str) -> int:
    sys.stderr.write(f"{printing.plain(str(path))}: {printing.plain(why)}\n")
    return 1


def _csv(rows: Sequence[Mapping[str, Any]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([row[name] for name in COLUMNS] for row in rows)
    return buffer.getvalue()


def _print(rows: Sequence[Mapping[str, Any]]) -> None:
    grid = Grid(box=SIMPLE_HEAD)
    for name in SHOWN:
        grid.add_column(
            name.replace("_", " "), justify="left" if name in {"file", "object_name"} else "right"
        )
    for row in rows:
        cells = {**row, "file": Path(row["file"]).name}
        grid.add_row(*("-" if cells[name] is None else printing.plain(str(cells[name])) for name in SHOWN))
    printing.print_wide(grid)
