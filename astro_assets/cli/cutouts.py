"""The `cutouts` command: places on the sky, cut out of every image that shows them."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl
from rich.box import SIMPLE_HEAD
from rich.table import Table as Grid

from astro_assets.catalogs.tables import STELLAR_PARAMETERS
from astro_assets.cli import printing
from astro_assets.cli.preparation import begun_engine
from astro_assets.cli.search import report_failures, run_with_progress
from astro_assets.definitions import CUTOUTS_JOB
from astro_assets.images.cutout_files import COLUMNS, CubeTooLargeError, cube_file, cutout_file
from astro_assets.images.cutout_tables import CUTOUT_PLACES, CUTOUTS
from astro_assets.images.reading.frames import TARGET_PIXELS
from astro_assets.images.refusals import FrameRefusedError
from astro_assets.ledger.atomic import write_bytes
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.worker import resolve_references
from astro_assets.observations.cutouts import Place, PlaceError
from astro_assets.observations.tables import LIGHT_CURVES
from astro_assets.tables import TABLES

_UNUSUAL: Final = re.compile(r"[^A-Za-z0-9]+", re.ASCII)
_LISTED: Final = 50
_USUAL_SIDE_ARCSEC: Final = 60.0
_COLUMNS: Final = (*COLUMNS, "filter_name", "n_outside", "n_missing", "pixels")


def cut(
    home: Home,
    places: Sequence[Place],
    *,
    side_arcsec: float | None,
    remove: Sequence[str] = (),
    folder: Path | None = None,
) -> int:
    """Ask for places to be cut out of all images, now and from now on, and print what there is of them.

    Parameters
    ----------
    places
        Those without a position are targets of the home or its catalogues.
    side_arcsec
        Side of the squares; by default that which was asked for before, or a minute of arc.
    remove
        Names of places that are wanted no more.
    folder
        Where the cutouts are written to, too, as FITS files; of pixels over time also the cubes.

    Returns
    -------
    int
        Exit code: 0 only if every step succeeded.

    Raises
    ------
    PlaceError
        If a place's position is not known, two have one name, or one to be removed was not asked for; nothing
        was started.
    """
    ledger = open_ledger(home, TABLES)
    asked = ledger.open(CUTOUT_PLACES).rows(["place", "side_arcsec"]).collect()
    before = dict(asked.select("place", "side_arcsec").iter_rows())
    found = [_placed(ledger, place) for place in places]
    gone = [Place(name).target_id or name for name in remove]
    names = [place.target_id or place.name for place in found]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise PlaceError(f"{twice[0]}: two places have this name; nothing was cut out")
    if unknown := sorted(set(gone) - before.keys()):
        raise PlaceError(f"{unknown[0]}: no place of this name was asked for; nothing was removed")
    config = {
        "places": [
            {
                "name": name,
                "target_id": place.target_id,
                "ra_deg": place.known_position[0],
                "dec_deg": place.known_position[1],
                "side_arcsec": side_arcsec or before.get(name, _USUAL_SIDE_ARCSEC),
            }
            for name, place in zip(names, found, strict=True)
        ],
        "remove": gone,
    }
    engine = begun_engine(home, has_work=False)
    failures = run_with_progress(engine, CUTOUTS_JOB, {"ops": {"images__cutout_places": {"config": config}}})
    printing.updates(engine.reports)
    rows = _rows(engine.ledger(), names)
    failures += (failed := _failed(engine.ledger(), names))
    _print(rows, is_whole=not failed)
    is_written = folder is None or _write(engine.ledger(), rows, folder)
    return report_failures(failures) or (0 if is_written else 1)


def _placed(ledger: Ledger, place: Place) -> Place:
    """Find out where a target is, by the headers of its light curves, else by catalogues of stars."""
    if place.position is not None:
        return place
    for table in (LIGHT_CURVES, STELLAR_PARAMETERS):
        rows = ledger.open(table).rows(["target_id", "ra_deg", "dec_deg"])
        there = rows.filter(pl.col("target_id") == (place.target_id or "")).drop_nulls(("ra_deg", "dec_deg"))
        first = there.sort("ra_deg", "dec_deg").limit(1).collect()
        if first.height:
            return Place(place.name, (float(first["ra_deg"][0]), float(first["dec_deg"][0])))
    raise PlaceError(f"{place.name}: its position is not known here; give it as NAME,RA,DEC in degrees")


def _rows(ledger: Ledger, names: Sequence[str]) -> pl.DataFrame:
    known = ledger.open(CUTOUT_PLACES).rows(["place"]).collect()["place"].to_list()
    wanted = names or known
    rows = ledger.open(CUTOUTS).rows(list(_COLUMNS)).filter(pl.col("place").is_in(wanted))
    return rows.sort("place", "mid_mjd_utc", "sha256").collect()


def _failed(ledger: Ledger, names: Sequence[str]) -> list[str]:
    """Say of which places the cutouts could not be made, and why."""
    units = ledger.open(CUTOUTS).units(["key", "outcome", "reason"]).filter(pl.col("outcome") == "failed")
    found = units.filter(pl.col("key").is_in(names)) if names else units
    return [
        f"{key}: {reason}" for key, reason in found.select("key", "reason").sort("key").collect().iter_rows()
    ]


def _print(rows: pl.DataFrame, *, is_whole: bool) -> None:
    grid = Grid(box=SIMPLE_HEAD)
    for name in ("place", "image", "filter"):
        grid.add_column(name)
    for name in ("MJD (UTC)", "pixels", "outside", "missing"):
        grid.add_column(name, justify="right")
    for row in rows.head(_LISTED).iter_rows(named=True):
        mjd = "" if row["mid_mjd_utc"] is None else f"{row['mid_mjd_utc']:.5f}"
        cells = (row["place"], row["sha256"][:12], row["filter_name"] or "", mjd)
        counts = (f"{row['side']} x {row['side']}", str(row["n_outside"]), str(row["n_missing"]))
        grid.add_row(*map(printing.plain, cells), *counts)
    printing.print_wide(grid)
    more = rows.height - _LISTED
    none = ["no image shows these places"] if is_whole and not rows.height else []
    printing.notes([f"{more} more"] if more > 0 else none)


def _write(ledger: Ledger, rows: pl.DataFrame, folder: Path) -> bool:
    """Write cutouts as FITS files, named with letters and digits only; False if a cube cannot be."""
    folder.mkdir(parents=True, exist_ok=True)
    told, n_files = [], 0
    for row in rows.iter_rows(named=True):
        mark = hashlib.blake2b(row["place"].encode(), digest_size=3).hexdigest()
        stem = "_".join((_UNUSUAL.sub("-", row["place"]).strip("-")[:60], mark, row["sha256"][:12]))
        pixels = resolve_references({"pixels": row["pixels"]}, CUTOUTS, ledger.objects)["pixels"]["value"]
        write_bytes(folder / f"{stem}.fits", cutout_file(row, pixels.reshape(row["side"], row["side"])))
        n_files += 1
        if row["product"] == TARGET_PIXELS:
            try:
                write_bytes(
                    folder / f"{stem}_cube.fits", cube_file(row, ledger.objects.get_file(row["sha256"]))
                )
                n_files += 1
            except (CubeTooLargeError, FrameRefusedError) as error:
                told.append(printing.plain(f"{row['place']}, image {row['sha256'][:12]}: {error}"))
    printing.notes([*told, f"{n_files} FITS files in {folder}"])
    return not told
