"""The model card: what a version of the autoencoder is, in Markdown, for whoever is to trust it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from astro_assets.learning.cards import energy_section, hashes_section, number, table

Row = Mapping[str, Any]


def model_card(model: Row, figures: Row) -> str:
    """Write the card of a version.

    Parameters
    ----------
    model
        Its row of ``ledger/models``.
    figures
        What its training reported, with ``curves`` of the file's manifest and ``energy``.
    """
    parts = [
        _head(model),
        _data(model, figures["curves"]),
        _figures(figures),
        _alarms(figures["alarms"]),
        _strata(figures["strata"]),
        _detection(figures["detection"]),
        _clusters(figures["clusters"]),
        _coverage(figures["coverage"]),
        _limits(),
        energy_section(figures["energy"]),
        hashes_section(model),
    ]
    return "\n\n".join(parts) + "\n"


def _head(model: Row) -> str:
    return (
        f"# {model['model']} {model['model_version']}\n\n"
        "Knows how X-ray sources usually vary: a recurrent variational autoencoder of light curves in three "
        "bands, of any length and spacing. From a curve it makes a latent, rates with intervals, the "
        "probability of its counts, and p-values: how often constant sources seem to vary as much, and how "
        "often usual ones look as strange. Counts are Poisson numbers of rates, exposure and background."
    )


def _data(model: Row, curves: Mapping[str, int]) -> str:
    names = {
        "fitted": "it is fitted to",
        "stopped_by": "its fit stops by",
        "judged": "it is judged on",
        "calibrated_on": "its p-values are calibrated on",
    }
    origins = ", ".join(f"{model[f'trained_on_{o}']} {o}" for o in ("real", "injected", "simulated"))
    rows = [(words, curves[name]) for name, words in names.items() if name in curves]
    return f"## Data\n\nSources by origin: {origins}.\n\n" + table(("sources that", "number"), rows)


def _figures(figures: Row) -> str:
    collapsed = "yes" if figures["is_collapsed"] else "no"
    rows = [
        ("nats a count", number(figures["nll_per_count"])),
        ("nats a bin", number(figures["nll_per_bin"])),
        ("latents in use", figures["active_units"]),
        ("latents of 0.1 nats and more", figures["informative_units"]),
        ("collapsed onto its prior", collapsed),
        ("draws of the latent that count", number(figures["effective_draws"])),
        ("better than all baselines at 40 bins and more", "yes" if figures["wins_long"] else "no"),
    ]
    return "## Figures of sources that it was not fitted to\n\n" + table(("figure", "value"), rows)


def _alarms(alarms: Mapping[str, Row]) -> str:
    rows = [
        (name, told["n"], rate["level"], " to ".join(number(max(rate[end], 0.0)) for end in ("low", "high")))
        for name, told in alarms.items()
        for rate in told["rates"]
    ]
    return (
        "## False alarms\n\nHow often test sources that do nothing unusual, of `p_constant` constant ones, "
        "have a p-value as low.\n\n" + table(("p-value", "sources", "level", "called strange"), rows)
    )


def _strata(strata: Sequence[Row]) -> str:
    if not strata:
        return "## Beside baselines\n\nThere were too few sources to compare."
    methods = [name for name, told in strata[0].items() if isinstance(told, Mapping)]
    rows = [
        [
            _bounds(one["bins"]),
            _bounds(one["counts_a_bin"]),
            one["n"],
            *(number(one[name]["value"]) for name in methods),
            one["best"],
        ]
        for one in strata
    ]
    return (
        "## Beside baselines\n\nMinus the log of the probability of all counts over their number, nats: the "
        "lower the better. Where the autoencoder is not the best, use what is.\n\n"
        + table(("bins", "counts a bin", "sources", *methods, "best"), rows)
    )


def _detection(detection: Mapping[str, Mapping[str, Row]]) -> str:
    rows = [
        (
            sort,
            method,
            int(area["n"]),
            number(area["value"]),
            f"{number(area['low'])} to {number(area['high'])}",
        )
        for method, by_sort in detection.items()
        for sort, area in by_sort.items()
    ]
    return (
        "## Changes of 5 sigma in constant sources\n\nHow well they are told from none: the area under the "
        "ROC curve, 0.5 by chance. The scan looks for a change of a constant rate "
        "in any bins in a row; summary statistics are eleven, by the distance to the fifth neighbour.\n\n"
        + table(("change", "by", "sources", "area", "95 %"), rows)
    )


def _clusters(clusters: Mapping[str, Row]) -> str:
    rows = [
        (name, int(told["clusters"]), number(told["in_none"]), number(told["information_on_kind"]))
        for name, told in clusters.items()
    ]
    return (
        "## Clusters by density\n\nOf sources that it was fitted to, in the latent and in summary "
        "statistics; how much they tell of the kind: adjusted mutual information, 0 by chance, at most "
        "1.\n\n" + table(("by", "clusters", "share in none", "information on kind"), rows)
    )


def _coverage(coverage: Row) -> str:
    return (
        "## Intervals of reconstructed rates\n\nShare of true rates of test sources inside of them, by kind. "
        "They are to hold 90 %, if not set otherwise, of all usual sources "
        "together, of each band and of those that scatter little and much.\n\n"
        + table(("kind", "inside"), [(kind, number(share)) for kind, share in coverage.items()])
    )


def _bounds(bounds: Sequence[float]) -> str:
    low, high = bounds
    return f"{low:g} and more" if high >= 1e8 else f"{low:g} to {high:g}"


def _limits() -> str:
    return (
        "## Limits\n\n"
        "- It knows simulated sources only: constant, of red noise, log-normal. What differs from them may "
        "be strange to it for the simulation's sake.\n"
        "- A change of 5 sigma stands out of constant sources. In those that vary by themselves it hardly "
        "does.\n"
        "- Curves unlike the simulated ones, brighter, harder or otherwise exposed, have no probability.\n"
        "- Curves without counts, rates alone, have a latent and neighbours, but no probability.\n"
        "- The background is fixed at its expectation: where its aperture is hardly larger than the "
        "source's, probabilities are too sure.\n"
        "- Rates are taken not to vary by themselves within a minute."
    )
