"""RR Lyrae stars of SDSS Stripe 82 (Sesar et al. 2010, ApJ 708, 717): periods, and all bands on one scale.

Only reading lives here, for the test and the benchmark of variability; what must hold is in them.
"""

from __future__ import annotations

import csv
import io
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.variability import VariabilitySettings

BANDS = "ugriz"
#: From observing once a night, by the sun and by the stars.
NIGHTS = (1.0, 1.0027379)
#: Share of the stars whose period must be right to 1e-4.
LEAST_RIGHT: Final = 0.9
SETTINGS = VariabilitySettings(
    shortest_period_days=0.2, longest_period_days=1.0, n_candidates=15, alias_frequencies_per_day=NIGHTS
)
Curve = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Star:
    """A line of table 2: number, type (``ab`` or ``c``), period."""

    number: str
    kind: str
    period_days: float


class Stripe82:
    """The stars of the archive, and what was seen of each."""

    def __init__(self, shared_data: Path) -> None:
        folder = shared_data / "variable_stars" / "rrlyrae_s82"
        self._tar = tarfile.open(folder / "sesar2010_rrlyrae.tar.gz")  # noqa: SIM115  closed by `__exit__`
        lines = self._text("apj326724t2.txt").split("\n")
        self.stars = [
            Star(number, kind, float(period))
            for number, kind, period, *_ in (x.split() for x in lines if x[8:10].strip() in ("ab", "c"))
        ]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._tar.close()

    def curve(self, star: Star) -> Curve:
        """Return times, magnitudes and errors of all bands, each less its mean and scaled to that of g.

        The scale is the spread of what was seen in the band, less that of the errors.
        """
        rows = [
            (float(row["time"]), float(row["mag"]), float(row["magerr"]), row["band"])
            for row in csv.DictReader(io.StringIO(self._text(f"light-curves/{star.number}.csv")))
        ]
        parts, widths = [], []
        for band in BANDS:
            time, magnitude, error = np.array([row[:3] for row in rows if row[3] == band]).T
            good = (magnitude > 10) & (magnitude < 26) & (error > 0) & (error < 0.3)
            spread = np.hypot(error[good], 0.02)
            weights = spread**-2.0
            middle = np.average(magnitude[good], weights=weights)
            variance = np.average((magnitude[good] - middle) ** 2 - spread**2, weights=weights)
            parts.append((time[good], magnitude[good] - middle, spread))
            widths.append(np.sqrt(max(variance, 0.02**2)))
        ratios = np.array(widths) / widths[BANDS.index("g")]
        parts = [(time, d / ratio, s / ratio) for (time, d, s), ratio in zip(parts, ratios, strict=True)]
        time, magnitude, error = (np.concatenate(column) for column in zip(*parts, strict=True))
        order = np.argsort(time, kind="stable")
        return time[order], magnitude[order], error[order]

    def _text(self, name: str) -> str:
        stream = self._tar.extractfile(name)
        if stream is None:
            raise FileNotFoundError(name)
        return stream.read().decode()
