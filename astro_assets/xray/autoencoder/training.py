"""An autoencoder from light curves and settings: networks, calibration, known sources, file.

The order of these steps lives here; each of them is a module of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.autoencoder.alarms import alarms_of
from astro_assets.xray.autoencoder.model import TrainedAutoencoder, session_of
from astro_assets.xray.autoencoder.model_file import FORMAT, Manifest, Memory, bytes_of
from astro_assets.xray.autoencoder.preparation import BANDS_KEV, FEATURES, SUMMARIES, TIMES, prepare
from astro_assets.xray.autoencoder.scoring import Evidences, evidences_of, surprise_score
from astro_assets.xray.autoencoder.settings import PARITY, AutoencoderSettings
from astro_assets.xray.autoencoder.splits import TEST, TRAINING, VALIDATION, parts_of_sources
from astro_assets.xray.constant_rate import fit_constant_rate
from astro_assets.xray.light_curve import LightCurve

Arrays = dict[str, NDArray[Any]]
_log = logging.getLogger(__name__)
#: Known sources that are kept to be neighbours.
_MOST_KNOWN: Final = 5000
#: Kind of the calibration sources that the variability of others is compared with.
CONSTANT: Final = "constant"
#: Sources that Bayesian excess variance learns its population from.
_MOST_COMPARED: Final = 1000
#: Of the share of constant sources.
_TURNS: Final = 50
#: Test sources on which false alarms are counted; each takes some 60 ms.
_MOST_ALARMED: Final = 500
#: Sources after which a calibration tells how far it is.
_TOLD: Final = 100
#: With fewer latents in use a model has collapsed onto its prior.
_COLLAPSED: Final = 2


@dataclass(frozen=True, slots=True)
class Source:
    """A named source and its light curve; the kind, where it is known, is only judged by."""

    name: str
    curve: LightCurve
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A finished training.

    Parameters
    ----------
    file
        What :func:`open_autoencoder` opens.
    metrics
        ``nll_per_count`` and ``nll_per_bin`` of test sources, ``active_units``, ``is_collapsed``,
        ``divergence``, ``effective_draws``; ``strata``, in which it is compared with a constant rate and
        Bayesian excess variance, and ``wins_long``, whether it is better than both at 40 bins and more;
        ``alarms``, how often test sources are called strange.
    history
        The learning curve.
    curves
        How many sources it was fitted to, stopped by, judged and calibrated on.
    """

    file: bytes
    metrics: dict[str, Any]
    history: list[dict[str, float]]
    curves: dict[str, int]


class ParityError(RuntimeError):
    """The exported encoder does not compute what the network does."""


def fit(
    usual: Sequence[Source],
    calibration: Sequence[Source],
    settings: AutoencoderSettings,
    folder: Path | None = None,
) -> Fitted:
    """Train an autoencoder on usual sources and calibrate it on others.

    The same to the bit for the same curves, settings and instruction set.

    Parameters
    ----------
    usual
        Sources whose behaviour is to be known; split by name into 85 % to fit, 5 % to stop by, 10 % to judge.
    calibration
        Further ones, drawn as the usual ones are, that p-values are calibrated on.
    folder
        Where the state of the training is kept after each epoch; what is there is taken up.

    Raises
    ------
    ParityError
        If the exported encoder does not do what the network does.
    ResumeError
        If the folder holds the state of another training.
    ValueError
        If there is nothing to fit to, to stop by, to judge or to calibrate on.
    """
    from astro_assets.xray.autoencoder.fitting import fit_network

    part = parts_of_sources([source.name for source in usual], settings.seed)
    split = [[source for source, one in zip(usual, part, strict=True) if one == at] for at in range(3)]
    if not all(split) or not calibration:
        sizes = [len(one) for one in split]
        raise ValueError(f"{sizes} sources to fit to, stop by and judge, {len(calibration)} to calibrate on")
    weights, history = fit_network(
        [source.curve for source in split[TRAINING]],
        [source.curve for source in split[VALIDATION]],
        settings,
        folder,
    )
    counts = {name: len(split[at]) for name, at in (("fitted", 0), ("stopped_by", 1), ("judged", 2))}
    return finished(settings, weights, history, split[TRAINING], split[TEST], calibration, counts)


def finished(
    settings: AutoencoderSettings,
    weights: Arrays,
    history: list[dict[str, float]],
    known: Sequence[Source],
    test: Sequence[Source],
    calibration: Sequence[Source],
    counts: dict[str, int],
) -> Fitted:
    """Make an autoencoder of fitted weights: export, calibrate, remember, judge."""
    from astro_assets.xray.autoencoder.clusters import clusters_of
    from astro_assets.xray.autoencoder.export import graph_of

    graph = graph_of(weights, settings.network)
    _refuse_other(settings, weights, graph, test)
    kept = list(known[:_MOST_KNOWN])
    curves = {**counts, "calibrated_on": len(calibration)}
    constant = fit_constant_rate([prepare(source.curve) for source in known])

    def manifest(metrics: dict[str, Any], constant_share: float) -> Manifest:
        return Manifest(
            format=FORMAT,
            bands_kev=BANDS_KEV,
            features=FEATURES,
            summaries=SUMMARIES,
            times=TIMES,
            settings=settings,
            n_parameters=sum(value.size for value in weights.values()),
            constant_mean=tuple(constant.mean),
            constant_spread=tuple(constant.spread),
            constant_share=constant_share,
            sources=tuple(source.name for source in kept),
            curves=curves,
            history=history,
            metrics=metrics,
        )

    none = np.zeros(0)
    nothing = Memory(np.zeros((0, 1), np.float32), np.zeros(0, np.int64), none, none, none, none > 0)
    model = TrainedAutoencoder(manifest({}, 0.5), weights, nothing, graph)
    found = []
    for number, source in enumerate(calibration):
        if number % _TOLD == 0:
            _log.info("calibration source %d of %d", number, len(calibration))
        found.append(_raw_scores(model, source.curve))
    share = constant_share([one for one, _ in found])
    latent = np.array([model.encode(prepare(source.curve))[0] for source in kept], np.float32)
    memory = Memory(
        latent=latent,
        clusters=clusters_of(latent, settings.scoring.clusters_of),
        change_scores=np.array([one.change_score(share) for one, _ in found]),
        surprise_scores=np.array([surprise for _, surprise in found]),
        variability_scores=np.array([one.variability_score() for one, _ in found]),
        is_constant=_are_constant(calibration),
    )
    _log.info("judging on %d curves", len(test))
    metrics = _judged(model, test, latent) | _compared(model, test, known)
    alarmed = test[:_MOST_ALARMED]
    calibrated = TrainedAutoencoder(manifest({}, share), weights, memory, graph)
    is_constant = np.array([source.kind in {CONSTANT, ""} for source in alarmed])
    metrics["alarms"] = alarms_of(calibrated, [source.curve for source in alarmed], is_constant)
    return Fitted(bytes_of(manifest(metrics, share), weights, memory, graph), metrics, history, curves)


def constant_share(evidences: Sequence[Evidences]) -> float:
    """Return the likeliest share of sources at a constant rate among those with such evidences."""
    share = 0.5
    ratio = np.array([one.constant - one.usual for one in evidences]).clip(-500, 500)
    for _ in range(_TURNS):
        share = float((1 / (1 + (1 - share) / share * np.exp(-ratio))).mean())
        share = min(max(share, 0.01), 0.99)
    return share


def _are_constant(sources: Sequence[Source]) -> NDArray[np.bool_]:
    """Say which sources are known to be constant; all, if none is."""
    found = np.array([source.kind == CONSTANT for source in sources])
    return found if found.any() else np.ones_like(found)


def _raw_scores(model: TrainedAutoencoder, curve: LightCurve) -> tuple[Evidences, float]:
    prepared = prepare(curve)
    posterior = model.posterior(prepared)
    evidences = evidences_of(model, curve, prepared, posterior)
    return evidences, surprise_score(model, prepared, posterior)


def _judged(model: TrainedAutoencoder, test: Sequence[Source], latent: NDArray[np.float32]) -> dict[str, Any]:
    from astro_assets.xray.autoencoder.usage import usage_of

    evidence = counts = bins = draws = 0.0
    divergences = []
    for source in test:
        prepared = prepare(source.curve)
        posterior = model.posterior(prepared)
        evidence += posterior.log_evidence
        counts += float(prepared.counts.sum())
        bins += float(prepared.is_known.any(axis=1).sum())
        draws += posterior.effective_draws
        mean, log_variance = posterior.mean, posterior.log_variance
        divergences.append(0.5 * (np.square(mean) + np.exp(log_variance) - 1 - log_variance))
    usage = usage_of(latent.astype(np.float64), np.array(divergences))
    return {
        "nll_per_count": -evidence / max(counts, 1.0),
        "nll_per_bin": -evidence / bins,
        "effective_draws": draws / len(test),
        "active_units": usage.active_units,
        "is_collapsed": usage.active_units < _COLLAPSED,
        "divergence": usage.divergence,
    }


def _compared(model: TrainedAutoencoder, test: Sequence[Source], known: Sequence[Source]) -> dict[str, Any]:
    """Compare with baselines that are fitted to the same sources; networks are another training."""
    from astro_assets.xray.baselines.excess_variance import fit_excess_variance
    from astro_assets.xray.comparison import (
        CONSTANT_RATE,
        EXCESS_VARIANCE,
        OURS,
        Method,
        compared,
        wins_long,
    )

    methods: dict[str, Method] = {
        OURS: model,
        CONSTANT_RATE: model.constant,
        EXCESS_VARIANCE: fit_excess_variance([prepare(one.curve) for one in known[:_MOST_COMPARED]]),
    }
    strata = compared(methods, [prepare(one.curve) for one in test])
    return {"strata": strata, "wins_long": wins_long(strata)}


def _refuse_other(
    settings: AutoencoderSettings, weights: Arrays, graph: bytes, test: Sequence[Source]
) -> None:
    """See that onnxruntime gives what torch gives, on some curves."""
    import torch

    from astro_assets.xray.autoencoder.batches import batch_of
    from astro_assets.xray.autoencoder.network import network_of

    network, session = network_of(settings.network, weights), session_of(graph)
    curves = [prepare(source.curve) for source in test[:8]]
    batch = batch_of(curves)
    with torch.no_grad():
        expected = [value.numpy() for value in network.encoder(batch.features, batch.summary, batch.lengths)]
    for row, curve in enumerate(curves):
        found = session.run(None, {"features": curve.features[None], "summary": curve.summary[None]})
        for one, other in zip(found, expected, strict=True):
            difference = float(np.abs(one[0] - other[row]).max())
            if not difference < PARITY:
                raise ParityError(f"the encoder's graph differs by {difference:.1e}; {PARITY:.0e} is allowed")
