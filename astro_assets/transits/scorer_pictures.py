"""Pictures of the scorer and its tables, read from the store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import polars as pl

from astro_assets.ledger.ledger import Ledger
from astro_assets.transits import scorer_plots
from astro_assets.transits.example_tables import INJECTED_TRANSITS, TRAINING_EXAMPLES
from astro_assets.transits.scorer_models import version_of
from astro_assets.transits.scorer_tables import TRANSIT_SCORES

_UNLABELLED: Final = "no label"
#: Planets that were put in of which a view is drawn.
_SHOWN: Final = 8


def examples(ledger: Ledger) -> bytes | None:
    """Draw the examples by label."""
    rows = ledger.open(TRAINING_EXAMPLES).rows(["disposition"]).select(_label()).collect()
    if rows.is_empty():
        return None
    return scorer_plots.examples_plot(dict(rows["disposition"].value_counts().sort("count").iter_rows()))


def injected(ledger: Ledger) -> bytes | None:
    """Draw some of the planets that were put in, evenly from the weakest to the strongest."""
    columns = ["example_id", "period_days", "log10_depth", "log10_snr", "local_view"]
    rows = ledger.open(INJECTED_TRANSITS).rows(columns).drop_nulls("local_view")
    found = rows.select(columns).sort("log10_snr", "example_id").collect()
    at = np.unique(np.linspace(0, max(found.height - 1, 0), _SHOWN).round().astype(int))
    return None if found.is_empty() else scorer_plots.injected_plot(found[at], found.height)


def scores(ledger: Ledger) -> bytes | None:
    """Draw the scores of all candidates by label."""
    columns = ["example_id", "planet_or_eb", "planetary_transit"]
    scored = ledger.open(TRANSIT_SCORES).rows(columns).select(columns).collect()
    if scored.is_empty():
        return None
    labels = ledger.open(TRAINING_EXAMPLES).rows(["example_id", "disposition"])
    rows = scored.join(labels.select("example_id", _label()).collect(), on="example_id")
    return scorer_plots.scores_plot(
        rows["planet_or_eb"].to_list(), rows["planetary_transit"].to_list(), rows["disposition"].to_list()
    )


def of_version(version: str) -> dict[str, Callable[[Ledger], bytes]]:
    """Return the pictures of a version."""

    def drawn(draw: Callable[[dict[str, Any]], bytes]) -> Callable[[Ledger], bytes]:
        return lambda ledger: draw(version_of(ledger, version)["figures"])

    return {
        "precision, recall and ROC": drawn(scorer_plots.curves_plot),
        "calibration": drawn(scorer_plots.calibration_plot),
        "confusion": drawn(scorer_plots.confusion_plot),
        "learning": drawn(scorer_plots.learning_plot),
        "hardest examples": drawn(scorer_plots.hardest_plot),
    }


def _label() -> pl.Expr:
    return pl.col("disposition").fill_null(_UNLABELLED)
