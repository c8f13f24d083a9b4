"""Trees on alerts as a model trained on purpose: what speaks against a version, its card."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from astro_assets.images.alert_tree_tables import ALERT_TREES
from astro_assets.learning.cards import energy_section, hashes_section, table
from astro_assets.ledger.trained_models import Audit, TrainedModel

_HEADLINE: Final = ("average_precision", "roc_auc", "recall_at_precision_0.9")


def headline(figures: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the figures that people look at first: of packets of objects that no tree has seen."""
    told = {name.replace("_0.9", "_90_percent"): figures[name]["value"] for name in _HEADLINE}
    return {**told, "share_wanted": figures["share_wanted"], "energy_kwh": figures["energy"]["kwh"]}


def learnt_nothing(figures: Mapping[str, Any]) -> Sequence[str]:
    """Say that a version orders packets no better than chance."""
    area = figures["roc_auc"]
    if area["low"] is not None and area["low"] > 0.5:
        return []
    told = "unknown" if area["value"] is None else f"{area['value']:.3f}"
    return [f"on objects that it has not seen the area under the ROC curve is {told}: chance would do that"]


def replaces(new: Mapping[str, Any], old: Mapping[str, Any]) -> str | None:
    """Say why a new version replaces the promoted one: labels are added, and the latest are what is wanted.

    Of the same labels it has to be at least as good.
    """
    ours, theirs = (of["average_precision"]["value"] for of in (new, old))
    if (new["objects"], new["packets"]) != (old["objects"], old["packets"]):
        return f"grown on other labels; average precision {ours:.4f}"
    return f"average precision {ours:.4f}, {theirs:.4f} before" if ours >= theirs else None


def tree_card(model: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    """Write the card of a version, in Markdown."""
    counts = [(kind, figures["objects"][kind], figures["packets"][kind]) for kind in ("wanted", "unwanted")]
    rows = [(name.replace("_", " "), _interval(figures[name])) for name in _HEADLINE]
    lost = [(name.replace("_", " "), f"{value:.4f}") for name, value in figures["importance"].items()]
    head = (
        f"# {model['model']} {model['model_version']}\n\nA random forest on the features of a packet of "
        "alerts (Breiman 2001) that tells objects which somebody wants from those which they do not, by "
        "labels that were given in this home. It repeats the taste of whoever labelled, and knows nothing of "
        "stamps."
    )
    judged = (
        "## Figures\n\nOf packets whose objects the trees have not seen; intervals of 95 % by drawing "
        f"objects. {figures['share_wanted']:.3f} of the packets are wanted.\n\n"
    ) + table(("figure", "value"), rows)
    goes_by = (
        "## What it goes by\n\nAverage precision that is lost where a feature is shuffled:\n\n"
    ) + table(("feature", "lost"), lost)
    parts = (
        head,
        "## Labels\n\n" + table(("kind", "objects", "packets"), counts),
        judged,
        goes_by,
        energy_section(figures["energy"]),
        hashes_section(model),
    )
    return "\n\n".join(parts) + "\n"


def _interval(value: Mapping[str, float | None]) -> str:
    if any(value[name] is None for name in ("value", "low", "high")):
        return "unknown"
    return f"{value['value']:.3f} ({value['low']:.3f} to {value['high']:.3f})"


TREES: Final = TrainedModel(
    spec=ALERT_TREES,
    modes={"quick": {"n_trees": 50, "resamples": 200}, "full": {}, "custom": {}},
    headline=headline,
    card=lambda _, row: tree_card(row, row["figures"]),
    file_name="trees.safetensors",
    audits={
        "labels_learnt": Audit(
            "Packets of objects that no tree has seen are ordered better than chance orders them.",
            learnt_nothing,
        ),
    },
    replaces=replaces,
)
