"""A seeded survey of simulated stars, written as TESS SPOC light-curve files that say they are simulated.

Only the survey as a whole lives here: its files and the truth about each; stars are in `simulated_stars`.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import numpy as np

from astro_assets.observations.simulated_sector import observe
from astro_assets.observations.simulated_stars import Population, SimulatedStar, simulate_star

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class SimulatedFile:
    """A file of the survey with the star it shows.

    Parameters
    ----------
    name
        File name.
    content
        Bytes of the FITS file.
    star
        What is in it.
    """

    name: str
    content: bytes
    star: SimulatedStar

    @property
    def sha256(self) -> str:
        """SHA-256 of the content, hexadecimal."""
        return sha256(self.content).hexdigest()

    def truth(self) -> list[dict[str, Any]]:
        """Return the rows of ``simulated_truth`` for this file, one a signal."""
        digest = self.sha256
        return [
            {
                "sha256": digest,
                "target_id": self.star.target_id,
                "signal": number,
                "kind": signal.kind,
                "period_days": signal.period_days,
                "epoch_btjd": signal.epoch_btjd,
                "duration_hours": signal.duration_days * 24,
                "ingress_hours": signal.ingress_days * 24,
                "depth_ppm": signal.depth * 1e6,
                "secondary_depth_ppm": signal.secondary_depth * 1e6,
                "secondary_phase": signal.secondary_phase,
            }
            for number, signal in enumerate(self.star.signals, start=1)
        ]


def simulate_survey(
    n_targets: int, seed: int, population: Population | None = None, n_sectors: int = 1
) -> Iterator[SimulatedFile]:
    """Simulate stars and yield their files, one a star and sector.

    A star depends on the seed and its number only: a larger survey begins with the same files.

    Parameters
    ----------
    n_targets
        Number of stars, numbered from 1.
    seed
        Seed of everything random, not negative; the same seed gives the same bytes.
    population
        What kinds of stars there are.
    n_sectors
        Consecutive sectors in which every star is seen.

    Raises
    ------
    ValueError
        If a number is below its least value.
    """
    if n_targets < 0 or seed < 0 or n_sectors < 1:
        raise ValueError(f"cannot simulate {n_targets} targets in {n_sectors} sectors with seed {seed}")
    population = population or Population()
    for number in range(1, n_targets + 1):
        star = simulate_star(number, seed, population)
        for sector in range(1, n_sectors + 1):
            rng = np.random.default_rng([seed, number, sector])
            name = f"sim{number:06d}-s{sector:04d}_lc.fits"
            yield SimulatedFile(name, observe(star, sector, rng), star)
