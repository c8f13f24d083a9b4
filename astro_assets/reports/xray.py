"""What the report shows of X-ray light curves: the least usual ones, and the scores of all."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from astro_assets.ledger.ledger import Ledger
from astro_assets.reports.links import Links
from astro_assets.reports.numbers import NOTHING, number
from astro_assets.reports.png import uri
from astro_assets.reports.rendering import (
    HASH,
    LINE,
    NAME,
    NUMBER,
    Link,
    TableShown,
    link,
    plain,
    rendered,
    table,
)
from astro_assets.reports.xray_sources import XraySources
from astro_assets.xray.pictures import latest_curve
from astro_assets.xray.score_pictures import drawn_source
from astro_assets.xray.tables import XRAY_LIGHT_CURVES

#: The page of all X-ray light curves.
XRAY_PAGE: Final = "xray.html"
#: Of the page, which has to stay small; all are in the tables.
_MOST_ODD: Final = 6
_MOST_LINES: Final = 500
#: Neighbours of a line.
_MOST_NEIGHBOURS: Final = 3
_CAVEAT: Final = (
    "p-values tell how often simulated sources, constant ones and usual ones, look as strange. The nearest "
    "are the home's own light curves, by the latent of the autoencoder."
)
_UNTRAINED: Final = (
    "No autoencoder has judged these light curves: astro-assets train xray_autoencoder trains one."
)


def has_curves(ledger: Ledger) -> bool:
    """Tell whether a home has an X-ray light curve."""
    return not ledger.open(XRAY_LIGHT_CURVES).units(["key"]).limit(1).collect().is_empty()


def xray_page(ledger: Ledger, sources: XraySources, links: Links) -> str:
    """Return the page of all X-ray light curves."""
    rows = sources.ranked
    status = ledger.open(XRAY_LIGHT_CURVES).rows(["status"]).select("status").collect()["status"]
    n_refused = int((status == "refused").sum())
    is_judged = pl.col("model_version").is_not_null()
    scored = rows.filter(is_judged & pl.col("not_scored").is_null())
    is_untrained = rows.filter(is_judged).is_empty()
    latest = latest_curve(ledger) if scored.is_empty() else None
    more = [f"{rows.height - _MOST_LINES} more are in the table {XRAY_LIGHT_CURVES.name}"]
    return rendered(
        "xray.html",
        title="X-ray light curves",
        root="",
        crumbs=[link("Report", "index.html"), link("X-ray light curves", None)],
        key=[
            ("Light curves", number(rows.height), f"{n_refused} refused" if n_refused else ""),
            ("Scored", number(scored.height), ""),
            ("That vary", number(int((rows["variability"] != "constant").sum())), ""),
        ],
        odd=_odd(ledger, scored.head(_MOST_ODD), links),
        curves=[] if latest is None else [{"src": uri(latest), "said": link("The latest", None)}],
        scores=_names(rows, links) if is_untrained else _scores(rows, links),
        caveat=_UNTRAINED if is_untrained else _CAVEAT,
        more=[*(more if rows.height > _MOST_LINES else []), *([sources.why_not] if sources.why_not else [])],
    )


def _names(rows: pl.DataFrame, links: Links) -> TableShown:
    first = rows.head(_MOST_LINES).iter_rows(named=True)
    return table(
        [("Source", NAME), ("SHA-256", HASH)], [(_linked(row, links), row["sha256"]) for row in first]
    )


def _scores(rows: pl.DataFrame, links: Links) -> TableShown:
    columns = [
        ("Source", NAME),
        ("p usual", NUMBER),
        ("p constant", NUMBER),
        ("Variability", LINE),
        ("Nearest", ""),
        ("Best method here", LINE),
        ("Not scored", ""),
        ("SHA-256", HASH),
    ]
    first = rows.head(_MOST_LINES).iter_rows(named=True)
    return table(
        columns,
        [
            (
                _linked(row, links),
                number(row["p_usual"], 3),
                number(row["p_constant"], 3),
                row["variability"] or NOTHING,
                near or NOTHING,
                row["best_method"] or NOTHING,
                plain(row["not_scored"] or ""),
                row["sha256"],
            )
            for row, near in zip(first, neighbours_of(rows), strict=True)
        ],
    )


def _name(row: dict[str, Any]) -> str:
    return plain(row["object_name"] or row["sha256"][:12])


def _linked(row: dict[str, Any], links: Links) -> Link:
    return link(_name(row), links.xray_source(row["sha256"]))


def _odd(ledger: Ledger, rows: pl.DataFrame, links: Links) -> list[dict[str, Any]]:
    found = []
    for row in rows.iter_rows(named=True):
        picture = drawn_source(ledger, row)
        if picture is not None:
            said = f"{_name(row)}: {row['variability'] or 'not judged'}"
            found.append({"src": uri(picture), "said": link(said, links.xray_source(row["sha256"]))})
    return found


def neighbours_of(rows: pl.DataFrame) -> list[str]:
    """Return the names of the light curves nearest to each of the first ones in the latent of one version."""
    from astro_assets.xray.nearest import nearest

    first = rows.head(_MOST_LINES)
    names = [_name(row) for row in rows.select("object_name", "sha256").iter_rows(named=True)]
    found = nearest(rows["latent"].to_list(), rows["model_version"].to_list(), first.height, _MOST_NEIGHBOURS)
    return [", ".join(names[at] for at, _ in some) for some in found]
