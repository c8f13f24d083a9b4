"""What an autoencoder is told by on sources that nothing was fitted to: beside baselines, and by itself.

Networks are fitted elsewhere; the cheap baselines are fitted here to the same sources.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.anomalies import Anomaly, changed
from astro_assets.xray.autoencoder.alarms import alarms_of
from astro_assets.xray.autoencoder.changes import constant_change
from astro_assets.xray.autoencoder.clusters import clusters_of
from astro_assets.xray.autoencoder.intervals import coverage
from astro_assets.xray.autoencoder.model import TrainedAutoencoder
from astro_assets.xray.autoencoder.preparation import prepare
from astro_assets.xray.autoencoder.scoring import score
from astro_assets.xray.autoencoder.source import CONSTANT, Source
from astro_assets.xray.autoencoder.usage import INFORMATIVE, divergences, usage_of
from astro_assets.xray.baselines.excess_variance import fit_excess_variance
from astro_assets.xray.baselines.summary_statistics import KnownStatistics, fit_statistics, statistics_table
from astro_assets.xray.baselines.visit_variance import fit_visit_variance
from astro_assets.xray.comparison import (
    CONSTANT_RATE,
    EXCESS_VARIANCE,
    OURS,
    SCAN,
    STATISTICS,
    VISIT_VARIANCE,
    Method,
    compared,
    wins_long,
)
from astro_assets.xray.judging import detection
from astro_assets.xray.light_curve import LightCurve

#: Sources that summary statistics learn from, and excess variance, which takes 50 ms of each.
_MOST_LEARNED, _MOST_COUNTED = 1000, 500
#: Test sources on which methods are compared.
_MOST_COMPARED: Final = 1200
#: Those that the scatter of visits is learned from.
_MOST_GRIDDED: Final = 300
#: Test sources that are scored; each takes some 60 ms.
_MOST_SCORED: Final = 500
#: Test sources whose rates are reconstructed.
_MOST_COVERED: Final = 300
#: Anomalies of each sort, and how many sigma they have in the counts.
_MOST_CHANGED: Final = 100
SIGMA: Final = 5.0
#: With fewer latents in use a model has collapsed onto its prior.
_COLLAPSED: Final = 2


def judged(
    model: TrainedAutoencoder, known: Sequence[Source], test: Sequence[Source], networks: Mapping[str, Method]
) -> dict[str, Any]:
    """Judge a calibrated autoencoder.

    Parameters
    ----------
    known
        What it was fitted to.
    test
        What nothing was fitted to.
    networks
        Other networks that were fitted to the same sources, by name.

    Returns
    -------
    dict
        ``nll_per_count``, ``nll_per_bin``, ``effective_draws``; ``active_units``, ``informative_units``,
        ``is_collapsed`` and ``divergence``; ``strata``, in which it is compared with baselines, and
        ``wins_long``, whether it is better than all of them at 40 bins and more; ``alarms``, how often usual
        sources are called strange; ``detection`` of changes; ``clusters``; ``coverage`` of its intervals by
        kind.
    """
    statistics = fit_statistics(
        statistics_table([prepare(one.curve) for one in known[:_MOST_LEARNED]]),
        model.manifest.settings.scoring.clusters_of,
    )
    methods: dict[str, Method] = {
        OURS: model,
        **networks,
        CONSTANT_RATE: model.constant,
        EXCESS_VARIANCE: fit_excess_variance([prepare(one.curve) for one in known[:_MOST_COUNTED]]),
        VISIT_VARIANCE: fit_visit_variance([prepare(one.curve) for one in known[:_MOST_GRIDDED]]),
    }
    strata = compared(methods, [prepare(one.curve) for one in test[:_MOST_COMPARED]])
    some = test[:_MOST_SCORED]
    return {
        **_of_curves(model, test),
        "strata": strata,
        "wins_long": wins_long(strata),
        "alarms": alarms_of(
            model, [one.curve for one in some], np.array([one.may_be_constant for one in some])
        ),
        "detection": detections(model, statistics, some),
        "clusters": _clusters(model, statistics, known),
        "coverage": coverage(model, test[:_MOST_COVERED]),
    }


def _of_curves(model: TrainedAutoencoder, test: Sequence[Source]) -> dict[str, Any]:
    evidence = counts = bins = draws = 0.0
    means, log_variances = [], []
    for source in test:
        prepared = prepare(source.curve)
        posterior = model.posterior(prepared)
        evidence += posterior.log_evidence
        counts += float(prepared.counts.sum())
        bins += float(prepared.is_known.any(axis=1).sum())
        draws += posterior.effective_draws
        means.append(posterior.mean)
        log_variances.append(posterior.log_variance)
    usage = usage_of(np.array(means), divergences(np.array(means), np.array(log_variances)))
    informative = sum(one >= INFORMATIVE for one in usage.divergence)
    return {
        "nll_per_count": -evidence / max(counts, 1.0),
        "nll_per_bin": -evidence / bins,
        "effective_draws": draws / len(test),
        "active_units": usage.active_units,
        "informative_units": informative,
        "is_collapsed": usage.active_units < _COLLAPSED,
        "divergence": usage.divergence,
    }


def detections(
    model: TrainedAutoencoder, statistics: KnownStatistics, sources: Sequence[Source]
) -> dict[str, dict[str, dict[str, float]]]:
    """Return how well changes of 5 sigma in constant sources are told from none: areas under ROC curves.

    The same sources with a change and without are compared.

    Parameters
    ----------
    statistics
        What the autoencoder's variability score is compared with, beside a scan for changes of a constant
        rate, which needs no network.
    sources
        Of which those of a constant, known rate are taken.

    Returns
    -------
    dict
        By method and sort of change ``value``, ``low``, ``high`` and ``n``; no sort without such sources.
    """
    hosts = [one for one in sources if one.kind == CONSTANT and one.rate is not None]
    rng = np.random.default_rng(model.manifest.settings.seed)
    pairs = {str(anomaly): _with_changes(hosts, anomaly, rng) for anomaly in Anomaly}
    scores: dict[str, Callable[[LightCurve], float]] = {
        OURS: lambda curve: score(model, curve).variability_score,
        SCAN: lambda curve: constant_change(prepare(curve)),
        STATISTICS: lambda curve: float(statistics.strangeness(statistics_table([prepare(curve)]))[0]),
    }
    return {
        name: {
            sort: detection(_scored(of, [one for one, _ in some]), _scored(of, [one for _, one in some]))
            for sort, some in pairs.items()
            if some
        }
        for name, of in scores.items()
    }


def _scored(of: Callable[[LightCurve], float], curves: Sequence[LightCurve]) -> NDArray[np.float64]:
    return np.array([of(curve) for curve in curves])


def _with_changes(
    hosts: Sequence[Source], anomaly: Anomaly, rng: np.random.Generator
) -> list[tuple[LightCurve, LightCurve]]:
    """Put a change into each source that has a place for one, until there are enough; return both curves."""
    pairs: list[tuple[LightCurve, LightCurve]] = []
    for host in hosts:
        if host.rate is None or host.background_rate is None or len(pairs) == _MOST_CHANGED:
            continue
        found = changed(host.curve, host.rate, host.background_rate, anomaly, SIGMA, rng)
        if found is not None:
            pairs.append((host.curve, found.light_curve))
    return pairs


def _clusters(
    model: TrainedAutoencoder, statistics: KnownStatistics, known: Sequence[Source]
) -> dict[str, dict[str, float]]:
    """Compare clusters by density, in the latent and in summary statistics, with kinds of the sources."""
    from sklearn.metrics import adjusted_mutual_info_score

    n = len(statistics.points)
    kinds = [one.kind for one in known[:n]]
    at_least = model.manifest.settings.scoring.clusters_of
    labels = {
        OURS: clusters_of(model.memory.near(model.memory.latent[:n]), at_least),
        STATISTICS: statistics.clusters,
    }
    return {
        name: {
            "clusters": float(found.max(initial=-1) + 1),
            "in_none": float((found < 0).mean()),
            "information_on_kind": float(adjusted_mutual_info_score(kinds, found)),
        }
        for name, found in labels.items()
    }
