"""The periodogram engine of astropy: box least squares (Kovacs, Zucker & Mazeh 2002, A&A 391, 369).

Only the translation between our interface and astropy's lives here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from astro_assets.transits.search.engine import Band, Curve, Floats, Periodogram


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
