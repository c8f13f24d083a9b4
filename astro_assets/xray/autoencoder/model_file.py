"""The file of an autoencoder: an archive of a manifest, arrays and a graph, none of which runs when read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from astro_assets.learning.model_files import UNREADABLE, packed, unpacked
from astro_assets.xray.autoencoder.familiarity import MEASURES
from astro_assets.xray.autoencoder.preparation import BANDS_KEV, FEATURES, SUMMARIES, TIMES
from astro_assets.xray.autoencoder.settings import AutoencoderSettings

FORMAT: Final = "astro_assets X-ray autoencoder 1"
_MANIFEST, _GRAPH = "manifest.json", "encoder.onnx"
_WEIGHTS, _MEMORY = "weights.safetensors", "memory.safetensors"
#: More than any autoencoder of ours has: a small file may unpack to fill the memory.
_MOST_BYTES: Final = 5 * 10**8
Arrays = dict[str, NDArray[Any]]


class AutoencoderFileError(ValueError):
    """A file is no autoencoder, or one that this version cannot read."""


class Manifest(BaseModel):
    """What an autoencoder's file says of itself.

    Attributes
    ----------
    bands_kev, features, summaries, times
        Of what it reads, in order.
    settings
        Of the training.
    n_parameters
        Numbers that were fitted.
    constant_mean, constant_spread
        Of the sources' mean log-rates in each band, nats.
    constant_share
        Of usual sources that are as well told by a constant rate.
    measures, ranges
        What decides whether a curve is like those that p-values were calibrated on: names, and least and most
        of each among calibration sources, natural logarithms.
    interval_scale
        Factors on the logarithmic half-widths of intervals that make them hold what they promise: of each
        band, of sources that scatter little and of those that scatter much.
    sources
        Names of the known sources, in the order of the memory.
    curves
        How many curves each part of the split had.
    history
        The learning curve, epoch by epoch.
    metrics
        On curves that nothing was fitted on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str
    bands_kev: tuple[tuple[float, float], ...]
    features: tuple[str, ...]
    summaries: tuple[str, ...]
    times: tuple[str, ...]
    settings: AutoencoderSettings
    n_parameters: int = Field(ge=1)
    constant_mean: tuple[float, float, float]
    constant_spread: tuple[float, float, float]
    constant_share: float = Field(gt=0, lt=1)
    measures: tuple[str, ...]
    ranges: tuple[tuple[float, float], ...]
    interval_scale: tuple[tuple[float, float, float], tuple[float, float, float]]
    sources: tuple[str, ...]
    curves: dict[str, int]
    history: list[dict[str, float]]
    metrics: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Memory:
    """What scores and neighbours are compared with.

    Attributes
    ----------
    latent
        Of known sources, float32, (n, latent).
    clusters
        Of each known source, int64; -1 is in none.
    latent_scale
        By what latents are multiplied before distances are taken, float64, (latent,).
    places
        Of the first known sources on a map, float32, (m, 2).
    change_scores, surprise_scores, variability_scores
        Of calibration curves, of which nothing was fitted, float64.
    is_constant
        Which calibration curves are those of constant sources; all, if nothing is known of their kinds.
    """

    latent: NDArray[np.float32]
    clusters: NDArray[np.int64]
    latent_scale: NDArray[np.float64]
    places: NDArray[np.float32]
    change_scores: NDArray[np.float64]
    surprise_scores: NDArray[np.float64]
    variability_scores: NDArray[np.float64]
    is_constant: NDArray[np.bool_]

    def near(self, latent: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return latents, (..., latent), as points whose distances say how alike curves are."""
        return np.asarray(latent, np.float64) * self.latent_scale

    def arrays(self) -> Arrays:
        """Return the arrays by name."""
        return {one.name: np.ascontiguousarray(getattr(self, one.name)) for one in fields(self)}


#: What an autoencoder remembers that was compared with nothing yet.
NOTHING_KNOWN: Final = Memory(
    latent=np.zeros((0, 1), np.float32),
    clusters=np.zeros(0, np.int64),
    latent_scale=np.ones(1),
    places=np.zeros((0, 2), np.float32),
    change_scores=np.zeros(0),
    surprise_scores=np.zeros(0),
    variability_scores=np.zeros(0),
    is_constant=np.zeros(0, np.bool_),
)


def memory_of(arrays: Mapping[str, NDArray[Any]]) -> Memory:
    """Make a memory of its arrays.

    Raises
    ------
    ValueError
        If they do not belong together.
    """
    memory = Memory(
        latent=np.asarray(arrays["latent"], np.float32),
        clusters=np.asarray(arrays["clusters"], np.int64),
        latent_scale=np.asarray(arrays["latent_scale"], np.float64),
        places=np.asarray(arrays["places"], np.float32),
        change_scores=np.asarray(arrays["change_scores"], np.float64),
        surprise_scores=np.asarray(arrays["surprise_scores"], np.float64),
        variability_scores=np.asarray(arrays["variability_scores"], np.float64),
        is_constant=np.asarray(arrays["is_constant"], np.bool_),
    )
    sizes = {
        memory.change_scores.shape,
        memory.surprise_scores.shape,
        memory.variability_scores.shape,
        memory.is_constant.shape,
    }
    if memory.latent.ndim != 2 or memory.clusters.shape != memory.latent.shape[:1] or len(sizes) != 1:
        raise ValueError(f"a memory of latents {memory.latent.shape} and clusters {memory.clusters.shape}")
    if memory.latent_scale.shape != memory.latent.shape[1:]:
        raise ValueError(f"a scale of {memory.latent_scale.shape} for latents {memory.latent.shape}")
    if memory.places.ndim != 2 or memory.places.shape[1] != 2 or len(memory.places) > len(memory.latent):
        raise ValueError(f"a map of {memory.places.shape} for {len(memory.latent)} sources")
    return memory


def bytes_of(manifest: Manifest, weights: Arrays, memory: Memory, graph: bytes) -> bytes:
    """Return an autoencoder's file; equal ones give equal bytes."""
    from safetensors.numpy import save

    parts = {
        _MANIFEST: manifest.model_dump_json(indent=1).encode(),
        _WEIGHTS: save({name: np.ascontiguousarray(array) for name, array in weights.items()}),
        _MEMORY: save(memory.arrays()),
        _GRAPH: graph,
    }
    return packed(parts)


def contents_of(data: bytes) -> tuple[Manifest, Arrays, Memory, bytes]:
    """Read an autoencoder's file: manifest, weights, memory and graph.

    Raises
    ------
    AutoencoderFileError
        If it is none.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        entries = unpacked(data, _MOST_BYTES)
        told = json.loads(entries[_MANIFEST])
        if told["format"] != FORMAT:
            raise ValueError(f"it is of another form, {told['format']!r}: train it again")
        manifest = Manifest.model_validate(told)
        read = manifest.bands_kev, manifest.features, manifest.summaries, manifest.times, manifest.measures
        if read != (BANDS_KEV, FEATURES, SUMMARIES, TIMES, MEASURES):
            raise ValueError("it reads other features than this version makes: train it again")
        memory = memory_of(load(entries[_MEMORY]))
        if memory.latent.shape != (len(manifest.sources), manifest.settings.network.latent):
            raise ValueError(f"{len(manifest.sources)} sources with latents {memory.latent.shape}")
        return manifest, load(entries[_WEIGHTS]), memory, entries[_GRAPH]
    except (SafetensorError, *UNREADABLE) as error:
        raise AutoencoderFileError(f"this is no autoencoder that can be read: {error}"[:500]) from error
