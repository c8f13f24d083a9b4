"""Stars whose dips are not, or are, those of a planet.

Only the generation of data, and their measuring, lives here: no test, no expectation.
"""

from __future__ import annotations

import numpy as np

from astro_assets.transits.search.boxes import Box
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.vetting.centroids import Centroids, centroids_of
from astro_assets.transits.vetting.features import Examined, transit_features
from astro_assets_tests.transits.synthetic import Planet, sector_times, transits

SIGMA = 5e-4
CADENCE = 10 / 1440
PERIOD, EPOCH, DURATION, DEPTH = 2.7, 1326.3, 0.15, 4e-3
BOX = Box(PERIOD, EPOCH, DURATION)
PLANET = Planet(PERIOD, EPOCH, DURATION, DEPTH)
PIXELS = 1e-3
#: Mean depth of a trapezoid whose ingress takes a seventh of it.
MEAN_DEPTH = DEPTH * 6 / 7
#: What no noise reaches.
SIGNIFICANT = 7.0


def times(seed=0):
    return sector_times(seed, CADENCE)


def examined(flux, time=None, box=BOX, seed=0, trend=0.0, centroids=(), hidden=None, cadence=CADENCE):
    """Return a candidate of a star with this flux and white noise; ``hidden`` are masked for another."""
    time = times(seed) if time is None else time
    seen = flux + np.random.default_rng([seed, 77]).normal(0, SIGMA, time.size)
    error = np.full(time.size, SIGMA)
    star, undetrended = (Curve(time, values, error, cadence) for values in (seen, seen + trend))
    left = np.ones(time.size, dtype=bool) if hidden is None else ~hidden
    return Examined(box, star, star.where(left), undetrended.where(left), list(centroids))


def measured(flux, **options):
    """Return the measures of such a candidate."""
    (row,) = transit_features([examined(flux, **options)])
    return row


def light(time, column=0.0, row=0.0, seed=0) -> Centroids:
    """Return the centroids of a segment whose light moves so, in pixels."""
    rng = np.random.default_rng([seed, 78])
    along, across = (pixels + rng.normal(500, PIXELS, time.size) for pixels in (column, row))
    found = centroids_of(CADENCE * 86400, time, along, across)
    assert found is not None
    return found


def planet(seed=0):
    return transits(times(seed), [PLANET])


def binary(depth, phase=0.5, seed=0):
    """Return the flux of a star with a secondary eclipse."""
    return transits(times(seed), [PLANET, Planet(PERIOD, EPOCH + phase * PERIOD, DURATION, depth)])


def v_shaped(seed=0):
    offset = np.abs(BOX.offset(times(seed)))
    return 1 - DEPTH * np.clip(1 - offset / (DURATION / 2), 0, None)


def sinusoid(seed=0):
    return 1 - DEPTH * np.cos(2 * np.pi * (times(seed) - EPOCH) / PERIOD)


def steps(signs=(1,), seed=0):
    """Let the flux fall, or rise, at each transit, and slowly come back before the next."""
    since, number = BOX.offset(times(seed)), BOX.number(times(seed))
    sign = np.array(signs)[number % len(signs)]
    return 1 - DEPTH * np.where(since > 0, sign * np.exp(-since / 0.5), 0)


def dips_at_dumps(seed=0):
    """Let the flux fall for hours after each momentum dump, during which nothing is observed."""
    time = times(seed)
    since = BOX.offset(time)
    kept = ~((since > -0.3) & (since < -DURATION / 2))
    return (1 - DEPTH * (np.abs(since) < DURATION / 2))[kept], time[kept]


def single_event(seed=0):
    """Return one dip, in the middle of the data."""
    time = times(seed)
    return 1 - 5 * DEPTH * (np.abs(time - EPOCH - 2 * PERIOD) < DURATION / 2)
