"""What is said for and against a candidate: score, known signal, measures."""

from __future__ import annotations

from typing import Any, Final

from astro_assets.reports.contents import RowOf
from astro_assets.reports.links import Links
from astro_assets.reports.numbers import number, unit
from astro_assets.reports.rendering import LINE, NUMBER, link, plain, table
from astro_assets.reports.unusual import unusual
from astro_assets.transits.feature_tables import TRANSIT_FEATURES
from astro_assets.transits.scorer.classes import CLASSES
from astro_assets.transits.scorer_models import NAME as SCORER

_NOT_MEASURES: Final = ("candidate_id", "search_id", "target_id")


def score_shown(row: RowOf | None, links: Links) -> dict[str, Any] | None:
    """Return what a scorer says of a candidate, by its row of ``transit_scores``."""
    if row is None:
        return None
    inside = list(row["conformal_set"])
    words = [name.replace("_", " ") for name in inside]
    said = f"Planet or eclipsing binary with probability {number(row['planet_or_eb'], 3)}. "
    said += (
        f"It cannot be excluded that it is: {', '.join(words)}."
        if words
        else "No class is likely enough to be kept."
    )
    if row["abstain"]:
        said = f"The scorer abstains: {row['abstains_because']}. " + said
    origins = ", ".join(
        f"{number(row[f'trained_on_{origin}'])} {origin}"
        for origin in ("real", "injected", "simulated")
        if row[f"trained_on_{origin}"]
    )
    notes = [f"It was trained on {origins} events"]
    if row["is_trained_on"]:
        notes.append("this star among them: what is said is by the parts that were fitted without it")
    notes.append("worth the networks" if row["gate"] else "not worth the networks, say the trees")
    notes.append(f"unlike what it knows by {number(row['unlikeness'], 2)} of what is usual")
    return {
        "says": said,
        "classes": [
            {
                "name": name.replace("_", " "),
                "probability": f"{row[name]:.3f}",
                "percent": f"{100 * row[name]:.1f}",
                "inside": name in inside,
            }
            for name in CLASSES
        ],
        "model": link(f"{SCORER}@{row['model_version']}", links.model(SCORER, row["model_version"])),
        "notes": "; ".join(notes) + ".",
    }


def label_shown(row: RowOf | None) -> str | None:
    """Return which known signal a candidate is, by its row of ``labelled_candidates``."""
    if row is None or row["label"] is None:
        return None
    label = str(row["label"]).replace("_", " ")
    said = f"{plain(row['signal_entry'])} of {plain(row['signal_catalog'])}, {label}"
    if row["period_ratio"] not in (None, "1"):
        said += f"; the period here is {row['period_ratio']} of that there"
    return said + "."


def measures_shown(row: RowOf | None) -> dict[str, Any]:
    """Return a candidate's measures, those that are unusual first, by its row of ``transit_features``."""
    if row is None:
        return {"measures": None}
    found = unusual(row)
    columns = [column for column in TRANSIT_FEATURES.schema if column.name not in _NOT_MEASURES]
    odd = {finding.measure for finding in found}
    plural = "s are" if len(found) != 1 else " is"
    return {
        "unusual_lede": f"{len(found)} measure{plural} unusual for a planet. Nothing is decided by that.",
        "unusual": table(
            [("Measure", LINE), ("Value", NUMBER), ("Of planets", ""), ("What it may mean", "")],
            [(f.measure.replace("_", " "), number(f.value), f.usual, f.reason) for f in found],
        ),
        "measures": table(
            [("Measure", LINE), ("Value", NUMBER), ("", LINE), ("Meaning", "")],
            [
                (
                    ("▸ " if column.name in odd else "") + column.name.replace("_", " "),
                    number(row[column.name]),
                    unit(column.unit),
                    column.description,
                )
                for column in columns
            ],
        ),
    }
