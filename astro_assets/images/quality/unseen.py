"""Faults that no simulated night has: what a density of good frames is judged with.

Never trained on; each is put onto a good frame.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from astro_assets.images.frame import Frame
from astro_assets.images.photometry.robust import MAD_TO_SIGMA


def doubled(frame: Frame, rng: np.random.Generator) -> Frame:
    """Bump the telescope in mid-exposure: all stars are double."""
    rows, columns = (int(step) for step in rng.integers(6, 12, 2))
    image = (frame.image + np.roll(frame.image, (rows, columns), axis=(0, 1))) / 2
    return replace(frame, image=image.astype(np.float32))


def striped(frame: Frame, rng: np.random.Generator) -> Frame:
    """Let another device's hum into the readout: slanted stripes of four times the noise."""
    y, x = np.indices(frame.image.shape)
    phase = 2 * np.pi * (x + 0.3 * y) / rng.uniform(5, 20)
    return replace(frame, image=(frame.image + 4 * _noise(frame) * np.sin(phase)).astype(np.float32))


def shuffled(frame: Frame, rng: np.random.Generator) -> Frame:
    """Lose packets on the way from the camera: blocks of lines are those of elsewhere."""
    image = frame.image.copy()
    lines = image.shape[0] // 16
    for number in rng.permutation(16)[:8]:
        image[number * lines : (number + 1) * lines] = np.roll(
            image[number * lines : (number + 1) * lines], int(rng.integers(20, image.shape[1])), axis=1
        )
    return replace(frame, image=image)


def lit(frame: Frame, rng: np.random.Generator) -> Frame:
    """Leave a lamp on in the dome: a bright glow from one corner."""
    rows, columns = frame.image.shape
    y, x = np.arange(rows)[:, None] / rows, np.arange(columns) / columns
    glow = np.exp(-4 * np.hypot(y - rng.integers(2), x - rng.integers(2)))
    level = max(float(np.nanmedian(frame.image)), 10 * _noise(frame))
    return replace(frame, image=(frame.image + 2 * level * glow).astype(np.float32))


#: By name.
UNSEEN: Final[dict[str, Callable[[Frame, np.random.Generator], Frame]]] = {
    "doubled": doubled,
    "striped": striped,
    "shuffled": shuffled,
    "lit": lit,
}


def _noise(frame: Frame) -> float:
    differences = np.diff(frame.image, axis=1)
    return float(MAD_TO_SIGMA * np.nanmedian(np.abs(differences)) / np.sqrt(2))
