"""What pages show of images: cutouts of a target, its nights of photometry, a gallery of all there is."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import polars as pl

from astro_assets.images import photometry_plots
from astro_assets.images.cutout_tables import CUTOUTS
from astro_assets.images.photometry_tables import PHOTOMETRIC_LIGHT_CURVES
from astro_assets.images.quality_tables import FRAME_QUALITY
from astro_assets.images.tables import FRAMES
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.table import Table
from astro_assets.ledger.worker import resolve_references
from astro_assets.observations.tables import RAW_FILES
from astro_assets.reports.alerts import alerts_shown, has_alerts
from astro_assets.reports.contents import Contents, RowOf
from astro_assets.reports.image_changes import n_changes, surest_changes
from astro_assets.reports.links import Links
from astro_assets.reports.numbers import NOTHING, number, with_error
from astro_assets.reports.png import uri
from astro_assets.reports.rendering import HASH, LINE, NAME, TableShown, link, plain, rendered, table

#: The page of all images.
GALLERY: Final = "images.html"
#: Cutouts and nights of a page, which has to stay small; all are in the tables.
_MOST_CUTOUTS: Final = 12
_MOST_NIGHTS: Final = 6
#: Of the gallery.
_MOST_FRAMES: Final = 24
_MOST_PLACES: Final = 24
_MOST_REFUSED: Final = 200
#: Reasons under a frame; all are in the table.
_MOST_REASONS: Final = 2
_PPT: Final = 1e3
#: Preference of a dip to none from which it is told.
_SURE: Final = 10.0

Picture = dict[str, str]


def images_of(contents: Contents, target: str) -> dict[str, Any]:
    """Return what the pages of a target show of its images: ``cutouts``, ``more_cutouts`` and ``nights``."""
    cutouts = sorted(contents.of(CUTOUTS, target), key=_by_time)
    nights = sorted(contents.of(PHOTOMETRIC_LIGHT_CURVES, target), key=lambda row: -row["start_btjd"])
    more = len(cutouts) - _MOST_CUTOUTS
    return {
        "cutouts": [_cutout(contents.ledger, row) for row in cutouts[:_MOST_CUTOUTS]],
        "more_cutouts": f"{more} more, older, are in the table images/cutouts." if more > 0 else "",
        "nights": [_night(contents.ledger, row) for row in nights[:_MOST_NIGHTS]],
    }


def _by_time(row: RowOf) -> tuple[float, str]:
    return (-(row["mid_mjd_utc"] or 0.0), str(row["sha256"]))


def _cutout(ledger: Ledger, row: RowOf) -> Picture:
    missing = f", {100 * row['missing_fraction']:.0f} % missing" if row["missing_fraction"] else ""
    told = f"{row['side']} × {row['side']} pixels{missing}"
    return _thumbnail(ledger, CUTOUTS, row, (row["filter_name"], _date(row["mid_mjd_utc"]), told))


def _night(ledger: Ledger, row: RowOf) -> dict[str, Any]:
    curve = resolve_references({"light_curve": row["light_curve"]}, PHOTOMETRIC_LIGHT_CURVES, ledger.objects)
    picture = photometry_plots.night_plot(row["series_id"], curve["light_curve"], row)
    key = [
        ("Frames", number(row["n_points"]), ""),
        ("Scatter", number(row["scatter_ppm"] / _PPT, 3), "ppt"),
        ("Photons and detector", number(row["photon_limit_ppm"] / _PPT, 3), "ppt"),
    ]
    if row["dip_delta_bic"] is not None and row["dip_delta_bic"] > _SURE:
        depth, error = row["dip_depth_ppm"] / _PPT, row["dip_depth_error_ppm"] / _PPT
        key += [
            ("Mid-time of the dip", with_error(row["dip_mid_btjd"], row["dip_mid_error_days"]), "BTJD"),
            ("Depth", with_error(depth, error), "ppt"),
            ("Duration", number(row["dip_duration_hours"], 3), "h"),
        ]
    return {"title": plain(row["series_id"]), "src": uri(picture), "key": key}


def _thumbnail(ledger: Ledger, of: Table, row: RowOf, said: Iterable[str | None]) -> Picture:
    from matplotlib.image import imsave

    stored = resolve_references({"thumbnail": row["thumbnail"]}, of, ledger.objects)["thumbnail"]
    image = stored["brightness"].reshape(-1, row["thumbnail_columns"])
    buffer = io.BytesIO()
    # The first row at the bottom, as on the sky; fewer greys than there are make a smaller file.
    imsave(buffer, image & 0xF0, format="png", cmap="gray", vmin=0, vmax=240, origin="lower")
    return {"src": uri(buffer.getvalue()), "said": ", ".join(plain(part) for part in said if part)}


def _date(mjd: float | None) -> str | None:
    return None if mjd is None else f"MJD {mjd:.4f}"


def has_images(ledger: Ledger) -> bool:
    """Tell whether a home has an image, or alerts, so that there is something to see in a gallery."""
    return not ledger.open(FRAMES).units(["key"]).limit(1).collect().is_empty() or has_alerts(ledger)


def gallery_page(ledger: Ledger, links: Links) -> str:
    """Return the page of all images: frames, cutouts, nights, alerts, and what was refused."""
    frames = _rows(ledger, FRAMES, "mid_mjd_utc")
    accepted = [row for row in frames if row["status"] == "accepted"]
    refused = [row for row in frames if row["status"] != "accepted"]
    cutouts = _rows(ledger, CUTOUTS, "mid_mjd_utc")
    nights = _rows(ledger, PHOTOMETRIC_LIGHT_CURVES, "start_btjd")
    graded = _graded(ledger)
    return rendered(
        "images.html",
        title="Images",
        root="",
        crumbs=[link("Report", "index.html"), link("Images", None)],
        key=[
            ("Images", number(len(accepted)), f"{len(refused)} refused" if refused else ""),
            ("Cutouts", number(len(cutouts)), ""),
            ("Nights of targets", number(len(nights)), ""),
            ("Changes", number(n_changes(ledger)), ""),
        ],
        changes=surest_changes(ledger),
        nights=[
            {**_night(ledger, row), "target": link(plain(row["target_id"]), links.target(row["target_id"]))}
            for row in nights[:_MOST_NIGHTS]
        ],
        cutouts=[
            _thumbnail(ledger, CUTOUTS, row, (row["place"], row["filter_name"], _date(row["mid_mjd_utc"])))
            for row in cutouts[:_MOST_PLACES]
        ],
        frames=[
            _thumbnail(
                ledger,
                FRAMES,
                row,
                (
                    row["object_name"],
                    row["filter_name"],
                    _date(row["mid_mjd_utc"]),
                    graded.get(row["sha256"]),
                ),
            )
            for row in accepted[:_MOST_FRAMES]
        ],
        more=_more(accepted, _MOST_FRAMES, "images") + _more(cutouts, _MOST_PLACES, "cutouts"),
        refused=_refused(ledger, refused[:_MOST_REFUSED]),
        alerts=alerts_shown(ledger),
    )


def _graded(ledger: Ledger) -> dict[str, str]:
    """Return what is thought of frames, by the hashes of their files."""
    columns = ["frame_sha256", "grade", "p_bad", "night_p_value", "reasons"]
    found = {}
    for row in ledger.open(FRAME_QUALITY).rows(columns).select(columns).collect().iter_rows(named=True):
        odd = "" if row["night_p_value"] is None else f", p {number(row['night_p_value'], 2)} in its night"
        reasons = "; ".join(row["reasons"][:_MOST_REASONS])
        told = f"{row['grade']}, P(bad) {row['p_bad']:.2f}{odd}"
        found[row["frame_sha256"]] = told + (reasons and f": {reasons}")
    return found


def _rows(ledger: Ledger, of: Table, by: str) -> list[dict[str, Any]]:
    rows = ledger.open(of).rows(list(of.schema.names)).select("key", *of.schema.names)
    order = [True, False]
    return rows.sort(by, "key", descending=order, nulls_last=True).collect().to_dicts()


def _more(rows: Sequence[Mapping[str, Any]], most: int, what: str) -> list[str]:
    return [f"{len(rows) - most} more {what}"] if len(rows) > most else []


def _refused(ledger: Ledger, rows: Sequence[Mapping[str, Any]]) -> TableShown:
    keys = [row["key"] for row in rows]
    known = ledger.open(RAW_FILES).rows(["file_name"]).filter(pl.col("key").is_in(keys))
    names = dict(known.select("key", "file_name").collect().iter_rows())
    return table(
        [("File", NAME), ("Reason", LINE), ("Why it cannot be used", ""), ("SHA-256", HASH)],
        [
            (
                plain(names.get(row["key"], NOTHING)),
                row["reason_code"],
                plain(row["refusal_reason"]),
                row["key"],
            )
            for row in rows
        ],
    )
