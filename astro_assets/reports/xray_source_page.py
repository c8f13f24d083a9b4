"""The page of an X-ray light curve: rates, reconstruction, what is said of it, what is like it, lineage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from astro_assets.ledger.ledger import Ledger
from astro_assets.observations.tables import RAW_FILES
from astro_assets.reports.lineage_shown import lineage_shown
from astro_assets.reports.lines_above import Above, Unit
from astro_assets.reports.links import Links
from astro_assets.reports.numbers import NOTHING, number
from astro_assets.reports.png import uri
from astro_assets.reports.rendering import (
    HASH,
    LINE,
    NAME,
    NUMBER,
    TableShown,
    badge,
    link,
    plain,
    rendered,
    table,
)
from astro_assets.reports.xray import XRAY_PAGE
from astro_assets.reports.xray_said import reasons, said
from astro_assets.reports.xray_sources import RowOf, XraySource
from astro_assets.xray.autoencoder_tables import XRAY_AUTOENCODER_SPEC, XRAY_SCORES
from astro_assets.xray.pictures import drawn_curve, stored_curve
from astro_assets.xray.score_pictures import drawn_rates
from astro_assets.xray.tables import XRAY_LIGHT_CURVES

_AS_TOLD: Final = "Rates as the file tells them, with both errors, bin by bin."
_RECONSTRUCTED: Final = (
    "Counts over exposure as points, the rates that the autoencoder makes of them as a line with their "
    "interval in grey, and in red where the source changes most likely."
)
_SECONDS_A_DAY: Final = 86400.0
#: Shorter ones are told in seconds, or in hours.
_LEAST_DAYS: Final = 3.0
_LEAST_HOURS: Final = 3.0
_SECONDS_AN_HOUR: Final = 3600.0


def begun_at(source: XraySource) -> list[tuple[str, str, str, str]]:
    """Return where the lineage of a light curve begins: table, key, recipe and row of each."""
    found = [(XRAY_LIGHT_CURVES, source.curve), (XRAY_SCORES, source.score)]
    return [
        (of.name, row["key"], row["recipe_hash"], row["row_hash"]) for of, row in found if row is not None
    ]


def xray_source_page(ledger: Ledger, source: XraySource, above: Above, links: Links) -> str:
    """Return the page of an X-ray light curve.

    Parameters
    ----------
    above
        What it was made of.
    links
        Where other pages lie.
    """
    row, score = source.curve, source.score
    name = plain(source.name)
    return rendered(
        "xray_source.html",
        title=name,
        name=name,
        root="../",
        crumbs=[
            link("Report", "../index.html"),
            link("X-ray light curves", f"../{XRAY_PAGE}"),
            link(name, None),
        ],
        badges=[*([badge(row["origin"])] if row["origin"] != "real" else []), *source.state.badges],
        stale=source.state.said,
        lede=_lede(source),
        key=_key(source),
        star=link(plain(row["target_id"] or ""), links.target(row["target_id"] or "")),
        bands=_bands(source),
        bands_note=_bands_note(source),
        pictures=_pictures(ledger, source),
        reasons=reasons(score),
        said=said(score, row["mjd_reference"]),
        model=None if score is None else _model(score["model_version"], links),
        near=_near(source, links),
        known=_known(source),
        **_lineage(source, above, links),
    )


def _pictures(ledger: Ledger, source: XraySource) -> list[dict[str, Any]]:
    curve = stored_curve(ledger, source.curve)
    drawn = [(drawn_curve(source.curve, curve), _AS_TOLD)]
    rates = None if source.score is None else drawn_rates(ledger, curve, source.score)
    if rates is not None:
        drawn.append((rates, _RECONSTRUCTED))
    return [{"src": uri(picture), "said": link(said_of_it, None)} for picture, said_of_it in drawn]


def _lede(source: XraySource) -> str:
    row = source.curve
    bands = f"{row['n_bands']} band{'s' if row['n_bands'] != 1 else ''}"
    counts = f"{number(sum(row['total_counts']))} counts" if row["has_counts"] else "rates without counts"
    length, unit = _duration(row["duration_s"])
    by = f" of {plain(row['telescope'])}" if row["telescope"] else ""
    return f"A light curve{by}: {counts} in {bands}, {number(row['n_bins'])} bins over {length} {unit}."


def _duration(seconds: float) -> tuple[str, str]:
    if seconds >= _LEAST_DAYS * _SECONDS_A_DAY:
        return number(seconds / _SECONDS_A_DAY, 3), "d"
    if seconds >= _LEAST_HOURS * _SECONDS_AN_HOUR:
        return number(seconds / _SECONDS_AN_HOUR, 3), "h"
    return number(seconds, 3), "s"


def _key(source: XraySource) -> list[tuple[str, str, str]]:
    row, score = source.curve, source.score
    unexposed = f"{number(row['n_unexposed'])} without exposure" if row["n_unexposed"] else ""
    known = [
        ("Object", plain(row["object_name"] or NOTHING), ""),
        ("Telescope", plain(row["telescope"] or NOTHING), plain(row["instrument"] or "")),
        ("Right ascension", _degrees(row["ra_deg"]), "°"),
        ("Declination", _degrees(row["dec_deg"]), "°"),
        ("Bins", number(row["n_bins"]), unexposed),
        ("Length of a bin", number(row["median_width_s"], 3), "s, median"),
        ("Bands", number(row["n_bands"]), ""),
        _counts(row),
        ("Begins", _mjd(row["start_mjd"]), "MJD"),
        ("Ends", _mjd(row["end_mjd"]), "MJD"),
        ("From first bin to last", *_duration(row["duration_s"])),
        ("Time system", plain(row["time_system"] or NOTHING), plain(row["time_frame"] or "").lower()),
        ("Origin", row["origin"], ""),
        ("Status", row["status"], _status(score)),
    ]
    return [item for item in known if item[1] != NOTHING]


def _counts(row: RowOf) -> tuple[str, str, str]:
    if not row["has_counts"]:
        return ("Counts", "none", "rates only")
    return ("Counts", number(sum(row["total_counts"])), "in all bands")


def _status(score: RowOf | None) -> str:
    if score is None:
        return "not judged yet"
    return "scored" if score["not_scored"] is None else "not scored"


def _degrees(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.5f}".replace("-", "−")


def _mjd(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.5f}"


def _bands(source: XraySource) -> TableShown:
    row = source.curve
    counts = row["total_counts"] or [None] * row["n_bands"]
    unit = plain(row["rate_unit"])
    columns = [
        ("Band [keV]", LINE),
        ("Exposure [s]", NUMBER),
        ("Counts", NUMBER),
        (f"Mean rate [{unit}]", NUMBER),
    ]
    told = zip(
        row["band_low_kev"], row["band_high_kev"], row["exposure_s"], counts, row["mean_rate"], strict=True
    )
    return table(
        columns,
        [
            (f"{low:g}–{high:g}", number(exposure), number(count), number(rate, 3))
            for low, high, exposure, count, rate in told
        ],
    )


def _bands_note(source: XraySource) -> str:
    row = source.curve
    notes = [
        "The background is subtracted from the rates." if row["is_net"] else "",
        ""
        if row["has_told_bands"]
        else "The file does not tell its bands: they are the telescope's usual ones.",
        "Bands overlap: a photon may be counted twice." if row["has_overlapping_bands"] else "",
    ]
    return " ".join(note for note in notes if note)


def _model(version: str, links: Links) -> Any:
    name = XRAY_AUTOENCODER_SPEC.name
    return link(plain(f"{name}@{version}"), links.model(name, version))


def _near(source: XraySource, links: Links) -> TableShown:
    return table(
        [
            ("Light curve", NAME),
            ("Distance", NUMBER),
            ("Variability", LINE),
            ("p usual", NUMBER),
            ("SHA-256", HASH),
        ],
        [
            (
                link(plain(one["object_name"] or one["sha256"][:12]), links.xray_source(one["sha256"])),
                number(one["distance"], 3),
                one["variability"] or NOTHING,
                number(one["p_usual"], 3),
                one["sha256"],
            )
            for one in source.near
        ],
    )


def _known(source: XraySource) -> TableShown:
    return table(
        [("Source", NAME), ("Kind", LINE), ("Distance", NUMBER)],
        [
            (
                plain(one["name"]),
                (one["kind"] or "no longer known").replace("_", " "),
                number(one["distance"], 3),
            )
            for one in source.known
        ],
    )


def _lineage(source: XraySource, above: Above, links: Links) -> dict[str, Any]:
    starts: list[Unit] = [(table_, key, recipe) for table_, key, recipe, _ in begun_at(source)]
    found = above.of(starts)
    held = [one[1] for one in found if one[0] == RAW_FILES.name]
    return {**lineage_shown(found, above, starts[-1][0]), "files": _files(source, held, links)}


def _files(source: XraySource, held: Sequence[str], links: Links) -> TableShown:
    page = links.target(source.curve["target_id"] or "")

    def shown(sha256: str) -> tuple[Any, ...]:
        name = source.file_name if sha256 == source.curve["sha256"] else None
        place = f"{page}#{sha256}" if page is not None else None
        return (link(plain(name or NOTHING), place), sha256)

    return table([("File", NAME), ("SHA-256", HASH)], map(shown, held))
