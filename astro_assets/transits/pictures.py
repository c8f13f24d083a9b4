"""What the transit tables' pictures show: rows read from store, drawn by ``plots``.

One function a picture; each returns None where the table holds nothing to draw.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import polars as pl

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.table import Table
from astro_assets.ledger.worker import resolve_references
from astro_assets.observations.tables import LIGHT_CURVES
from astro_assets.transits import completeness_plots, plots, recovery_plots
from astro_assets.transits.completeness import summed
from astro_assets.transits.completeness_tables import COMPLETENESS_MAP
from astro_assets.transits.feature_plots import MEASURES_SHOWN, measures_plot
from astro_assets.transits.feature_tables import TRANSIT_FEATURES
from astro_assets.transits.recovery_tables import RECOVERED_SIGNALS
from astro_assets.transits.single_transit_plots import Event, single_transits_plot
from astro_assets.transits.single_transit_tables import SINGLE_TRANSITS
from astro_assets.transits.tables import DETRENDED_LIGHT_CURVES, FOLDED_VIEWS, TRANSIT_CANDIDATES

#: Missed signals of which a fold is drawn.
_SHOWN_MISSES: Final = 4


def most_variable_star(ledger: Ledger) -> bytes | None:
    """Draw the curve from which most was removed, in units of its noise, before and after."""
    columns = ["target_id", "variability_ppm", "scatter_ppm", "light_curve"]
    by = pl.col("variability_ppm") / pl.col("scatter_ppm")
    row = _first(ledger, DETRENDED_LIGHT_CURVES, columns, by)
    if row is None:
        return None
    curve = row["light_curve"]
    return plots.detrending_plot(
        row["target_id"], curve["time"], curve["flux"], curve["trend"], curve["segment"]
    )


def detection_statistics(ledger: Ledger) -> bytes | None:
    """Draw the strengths of all candidates with the threshold."""
    found = ledger.open(TRANSIT_CANDIDATES).rows(["detection_statistic", "is_detected"]).collect()
    if found.is_empty():
        return None
    threshold = ledger.config(TRANSIT_CANDIDATES).model_dump()["detection_threshold"]
    return plots.detection_histogram(
        found["detection_statistic"].to_numpy(), found["is_detected"].to_numpy(), threshold
    )


def sky(ledger: Ledger) -> bytes | None:
    """Draw all targets on the sky, those with a detected candidate marked."""
    targets = ledger.open(LIGHT_CURVES).rows(["target_id", "ra_deg", "dec_deg"]).collect().unique("target_id")
    if targets.is_empty():
        return None
    found = ledger.open(TRANSIT_CANDIDATES).rows(["target_id", "is_detected"]).filter("is_detected")
    marked = targets["target_id"].is_in(found.collect()["target_id"].to_list())
    ra, dec = (targets[name].fill_null(np.nan).to_numpy() for name in ("ra_deg", "dec_deg"))
    return plots.sky_map(ra, dec, marked.to_numpy())


def best_candidate(ledger: Ledger) -> bytes | None:
    """Draw the periodogram and the fold of the strongest candidate."""
    candidate = _first(
        ledger, TRANSIT_CANDIDATES, list(TRANSIT_CANDIDATES.schema.names), pl.col("detection_statistic")
    )
    if candidate is None:
        return None
    is_it = pl.col("candidate_id") == candidate["candidate_id"]
    folded = _first(ledger, FOLDED_VIEWS, ["candidate_id", "views"], pl.col("candidate_id"), is_it)
    return None if folded is None else plots.candidate_plot(candidate, folded["views"])


def single_transits(ledger: Ledger) -> bytes | None:
    """Draw the strongest dips that happened once and that nothing speaks against."""
    columns = ["search_id", "time_btjd", "duration_hours", "snr", "doubt"]
    rows = ledger.open(SINGLE_TRANSITS).rows(columns).filter(pl.col("doubt").is_null())
    strongest = rows.sort("snr", "key", descending=[True, False]).head(_SHOWN_MISSES).collect()
    events = []
    for found in strongest.iter_rows(named=True):
        is_it = pl.col("search_id") == found["search_id"]
        row = _first(ledger, DETRENDED_LIGHT_CURVES, ["search_id", "light_curve"], pl.col("search_id"), is_it)
        if row is not None:
            curve = row["light_curve"]
            name = f"{found['search_id']}, SNR {found['snr']:.3g}"
            time, duration = found["time_btjd"], found["duration_hours"] / 24
            events.append(Event(name, time, duration, curve["time"], curve["flux"]))
    return single_transits_plot(events) if events else None


def measures(ledger: Ledger) -> bytes | None:
    """Draw what tells planets from what looks like them, of all candidates."""
    rows = ledger.open(TRANSIT_FEATURES).rows(list(MEASURES_SHOWN)).collect()
    return None if rows.is_empty() else measures_plot(rows)


def known_signals(ledger: Ledger) -> bytes | None:
    """Draw which known signals the search found."""
    columns = ["period_days", "expected_snr", "is_detectable", "is_found", "is_exact"]
    rows = ledger.open(RECOVERED_SIGNALS).rows(columns).collect()
    return None if rows.is_empty() else recovery_plots.recovery_plot(rows)


def missed_signals(ledger: Ledger) -> bytes | None:
    """Draw the folds of the strongest signals that should have been found and were not."""
    columns = (
        "search_id", "entry", "cause", "period_days", "epoch_btjd", "duration_hours", "expected_snr",
        "is_detectable", "is_found",
    )  # fmt: skip
    rows = ledger.open(RECOVERED_SIGNALS).rows(list(columns)).filter("is_detectable", ~pl.col("is_found"))
    worst = rows.sort("expected_snr", "key", descending=[True, False]).head(_SHOWN_MISSES).collect()
    misses = []
    for signal in worst.iter_rows(named=True):
        is_it = pl.col("search_id") == signal["search_id"]
        by = pl.col("search_id")
        star = _first(ledger, DETRENDED_LIGHT_CURVES, ["search_id", "light_curve"], by, is_it)
        if star is None:
            continue
        misses.append(
            recovery_plots.Miss(
                name=f"{signal['search_id']} {signal['entry']}, {signal['period_days']:.5g} d, "
                f"expected SNR {signal['expected_snr']:.0f}",
                cause=signal["cause"],
                period=signal["period_days"],
                epoch=signal["epoch_btjd"],
                duration=signal["duration_hours"] / 24,
                time=star["light_curve"]["time"],
                flux=star["light_curve"]["flux"],
            )
        )
    return recovery_plots.missed_signals_plot(misses) if misses else None


def completeness(ledger: Ledger) -> bytes | None:
    """Draw the share found of planets put into light curves, all maps together."""
    rows = ledger.open(COMPLETENESS_MAP).rows(["search_id", "cells"]).sort("key").collect()
    maps = [
        resolve_references(row, COMPLETENESS_MAP, ledger.objects)["cells"]
        for row in rows.iter_rows(named=True)
    ]
    if not maps:
        return None
    total = summed(maps)
    of_whom = rows["search_id"][0] if rows.height == 1 else f"{rows.height} light curves"
    title = f"Found of {total['n_injected'].sum()} planets put into {of_whom}"
    return completeness_plots.completeness_plot(total, title)


def _first(
    ledger: Ledger, table: Table, columns: list[str], by: pl.Expr, where: pl.Expr | None = None
) -> dict[str, Any] | None:
    """Return the row that comes first by a falling number, its arrays read."""
    rows = ledger.open(table).rows(columns)
    if where is not None:
        rows = rows.filter(where)
    top = rows.sort(by, "key", descending=[True, False]).head(1).collect()
    return resolve_references(top.row(0, named=True), table, ledger.objects) if top.height else None
