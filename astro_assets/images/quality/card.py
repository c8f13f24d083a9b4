"""The model card: what a version of the assessor is, in Markdown, for whoever is to trust it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from astro_assets.images.quality.grades import GRADES
from astro_assets.images.quality.nights import FEWEST_FRAMES
from astro_assets.images.quality.oddness import FEWEST_FRAMES as FEWEST_FOR_ODDNESS
from astro_assets.learning.cards import energy_section, hashes_section, number, table

Row = Mapping[str, Any]


def model_card(model: Row, figures: Mapping[str, Any]) -> str:
    """Write the card of a version.

    Parameters
    ----------
    model
        Its row of ``ledger/models``.
    figures
        What its training reported.
    """
    parts = [
        _head(model),
        _data(model, figures),
        _figures(figures),
        _confusion(figures),
        _oddness(figures),
        _limits(),
        _exports(figures),
        energy_section(figures["energy"]),
        hashes_section(model),
    ]
    return "\n\n".join(parts) + "\n"


def _head(model: Row) -> str:
    return (
        f"# {model['model']} {model['model_version']}\n\n"
        "Grades frames of telescopes good, medium or bad, with reasons: random forests on what is measured "
        "of the stars and the sky, beside the best frames of the same night where there are "
        f"{FEWEST_FRAMES}, and on the score of an ordinal convolutional network. All figures are of "
        "simulated nights that no part was fitted or calibrated on."
    )


def _data(model: Row, figures: Mapping[str, Any]) -> str:
    names = {
        "network": "the network is fitted on",
        "forest": "the forests and the density are fitted on",
        "calibration": "probabilities and p-values are calibrated on",
        "test": "it is judged on",
    }
    origins = ", ".join(f"{model[f'trained_on_{o}']} {o}" for o in ("real", "injected", "simulated"))
    rows = [(words, figures["training_frames"][role]) for role, words in names.items()]
    return (
        f"## Data\n\nNights by origin, those it is judged on included: {origins}. Every night has a "
        "telescope, a field that rises and sinks, and troubles of its own, shorter exposures among them; a "
        "frame's true grade follows from the share of the signal-to-noise ratio of faint stars that it keeps "
        "of the best which the telescope can have of the field in this night with its usual exposure: good "
        "from 70 %, medium from 35 % on.\n\n" + table(("nights that", "frames"), rows)
    )


def _figures(figures: Mapping[str, Any]) -> str:
    rows = [
        ("kappa, quadratic weights, beside the night", _interval(figures["kappa"])),
        ("kappa of single frames", _interval(figures["kappa_alone"])),
        ("kappa of the network alone", _interval(figures["kappa_network"])),
    ]
    for suffix, name in (("", "beside the night"), ("_alone", "of single frames")):
        rows += [
            (f"P(bad) {name}, average precision", number(figures[f"average_precision{suffix}"])),
            (f"P(bad) {name}, calibration error", number(figures[f"calibration_error{suffix}"])),
        ]
    return f"## Figures of {figures['nights']} test nights, {figures['frames']} frames\n\n" + table(
        ("figure", "value (95 %, bootstrap over nights)"), rows
    )


def _confusion(figures: Mapping[str, Any]) -> str:
    rows = [(grade, *counts) for grade, counts in zip(GRADES, figures["confusion"], strict=True)]
    return "## Grades, beside the night\n\n" + table(("true", *(f"called {grade}" for grade in GRADES)), rows)


def _oddness(figures: Mapping[str, Any]) -> str:
    alarms, noticed = number(figures["false_alarms"]), number(figures["noticed"])
    return (
        "## The undefined kind of bad\n\n"
        f"In a night of {FEWEST_FOR_ODDNESS} frames or more each has a p-value among the others of its "
        "night, which holds for any camera as long as nothing but chance tells frames apart; where many "
        "frames are odd alike it finds none of them. Beside it stands how far a frame is from the simulated "
        f"ones that were trained on: {alarms} of good simulated frames have a p-value below 0.05 there, and "
        f"{noticed} of bad ones. Of a real camera that number tells how unlike the simulation the camera is, "
        "and not which frame is bad."
    )


def _limits() -> str:
    return (
        "## Limits\n\nSimulated nights are no real ones: probabilities are calibrated on them, and hold as "
        "far as a camera is like those simulated. A night that is bad from dusk to dawn is judged by its own "
        "best frames; exposures longer than the usual one are not simulated, nor are frames of crowded "
        "fields, nebulae and large galaxies."
    )


def _exports(figures: Mapping[str, Any]) -> str:
    return (
        f"## Export\n\nThe ONNX graph and its network differ by at most {figures['parity']:.1e} in a logit."
    )


def _interval(value: Mapping[str, float | None]) -> str:
    return f"{number(value['value'])} ({number(value['from'])} to {number(value['to'])})"
