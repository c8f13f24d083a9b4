"""A simulated light curve: a source, seen through the survey's exposures, counted with its background.

Only drawing the counts lives here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from astro_assets.xray.light_curve import Floats, LightCurve
from astro_assets.xray.rates import net_rates
from astro_assets.xray.simulation.exposures import BANDS_KEV, exposures
from astro_assets.xray.simulation.settings import SimulationSettings
from astro_assets.xray.simulation.sources import SourceKind, log_uniform, source_rates

#: Parts of the bands in the background of eROSITA's survey, about.
_OF_BACKGROUND: Final = np.array([0.3, 0.45, 0.25])


@dataclass(frozen=True, slots=True)
class SimulatedLightCurve:
    """A light curve with the truth behind it.

    Parameters
    ----------
    light_curve
        As a telescope tells it.
    kind
        A value of `SourceKind`.
    rate
        Of the source, counts a second of full exposure; float64, shape (n_bins, n_bands).
    background_rate
        In the aperture of the background, likewise.
    """

    light_curve: LightCurve
    kind: str
    rate: Floats
    background_rate: Floats


def simulate(settings: SimulationSettings, kind: SourceKind, seed: tuple[int, ...]) -> SimulatedLightCurve:
    """Simulate a light curve.

    Exposures, source and counts are drawn from three streams of the seed: sources of other kinds and one
    seed are seen at the same times, with the same mean rate, spectrum and background.

    Parameters
    ----------
    settings
        What is drawn between.
    kind
        What the source does.
    seed
        Numbers of at least 0; the same ones give the same bytes.
    """
    of_sky, of_source, of_counts = (
        np.random.Generator(np.random.PCG64(child)) for child in np.random.SeedSequence(seed).spawn(3)
    )
    exposed = exposures(settings, of_sky)
    ratio = log_uniform(settings.background_ratio, of_sky)
    of_visits = np.exp(settings.background_scatter * of_sky.normal(size=int(exposed.visit[-1]) + 1))
    level = log_uniform(settings.background_rate, of_sky) / ratio
    background_rate = level * of_visits[exposed.visit][:, np.newaxis] * _OF_BACKGROUND
    rate = source_rates(SourceKind(kind), exposed, settings, of_source)
    exposure = exposed.width_s[:, np.newaxis] * exposed.fraction
    counts = of_counts.poisson((rate + ratio * background_rate) * exposure).astype(np.float64)
    background = of_counts.poisson(background_rate * exposure).astype(np.float64)
    ratios = np.where(exposure > 0, ratio, 0.0)
    rates = net_rates(counts, background, ratios, exposure)
    curve = LightCurve(
        BANDS_KEV,
        exposed.time_s,
        exposed.width_s,
        counts,
        background,
        ratios,
        exposed.fraction,
        rates.rate,
        rates.error_minus,
        rates.error_plus,
    )
    return SimulatedLightCurve(curve, str(SourceKind(kind)), rate, background_rate)
