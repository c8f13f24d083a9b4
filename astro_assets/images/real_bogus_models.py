"""The real/bogus classifier as a model trained on purpose: what speaks against a version, its card."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from astro_assets.images.real_bogus.agreement import NO_LABELS
from astro_assets.images.real_bogus.settings import MODES
from astro_assets.images.real_bogus.training import PARITY
from astro_assets.images.real_bogus_tables import REAL_BOGUS_CLASSIFIER
from astro_assets.learning.cards import energy_section, hashes_section, table
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.trained_models import Audit, TrainedModel

#: Of injected examples of held-out objects; half of them are real, so that chance has 0.5.
LEAST_PRECISION: Final = 0.8


def headline(figures: Mapping[str, Any]) -> dict[str, float | None]:
    """Return the figures that people look at first: of injected examples of held-out objects."""
    names = ("average_precision", "roc_auc", "recall_at_precision_0.95")
    return {
        **{name.replace("_0.95", "_95_percent"): figures[name]["value"] for name in names},
        "calibration_error": figures["calibration_error"],
        "energy_kwh": figures["energy"]["kwh"],
    }


def replaces(figures: Mapping[str, Any], champion: Mapping[str, Any]) -> str | None:
    """Say why a new version is to replace the promoted one; None if it is not.

    On the same objects in the same folds it has to be at least as good. On other objects what was trained
    last is what is wanted, unless it is worse by more than the choice of objects explains.
    """
    new, old = (of["average_precision"]["value"] for of in (figures, champion))
    if figures["split"] != champion["split"]:
        if figures["average_precision"]["high"] < old:
            return None
        return f"trained on other objects; average precision {new:.4f}"
    return f"average precision {new:.4f}, {old:.4f} before" if new >= old else None


def _parity(figures: Mapping[str, Any]) -> Sequence[str]:
    differs = figures["parity"]
    return [] if differs < PARITY else [f"the exported graph differs by {differs:.1e}"]


def _precise(figures: Mapping[str, Any]) -> Sequence[str]:
    found = figures["average_precision"]["value"]
    if found is not None and found >= LEAST_PRECISION:
        return []
    told = "unknown" if found is None else f"{found:.3f}"
    return [f"the average precision on held-out objects is {told}, at least {LEAST_PRECISION} is asked for"]


def card(ledger: Ledger, row: Mapping[str, Any]) -> str:
    """Write the model card of a version, in Markdown."""
    return model_card(row, row["figures"])


def model_card(model: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    """Write the card of a version.

    Parameters
    ----------
    model
        Its row of ``ledger/models``.
    figures
        What its training reported.
    """
    parts = (
        _head(model, figures),
        _data(model, figures),
        _figures(figures),
        _limits(),
        energy_section(figures["energy"]),
        hashes_section(model, split=figures["split"]),
    )
    return "\n\n".join(parts) + "\n"


def _head(model: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    return (
        f"# {model['model']} {model['model_version']}\n\n"
        "Tells sources on the sky from artefacts by the three stamps of an alert (science, template, "
        f"difference, 63 x 63 pixels): a convolutional network of {figures['n_parameters']} weights in the "
        "manner of braai (Duev et al. 2019), calibrated by Platt, "
        f"{figures['bytes'] / 1e3:.0f} kB.\n\n**{figures['caveat']}**"
    )


def _data(model: Mapping[str, Any], figures: Mapping[str, Any]) -> str:
    objects = ", ".join(f"{count} {name}" for name, count in figures["objects"].items())
    network = json.loads(model["config"])["network"]
    return (
        f"## Data\n\n{model['trained_on_injected']} examples, made of real triplets whose own source was "
        "taken out: half are point sources that were put in, half are artefacts (cosmic rays, hot pixels, "
        f"bad subtractions, saturated stars, streaks, edges, scattered light, noise). Objects: {objects}; no "
        f"object is on two sides. {network['epochs']} passes over the training examples, flipped and turned "
        "only while training."
    )


def _figures(figures: Mapping[str, Any]) -> str:
    names = ("average_precision", "roc_auc", "recall_at_precision_0.95")
    rows = [(name.replace("_", " "), _interval(figures[name])) for name in names]
    rows.append(("calibration error", f"{figures['calibration_error']:.3f}"))
    bins = [
        (
            f"{one['low']:g} to {one['high']:g}",
            one["count"],
            "" if one["recall"] is None else f"{one['recall']:.3f}",
        )
        for one in figures["recall_by_snr"]
    ]
    alarms = sorted(figures["false_alarms"].items(), key=lambda item: -item[1])
    return (
        f"## Figures\n\nOf {figures['n_examples']} injected examples of held-out objects, "
        f"{figures['n_real']} real; intervals of 95 % by drawing objects.\n\n"
        + table(("figure", "value"), rows)
        + "\n\n"
        + table(("signal-to-noise ratio", "examples", "recall at 0.5"), bins)
        + "\n\n"
        + table(("artefact", "called real at 0.5"), [(kind, f"{share:.3f}") for kind, share in alarms])
    )


def _limits() -> str:
    return (
        "## Limits\n\nThere are no human labels of packets here, and none were used. How well it does on "
        f"real sources and real artefacts is therefore not known. {NO_LABELS} How far scores agree with them "
        "is shown with the table images/real_bogus_scores. Scores are probabilities at equal numbers of real "
        "and bogus. Backgrounds are those of the surveys whose packets were there."
    )


def _interval(value: Mapping[str, float | None]) -> str:
    found, low, high = (value[name] for name in ("value", "low", "high"))
    if found is None or low is None or high is None:
        return "unknown"
    return f"{found:.3f} ({low:.3f} to {high:.3f})"


#: The classifier with all that its asset, its checks and its commands need to know.
REAL_BOGUS: Final = TrainedModel(
    spec=REAL_BOGUS_CLASSIFIER,
    modes=MODES,
    headline=headline,
    card=card,
    file_name="real_bogus_classifier.zip",
    audits={
        "exported_graph_agrees": Audit("The exported graph computes what the network does.", _parity),
        "injected_sources_found": Audit(
            "On injected examples of held-out objects the average precision is above a floor.", _precise
        ),
    },
    replaces=replaces,
)
