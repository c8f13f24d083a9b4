"""A seeded survey of simulated stars, written as TESS or Kepler files that say they are simulated.

Only the survey as a whole lives here: its files and the truth about each; stars are in `simulated_stars`.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from astro_assets.observations.simulated_observation import observe
from astro_assets.observations.simulated_stars import Population, SimulatedStar, simulate_star
from astro_assets.observations.simulated_telescopes import MOST_STARS, TELESCOPES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from astro_assets.observations.simulated_orbits import Background
    from astro_assets.observations.simulated_signals import Eclipses

_NAN: Final = float("nan")
#: What a signal that is no eclipse has none of.
_NO_ECLIPSE: Final = dict.fromkeys(
    (
        "epoch_btjd", "duration_hours", "ingress_hours", "depth_ppm", "secondary_depth_ppm",
        "secondary_phase", "radius_ratio", "impact_parameter", "eccentricity", "light_share",
        "centroid_shift_pixels",
    ),
    _NAN,
)  # fmt: skip


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
    n_flares
        Flares of the star while it was observed.
    """

    name: str
    content: bytes
    star: SimulatedStar
    n_flares: int

    @property
    def sha256(self) -> str:
        """SHA-256 of the content, hexadecimal."""
        return sha256(self.content).hexdigest()

    def truth(self) -> list[dict[str, Any]]:
        """Return the rows of ``simulated_truth`` for this file, one a signal.

        All stars have weak spots and granulation: a quiet one nothing else.
        """
        star, digest = self.star, self.sha256
        own_share = 1.0 if star.background is None else 1.0 - star.background.share
        signals = [_eclipse_row(orbit, None) for orbit in star.eclipses]
        if star.background is not None:
            signals.append(_eclipse_row(star.background.eclipses, star.background))
        if star.pulsation is not None:
            modes = star.pulsation.smeared(star.telescope.cadence_days)
            signals += [
                _other_row("pulsator", period, amplitude)
                for period, amplitude in zip(star.pulsation.periods_days, modes, strict=True)
            ]
        if star.flares is not None:
            signals.append(_other_row("flare_star", _NAN, _NAN) | {"n_flares": self.n_flares})
        spots = "rotator" if star.kind == "rotator" else "spots"
        rotation = star.rotation
        signals.append(_other_row(spots, rotation.period_days, own_share * rotation.amplitude))
        signals.append(_other_row("granulation", _NAN, own_share * star.surface_noise))
        names = {"sha256": digest, "target_id": star.target_id}
        return [names | {"signal": number} | row for number, row in enumerate(signals, start=1)]


def _eclipse_row(orbit: Eclipses, background: Background | None) -> dict[str, Any]:
    seen = background or orbit
    columns, rows = background.shift_pixels if background else (0.0, 0.0)
    return {
        "kind": orbit.kind,
        "period_days": orbit.period_days,
        "epoch_btjd": orbit.epoch_btjd,
        "duration_hours": orbit.duration_days * 24,
        "ingress_hours": orbit.ingress_days * 24,
        "depth_ppm": seen.depth * 1e6,
        "secondary_depth_ppm": seen.secondary_depth * 1e6,
        "secondary_phase": orbit.secondary_phase,
        "radius_ratio": orbit.radius_ratio,
        "impact_parameter": orbit.impact,
        "eccentricity": orbit.eccentricity,
        "light_share": background.share if background else 1.0,
        "centroid_shift_pixels": (columns**2 + rows**2) ** 0.5,
        "amplitude_ppm": orbit.ellipsoidal * 1e6 * (background.share if background else 1.0),
        "n_flares": 0,
    }


def _other_row(kind: str, period_days: float, amplitude: float) -> dict[str, Any]:
    row = {"kind": kind, "period_days": period_days, "amplitude_ppm": amplitude * 1e6, "n_flares": 0}
    return row | _NO_ECLIPSE


def simulate_survey(
    n_targets: int,
    seed: int,
    population: Population | None = None,
    n_segments: int = 1,
    mission: str = "TESS",
) -> Iterator[SimulatedFile]:
    """Simulate stars and yield their files, one a star and sector or quarter.

    A star depends on the seed and its number only: a larger survey begins with the same files.

    Parameters
    ----------
    n_targets
        Number of stars, below a million; those of TESS are numbered from 1, those of Kepler from
        1,000,001. They are named by that number and by the seed beyond 1: ``SIM 20000001`` is the first TESS
        star of seed 3.
    seed
        Seed of everything random, at least 1; the same seed gives the same bytes.
    population
        What kinds of stars there are.
    n_segments
        Consecutive sectors or quarters in which every star is seen; sectors from 1 on, quarters from 2, the
        first of full length, to 17.
    mission
        ``TESS`` (two-minute cadence) or ``Kepler`` (long cadence).

    Raises
    ------
    ValueError
        If a number is out of its range, or the mission has no simulation.
    """
    is_possible = 0 <= n_targets < MOST_STARS and seed >= 1 and mission in TELESCOPES
    if not is_possible or not 1 <= n_segments <= len(TELESCOPES[mission].segments):
        raise ValueError(
            f"cannot simulate {n_targets} targets in {n_segments} segments of {mission!r} with seed {seed}"
        )
    population, telescope = population or Population(), TELESCOPES[mission]
    letter = "s" if mission == "TESS" else "q"
    for number in range(telescope.first_number, telescope.first_number + n_targets):
        star = simulate_star(number, seed, population, telescope)
        for segment in telescope.segments[:n_segments]:
            observation = observe(star, segment)
            name = f"sim{star.name_number:07d}-{letter}{segment:04d}_lc.fits"
            yield SimulatedFile(name, observation.content, star, observation.n_flares)
