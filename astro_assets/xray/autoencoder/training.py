"""An autoencoder from light curves and settings: networks, calibration, known sources, file.

The order of these steps lives here; each of them is a module of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.autoencoder.clusters import clusters_of
from astro_assets.xray.autoencoder.export import graph_of
from astro_assets.xray.autoencoder.familiarity import MEASURES, ranges_of
from astro_assets.xray.autoencoder.intervals import interval_scale
from astro_assets.xray.autoencoder.judgement import judged
from astro_assets.xray.autoencoder.known_map import MOST_MAPPED, map_of
from astro_assets.xray.autoencoder.model import TrainedAutoencoder, session_of
from astro_assets.xray.autoencoder.model_file import FORMAT, NOTHING_KNOWN, Manifest, Memory, bytes_of
from astro_assets.xray.autoencoder.preparation import BANDS_KEV, FEATURES, SUMMARIES, TIMES, prepare
from astro_assets.xray.autoencoder.reconstruction import UNSTRETCHED
from astro_assets.xray.autoencoder.scoring import Evidences, evidences_of, surprise_score
from astro_assets.xray.autoencoder.settings import PARITY, AutoencoderSettings
from astro_assets.xray.autoencoder.source import CONSTANT, Source
from astro_assets.xray.autoencoder.splits import TEST, TRAINING, VALIDATION, parts_of_sources
from astro_assets.xray.autoencoder.usage import latent_scale
from astro_assets.xray.comparison import SET_NETWORK, Method
from astro_assets.xray.constant_rate import fit_constant_rate

Arrays = dict[str, NDArray[Any]]
_log = logging.getLogger(__name__)
#: Known sources that are kept to be neighbours.
_MOST_KNOWN: Final = 5000
#: Calibration sources that tell how far intervals are stretched.
_MOST_STRETCHED: Final = 500
#: Of the share of constant sources.
_TURNS: Final = 50
_LEAST_SHARE: Final = 0.01
#: Sources after which a calibration tells how far it is.
_TOLD: Final = 100


@dataclass(frozen=True, slots=True)
class Parts:
    """The sources of a training, by what each part is for."""

    known: Sequence[Source]
    stopped_by: Sequence[Source]
    test: Sequence[Source]
    calibration: Sequence[Source]

    def counts(self) -> dict[str, int]:
        """Return how many sources each part has, as the file tells it."""
        return {
            "fitted": len(self.known),
            "stopped_by": len(self.stopped_by),
            "judged": len(self.test),
            "calibrated_on": len(self.calibration),
        }


@dataclass(frozen=True, slots=True)
class Fitted:
    """A finished training.

    Parameters
    ----------
    file
        What :func:`open_autoencoder` opens.
    metrics
        Of test sources; see :func:`astro_assets.xray.autoencoder.judgement.judged`.
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
        Where the states of the trainings are kept after each epoch; what is there is taken up.

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
    from astro_assets.xray.baselines.set_network import fit_set_network

    parts = _parts(usual, calibration, settings.seed)
    shown = [source.curve for source in parts.known]
    held_out = [source.curve for source in parts.stopped_by]
    weights, history = fit_network(shown, held_out, settings, folder)
    networks: dict[str, Method] = {}
    if settings.has_set_network:
        _log.info("fitting the network without recurrence that it is compared with")
        of_set = None if folder is None else folder / "set_network"
        networks[SET_NETWORK] = fit_set_network(shown, held_out, settings, of_set)
    return finished(settings, weights, history, parts, networks)


def _parts(usual: Sequence[Source], calibration: Sequence[Source], seed: int) -> Parts:
    part = parts_of_sources([source.name for source in usual], seed)
    split = [[source for source, one in zip(usual, part, strict=True) if one == at] for at in range(3)]
    if not all(split) or not calibration:
        sizes = [len(one) for one in split]
        raise ValueError(f"{sizes} sources to fit to, stop by and judge, {len(calibration)} to calibrate on")
    return Parts(split[TRAINING], split[VALIDATION], split[TEST], calibration)


def finished(
    settings: AutoencoderSettings,
    weights: Arrays,
    history: list[dict[str, float]],
    parts: Parts,
    networks: Mapping[str, Method],
) -> Fitted:
    """Make an autoencoder of fitted weights: export, calibrate, remember, judge.

    Parameters
    ----------
    networks
        What it is compared with, beside the baselines that are fitted here, by name.
    """
    graph = graph_of(weights, settings.network)
    _refuse_other(settings, weights, graph, parts.test)
    kept = parts.known[:_MOST_KNOWN]
    constant = fit_constant_rate([prepare(source.curve) for source in parts.known])
    unjudged = Manifest(
        format=FORMAT,
        bands_kev=BANDS_KEV,
        features=FEATURES,
        summaries=SUMMARIES,
        times=TIMES,
        settings=settings,
        n_parameters=sum(value.size for value in weights.values()),
        constant_mean=tuple(constant.mean),
        constant_spread=tuple(constant.spread),
        constant_share=0.5,
        measures=MEASURES,
        ranges=ranges_of([source.curve for source in parts.calibration]),
        interval_scale=UNSTRETCHED,
        sources=tuple(source.name for source in kept),
        curves=parts.counts(),
        history=history,
        metrics={},
    )
    model = TrainedAutoencoder(unjudged, weights, NOTHING_KNOWN, graph)
    evidences, surprises = _raw_scores(model, parts.calibration)
    share = constant_share(parts.calibration, evidences)
    _log.info("stretching intervals")
    scale = interval_scale(model, parts.calibration[:_MOST_STRETCHED])
    encoded = [model.encode(prepare(source.curve)) for source in kept]
    latent = np.array([mean for mean, _ in encoded], np.float32)
    scale_of_latent = latent_scale(latent, np.array([log_variance for _, log_variance in encoded]))
    near = latent * scale_of_latent
    memory = Memory(
        latent=latent,
        clusters=clusters_of(near, settings.scoring.clusters_of),
        latent_scale=scale_of_latent,
        places=map_of(near[:MOST_MAPPED], settings.seed),
        change_scores=np.array([one.change_score(share) for one in evidences]),
        surprise_scores=surprises,
        variability_scores=np.array([one.variability_score() for one in evidences]),
        is_constant=_are_constant(parts.calibration),
    )
    calibrated = unjudged.model_copy(update={"constant_share": share, "interval_scale": scale})
    _log.info("judging on %d sources", len(parts.test))
    metrics = judged(
        TrainedAutoencoder(calibrated, weights, memory, graph), parts.known, parts.test, networks
    )
    metrics["latent_scale"] = scale_of_latent.tolist()
    metrics["simulation"] = settings.simulation.model_dump(mode="json")
    manifest = calibrated.model_copy(update={"metrics": metrics})
    return Fitted(bytes_of(manifest, weights, memory, graph), metrics, history, parts.counts())


def constant_share(sources: Sequence[Source], evidences: Sequence[Evidences]) -> float:
    """Return the share of sources at a constant rate: as their kinds say, or the likeliest by evidences."""
    if any(source.kind for source in sources):
        known = sum(source.kind == CONSTANT for source in sources) / len(sources)
        return min(max(known, _LEAST_SHARE), 1 - _LEAST_SHARE)
    share = 0.5
    ratio = np.array([one.constant - one.usual for one in evidences]).clip(-500, 500)
    for _ in range(_TURNS):
        share = float((1 / (1 + (1 - share) / share * np.exp(-ratio))).mean())
        share = min(max(share, _LEAST_SHARE), 1 - _LEAST_SHARE)
    return share


def _are_constant(sources: Sequence[Source]) -> NDArray[np.bool_]:
    """Say which sources are known to be constant; all, if none is."""
    found = np.array([source.kind == CONSTANT for source in sources])
    return found if found.any() else np.ones_like(found)


def _raw_scores(
    model: TrainedAutoencoder, sources: Sequence[Source]
) -> tuple[list[Evidences], NDArray[np.float64]]:
    evidences, surprises = [], []
    for number, source in enumerate(sources):
        if number % _TOLD == 0:
            _log.info("calibration source %d of %d", number, len(sources))
        prepared = prepare(source.curve)
        posterior = model.posterior(prepared)
        evidences.append(evidences_of(model, source.curve, prepared, posterior))
        surprises.append(surprise_score(model, prepared, posterior))
    return evidences, np.array(surprises)


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
