"""The training of the classifier, from real triplets to its file and the figures to judge it by.

Labels are what was injected; no packet's own source is an example.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.real_bogus.backgrounds import Source
from astro_assets.images.real_bogus.classifier import (
    CAVEAT,
    FORMAT,
    Manifest,
    classifier_bytes,
    open_classifier,
)
from astro_assets.images.real_bogus.examples import REAL, Examples, make_examples
from astro_assets.images.real_bogus.preparation import prepared
from astro_assets.images.real_bogus.settings import ClassifierSettings, FitSettings
from astro_assets.learning.calibration import expected_calibration_error, fit_platt
from astro_assets.learning.metrics import (
    Metric,
    average_precision,
    bootstrap_by_group,
    by_bins,
    classification_record,
    recall_at_precision,
    roc_auc,
)
from astro_assets.learning.splits import grouped_folds, split_hash

#: Largest difference that the exported graph may make to any logit.
PARITY: Final = 1e-4
_SNR_EDGES: Final = (5.0, 7.0, 10.0, 20.0, 150.0)
_TEST, _CALIBRATION = 0, 1


class ParityError(RuntimeError):
    """The exported graph does not compute what the network does."""


def folds_of(groups: Sequence[str], settings: FitSettings) -> NDArray[np.int64]:
    """Return the fold of each row by its object: 0 is held out for the figures, 1 calibrates."""
    return grouped_folds(groups, ["all"] * len(groups), settings.folds, settings.seed)


def fit(sources: Sequence[Source], settings: ClassifierSettings) -> tuple[bytes, dict[str, Any]]:
    """Train a classifier on what is injected into real triplets, as `fit_examples` does.

    Parameters
    ----------
    sources
        Real triplets, their own sources included: these are taken out.

    Raises
    ------
    ValueError
        With fewer objects than folds.
    ParityError
        If what was exported computes something else.
    """
    return fit_examples(make_examples(sources, settings.examples), settings)


def fit_examples(examples: Examples, settings: FitSettings) -> tuple[bytes, dict[str, Any]]:
    """Train a classifier on labelled triplets.

    They are split by object, and flipped and turned only while the network trains. Equal examples and
    settings give equal bytes, on one kind of processor.

    Returns
    -------
    file
        To be opened with `classifier.open_classifier`.
    figures
        On the objects that were held out, of injected examples: plain JSON.

    Raises
    ------
    ValueError
        With fewer objects than folds.
    ParityError
        If what was exported computes something else.
    """
    from astro_assets.images.real_bogus.export import graph_of
    from astro_assets.images.real_bogus.fitting import fit_network, logits_of
    from astro_assets.images.real_bogus.network import MOST_PARAMETERS, n_parameters

    folds = folds_of(examples.groups, settings)
    images = prepared(examples.images)
    is_trained = folds > _CALIBRATION
    network = fit_network(images[is_trained], examples.is_real[is_trained], settings.network, settings.seed)
    if (n_weights := n_parameters(network)) > MOST_PARAMETERS:
        raise ValueError(f"the network has {n_weights} weights, {MOST_PARAMETERS} are allowed")
    logits = logits_of(network, images)
    is_calibrated = folds == _CALIBRATION
    platt = fit_platt(logits[is_calibrated], examples.is_real[is_calibrated])
    manifest = Manifest(
        format=FORMAT,
        slope=platt.slope,
        intercept=platt.intercept,
        n_parameters=n_weights,
        trained_on=dict(sorted(Counter(np.array(examples.kinds)[is_trained].tolist()).items())),
        objects=_counts(examples, folds),
        caveat=CAVEAT,
    )
    data = classifier_bytes(manifest, graph_of(network))
    is_held_out = folds == _TEST
    parity = float(np.abs(open_classifier(data).logits(images[is_held_out]) - logits[is_held_out]).max())
    if not parity < PARITY:
        raise ParityError(f"the exported graph differs by {parity:.1e}; {PARITY:.0e} is allowed")
    figures = {
        "caveat": CAVEAT,
        "split": split_hash(examples.groups, folds),
        "objects": manifest.objects,
        "n_parameters": n_weights,
        "bytes": len(data),
        "parity": parity,
        **_figures(examples, platt.apply(logits), is_held_out, settings),
    }
    return data, figures


def _counts(examples: Examples, folds: NDArray[np.int64]) -> dict[str, int]:
    names = {_TEST: "held out", _CALIBRATION: "calibration"}
    pairs = {
        (group, names.get(int(fold), "training")) for group, fold in zip(examples.groups, folds, strict=True)
    }
    return dict(sorted(Counter(name for _, name in pairs).items()))


def _figures(
    examples: Examples,
    probability: NDArray[np.float64],
    is_held_out: NDArray[np.bool_],
    settings: FitSettings,
) -> dict[str, Any]:
    """Judge the probabilities of held-out objects."""
    rows = np.flatnonzero(is_held_out)
    truth, score, kinds = examples.is_real[rows], probability[rows], np.array(examples.kinds)[rows]
    groups = [examples.groups[row] for row in rows]
    metrics: dict[str, Metric] = {
        "average_precision": average_precision,
        "roc_auc": roc_auc,
        "recall_at_precision_0.95": partial(recall_at_precision, precision=0.95),
    }
    found: dict[str, Any] = {"n_examples": len(rows), "n_real": int(truth.sum())}
    for name, metric in metrics.items():
        one = bootstrap_by_group(metric, truth, score, groups, settings.resamples, seed=settings.seed)
        found[name] = {"value": one.value, "low": one.low, "high": one.high}
    found["calibration_error"] = expected_calibration_error(score, truth)
    found["at_0.5"] = classification_record(truth, score, 0.5)
    found["false_alarms"] = {
        str(kind): float((score[kinds == kind] >= 0.5).mean()) for kind in np.unique(kinds) if kind != REAL
    }
    found["recall_by_snr"] = [
        {**one, "metric": None} | {"recall": _recall(score, examples.snr[rows], one["low"], one["high"])}
        for one in by_bins(average_precision, truth, score, examples.snr[rows], _SNR_EDGES)
    ]
    return found


def _recall(score: NDArray[np.float64], snr: NDArray[np.float64], low: float, high: float) -> float | None:
    inside = (snr >= low) & (snr <= high)
    return float((score[inside] >= 0.5).mean()) if inside.any() else None
