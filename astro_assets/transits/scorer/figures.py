"""By what a scorer is judged: every figure is of stars that no part of it was fitted on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.learning.calibration import expected_calibration_error, prior_shift_table, reliability
from astro_assets.learning.conformal import coverage_by_label_set
from astro_assets.learning.gate import bound_table, cross_fitted_gate
from astro_assets.learning.metrics import (
    average_precision,
    bootstrap_by_group,
    by_bins,
    classification_record,
    paired_difference_by_group,
    recall_at_precision,
    roc_auc,
)
from astro_assets.learning.splits import split_hash
from astro_assets.transits.scorer.classes import CLASSES
from astro_assets.transits.scorer.cross_validation import CrossValidation
from astro_assets.transits.scorer.examples import SCALARS, Examples
from astro_assets.transits.scorer.settings import ScorerSettings
from astro_assets.transits.scorer.stack import fit_stack, log_odds

Floats = NDArray[np.float64]
_SNR_EDGES: Final = (0.0, 7.0, 10.0, 20.0, 50.0, 1e9)
_N_RESPLITS: Final = 100
_N_HARDEST: Final = 12
#: Views of these that are kept, to be looked at.
_SHOWN_VIEWS: Final = ("global", "local")


@dataclass(frozen=True, slots=True)
class Outputs:
    """What the parts of a scorer say of held-out events.

    Attributes
    ----------
    networks
        Mean of the members, shape (n, 6).
    members
        Each alone, shape (members, n, 6).
    trees
        Shape (n,).
    edge
        Of the quantised students, shape (n, 6); None without any.
    """

    networks: NDArray[np.float32]
    members: NDArray[np.float32]
    trees: Floats
    edge: NDArray[np.float32] | None


def measured(
    examples: Examples, found: CrossValidation, outputs: Outputs, settings: ScorerSettings
) -> dict[str, Any]:
    """Measure a cross-validated scorer: plain numbers by name, ready to be stored as JSON."""
    rows = found.judged
    truth, stars = examples.is_eclipse[rows], [found.groups[row] for row in rows]
    odds = log_odds(outputs.networks, outputs.trees, settings.tree_weight)[rows]
    calibrated = held_out_probability(examples, found, outputs, settings)
    eclipse = calibrated[:, :2].sum(axis=1)
    rivals = {
        "networks": outputs.networks[rows, -1].astype(np.float64),
        "trees": outputs.trees[rows],
        **{name: values[rows] for name, values in found.baselines.items()},
    }
    figures: dict[str, Any] = {
        "counts": _counts(examples, found),
        "split": split_hash(stars, found.folds[rows]),
        # Which stars were judged, and as what: figures of others say nothing of these.
        "stars": split_hash(stars, truth.astype(np.int64)),
        "scorer": _judged(truth, odds, stars, settings.resamples),
        "rivals": {
            name: _judged(truth, values, stars, settings.resamples) for name, values in rivals.items()
        },
        "margins": {
            name: asdict(
                paired_difference_by_group(average_precision, truth, odds, values, stars, settings.resamples)
            )
            for name, values in rivals.items()
        },
        "without_networks": _without_networks(truth, rows, outputs, settings),
        "planets": _planets(examples, found, calibrated, settings),
        "by_snr": by_bins(average_precision, truth, odds, _snr(examples, rows), _SNR_EDGES),
        "record": classification_record(truth, eclipse, 0.5),
        "confusion": _confusion(examples, rows, calibrated),
        "calibration": {
            "ece": expected_calibration_error(eclipse, truth),
            "reliability": reliability(eclipse, truth, 10),
            "prior_shift": prior_shift_table(truth, eclipse),
        },
        "conformal": _conformal(examples, found, outputs.networks, outputs.trees, settings),
        "gate": {
            **asdict(
                cross_fitted_gate(outputs.trees[rows], truth, stars, found.folds[rows], settings.gate_missed)
            ),
            "bounds": bound_table(outputs.trees[rows], truth, stars),
        },
        "hardest": _hardest(examples, rows, eclipse),
        "learning": _learning(found),
    }
    if outputs.edge is not None:
        of_edge = outputs.edge[rows, -1].astype(np.float64)
        figures["edge"] = _judged(truth, of_edge, stars, settings.resamples)
    return figures


def held_out_probability(
    examples: Examples, found: CrossValidation, outputs: Outputs, settings: ScorerSettings
) -> Floats:
    """Return the probabilities of the classes of the judged events, each calibrated on the other folds."""
    rows = found.judged
    probability = np.zeros((rows.size, len(CLASSES)))
    for fold in range(settings.folds):
        inside = found.folds[rows] == fold
        others = rows[~inside]
        stack = fit_stack(
            outputs.networks[others],
            outputs.trees[others],
            examples.labels[others],
            tree_weight=settings.tree_weight,
            coverage=settings.conformal_coverage,
        )
        of_fold = rows[inside]
        probability[inside] = stack.probability(outputs.networks[of_fold], outputs.trees[of_fold])
    return probability


def _judged(truth: NDArray[np.bool_], score: Floats, stars: list[str], n_resamples: int) -> dict[str, Any]:
    return {
        "average_precision": asdict(bootstrap_by_group(average_precision, truth, score, stars, n_resamples)),
        "roc_auc": asdict(bootstrap_by_group(roc_auc, truth, score, stars, n_resamples)),
        "recall_at_precision_0.9": recall_at_precision(truth, score, 0.9),
        "recall_at_precision_0.99": recall_at_precision(truth, score, 0.99),
    }


def _without_networks(
    truth: NDArray[np.bool_], rows: NDArray[np.int64], outputs: Outputs, settings: ScorerSettings
) -> dict[str, Any]:
    """Tell what each seed's network adds to the trees."""
    alone = average_precision(truth, outputs.trees[rows])
    each = [
        average_precision(truth, log_odds(member[rows], outputs.trees[rows], settings.tree_weight))
        for member in outputs.members
    ]
    better = sum(value > alone for value in each)
    # Four of five, as a rule for any number of seeds.
    return {"trees": alone, "with_each": each, "n_better": better, "won_by_trees": better < 0.8 * len(each)}


def _planets(
    examples: Examples, found: CrossValidation, probability: Floats, settings: ScorerSettings
) -> dict[str, Any]:
    rows = found.judged
    truth = examples.labels[rows, 0] & (examples.labels[rows].sum(axis=1) == 1)
    if not truth.any() or truth.all():
        return {}
    stars = [found.groups[row] for row in rows]
    interval = bootstrap_by_group(average_precision, truth, probability[:, 0], stars, settings.resamples)
    return {"average_precision": asdict(interval), "base_rate": float(truth.mean()), "n": int(truth.sum())}


def _snr(examples: Examples, rows: NDArray[np.int64]) -> Floats:
    snr: Floats = 10 ** examples.scalars[rows, tuple(SCALARS).index("log10_snr")]
    return snr


def _counts(examples: Examples, found: CrossValidation) -> dict[str, Any]:
    labelled = np.flatnonzero(examples.is_labelled)
    of_judged = Counter(examples.strata[row] for row in found.judged)
    return {
        "events": len(examples),
        "labelled": int(labelled.size),
        "stars": len({examples.stars[row] for row in labelled}),
        "judged": int(found.judged.size),
        "judged_eclipses": int(examples.is_eclipse[found.judged].sum()),
        "by_disposition": dict(sorted(Counter(examples.strata[row] for row in labelled).items())),
        "judged_by_disposition": dict(sorted(of_judged.items())),
    }


def _confusion(
    examples: Examples, rows: NDArray[np.int64], probability: Floats
) -> dict[str, Mapping[str, int]]:
    likeliest = [CLASSES[at] for at in probability.argmax(axis=1)]
    strata = [examples.strata[row] for row in rows]
    return {
        name: {
            kind: sum(s == name and k == kind for s, k in zip(strata, likeliest, strict=True))
            for kind in CLASSES
        }
        for name in sorted(set(strata))
    }


def _conformal(
    examples: Examples,
    found: CrossValidation,
    networks: NDArray[np.float32],
    trees: Floats | None,
    settings: ScorerSettings,
) -> dict[str, Any]:
    """Measure what conformal sets cover: mean over resplits by star, half to calibrate, half to judge."""
    rows = found.judged
    names = sorted({found.groups[row] for row in rows})
    random = np.random.default_rng(settings.seed)
    covered: dict[str, list[float]] = {}
    sizes = []
    for _ in range(_N_RESPLITS):
        chosen = set(random.permutation(names)[: len(names) // 2])
        inside = np.array([found.groups[row] in chosen for row in rows])
        train, test = rows[inside], rows[~inside]
        if not 0 < examples.is_eclipse[train].mean() < 1:
            continue
        stack = fit_stack(
            networks[train],
            None if trees is None else trees[train],
            examples.labels[train],
            tree_weight=settings.tree_weight,
            coverage=settings.conformal_coverage,
        )
        sets = stack.sets(stack.probability(networks[test], None if trees is None else trees[test]))
        sizes.append(float(sets.sum(axis=1).mean()))
        for kinds, (coverage, _) in coverage_by_label_set(sets, examples.labels[test]).items():
            covered.setdefault(" or ".join(CLASSES[kind] for kind in kinds), []).append(coverage)
    coverage_by_kind = {name: float(np.mean(values)) for name, values in covered.items()}
    return {"coverage": coverage_by_kind, "mean_size": float(np.mean(sizes)) if sizes else None}


def _hardest(examples: Examples, rows: NDArray[np.int64], eclipse: Floats) -> list[dict[str, Any]]:
    """List the judged events whose label surprises most, as they looked to what was trained."""
    truth = examples.is_eclipse[rows]
    surprise = np.where(truth, 1 - eclipse, eclipse)
    return [
        {
            "event": examples.ids[rows[i]],
            "disposition": examples.strata[rows[i]],
            "is_eclipse": bool(truth[i]),
            "probability": float(eclipse[i]),
            "views": {name: _rounded(examples.views[name][rows[i]]) for name in _SHOWN_VIEWS},
        }
        for i in np.argsort(-surprise, kind="stable")[:_N_HARDEST]
    ]


def _rounded(view: NDArray[np.float32]) -> list[float]:
    return [round(float(value), 3) for value in view]


def _learning(found: CrossValidation) -> list[dict[str, float]]:
    """Average the histories of the networks that had stars to validate on, epoch by epoch."""
    histories = [members[0].history for members in found.members]
    longest = max(len(history) for history in histories)
    return [
        {
            name: float(np.mean([history[i][name] for history in histories if i < len(history)]))
            for name in ("loss", "validation_ap")
        }
        for i in range(longest)
    ]
