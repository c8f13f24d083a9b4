"""The model card of a segmenter, in Markdown, for whoever is to trust it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from astro_assets.images.kinds import KINDS
from astro_assets.learning.cards import energy_section, hashes_section, number, table

Row = Mapping[str, Any]


def segmenter_card(model: Row, figures: Mapping[str, Any]) -> str:
    """Write the card of a version.

    Parameters
    ----------
    model
        Its row of ``ledger/models``.
    figures
        What its training reported.
    """
    parts = [
        _head(model, figures),
        _completeness(figures),
        _false(figures),
        *_injected(figures),
        _kinds(figures),
        _pixels(figures),
        _limits(),
        energy_section(figures["energy"]),
        hashes_section(model),
    ]
    return "\n\n".join(parts) + "\n"


def _head(model: Row, figures: Mapping[str, Any]) -> str:
    return (
        f"# {model['model']} {model['model_version']}\n\n"
        "Finds what changed between two aligned images of a field, and tells transients, supernovae, "
        "variable stars and asteroids from what only looks like them: a U-Net on science, reference, "
        "difference and significance with a mask for each kind, and a score for each object. Trained on "
        f"simulated scenes ({model['trained_on_simulated']} sets of them); the score of objects also on "
        f"{model['trained_on_injected']} real frames with sources put in. If not said otherwise figures are "
        f"of {figures['test_scenes']} simulated scenes ({figures['segmenter']['megapixels']:.1f} megapixels) "
        "that nothing was fitted on."
    )


def _completeness(figures: Mapping[str, Any]) -> str:
    finders = [figures[name] for name in ("segmenter", "thresholding", "thresholding_points")]
    rows = [
        (
            f"{row['low']:g} to {_upper(row['high'])}",
            row["count"],
            *(_interval(one) for one in (row, *others)),
        )
        for row, *others in zip(*(one["completeness"] for one in finders), strict=True)
    ]
    rows.append(("10 and more", "", *(_interval(one["completeness_from_10"]) for one in finders)))
    names = ("signal-to-noise ratio", "objects", "found (95 %)", "by thresholding", "of points alone")
    return (
        "## Objects found\n\nBeside a threshold on the significance of the difference, of all sources and of "
        "those that have the shape of a point, at the same rate of false objects:\n\n" + table(names, rows)
    )


def _false(figures: Mapping[str, Any]) -> str:
    ours = figures["segmenter"]
    causes = [(name.replace("_", " "), count) for name, count in ours["false_by_cause"].items()]
    rate = f"{_interval(ours['false_per_megapixel'])} false objects a megapixel"
    accepted = f"{figures['accepted_false_per_megapixel']:g} are accepted"
    told = "\n\n" + table(("what they are", "objects"), causes) if causes else ""
    return f"## False objects\n\n{rate}; {accepted}.{told}"


def _injected(figures: Mapping[str, Any]) -> list[str]:
    """Tell of real frames, if there were any to judge by."""
    found = figures.get("injected")
    if found is None:
        return []
    rows = [
        (f"{row['low']:g} to {_upper(row['high'])}", row["count"], _interval(row))
        for row in found["completeness"]
    ]
    rows.append(("10 and more", "", _interval(found["completeness_from_10"])))
    rate = _interval(found["false_per_megapixel"])
    return [
        f"## Real frames with sources put in\n\nOf {found['megapixels']:.1f} megapixels of pairs that "
        f"nothing was fitted on; {rate} false objects a megapixel, real changes among them.\n\n"
        + table(("signal-to-noise ratio", "put in", "found (95 %)"), rows)
    ]


def _kinds(figures: Mapping[str, Any]) -> str:
    ours, pixels = figures["segmenter"], figures["pixels"]
    found = ours["completeness_from_10_by_kind"]
    rows = [
        (
            kind.replace("_", " "),
            found[kind]["count"] if kind in found else "",
            _interval(found[kind]) if kind in found else "",
            number(pixels[f"iou_{kind}"]),
        )
        for kind in KINDS
    ]
    return (
        f"## Kinds\n\nOf the objects found from 10 on, {number(ours['kind_accuracy'])} are called by their "
        "kind.\n\n" + table(("kind", "objects from 10 on", "found (95 %)", "overlap of masks (IoU)"), rows)
    )


def _pixels(figures: Mapping[str, Any]) -> str:
    rows = [
        (name.replace("_", " "), number(value))
        for name, value in figures["pixels"].items()
        if not name.startswith("iou_")
    ]
    return "## Pixels that are wanted\n\n" + table(("figure", "value"), rows)


def _limits() -> str:
    return (
        "## Limits\n\nReal images have faults that nobody simulated, and what is found in them is found less "
        "surely: see the measurements for what is lost on real images with objects put in. What changes "
        "within the exposures of the reference is not seen. Frames have to show stars, by which they are "
        "laid upon each other. No human labels were used."
    )


def _upper(high: float | None) -> str:
    return "more" if high is None else f"{high:g}"


def _interval(value: Mapping[str, float | None]) -> str:
    if value["value"] is None:
        return "none"
    return f"{value['value']:.3f} ({number(value['from'])} to {number(value['to'])})"
