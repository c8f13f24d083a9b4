"""A source as a training is told of it: what it is called, its light curve, and what is known behind it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.light_curve import LightCurve

#: Kind of the sources that do not vary.
CONSTANT = "constant"


@dataclass(frozen=True, slots=True)
class Source:
    """A named source.

    Parameters
    ----------
    name
        By which it is in one part of the split.
    curve
        What a network is fitted to: nothing else of a source is.
    kind
        What it does, where that is known.
    rate, background_rate
        The truth behind the curve where it was simulated, counts a second, (n_bins, 3): of the source, and in
        the background's aperture. Intervals are calibrated and detections judged by them.
    """

    name: str
    curve: LightCurve
    kind: str = ""
    rate: NDArray[np.float64] | None = None
    background_rate: NDArray[np.float64] | None = None

    @property
    def may_be_constant(self) -> bool:
        """Whether nothing says that it varies."""
        return self.kind in {CONSTANT, ""}
