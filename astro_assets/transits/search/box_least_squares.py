"""The engine of astropy: box least squares (Kovacs, Zucker & Mazeh 2002, A&A 391, 369).

Only the translation between our interfaces and astropy's lives here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from astro_assets.transits.search.engine import Band, Curve, Floats, Periodogram, Spectrum
from astro_assets.transits.search.peaks import with_red_noise
from astro_assets.transits.search.periods import search_bands


@dataclass(frozen=True, slots=True)
class BoxLeastSquares:
    """astropy's fast box least squares with the depth's signal-to-noise ratio as objective.

    Parameters
    ----------
    phase_oversampling
        Steps in phase per shortest duration of a band.
    """

    phase_oversampling: int = 5

    def __call__(self, curve: Curve, bands: tuple[Band, ...]) -> Periodogram:
        """See :class:`astro_assets.transits.search.engine.Engine`."""
        from astropy.timeseries import BoxLeastSquares as AstropyBoxLeastSquares

        model = AstropyBoxLeastSquares(curve.time, curve.flux, curve.flux_err)
        parts = [
            model.power(
                band.periods,
                band.durations,
                objective="snr",
                method="fast",
                oversample=self.phase_oversampling,
            )
            for band in bands
        ]

        def joined(name: str) -> Floats:
            return np.concatenate([np.asarray(getattr(part, name), dtype=np.float64) for part in parts])

        # Where no dip is found at all, astropy says -inf.
        power = np.where(np.isfinite(joined("power")), joined("power"), 0.0).clip(min=0.0)
        return Periodogram(
            joined("period"), power, joined("depth"), joined("transit_time"), joined("duration")
        )


@dataclass(frozen=True, slots=True)
class ExactSpectrumEngine:
    """The same on every period of a range: slow, and what faster engines are compared with.

    Parameters
    ----------
    oversampling
        Trial periods while a transit drifts by its duration.
    duration_ratio
        Largest ratio of neighbouring durations.
    phase_oversampling
        See :class:`BoxLeastSquares`.
    """

    oversampling: float = 3.0
    duration_ratio: float = 1.3
    phase_oversampling: int = 5

    def __call__(
        self,
        curves: Sequence[Curve],
        period_range: tuple[float, float],
        duration_factors: tuple[float, float],
    ) -> list[Spectrum]:
        """See :class:`astro_assets.transits.search.engine.SpectrumEngine`."""
        return [
            self._spectrum(curve, (period_range[0], curve.longest_period(period_range[1])), duration_factors)
            for curve in curves
        ]

    def _spectrum(
        self, curve: Curve, period_range: tuple[float, float], duration_factors: tuple[float, float]
    ) -> Spectrum:
        bands = search_bands(
            curve.baseline_days,
            curve.cadence_days,
            period_range,
            duration_factors,
            self.oversampling,
            self.duration_ratio,
        )
        found = with_red_noise(BoxLeastSquares(self.phase_oversampling)(curve, bands), curve, bands)
        return Spectrum(found.periods, found.power, found.duration)
