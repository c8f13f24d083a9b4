"""A training with all that is said of it: figures, curves, audits, energy."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.learning.energy import measured_energy
from astro_assets.transits.scorer.auditing import leaks, shortcuts
from astro_assets.transits.scorer.examples import Examples
from astro_assets.transits.scorer.scorer_file import bytes_of
from astro_assets.transits.scorer.settings import ScorerSettings
from astro_assets.transits.scorer.stack import log_odds
from astro_assets.transits.scorer.training import Trained, train

_POINTS: Final = 200


def trained_with_report(
    examples: Examples, settings: ScorerSettings, folder: Path
) -> tuple[bytes, dict[str, Any]]:
    """Train a scorer: the bytes of its file, and everything measured of it, ready to be stored as JSON."""
    with measured_energy() as energy:
        trained = train(examples, settings, folder)
    labelled = np.flatnonzero(examples.is_labelled)
    audits = {
        "leaks": leaks(examples, trained.found),
        "shortcuts": shortcuts(examples, trained.found.judged),
        "shortcuts_in_training": shortcuts(examples, labelled),
    }
    report = {
        **trained.figures,
        "audits": audits,
        "energy": asdict(energy),
        "curves": _curves(examples, trained, settings),
    }
    plain: dict[str, Any] = _plain(report)
    return bytes_of(trained.scorer), plain


def _curves(examples: Examples, trained: Trained, settings: ScorerSettings) -> dict[str, Any]:
    """Return precision over recall and the ROC curve of the scorer and of what it is compared with."""
    from sklearn.metrics import precision_recall_curve, roc_curve

    rows, outputs = trained.found.judged, trained.outputs
    truth = examples.is_eclipse[rows]
    scores = {
        "scorer": log_odds(outputs.networks, outputs.trees, settings.tree_weight)[rows],
        "networks": outputs.networks[rows, -1],
        **{name: values[rows] for name, values in trained.found.baselines.items()},
    }
    if outputs.edge is not None:
        scores["edge"] = outputs.edge[rows, -1]
    curves = {}
    for name, score in scores.items():
        precision, recall, _ = precision_recall_curve(truth, score)
        false, true, _ = roc_curve(truth, score)
        curves[name] = {
            "recall": _thinned(recall),
            "precision": _thinned(precision),
            "false_positive_rate": _thinned(false),
            "true_positive_rate": _thinned(true),
        }
    return curves


def _thinned(values: NDArray[np.float64]) -> list[float]:
    at = np.unique(np.linspace(0, values.size - 1, _POINTS).round().astype(int))
    return [round(float(value), 5) for value in values[at]]


def _plain(value: Any) -> Any:
    """Return the same without NumPy's numbers, and without numbers that JSON does not have."""
    if isinstance(value, dict):
        return {str(key): _plain(of) for key, of in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(of) for of in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    return None if isinstance(value, float) and not np.isfinite(value) else value
