"""Versions of the X-ray autoencoder: how one is trained, judged, promoted and told of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from astro_assets.ledger.trained_models import Audit, Recipes, TrainedModel
from astro_assets.xray.autoencoder.alarms import LEVEL
from astro_assets.xray.autoencoder.card import model_card
from astro_assets.xray.autoencoder.promotion import (
    collapsed,
    gain_over,
    replaces,
    too_many_alarms,
    worse_than_constant,
)
from astro_assets.xray.autoencoder.settings import MODES
from astro_assets.xray.autoencoder_tables import XRAY_AUTOENCODER_SPEC, recipe_rows
from astro_assets.xray.comparison import CONSTANT_RATE, EXCESS_VARIANCE, OURS, SET_NETWORK, VISIT_VARIANCE
from astro_assets.xray.judging import LONG
from astro_assets.xray.simulation_tables import XRAY_SIMULATIONS


def headline(figures: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the figures that people look at first."""
    rates = {
        name: next((rate["value"] for rate in told["rates"] if rate["level"] == LEVEL), None)
        for name, told in figures["alarms"].items()
    }
    return {
        "nll_per_count": figures["nll_per_count"],
        "gain_over_constant_rate_when_long": gain_over(figures, CONSTANT_RATE, LONG),
        "gain_over_excess_variance_when_long": gain_over(figures, EXCESS_VARIANCE, LONG),
        "gain_over_visit_variance_when_long": gain_over(figures, VISIT_VARIANCE, LONG),
        "gain_over_set_network_when_long": gain_over(figures, SET_NETWORK, LONG),
        "active_units": float(figures["active_units"]),
        "informative_units": float(figures["informative_units"]),
        "false_alarms_of_usual_at_0.05": rates.get("p_usual"),
        "false_alarms_of_constant_at_0.05": rates.get("p_constant"),
        **{f"auroc_of_{sort}": area["value"] for sort, area in figures["detection"].get(OURS, {}).items()},
        "energy_kwh": figures["energy"]["kwh"],
    }


XRAY_AUTOENCODER: Final = TrainedModel(
    spec=XRAY_AUTOENCODER_SPEC,
    modes=MODES,
    headline=headline,
    card=lambda _, row: model_card(row, row["figures"]),
    file_name="xray_autoencoder.zip",
    audits={
        "latents_in_use": Audit(
            "The latent tells curves apart: the autoencoder has not collapsed onto its prior.", collapsed
        ),
        "false_alarms_rare": Audit(
            "Of usual sources that nothing was fitted on no more than a tenth is called strange at a level "
            "of 0.05.",
            too_many_alarms,
        ),
        "explains_more_than_constant_rate": Audit(
            "Curves of sources that nothing was fitted on are no less probable than to a constant rate.",
            worse_than_constant,
        ),
    },
    replaces=replaces,
    recipes=Recipes(XRAY_SIMULATIONS, recipe_rows),
)
