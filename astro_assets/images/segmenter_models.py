"""The segmenter of changes as a model of the home: its figures, when it is promoted, its card."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from astro_assets.images.segmentation.settings import MODES
from astro_assets.images.segmenter_card import segmenter_card
from astro_assets.images.segmenter_tables import SEGMENTER_SPEC, SIMULATED_SCENES, recipes_of
from astro_assets.ledger.trained_models import Audit, Recipes, TrainedModel

#: False objects a megapixel, over those accepted, from which a version is not believed.
_MOST_FALSE: Final = 10.0
_THRESHOLDING: Final = ("thresholding", "thresholding_points")


def at_snr(figures: Mapping[str, Any], snr: float) -> float | None:
    """Return the completeness in the bin of signal-to-noise ratios that holds one."""
    bins = figures["segmenter"]["completeness"]
    return next((row["value"] for row in bins if row["low"] <= snr < (row["high"] or math.inf)), None)


def headline(figures: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the figures that people look at first."""
    ours = figures["segmenter"]
    return {
        "completeness_from_snr_10": ours["completeness_from_10"]["value"],
        "completeness_at_snr_5": at_snr(figures, 5.0),
        "false_per_megapixel": ours["false_per_megapixel"]["value"],
        **{
            f"completeness_from_snr_10_of_{name}": figures[name]["completeness_from_10"]["value"]
            for name in _THRESHOLDING
        },
        "average_precision": ours["average_precision"],
        "energy_kwh": figures["energy"]["kwh"],
    }


def too_many_false(figures: Mapping[str, Any]) -> list[str]:
    """Say that a version finds too much where there is nothing."""
    rate, accepted = figures["segmenter"]["false_per_megapixel"], figures["accepted_false_per_megapixel"]
    if rate["from"] is not None and rate["from"] <= _MOST_FALSE * accepted:
        return []
    return [f"{rate['value']} false objects a megapixel, {accepted:g} are accepted"]


def finds_nothing(figures: Mapping[str, Any]) -> list[str]:
    """Say that a version finds less than a threshold on the difference, with cuts on the shape or not."""
    ours = figures["segmenter"]["completeness_from_10"]
    others = [figures[name]["completeness_from_10"]["value"] for name in _THRESHOLDING]
    plain = max((value for value in others if value is not None), default=None)
    if ours["to"] is None or plain is None or ours["to"] >= plain:
        return []
    return [f"finds {ours['value']:.2f} from SNR 10 on, thresholding {plain:.2f} at equal false rate"]


def replaces(new: Mapping[str, Any], old: Mapping[str, Any]) -> str | None:
    """Say why a new version is to replace the promoted one; None if not.

    It finds as much and as little in vain, on no fewer scenes: a quick training replaces no full one.
    """
    ours, theirs = (of["segmenter"]["completeness_from_10"]["value"] or 0.0 for of in (new, old))
    false, before = (of["segmenter"]["false_per_megapixel"] for of in (new, old))
    accepted = new["accepted_false_per_megapixel"]
    if new["test_scenes"] < old["test_scenes"] or accepted > old["accepted_false_per_megapixel"]:
        return None
    if ours < theirs or false["from"] > max(before["to"], accepted):
        return None
    return f"finds {ours:.3f} from SNR 10 on, {theirs:.3f} before"


ANOMALY_SEGMENTER: Final = TrainedModel(
    spec=SEGMENTER_SPEC,
    modes=MODES,
    headline=headline,
    card=lambda _, row: segmenter_card(row, row["figures"]),
    file_name="segmenter.zip",
    audits={
        "false_objects_few": Audit(
            "On scenes that nothing was fitted on, false objects are not ten times as many as accepted.",
            too_many_false,
        ),
        "finds_more_than_thresholding": Audit(
            "From a signal-to-noise ratio of 10 on it finds no less than a threshold at the same rate of "
            "false objects.",
            finds_nothing,
        ),
    },
    replaces=replaces,
    recipes=Recipes(SIMULATED_SCENES, recipes_of),
)
