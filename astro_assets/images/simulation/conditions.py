"""What goes wrong in the course of a night: when each condition holds, and how badly.

Only strengths by time live here; what they do to a frame is in `night`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Everything that may lower a frame's quality. Strength 0 is absence, 1 the worst that is simulated.
CONDITIONS: Final = (
    "thin_clouds",
    "thick_clouds",
    "defocus",
    "trailing",
    "wind_shake",
    "vignetting",
    "satellite_trails",
    "dew",
    "hot_columns",
    "twilight",
    "poor_seeing",
    "low_altitude",
    "short_exposure",
)
#: Airmass above the least of the night at which the field is as low as it gets: strength 1.
MOST_AIRMASS: Final = 1.5


def draw_conditions(rng: np.random.Generator, airmass: Floats, troubles: float) -> dict[str, Floats]:
    """Draw the strength of each condition in each frame of a night.

    Parameters
    ----------
    airmass
        Of the field in each frame from evening to morning, evenly spaced, shape (n_frames,).
    troubles
        Expected number of episodes of each condition that comes and goes.

    Returns
    -------
    dict
        For each of :data:`CONDITIONS` strengths of shape (n_frames,), from 0 to 1.
    """
    n_frames = airmass.size
    time = np.linspace(0, 1, n_frames)
    shapes: dict[str, Callable[[np.random.Generator, Floats], Floats]] = {
        "thin_clouds": _passing,
        "thick_clouds": _passing,
        "defocus": _drifting,
        "trailing": _sudden,
        "wind_shake": _passing,
        "vignetting": _drifting,
        "dew": _drifting,
        "hot_columns": _sudden,
    }
    found: dict[str, Floats] = {}
    for name in CONDITIONS:
        strength = np.zeros(n_frames)
        if name in shapes:
            for _ in range(rng.poisson(troubles)):
                strength = np.maximum(strength, shapes[name](rng, time))
        elif name == "satellite_trails":
            strength = rng.poisson(0.12, n_frames).clip(max=3) / 3
        elif name == "twilight":
            # The sky fades by a factor of 100 while the sun sinks by six degrees (Patat et al. 2006, A&A
            # 455, 385).
            length = rng.uniform(0.03, 0.08)
            strength = np.maximum(np.clip(1 - time / length, 0, 1), np.clip(1 - (1 - time) / length, 0, 1))
        elif name == "low_altitude":
            strength = np.minimum((airmass - airmass.min()) / MOST_AIRMASS, 1)
        elif name == "short_exposure":
            strength = _now_and_then(rng, n_frames, troubles)
        else:
            strength = _wandering(rng, n_frames)
        found[name] = strength
    return found


def _passing(rng: np.random.Generator, time: Floats) -> Floats:
    """Come and go within a tenth of the night or so, unsteadily."""
    middle, width, height = rng.random(), rng.uniform(0.02, 0.12), rng.uniform(0.2, 1.0)
    unsteady = np.exp(rng.normal(0, 0.25, time.size))
    found = height * np.exp(-(((time - middle) / width) ** 4)) * unsteady
    return np.where(found > 0.02, found, 0.0).clip(0, 1)


def _drifting(rng: np.random.Generator, time: Floats) -> Floats:
    """Grow until somebody sets it right."""
    start, length = rng.uniform(0, 0.8), rng.uniform(0.1, 0.4)
    done = (time - start) / length
    return np.where((done > 0) & (done < 1), rng.uniform(0.3, 1.0) * done, 0.0)


def _sudden(rng: np.random.Generator, time: Floats) -> Floats:
    """Be there for a few frames."""
    start, length = rng.uniform(0, 0.95), rng.uniform(0.01, 0.06)
    return np.where((time >= start) & (time < start + length), rng.uniform(0.15, 1.0), 0.0)


def _wandering(rng: np.random.Generator, n: int) -> Floats:
    """Wander as seeing does: about a log-normal median, remembering some frames (Tokovinin 2023)."""
    steps = rng.normal(0, 1, n + 20)
    memory = 0.85
    value, found = 0.0, np.empty(n + 20)
    for i, step in enumerate(steps):
        value = memory * value + np.sqrt(1 - memory**2) * step
        found[i] = value
    return np.asarray((0.05 * np.exp(found[20:])).clip(0, 1))


def _now_and_then(rng: np.random.Generator, n: int, troubles: float) -> Floats:
    """Hold in some frames, alike in each: somebody sets another exposure for up to a fifth of the night."""
    is_so = rng.random(n) < rng.uniform(0, 0.2)
    strength = rng.uniform(0.3, 1.0)
    return np.where(is_so & (rng.random() < troubles), strength, 0.0)
