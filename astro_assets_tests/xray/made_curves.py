"""Small light curves of known rates: constant, red and log-normal, in groups of scans as of eROSITA."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from astro_assets.xray.light_curve import LightCurve

BANDS = ((0.2, 0.6), (0.6, 2.3), (2.3, 5.0))
USUAL = ("constant", "red", "log-normal")


@dataclass(frozen=True)
class Made:
    light_curve: LightCurve
    kind: str
    rate: np.ndarray
    background_rate: np.ndarray


def curve_of(rate, rng, time_s=None, width_s=40.0, exposure=0.5, background_rate=1.0, ratio=0.01):
    """Draw counts of given rates (bins, bands)."""
    rate = np.asarray(rate, float)
    n, n_bands = rate.shape
    time_s = np.arange(n) * 14_400.0 if time_s is None else time_s
    width = np.full(n, width_s)
    fraction = np.broadcast_to(np.asarray(exposure, float), (n, n_bands)).copy()
    behind = np.full((n, n_bands), float(background_rate))
    ratio = np.full((n, n_bands), float(ratio))
    seconds = width[:, None] * fraction
    background = rng.poisson(behind * seconds).astype(float)
    counts = rng.poisson((rate + ratio * behind) * seconds).astype(float)
    safe = np.maximum(seconds, 1e-9)
    net = (counts - ratio * background) / safe
    error = np.sqrt(counts + 0.75) + 1
    return LightCurve(
        BANDS[:n_bands], time_s, width, counts, background, ratio, fraction, net, error / safe, error / safe
    )


def made(kind: str, seed, bins=None, counts_a_bin=None) -> Made:
    """Make a light curve of a kind."""
    rng = np.random.default_rng(seed)
    n = int(np.exp(rng.uniform(np.log(6), np.log(40)))) if bins is None else bins
    visits = np.arange(n) // 8
    time_s = np.arange(n) * 14_400.0 + visits * 1.5e7
    exposure = rng.beta(4, 3, (n, 1)) * np.array([1.0, 1.0, 0.8])
    level = np.exp(rng.uniform(np.log(2), np.log(200))) if counts_a_bin is None else counts_a_bin
    shares = rng.dirichlet((6, 10, 3))
    wander = np.zeros(n)
    if kind == "red":
        strength, tau = (
            np.exp(rng.uniform(np.log(0.15), np.log(1.0))),
            np.exp(rng.uniform(np.log(2), np.log(40))),
        )
        kept = np.exp(-1 / tau)
        wander[0] = rng.normal()
        for i in range(1, n):
            wander[i] = kept * wander[i - 1] + np.sqrt(1 - kept**2) * rng.normal()
        wander *= strength
    elif kind == "log-normal":
        wander = rng.normal(0, np.exp(rng.uniform(np.log(0.15), np.log(1.0))), n)
    rate = level / 20.0 * shares * np.exp(wander)[:, None]
    background_rate = 15.0 / 20
    curve = curve_of(rate, rng, time_s, 40.0, exposure.clip(0.02, 1), background_rate)
    return Made(curve, kind, rate, np.full((n, 3), background_rate))


def usual(n: int, seed: int) -> list[Made]:
    """Make usual sources, of the kinds in turn."""
    return [made(USUAL[i % 3] if i % 2 else "constant", (seed, i)) for i in range(n)]
