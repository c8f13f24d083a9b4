"""The tables of examples: event sets of others, and our own candidates, in one form.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from astro_assets.catalogs.tables import KNOWN_SIGNALS
from astro_assets.ledger.table import Config, Parent, Parents, Row, Table
from astro_assets.observations.tables import SELECTED_FILES, SIMULATED_TRUTH, STAR_COLUMNS
from astro_assets.transits.example_schemas import EVENT_FILE_SCHEMA, EXAMPLE_SCHEMA
from astro_assets.transits.false_alarms import FalseAlarmSettings, false_alarms
from astro_assets.transits.feature_tables import TRANSIT_FEATURES, centroids_of_files, density_of_star
from astro_assets.transits.injected_transits import InjectedTransitSettings, injected_transits
from astro_assets.transits.injection import Star
from astro_assets.transits.scorer.candidates import MEASURES, candidate_example
from astro_assets.transits.scorer.event_files import read_events
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.tables import (
    DETRENDED_LIGHT_CURVES,
    FOLDED_VIEWS,
    GROUND,
    LABELLED_CANDIDATES,
    SEARCHED_COLUMNS,
    TRANSIT_CANDIDATES,
    FoldedViewsConfig,
    TransitCandidatesConfig,
)

__all__ = ["EVENTS", "EVENT_FILES", "FALSE_ALARMS", "INJECTED_TRANSITS", "TABLES", "TRAINING_EXAMPLES"]

#: What an audit tells of an example.
_TOLD: Final = {
    "star": "target_id",
    "class": "disposition",
    "label_source": "listed_in",
    "mission": "mission",
    "segment": "segment",
}
#: How the names of simulated stars begin.
_SIMULATED: Final = "SIM "


class FalseAlarmsConfig(FalseAlarmSettings, Config):
    """Settings of ``transits/false_alarms``."""

    search: TransitCandidatesConfig = TransitCandidatesConfig()
    folding: FoldedViewsConfig = FoldedViewsConfig()


class InjectedTransitsConfig(InjectedTransitSettings, Config):
    """Settings of ``transits/injected_transits``."""


def compute_events(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Read the file of events ``key``: one row an event."""
    (file,) = parents["event_files"]
    rows = read_events(file["sha256"], f"the file of events {key[:8]}")
    # Another file may have the same events.
    return [{**row, "example_id": f"{key[:8]} {row['example_id']}"} for row in rows]


def compute_training_examples(
    keys: Sequence[str], parents: Sequence[Parents], config: Config
) -> list[list[dict[str, Any]]]:
    """Form the examples of the candidates ``keys``: one row each."""
    return [[_example(key, rows)] for key, rows in zip(keys, parents, strict=True)]


def _example(key: str, parents: Parents) -> dict[str, Any]:
    (candidate,) = parents["transit_candidates"]
    (labelled,) = parents["labelled_candidates"]
    return {
        "example_id": key,
        "target_id": candidate["target_id"],
        "light_curve": candidate["search_id"],
        "position": int(candidate["rank"]),
        **candidate_example(
            candidate,
            _only(parents["folded_views"]),
            _only(parents["transit_features"]),
            labelled,
            parents["simulated_truth"],
            _only(parents["detrended_light_curves"]),
        ),
    }


def compute_false_alarms(
    keys: Sequence[str], parents: Sequence[Parents], config: FalseAlarmsConfig
) -> list[list[dict[str, Any]]]:
    """Search the detrended light curves ``keys`` upside down: for each one row an event."""
    rows = [of_star["detrended_light_curves"][0] for of_star in parents]
    arrays = [
        {name: values.astype(np.float64) for name, values in row["light_curve"].items()} for row in rows
    ]
    curves = [
        Curve(of_star["time"], of_star["flux"], of_star["flux_err"], float(row["cadence_s"]) / 86400)
        for row, of_star in zip(rows, arrays, strict=True)
    ]
    stars = [
        (centroids_of_files(of_star["selected_files"]), density_of_star(of_star["selected_files"]))
        for of_star in parents
    ]
    trends = [of_star["trend"] for of_star in arrays]
    found = false_alarms(curves, trends, stars, config, config.search, config.folding)
    return [
        [
            {
                **event,
                "example_id": f"{key} inverted.{event['position']:02d}",
                "target_id": row["target_id"],
                "light_curve": key,
                "mission": row["mission"],
                "cadence": f"{round(float(row['cadence_s']))}",
                # What is known of a simulated star is the simulation's, and one list with its planets.
                "listed_in": "simulated_truth" if _is_simulated(row) else event["listed_in"],
                "origin": "injected",
            }
            for event in events
        ]
        for key, row, events in zip(keys, rows, found, strict=True)
    ]


def compute_injected_transits(
    keys: Sequence[str], parents: Sequence[Parents], config: InjectedTransitsConfig
) -> list[list[dict[str, Any]]]:
    """Put planets into the light curves ``keys`` that are quiet: for each one row a planet that is found."""
    quiet = [
        (key, of_star["selected_files"], _star(of_star["selected_files"]))
        for key, of_star in zip(keys, parents, strict=True)
        if _is_quiet(of_star)
    ]
    of_quiet = injected_transits(quiet, config)
    found = {key: events for (key, *_), events in zip(quiet, of_quiet, strict=True)}
    return [
        [
            {
                **event,
                "example_id": f"{key} injected.{event['position']:02d}",
                "target_id": of_star["detrended_light_curves"][0]["target_id"],
                "light_curve": key,
                "origin": "injected",
            }
            for event in found.get(key, [])
        ]
        for key, of_star in zip(keys, parents, strict=True)
    ]


def _is_quiet(of_star: Parents) -> bool:
    """Whether nothing is known or found in a light curve: what is put in is all there is."""
    (detrended,) = of_star["detrended_light_curves"]
    is_found = any(row["is_detected"] for row in of_star["transit_candidates"])
    # What a simulated star has is known anyway.
    return not (is_found or of_star["known_signals"] or _is_simulated(detrended))


def _star(files: Sequence[Row]) -> Star:
    """Return the star as its header tells it, or one like the Sun: its transits last as long as that."""
    radius, density = files[0]["star_radius_sun"], density_of_star(files)
    return Star(radius, density * radius**3) if np.isfinite(density) else Star()


def _is_simulated(row: Row) -> bool:
    return str(row["target_id"]).startswith(_SIMULATED)


def _only(rows: Sequence[Row]) -> Mapping[str, Any] | None:
    return rows[0] if rows else None


def of_missions(curves: pl.DataFrame) -> pl.DataFrame:
    """Keep the curves of missions: nights from the ground are too short to learn from."""
    return curves.filter(pl.col("mission") != GROUND)


#: What the search finds in each light curve turned upside down, which is no transit.
FALSE_ALARMS: Final = Table(
    name="transits/false_alarms",
    schema=EXAMPLE_SCHEMA,
    compute=compute_false_alarms,
    parents=(
        Parent(
            DETRENDED_LIGHT_CURVES,
            columns=("search_id", "target_id", "mission", "cadence_s", "light_curve"),
        ),
        Parent(
            SELECTED_FILES,
            columns=("search_id", "cadence_s", "light_curve", *STAR_COLUMNS),
            on="search_id",
        ),
    ),
    config=FalseAlarmsConfig(),
    choose=of_missions,
    settings_from={"search": TRANSIT_CANDIDATES, "folding": FOLDED_VIEWS},
    key="search_id",
    libraries=("numba", "numpy", "scipy"),
    is_batched=True,
    is_on_demand=True,
    described_by=_TOLD,
)

#: What the search finds of planets that are put into quiet light curves.
INJECTED_TRANSITS: Final = Table(
    name="transits/injected_transits",
    schema=EXAMPLE_SCHEMA,
    compute=compute_injected_transits,
    parents=(
        # A curve that could not be detrended was not searched: it may be anything but quiet.
        Parent(DETRENDED_LIGHT_CURVES, columns=("search_id", "target_id", "mission")),
        Parent(SELECTED_FILES, columns=(*SEARCHED_COLUMNS, *STAR_COLUMNS), on="search_id"),
        Parent(TRANSIT_CANDIDATES, columns=("search_id", "is_detected"), on="search_id"),
        Parent(KNOWN_SIGNALS, columns=("target_id",)),
    ),
    config=InjectedTransitsConfig(),
    choose=of_missions,
    settings_from={
        "detrending": DETRENDED_LIGHT_CURVES,
        "search": TRANSIT_CANDIDATES,
        "folding": FOLDED_VIEWS,
        "features": TRANSIT_FEATURES,
    },
    key="search_id",
    libraries=("batman-package", "numba", "numpy", "scipy"),
    is_batched=True,
    is_on_demand=True,
    described_by=_TOLD,
)

#: Files of events that were taken in.
EVENT_FILES: Final = Table(name="transits/event_files", schema=EVENT_FILE_SCHEMA)

#: The events of these files.
EVENTS: Final = Table(
    name="transits/events",
    schema=EXAMPLE_SCHEMA,
    compute=compute_events,
    parents=(Parent(EVENT_FILES, columns=("sha256",)),),
    key="sha256",
    target=None,
    libraries=("numpy", "polars"),
    is_on_demand=True,
    described_by=_TOLD,
)

#: Our own candidates; those of stars that no catalogue knows are without a label.
TRAINING_EXAMPLES: Final = Table(
    name="transits/training_examples",
    schema=EXAMPLE_SCHEMA,
    compute=compute_training_examples,
    parents=(
        Parent(LABELLED_CANDIDATES, columns=("candidate_id", "label", "signal_catalog")),
        Parent(
            TRANSIT_CANDIDATES,
            columns=(
                "candidate_id", "search_id", "target_id", "rank", "period_days", "period_uncertainty_days",
                "epoch_btjd", "epoch_uncertainty_days", "duration_hours", "depth_ppm", "snr", "sde",
                "n_transits", "depth_odd_ppm", "depth_even_ppm", "odd_even_sigma", "baseline_days",
            ),
            on="candidate_id",
        ),
        Parent(FOLDED_VIEWS, columns=("candidate_id", "views"), on="candidate_id"),
        Parent(TRANSIT_FEATURES, columns=("candidate_id", *MEASURES), on="candidate_id"),
        Parent(
            SIMULATED_TRUTH,
            columns=(
                "sha256", "target_id", "kind", "period_days", "epoch_btjd", "duration_hours",
                "secondary_phase",
            ),
        ),
        Parent(DETRENDED_LIGHT_CURVES, columns=("target_id", "mission", "cadence_s")),
    ),
    key="candidate_id",
    libraries=("numpy",),
    is_batched=True,
    is_on_demand=True,
    described_by=_TOLD,
)  # fmt: skip

TABLES: Final = (EVENT_FILES, EVENTS, TRAINING_EXAMPLES, FALSE_ALARMS, INJECTED_TRANSITS)
