"""The `compare` command: what changed in frames against a reference, by a version of the segmenter."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.table import Table as Grid

from astro_assets.cli import printing
from astro_assets.cli.options import Format
from astro_assets.cli.sound_files import refuse_unsound
from astro_assets.images.changes import Changes, changes
from astro_assets.images.frame import Frame
from astro_assets.images.photometry.registration import register
from astro_assets.images.photometry.settings import MeasuringSettings, RegistrationSettings
from astro_assets.images.photometry.sources import measure_frame
from astro_assets.images.reading.frames import IMAGE, FrameRead, read_frame
from astro_assets.images.reading.pointing import celestial_wcs
from astro_assets.images.segmentation.segmenter import Segmenter, open_segmenter
from astro_assets.images.segmenter_models import ANOMALY_SEGMENTER
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.model_versions import artefact_of
from astro_assets.tables import TABLES

COLUMNS: Final = ("file", "kind", "x", "y", "ra_deg", "dec_deg", "snr", "score", "n_pixels")


def opened(home: Path | None, model: str) -> Segmenter:
    """Open a version of the segmenter.

    Raises
    ------
    HomeError, UnknownModelError
        If there is no home, or no such version in it.
    """
    ledger = open_ledger(open_home(home, must_exist=True), TABLES)
    return open_segmenter(artefact_of(ledger, ANOMALY_SEGMENTER.name, model))


def compare(segmenter: Segmenter, paths: Sequence[Path], reference: Path, hdu: str, output: Format) -> int:
    """Compare frames with a reference and print what somebody would follow up.

    Parameters
    ----------
    hdu
        Name or number of the HDU of all images; the first by default.

    Returns
    -------
    int
        Exit code: 1 if a frame, or the reference, cannot be read or compared; that is told.
    """
    try:
        deep = _read(reference, hdu)
    except (OSError, ValueError) as error:
        return _told(reference, error)
    code, rows = 0, []
    for path in dict.fromkeys(paths):
        try:
            found = _changes(segmenter, _read(path, hdu).frame, deep.frame)
        except (OSError, ValueError) as error:
            code = _told(path, error)
            continue
        rows += _rows(path, found, deep)
    if output is Format.json:
        sys.stdout.write(json.dumps(rows, indent=1) + "\n")
    elif rows:
        _print(rows)
    elif not code:
        printing.notes(["nothing changed that somebody would follow up"])
    return code


def _read(path: Path, hdu: str) -> FrameRead:
    refuse_unsound(path)
    return read_frame(path, IMAGE, hdu=hdu)


def _changes(segmenter: Segmenter, science: Frame, reference: Frame) -> Changes:
    ours, theirs = (measure_frame(frame, MeasuringSettings()) for frame in (science, reference))
    return changes(science, reference, register(ours, theirs, RegistrationSettings()), segmenter)


def _told(path: Path, error: Exception) -> int:
    sys.stderr.write(f"{printing.plain(str(path))}: {printing.plain(str(error))}\n")
    return 1


def _rows(path: Path, found: Changes, deep: FrameRead) -> list[dict[str, Any]]:
    wcs = celestial_wcs(dict(deep.wcs_header)) if deep.wcs_header else None
    rows = []
    for one in found.objects[: found.n_wanted]:
        place = None if wcs is None else wcs.pixel_to_world(one.column, one.row).icrs
        rows.append(
            {
                "file": str(path),
                "kind": one.kind,
                "x": round(one.column, 2),
                "y": round(one.row, 2),
                "ra_deg": None if place is None else round(float(place.ra.deg), 6),
                "dec_deg": None if place is None else round(float(place.dec.deg), 6),
                "snr": round(one.snr, 2),
                "score": round(one.score, 3),
                "n_pixels": int(one.n_pixels),
            }
        )
    return rows


def _print(rows: Sequence[Mapping[str, Any]]) -> None:
    grid = Grid(box=SIMPLE_HEAD)
    for name in COLUMNS:
        grid.add_column(name, justify="left" if name in {"file", "kind"} else "right")
    for row in rows:
        grid.add_row(*("" if row[name] is None else printing.plain(str(row[name])) for name in COLUMNS))
    printing.print_wide(grid)
