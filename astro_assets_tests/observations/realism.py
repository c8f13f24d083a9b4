"""Noise and gaps of real and of simulated curves of the same magnitudes, measured alike.

Only measuring lives here, for the test and the benchmark of the simulated survey; what must hold is in them.
"""

from __future__ import annotations

import csv
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

from astro_assets.observations.simulated_apertures import Aperture
from astro_assets.observations.simulated_observation import observe
from astro_assets.observations.simulated_stars import Population, simulate_star
from astro_assets.observations.simulated_telescopes import TELESCOPES
from astro_assets.transits.detrend import DetrendedCurve, DetrendingSettings, detrend
from astro_assets.transits.noise import cdpp_ppm
from astro_assets.transits.stitching import Segment

#: Not compared: two red giants, whose surfaces are 5 to 20 times noisier, a flaring M dwarf that turns in
#: 0.6 d, and a star that varies by 1 % within hours. They are no quiet stars.
LEFT_OUT: Final = {5899262, 8417738, 9726699, 10002792}
HOURS: Final = (1, 2, 6)
MISSIONS: Final = ("TESS", "Kepler")
#: A star is restless whose noise in 6 h is so many times what its file's errors say.
_RESTLESS: Final = 2.0


@dataclass(frozen=True)
class Measured:
    """A curve with its figures; noise in ppm in each of `HOURS`, missing cadences as a share."""

    mission: str
    star: str
    magnitude: float
    segment: int
    cdpp: tuple[float, ...]
    error_6h: float
    missing: float
    #: Pixels, and the headers' FLFRCSAP and CROWDSAP; None where the file does not say.
    aperture: tuple[int, float, float] | None
    curve: DetrendedCurve


@dataclass(frozen=True)
class Star:
    """A star: medians of its curves."""

    mission: str
    name: str
    magnitude: float
    cdpp: NDArray[np.float64]
    missing: float
    #: Noise in 6 h over what white noise would be there, given that in 1 h.
    red_noise: float
    is_restless: bool


def measure(path: Path, magnitude: float | None = None) -> Measured:
    """Read a mission's file plainly, detrend it, and measure it."""
    with fits.open(path) as hdus:
        header, rows = hdus[0].header, hdus[1].data
        names = {name.lower(): name for name in rows.names}
        prefix = "pdcsap_flux" if "pdcsap_flux" in names else "flux"
        time, flux, error = (
            np.asarray(rows[names[name]], dtype=float) for name in ("time", prefix, f"{prefix}_err")
        )
        cadence_number = np.asarray(rows[names["cadenceno"]], dtype=int)
        aperture = None
        if "APERTURE" in hdus:
            # Bit 2 of the mask: the pixel is summed.
            pixels = int(np.count_nonzero(hdus["APERTURE"].data & 2))
            aperture = pixels, float(hdus[1].header["FLFRCSAP"]), float(hdus[1].header["CROWDSAP"])
    mission = "TESS" if header["TELESCOP"] == "TESS" else "Kepler"
    good = np.isfinite(time) & np.isfinite(flux) & np.isfinite(error)
    # The data start and end with the first and last good cadence: how long files are padded differs.
    expected = cadence_number[good][-1] - cadence_number[good][0] + 1
    cadence_days = float(np.median(np.diff(time[good])))
    median = np.median(flux[good])
    segment = Segment(1, cadence_days * 86400, time[good], flux[good] / median, error[good] / median)
    curve = detrend([segment], DetrendingSettings())
    return Measured(
        mission,
        str(header["OBJECT"]),
        magnitude or float(header["TESSMAG" if mission == "TESS" else "KEPMAG"]),
        int(header["SECTOR" if mission == "TESS" else "QUARTER"]),
        cdpp_ppm(curve.time, curve.flux, cadence_days, *HOURS),
        float(1e6 * np.median(error[good]) / median * (cadence_days * 4) ** 0.5),
        float(1 - np.count_nonzero(good) / expected),
        aperture,
        curve,
    )


def real_curves(shared_data: Path) -> list[Measured]:
    """Measure the curves of ordinary stars at the cadences that are simulated."""
    with (shared_data / "catalogs" / "koi_cumulative.csv").open() as lines:
        catalogue = {int(r["kepid"]): r for r in csv.DictReader(x for x in lines if not x.startswith("#"))}
    found = [measure(path) for path in sorted((shared_data / "tess_lc").glob("tess*_lc.fits"))]
    kepler = sorted((shared_data / "kepler_lc").glob("kplr*_llc.fits"))
    found += [measure(path) for path in kepler if int(path.name[4:13]) not in LEFT_OUT]
    for path in sorted((shared_data / "kepler_lc").glob("exohunt*.fits")):
        star = int("".join(filter(str.isdigit, path.stem)))
        found.append(measure(path, float(catalogue[star]["koi_kepmag"])))
    seconds = {mission: TELESCOPES[mission].cadence_s for mission in MISSIONS}
    return [c for c in found if abs(c.curve.cadence_s / seconds[c.mission] - 1) < 0.01]


def simulated_curves(
    real: Sequence[Measured], twins: Mapping[str, int], *, same_aperture: bool
) -> list[Measured]:
    """Measure quiet simulated stars of the magnitudes of the real ones.

    A twin is seen in the quarters of its Kepler star, and in one sector each for TESS.

    Parameters
    ----------
    real
        The real curves.
    twins
        Simulated stars for each real one, by mission.
    same_aperture
        Whether a twin has the aperture of the real file, where that tells it, or one that the survey draws.
    """
    groups = defaultdict(list)
    for curve in real:
        groups[curve.mission, curve.star, curve.magnitude].append(curve)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "simulated.fits"
        for place, ((mission, _, magnitude), curves) in enumerate(groups.items()):
            telescope = TELESCOPES[mission]
            for twin in range(twins[mission]):
                number = telescope.first_number + 100 * place + twin
                star = simulate_star(number, 1, Population(), telescope, kind="quiet", magnitude=magnitude)
                for curve in curves:
                    seen = star
                    if same_aperture and curve.aperture is not None:
                        pixels, captured, crowding = curve.aperture
                        aperture = Aperture(telescope, magnitude, pixels, captured, 1 / crowding - 1)
                        seen = replace(star, aperture=aperture)
                    segment = curve.segment if mission == "Kepler" else 1 + twin
                    path.write_bytes(observe(seen, segment).content)
                    found.append(measure(path))
    return found


def stars(curves: Sequence[Measured], mission: str) -> list[Star]:
    """Take the medians of each star of a mission, real or simulated alike; the brightest first."""
    groups = defaultdict(list)
    for curve in curves:
        if curve.mission == mission:
            groups[curve.star].append(curve)
    return sorted((_star(name, group) for name, group in groups.items()), key=lambda star: star.magnitude)


def _star(name: str, curves: Sequence[Measured]) -> Star:
    noise = np.array([curve.cdpp for curve in curves])
    return Star(
        curves[0].mission,
        name,
        curves[0].magnitude,
        np.median(noise, axis=0),
        float(np.median([curve.missing for curve in curves])),
        float(np.median(noise[:, 2] / noise[:, 0] * 6**0.5)),
        bool(np.median([c.cdpp[2] / c.error_6h for c in curves]) > _RESTLESS),
    )


def twins_over_star(star: Star, simulated: Sequence[Star]) -> NDArray[np.float64]:
    """Return the median noise of a real star's calm twins over its own, in each of `HOURS`."""
    twins = [other.cdpp for other in simulated if other.magnitude == star.magnitude and not other.is_restless]
    ratios: NDArray[np.float64] = np.median(twins, axis=0) / star.cdpp
    return ratios


@dataclass(frozen=True)
class Bin:
    """Calm stars of a bin of one magnitude, the brightest first: medians of the noise."""

    magnitude: int
    n_real: int
    n_simulated: int
    real: NDArray[np.float64]
    simulated: NDArray[np.float64]

    @property
    def ratios(self) -> NDArray[np.float64]:
        """Simulated over real, in each of `HOURS`."""
        return self.simulated / self.real


def by_magnitude(real: Sequence[Star], simulated: Sequence[Star]) -> list[Bin]:
    """Compare in bins of one magnitude, from whole to whole, those that have real stars; none restless."""
    inside: dict[int, tuple[list[Star], list[Star]]] = defaultdict(lambda: ([], []))
    for kind, group in enumerate((real, simulated)):
        for star in group:
            if not star.is_restless:
                inside[int(star.magnitude)][kind].append(star)
    return [
        Bin(
            magnitude,
            len(true),
            len(made),
            np.median([star.cdpp for star in true], axis=0),
            np.median([star.cdpp for star in made], axis=0),
        )
        for magnitude, (true, made) in sorted(inside.items())
        if true
    ]


@dataclass(frozen=True)
class Spread:
    """A figure of stars: the quartiles of the real ones, and where the simulated ones are."""

    low: float
    high: float
    quartiles: tuple[float, float, float]
    inside: float

    def holds(self, tolerance: float = 0.0) -> bool:
        """Whether the simulated median is within the real quartiles."""
        return self.low - tolerance <= self.quartiles[1] <= self.high + tolerance


def spread(real: Sequence[float], simulated: Sequence[float], tolerance: float = 0.0) -> Spread:
    """Compare a figure; what is inside the quartiles may be out by the tolerance."""
    low, high = (float(value) for value in np.percentile(real, [25, 75]))
    made = np.asarray(simulated)
    inside = (made >= low - tolerance) & (made <= high + tolerance)
    first, middle, last = (float(value) for value in np.percentile(made, [25, 50, 75]))
    return Spread(low, high, (first, middle, last), float(np.mean(inside)))
