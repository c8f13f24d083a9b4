"""Versions of the frame assessor: how one is trained, judged, promoted and told of."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from astro_assets.images.quality.card import model_card
from astro_assets.images.quality.promotion import disagreements, poor_grades, replaces
from astro_assets.images.quality.settings import MODES
from astro_assets.images.quality_tables import FRAME_ASSESSOR, SIMULATED_NIGHTS, night_rows
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.trained_models import Audit, Recipes, TrainedModel


def headline(figures: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the figures that people look at first."""
    return {
        "kappa": figures["kappa"]["value"],
        "kappa_of_single_frames": figures["kappa_alone"]["value"],
        "average_precision": figures["average_precision"],
        "expected_calibration_error": figures["calibration_error"],
        "judged_frames": figures["frames"],
        "energy_kwh": figures["energy"]["kwh"],
    }


def card(ledger: Ledger, row: Mapping[str, Any]) -> str:
    """Write the model card of a version, in Markdown."""
    return model_card(row, row["figures"])


ASSESSOR: Final = TrainedModel(
    spec=FRAME_ASSESSOR,
    modes=MODES,
    headline=headline,
    card=card,
    file_name="frame_assessor.zip",
    audits={
        "graphs_agree": Audit(
            "The exported graph gives what the network gives, to a thousandth of a logit.", disagreements
        ),
        "grades_agree": Audit(
            "Grades of simulated test nights agree with the truth, beyond chance and moderately at least.",
            poor_grades,
        ),
    },
    replaces=replaces,
    recipes=Recipes(SIMULATED_NIGHTS, night_rows),
)
