"""What the pictures of the X-ray autoencoder and its scores show: rows read from store, drawn elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import numpy as np
import polars as pl

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_versions import version_of
from astro_assets.ledger.models import promoted
from astro_assets.ledger.worker import resolve_references
from astro_assets.xray import score_plots
from astro_assets.xray.autoencoder.known_map import placed
from astro_assets.xray.autoencoder.model import TrainedAutoencoder, open_autoencoder
from astro_assets.xray.autoencoder_tables import XRAY_AUTOENCODER_SPEC, XRAY_SCORES
from astro_assets.xray.light_curve import LightCurve
from astro_assets.xray.pictures import stored_curve
from astro_assets.xray.simulation_tables import XRAY_SIMULATIONS
from astro_assets.xray.tables import XRAY_LIGHT_CURVES

Picture = Callable[[Ledger], bytes | str | None]
#: By the rarer of both p-values: what one does not see the other may.
ODDEST_FIRST: Final = (pl.min_horizontal("p_usual", "p_constant"), "p_usual", "sha256")


def of_version(version: str) -> dict[str, Picture]:
    """Return the pictures of a version of the autoencoder."""
    return {
        "which method explains what": partial(_wins, version),
        "p-values of usual sources": partial(_p_values, version),
        "learning curve": partial(_learning, version),
        "map of known sources": partial(_map, version),
    }


def _wins(version: str, ledger: Ledger) -> bytes | None:
    return score_plots.wins_plot(_figures(ledger, version)["strata"])


def _p_values(version: str, ledger: Ledger) -> bytes | None:
    alarms = _figures(ledger, version)["alarms"]
    return score_plots.p_values_plot(alarms) if alarms else None


def _learning(version: str, ledger: Ledger) -> bytes:
    return score_plots.learning_plot(_figures(ledger, version)["history"])


def _figures(ledger: Ledger, version: str) -> dict[str, Any]:
    return dict(version_of(ledger, XRAY_AUTOENCODER_SPEC.name, version)["figures"])


def _map(version: str, ledger: Ledger) -> bytes | None:
    return _drawn_map(ledger, _opened(ledger, version), pl.DataFrame())


def _drawn_map(ledger: Ledger, model: TrainedAutoencoder, own: pl.DataFrame) -> bytes | None:
    places = model.memory.places
    if not len(places):
        return None
    recipes = ledger.open(XRAY_SIMULATIONS).rows(["source_name", "kind"]).select("source_name", "kind")
    kinds = dict(recipes.collect().iter_rows())
    # A source that was retracted since is not told of any more.
    groups = [kinds.get(name, "unknown") for name in model.manifest.sources[: len(places)]]
    if own.is_empty():
        return score_plots.map_plot(places, groups, np.zeros((0, 2), np.float32), [])
    names = [name or sha256[:8] for name, sha256 in own.select("object_name", "sha256").iter_rows()]
    memory = model.memory
    own_points, known = memory.near(np.array(own["latent"].to_list())), memory.near(memory.latent)
    own_places = placed(own_points, known[: len(places)], places)
    return score_plots.map_plot(places, groups, own_places, names)


def _opened(ledger: Ledger, version: str) -> TrainedAutoencoder:
    row = version_of(ledger, XRAY_AUTOENCODER_SPEC.name, version)
    return open_autoencoder(ledger.objects.get_file(row["artefact"]))


def map_of_curves(ledger: Ledger) -> bytes | None:
    """Draw where the home's light curves are among the known sources, the least usual ones by name."""
    columns = ["sha256", "object_name", "latent", "p_usual", "p_constant", "model_version"]
    rows = ledger.open(XRAY_SCORES).rows(columns).select(columns).drop_nulls("latent").collect()
    if rows.is_empty():
        return None
    champion = promoted(ledger, XRAY_AUTOENCODER_SPEC.name)
    if champion is None:
        return None
    version = champion["model_version"]
    own = rows.filter(pl.col("model_version") == version).sort(*ODDEST_FIRST, nulls_last=True)
    return None if own.is_empty() else _drawn_map(ledger, _opened(ledger, version), own)


def oddest_source(ledger: Ledger) -> bytes | None:
    """Draw the light curve that is least like usual ones, with the rates that are reconstructed."""
    columns = [
        "sha256", "object_name", "p_usual", "p_constant", "change_start_s", "change_end_s", "reconstruction",
    ]  # fmt: skip
    scored = ledger.open(XRAY_SCORES).rows(columns).select(columns).drop_nulls("p_usual")
    first = scored.sort(*ODDEST_FIRST).head(1).collect()
    if first.is_empty():
        return None
    return drawn_source(ledger, first.row(0, named=True))


def drawn_source(ledger: Ledger, row: Mapping[str, Any]) -> bytes | None:
    """Draw the light curve of a row of ``xray_scores`` with its rates; None where it is there no more."""
    columns = ["sha256", "band_low_kev", "band_high_kev", "light_curve"]
    there = ledger.open(XRAY_LIGHT_CURVES).rows(columns).filter(pl.col("sha256") == row["sha256"]).collect()
    if there.is_empty() or there["light_curve"][0] is None:
        return None
    return drawn_rates(ledger, stored_curve(ledger, there.row(0, named=True)), row)


def drawn_rates(ledger: Ledger, curve: LightCurve, row: Mapping[str, Any]) -> bytes | None:
    """Draw a light curve with the rates that a row of ``xray_scores`` tells of it, and the likeliest change.

    None where it tells none, or those of the curve as it was read before.
    """
    if row["reconstruction"] is None:
        return None
    told = {"reconstruction": row["reconstruction"]}
    found = resolve_references(told, XRAY_SCORES, ledger.objects)["reconstruction"]
    bins = np.flatnonzero(np.isin(curve.time_s, found["time_s"]))
    if bins.size != found["time_s"].size or f"rate_{curve.n_bands - 1}" not in found:
        return None
    rate, low, high = (
        np.stack([found[f"{name}_{band}"] for band in range(curve.n_bands)], axis=1)
        for name in ("rate", "rate_low", "rate_high")
    )
    begin, end = row["change_start_s"], row["change_end_s"]
    p_values = (f"{name} {row[name]:.3f}" for name in ("p_usual", "p_constant") if row[name] is not None)
    title = f"{row['object_name'] or row['sha256'][:12]}: {', '.join(p_values)}"
    change_s = None if begin is None else (begin, end)
    source = score_plots.OddSource(title, curve, bins, rate, low, high, change_s)
    return score_plots.reconstruction_plot(source)
