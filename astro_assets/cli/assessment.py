"""The `assess` command: files of frames, judged by a version of the frame assessor.

Its watch of a folder is in `watching`.
"""

import csv
import io
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.table import Table as Grid

from astro_assets.cli import printing
from astro_assets.cli.options import RowFormat
from astro_assets.cli.sound_files import refuse_unsound
from astro_assets.images.frame import Site
from astro_assets.images.quality.assessor import FrameAssessor, open_assessor
from astro_assets.images.quality.files import Judged, Reading, assess_files
from astro_assets.images.quality.measures import MEASURES
from astro_assets.images.quality_tables import FRAME_ASSESSOR
from astro_assets.images.schemas import FramesConfig
from astro_assets.images.tables import FRAMES
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.model_versions import version_of
from astro_assets.tables import TABLES

COLUMNS: Final = (
    "file", "series_id", "grade", "p_good", "p_medium", "p_bad", "night_p_value", "training_p_value",
    "is_beside_night", "reasons",
)  # fmt: skip
_DIGITS: Final = 4
#: Reasons of a line for people; all are in the other formats.
_TOLD: Final = 3


@dataclass(frozen=True, slots=True)
class Judge:
    """An assessor, and how a home reads files.

    Parameters
    ----------
    version
        Of the assessor.
    """

    assessor: FrameAssessor
    reading: Reading
    version: str


def opened(home: Path | None, model: str) -> Judge:
    """Open a version of the frame assessor.

    Raises
    ------
    HomeError, UnknownModelError
        If there is no home, or no such version in it.
    """
    ledger = open_ledger(open_home(home, must_exist=True), TABLES)
    row = version_of(ledger, FRAME_ASSESSOR.name, model)
    assessor = open_assessor(ledger.objects.get_file(row["artefact"]))
    config = ledger.config(FRAMES)
    if not isinstance(config, FramesConfig):
        raise TypeError(f"{FRAMES.name} has settings of another class")
    place = config.observatory
    site = None if place is None else Site(place.latitude_deg, place.longitude_deg, place.elevation_m)
    return Judge(assessor, Reading(config.hdu, site, refuse_unsound), row["model_version"])


def assess(judge: Judge, paths: Sequence[Path], output: RowFormat) -> int:
    """Judge files together and print what is thought of each.

    Returns
    -------
    int
        Exit code: 1 if a file cannot be judged.
    """
    order = {path: number for number, path in enumerate(dict.fromkeys(paths))}
    found = sorted(assess_files(judge.assessor, paths, judge.reading), key=lambda one: order[one.path])
    for one in found:
        if one.fault is not None:
            tell_fault(one.path, one.fault)
    told = [row_of(one, judge.version) for one in found if one.verdict is not None]
    if output is RowFormat.json:
        sys.stdout.write(json.dumps(told, indent=1) + "\n")
    elif output is RowFormat.csv:
        sys.stdout.write(csv_lines(told, with_header=True))
    elif told:
        _print(told)
    return int(len(told) < len(found))


def tell_fault(path: Path, why: str) -> None:
    """Say on standard error why a file is not judged."""
    sys.stderr.write(f"{printing.plain(str(path))}: {printing.plain(why)}\n")
    sys.stderr.flush()


def row_of(judged: Judged, version: str) -> dict[str, Any]:
    """Return a verdict as plain values, those that are not known as None."""
    verdict = judged.verdict
    if verdict is None:
        raise ValueError(f"{judged.path} is not judged")
    return {
        "file": str(judged.path),
        "series_id": judged.series_id,
        "grade": verdict.grade,
        "p_good": _rounded(1 - verdict.p_not_good),
        "p_medium": _rounded(verdict.p_not_good - verdict.p_bad),
        "p_bad": _rounded(verdict.p_bad),
        "night_p_value": _rounded(verdict.night_p_value),
        "training_p_value": _rounded(verdict.training_p_value),
        "is_beside_night": verdict.has_night,
        "reasons": list(verdict.reasons),
        "measures": {
            name: float(f"{value:.6g}")
            for name in (*MEASURES, "relative_zero_point")
            if np.isfinite(value := getattr(verdict.measures, name))
        },
        "model_version": version,
    }


def csv_lines(rows: Iterable[dict[str, Any]], *, with_header: bool = False) -> str:
    """Return rows as comma-separated values, reasons in one cell."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    if with_header:
        writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([*(row[name] for name in COLUMNS[:-1]), "; ".join(row["reasons"])])
    return buffer.getvalue()


def line_of(row: dict[str, Any]) -> str:
    """Return a verdict in a line for people."""
    odd = "" if row["night_p_value"] is None else f"  p {row['night_p_value']:.3f}"
    reasons = "; ".join(row["reasons"][:_TOLD])
    text = f"{row['grade']:6}  P(bad) {row['p_bad']:.2f}{odd}  {row['file']}" + (reasons and f"  {reasons}")
    return printing.plain(text)


def _print(rows: Sequence[dict[str, Any]]) -> None:
    grid = Grid(box=SIMPLE_HEAD)
    for name in ("frame", "grade", "P(bad)", "P(medium)", "p in its night", "reasons"):
        grid.add_column(name, justify="right" if name.startswith(("P(", "p ")) else "left")
    for row in rows:
        odd = "-" if row["night_p_value"] is None else f"{row['night_p_value']:.3f}"
        reasons = "; ".join(row["reasons"][:_TOLD])
        numbers = (f"{row['p_bad']:.2f}", f"{row['p_medium']:.2f}", odd)
        grid.add_row(*map(printing.plain, (Path(row["file"]).name, row["grade"], *numbers, reasons)))
    printing.print_wide(grid)
    alone = sum(not row["is_beside_night"] for row in rows)
    if alone:
        printing.notes([f"{alone} of {len(rows)} judged without a night: 5 frames of it tell what it can be"])


def _rounded(value: float) -> float | None:
    return round(float(value), _DIGITS) if np.isfinite(value) else None
