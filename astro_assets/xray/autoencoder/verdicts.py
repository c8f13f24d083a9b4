"""All that is said of a light curve by an autoencoder and by excess variance, or why it cannot be said.

What is known is decided here; how each figure comes about is in `scoring` and in `variability`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.autoencoder.familiarity import why_unfamiliar
from astro_assets.xray.autoencoder.model import TrainedAutoencoder
from astro_assets.xray.autoencoder.preparation import BANDS_KEV, PreparationError, Prepared, prepare, slots_of
from astro_assets.xray.autoencoder.reconstruction import reconstruct
from astro_assets.xray.autoencoder.scoring import Scored, cluster_of, latent_alone, neighbours, score
from astro_assets.xray.comparison import best_at
from astro_assets.xray.light_curve import LightCurve
from astro_assets.xray.variability import Variability, variability_of

#: Bins with counts that a curve must have: the shortest that are simulated have six visits, some lost.
LEAST_BINS: Final = 5
#: By which share the ends of a band may be others than the model's.
_BAND_TOLERANCE: Final = 0.1
_COUNT_RATE: Final = "ct / s"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is said of a light curve.

    Parameters
    ----------
    not_scored
        Why there is no probability of its counts; None if there is.
    scored
        What the autoencoder says. Without probabilities it has a latent only; None if it cannot be read.
    neighbours
        Names and distances of the known sources that are nearest in the latent.
    cluster
        Of the nearest one; -1 if it is in none.
    best_method
        What explained test sources of this length and brightness best; None where that was not judged.
    change_start_s, change_end_s
        Where the best change begins and ends, on the curve's clock; None without one.
    variability
        Constant, log-normal or red by excess variance.
    no_verdict
        Why that is not known.
    reconstruction
        ``time_s`` of the bins with exposure, and of each band with its number from 0 ``rate``, ``rate_low``
        and ``rate_high``, (n,): the source's rates as its counts tell them, with their interval.
    """

    not_scored: str | None
    scored: Scored | None
    neighbours: tuple[tuple[str, float], ...]
    cluster: int | None
    best_method: str | None
    change_start_s: float | None
    change_end_s: float | None
    variability: Variability | None
    no_verdict: str | None
    reconstruction: dict[str, NDArray[np.float64]] | None = None


def verdict_of(model: TrainedAutoencoder, curve: LightCurve, rate_unit: str, n_neighbours: int) -> Verdict:
    """Say of a light curve all that can be said.

    Parameters
    ----------
    rate_unit
        Of its rates: of fluxes without counts nothing is known.
    n_neighbours
        Known sources that are told.
    """
    variability, no_verdict = _variability(curve)
    try:
        prepared = prepare(curve)
    except PreparationError as error:
        return Verdict(f"unreadable: {error}", None, (), None, None, None, None, variability, no_verdict)
    why_not = _why_not_read(model, prepared, curve, rate_unit)
    if why_not is not None:
        return Verdict(why_not, None, (), None, None, None, None, variability, no_verdict)
    why_not = _why_not_scored(model, prepared, curve)
    scored = score(model, curve) if why_not is None else latent_alone(*model.encode(prepared))
    has_change = scored.first_bin >= 0
    half_s = curve.width_s / 2
    return Verdict(
        not_scored=why_not,
        scored=scored,
        neighbours=tuple(neighbours(model, scored.latent, n_neighbours)),
        cluster=cluster_of(model, scored.latent),
        best_method=_best_method(model, prepared) if why_not is None else None,
        change_start_s=float((curve.time_s - half_s)[scored.first_bin]) if has_change else None,
        change_end_s=float((curve.time_s + half_s)[scored.last_bin]) if has_change else None,
        variability=variability,
        no_verdict=no_verdict,
        reconstruction=_reconstructed(model, curve) if why_not is None else None,
    )


def _reconstructed(model: TrainedAutoencoder, curve: LightCurve) -> dict[str, NDArray[np.float64]]:
    found = reconstruct(model, curve)
    arrays = {"time_s": curve.time_s[found.bins]}
    for name, rates in (("rate", found.rate), ("rate_low", found.low), ("rate_high", found.high)):
        arrays |= {f"{name}_{band}": rates[:, slot] for band, slot in enumerate(slots_of(curve.bands_kev))}
    return arrays


def _variability(curve: LightCurve) -> tuple[Variability | None, str | None]:
    if not np.isfinite(curve.counts).any():
        return None, "rates only: there are no counts"
    try:
        return variability_of(curve), None
    except ValueError as error:
        return None, str(error)


def _why_not_read(
    model: TrainedAutoencoder, prepared: Prepared, curve: LightCurve, rate_unit: str
) -> str | None:
    """Say why the autoencoder knows nothing of a curve."""
    if _overlap(curve):
        return "overlapping bands: a photon would count twice"
    if rate_unit != _COUNT_RATE and not prepared.has_counts:
        return f"fluxes: rates are in {rate_unit}, and there are no counts"
    most = model.manifest.settings.simulation.most_bins
    n_bins = prepared.bins.size
    if n_bins < LEAST_BINS:
        return f"too few bins: {n_bins} have exposure, {LEAST_BINS} are needed"
    if n_bins > most:
        return f"too many bins: {n_bins} have exposure, curves of up to {most} are known: bin it coarser"
    return None


def _why_not_scored(model: TrainedAutoencoder, prepared: Prepared, curve: LightCurve) -> str | None:
    """Say why there is no probability of the counts of a curve that is read."""
    if not prepared.has_counts:
        return "rates only: there are no counts"
    others = [band for band in curve.bands_kev if not any(_is_alike(band, known) for known in BANDS_KEV)]
    if others:
        low, high = others[0]
        ours = ", ".join(f"{one:g}-{other:g}" for one, other in BANDS_KEV)
        return f"other bands: {low:g}-{high:g} keV is none of {ours}"
    n_bins = int(prepared.is_known.any(axis=1).sum())
    if n_bins < LEAST_BINS:
        return f"too few bins: {n_bins} have counts, {LEAST_BINS} are needed"
    return why_unfamiliar(prepared, curve.time_s[prepared.bins], model.manifest.ranges)


def _overlap(curve: LightCurve) -> bool:
    return any(
        low < other_high and other_low < high
        for (low, high), (other_low, other_high) in combinations(curve.bands_kev, 2)
    )


def _is_alike(band: tuple[float, float], known: tuple[float, float]) -> bool:
    return all(abs(one / other - 1) <= _BAND_TOLERANCE for one, other in zip(band, known, strict=True))


def _best_method(model: TrainedAutoencoder, prepared: Prepared) -> str | None:
    n_bins = int(prepared.is_known.any(axis=1).sum())
    return best_at(model.manifest.metrics.get("strata", []), n_bins, float(prepared.counts.sum()))
