"""Versions of the scorer: which is promoted, what is recorded of them, their cards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from astro_assets.ledger import model_versions
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_versions import versions
from astro_assets.ledger.models import CHAMPION
from astro_assets.ledger.trained_models import Audit, TrainedModel
from astro_assets.ledger.units import least_real
from astro_assets.transits.scorer.card import model_card
from astro_assets.transits.scorer.scorer import Scorer
from astro_assets.transits.scorer.scorer_file import scorer_of
from astro_assets.transits.scorer.settings import MODES
from astro_assets.transits.scorer_tables import TRANSIT_SCORER

NAME: Final = TRANSIT_SCORER.name


def version_of(ledger: Ledger, name: str = CHAMPION) -> dict[str, Any]:
    """Return a version of the scorer by its name, the beginning of it, or an alias.

    Raises
    ------
    UnknownModelError
        If there is none, or several begin so.
    """
    return model_versions.version_of(ledger, NAME, name)


def scorer(ledger: Ledger, name: str = CHAMPION) -> Scorer:
    """Load a version of the scorer."""
    return scorer_of(model_versions.artefact_of(ledger, NAME, name))


def card(ledger: Ledger, row: Mapping[str, Any]) -> str:
    """Write the model card of a version, in Markdown."""
    return model_card(row, row["figures"], n_reads(ledger, row["figures"]["split"]))


def n_reads(ledger: Ledger, split: str) -> int:
    """Count the versions that were judged on the same stars in the same folds."""
    return sum(row["figures"].get("split") == split for row in versions(ledger, NAME))


def trees_that_won(figures: Mapping[str, Any]) -> list[str]:
    """Name the trees that alone do better by more than the choice of stars can explain.

    All of the 95 % interval of the difference is on their side: of few stars nobody can tell who is better.
    """
    return [
        name
        for name, margin in figures["margins"].items()
        if name != "networks" and margin["high"] is not None and margin["high"] < 0
    ]


def replaces(figures: Mapping[str, Any], champion: Mapping[str, Any]) -> str | None:
    """Say why a new version is to replace the promoted one; None if it is not.

    On the same stars it has to be at least as good; figures of other stars say nothing of each other, and
    there what was trained last is what is wanted, unless it was trained on something less real, or trees
    alone do better than it and did not than the other.
    """
    new, old = (_precision(of["scorer"]) for of in (figures, champion))
    if least_real([figures["origin"], champion["origin"]]) != champion["origin"]:
        return None
    if trees_that_won(figures) and not trees_that_won(champion):
        return None
    if figures["stars"] != champion["stars"]:
        return f"trained on other stars; average precision {new:.4f}"
    return f"average precision {new:.4f}, {old:.4f} before" if new >= old else None


def _precision(figures: Mapping[str, Any]) -> float:
    return float(figures["average_precision"]["value"])


def headline(figures: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the figures that people look at first."""
    rivals = [value["average_precision"]["value"] for value in figures["rivals"].values()]
    edge = figures.get("edge") or {}
    return {
        "average_precision": figures["scorer"]["average_precision"]["value"],
        "roc_auc": figures["scorer"]["roc_auc"]["value"],
        "best_rival_average_precision": max(rivals, default=None),
        "edge_average_precision": edge.get("average_precision", {}).get("value"),
        "expected_calibration_error": figures["calibration"]["ece"],
        "judged_events": figures["counts"]["judged"],
        "won_by_trees": figures["without_networks"]["won_by_trees"],
        "energy_kwh": figures["energy"]["kwh"],
    }


SCORER: Final = TrainedModel(
    spec=TRANSIT_SCORER,
    modes=MODES,
    headline=headline,
    card=card,
    file_name="scorer.zip",
    audits={
        "no_leaks": Audit(
            "No star, light curve, event or view is on both sides of a fold, and nothing was fitted outside "
            "its fold.",
            lambda figures: figures["audits"]["leaks"],
        ),
        "no_shortcuts": Audit(
            "Where an event comes from does not tell by itself whether it is an eclipse.",
            lambda figures: figures["audits"]["shortcuts"],
        ),
    },
    replaces=replaces,
)
