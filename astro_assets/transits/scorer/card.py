"""The model card: what a version of the scorer is, in Markdown, for whoever is to trust it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from astro_assets.learning.cards import energy_section, hashes_section, table

Row = Mapping[str, Any]


def model_card(model: Row, figures: Mapping[str, Any], n_reads: int) -> str:
    """Write the card of a version.

    Parameters
    ----------
    model
        Its row of ``ledger/models``.
    figures
        What its training reported.
    n_reads
        How many versions were judged on the same stars in the same folds, this one included.
    """
    parts = [
        _head(model),
        _data(model, figures, n_reads),
        _figures(figures),
        _rivals(figures),
        _calibration(figures),
        _gate(figures),
        _edge(figures),
        _limits(figures),
        _audits(figures),
        energy_section(figures["energy"]),
        hashes_section(model, split=figures["split"]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(model: Row) -> str:
    return (
        f"# {model['model']} {model['model_version']}\n\n"
        "Tells planets and eclipsing binaries from what looks like them, by folded light curves: "
        "convolutional networks and randomised trees whose log-odds are averaged and calibrated. All figures "
        "are of stars that no part was fitted on."
    )


def _data(model: Row, figures: Mapping[str, Any], n_reads: int) -> str:
    counts = figures["counts"]
    origins = ", ".join(f"{model[f'trained_on_{o}']} {o}" for o in ("real", "injected", "simulated"))
    kinds = sorted(set(counts["by_disposition"]) | set(counts["judged_by_disposition"]))
    rows = [(k, counts["by_disposition"].get(k, 0), counts["judged_by_disposition"].get(k, 0)) for k in kinds]
    return (
        f"## Data\n\n{counts['labelled']} labelled events of {counts['stars']} stars (rows by origin, those "
        f"without a label included: {origins}). Judged is the first labelled event of each star, of lists "
        f"that hold both eclipses and others: {counts['judged']}, of which {counts['judged_eclipses']} are "
        f"planets or binaries. Split `{figures['split']}`: folds by star and shared ephemeris; "
        f"these stars in these folds have judged {n_reads} version(s) so far.\n\n"
        + table(("disposition", "events", "judged"), rows)
    )


def _figures(figures: Mapping[str, Any]) -> str:
    scorer, record = figures["scorer"], figures["record"]
    rows = [
        ("average precision", _interval(scorer["average_precision"])),
        ("ROC AUC", _interval(scorer["roc_auc"])),
        ("recall at precision 0.9", f"{scorer['recall_at_precision_0.9']:.3f}"),
        ("recall at precision 0.99", f"{scorer['recall_at_precision_0.99']:.3f}"),
        *((name, f"{record[name]:.3f}") for name in ("accuracy", "precision", "recall", "f1", "mcc")),
    ]
    if figures["planets"]:
        planets = figures["planets"]
        text = f"{_interval(planets['average_precision'])} at a base rate of {planets['base_rate']:.3f}"
        rows.append((f"average precision, planets alone ({planets['n']})", text))
    bins = [
        (f"{row['low']:g} to {row['high']:g}", row["count"], row["positives"], _number(row["metric"]))
        for row in figures["by_snr"]
    ]
    return (
        "## Planet or binary against the rest\n\n"
        + table(("figure", "value (95 %, bootstrap over stars)"), rows)
        + "\n\n"
        + table(("signal-to-noise ratio", "events", "eclipses", "average precision"), bins)
    )


def _rivals(figures: Mapping[str, Any]) -> str:
    rows = [
        (
            name,
            _interval(values["average_precision"]),
            _interval(values["roc_auc"]),
            _interval(figures["margins"][name], sign=True),
        )
        for name, values in figures["rivals"].items()
    ]
    without = figures["without_networks"]
    verdict = "the trees won" if without["won_by_trees"] else "the networks are worth having"
    return (
        "## Beside others in the same folds\n\n"
        + table(("model", "average precision", "ROC AUC", "scorer's lead"), rows)
        + "\n\n`networks` and `trees` are the scorer's own parts. Of "
        f"{len(without['with_each'])} networks, one a seed, {without['n_better']} raise the average "
        f"precision of the trees ({without['trees']:.4f}): {verdict}."
    )


def _calibration(figures: Mapping[str, Any]) -> str:
    calibration, conformal = figures["calibration"], figures["conformal"]
    prior = [tuple(_number(value) for value in row.values()) for row in calibration["prior_shift"]]
    header = tuple(name.replace("_", " ") for name in calibration["prior_shift"][0])
    coverage = [(name, f"{value:.3f}") for name, value in conformal["coverage"].items()]
    size = conformal["mean_size"]
    return (
        f"## Calibration\n\nExpected calibration error (15 bins of equal mass): {calibration['ece']:.4f}. "
        "At other base rates, at a probability of 0.5 after correction:\n\n"
        + table(header, prior)
        + "\n\nConformal sets, coverage by label over 100 resplits by star"
        + ("" if size is None else f"; {size:.2f} classes in a set on average")
        + ":\n\n"
        + table(("label", "covered"), coverage)
    )


def _gate(figures: Mapping[str, Any]) -> str:
    gate = figures["gate"]
    rows = [(row["missed"], f"{row['bound']:.4f}", f"{row['fraction_passed']:.3f}") for row in gate["bounds"]]
    return (
        f"## Gate\n\nThe trees alone, before the networks: {gate['fraction_passed']:.3f} of the events pass, "
        f"{gate['empirical_missed']:.4f} of {gate['n_positives']} stars with eclipses are missed by "
        f"thresholds that other stars chose: at most {gate['bound']:.4f} with {gate['confidence']:.0%} "
        "confidence. Were so many missed:\n\n" + table(("missed", "certified bound", "fraction passed"), rows)
    )


def _edge(figures: Mapping[str, Any]) -> str:
    edge = figures.get("edge")
    if edge is None:
        return ""
    return (
        f"## Edge model\n\n{edge['bytes']} bytes of 8-bit integers, judged as quantised: average precision "
        f"{_interval(edge['average_precision'])}, ROC AUC {_interval(edge['roc_auc'])}."
    )


def _limits(figures: Mapping[str, Any]) -> str:
    hardest = [(row["event"], row["disposition"], f"{row['probability']:.3f}") for row in figures["hardest"]]
    return (
        "## Limits\n\nFolds of a light curve do not tell whose light it is, nor a planet from a small "
        "binary. Events of another mission, another detrending or another search may be unlike these; the "
        "scorer abstains where it notices. Probabilities hold at the base rate of the judged events. The "
        "labels that surprise it most:\n\n"
        + table(("event", "disposition", "probability of an eclipse"), hardest)
    )


def _audits(figures: Mapping[str, Any]) -> str:
    titles = {
        "leaks": "Leaks across folds",
        "shortcuts": "Shortcuts among the judged",
        "shortcuts_in_training": "Shortcuts among all that it was trained on",
    }
    lines = [
        f"- {title}: {'; '.join(figures['audits'][name]) or 'none found'}" for name, title in titles.items()
    ]
    parity = f"- Exported graphs differ from the networks by at most {figures['parity']:.1e}"
    return "## Audits\n\n" + "\n".join([*lines, parity])


def _interval(value: Mapping[str, float], *, sign: bool = False) -> str:
    form = "+.4f" if sign else ".4f"
    return f"{value['value']:{form}} ({value['low']:{form}} to {value['high']:{form}})"


def _number(value: Any) -> str:
    return "" if value is None else f"{value:.3f}" if isinstance(value, float) else str(value)
