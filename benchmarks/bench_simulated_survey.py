"""The simulated survey beside real TESS and Kepler curves: precision, gaps and red noise, printed and drawn.

Ten quiet simulated stars stand beside each real TESS star, five beside each Kepler star, at its magnitude.
All curves go through the same detrending. `--picture PATH` draws them side by side.
Needs the real observations (ASTRO_ASSETS_SHARED_DATA, or ../shared/data).
"""

from __future__ import annotations

import csv
import os
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

from astro_assets.observations.simulated_observation import observe
from astro_assets.observations.simulated_stars import Population, simulate_star
from astro_assets.observations.simulated_telescopes import TELESCOPES
from astro_assets.transits.detrend import DetrendedCurve, DetrendingSettings, Segment, detrend
from astro_assets.transits.noise import cdpp_ppm

SHARED = Path(os.environ.get("ASTRO_ASSETS_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")
#: Magnitudes between which stars are compared.
BINS = {"TESS": (7.5, 9.5, 11.0, 13.0), "Kepler": (11.0, 12.5, 14.0, 15.2, 16.0)}
#: Not compared: two red giants, whose surfaces are 5 to 20 times noisier, a flaring M dwarf that turns in
#: 0.6 d, and a star that varies by 1 % within hours. They are no quiet stars.
LEFT_OUT = {5899262, 8417738, 9726699, 10002792}
TWINS = {"TESS": 10, "Kepler": 5}
HOURS = (1, 2, 6)


@dataclass(frozen=True)
class Measured:
    """A curve with its figures."""

    mission: str
    star: str
    magnitude: float
    cdpp: tuple[float, float, float]
    missing: float
    curve: DetrendedCurve

    @property
    def red_noise(self) -> float:
        """Noise in 6 h over what white noise would be there, given that in 1 h."""
        return self.cdpp[2] / self.cdpp[0] * 6**0.5


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
    mission = "TESS" if header["TELESCOP"] == "TESS" else "Kepler"
    good = np.isfinite(time) & np.isfinite(flux) & np.isfinite(error)
    # The data start and end with the first and last good cadence: how long files are padded differs.
    expected = cadence_number[good][-1] - cadence_number[good][0] + 1
    cadence_days = float(np.median(np.diff(time[good])))
    median = np.median(flux[good])
    segment = Segment(1, cadence_days * 86400, time[good], flux[good] / median, error[good] / median)
    curve = detrend([segment], DetrendingSettings())
    one, two, six = (cdpp_ppm(curve.time, curve.flux, cadence_days, hours) for hours in HOURS)
    magnitude = magnitude or float(header["TESSMAG" if mission == "TESS" else "KEPMAG"])
    missing = 1 - np.count_nonzero(good) / expected
    return Measured(mission, str(header["OBJECT"]), magnitude, (one, two, six), missing, curve)


def real_curves() -> list[Measured]:
    """Measure the mission's curves of ordinary stars."""
    with (SHARED / "catalogs" / "koi_cumulative.csv").open() as lines:
        catalogue = {int(r["kepid"]): r for r in csv.DictReader(x for x in lines if not x.startswith("#"))}
    found = [measure(path) for path in sorted((SHARED / "tess_lc").glob("tess*_lc.fits"))]
    kepler = sorted((SHARED / "kepler_lc").glob("kplr*.fits"))
    found += [measure(path) for path in kepler if int(path.name[4:13]) not in LEFT_OUT]
    for path in sorted((SHARED / "kepler_lc").glob("exohunt*.fits")):
        star = int("".join(filter(str.isdigit, path.stem)))
        found.append(measure(path, float(catalogue[star]["koi_kepmag"])))
    return found


def simulated_curves(real: list[Measured]) -> list[Measured]:
    """Simulate quiet stars of the magnitudes of the real ones, in different segments, and measure them."""
    stars = {(curve.mission, curve.star): curve.magnitude for curve in real}
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "simulated.fits"
        for place, ((mission, _), magnitude) in enumerate(stars.items()):
            telescope = TELESCOPES[mission]
            for twin in range(TWINS[mission]):
                number = telescope.first_number + 100 * place + twin
                star = simulate_star(number, 1, Population(), telescope, kind="quiet")
                path.write_bytes(observe(replace(star, magnitude=magnitude), 2 + number % 15).content)
                found.append(measure(path))
    return found


def by_star(curves: list[Measured], mission: str) -> dict[str, list[Measured]]:
    """Group the curves of a mission by star."""
    groups = defaultdict(list)
    for curve in curves:
        if curve.mission == mission:
            groups[curve.star].append(curve)
    return groups


def compare(real: list[Measured], simulated: list[Measured], mission: str) -> bool:
    """Print the figures of a mission and say whether they agree."""
    agree = True
    print(f"\n{mission}: noise in ppm, medians over stars (a star's own over its segments)")
    print(
        f"{'magnitude':>12} {'stars':>11} "
        + " ".join(f"{f'{hours} h real':>9} {'sim':>7} {'ratio':>6}" for hours in HOURS)
    )
    stars = {
        kind: [
            (np.median([c.magnitude for c in group]), *np.median([c.cdpp for c in group], axis=0))
            for group in by_star(curves, mission).values()
        ]
        for kind, curves in (("real", real), ("simulated", simulated))
    }
    for low, high in zip(BINS[mission], BINS[mission][1:], strict=False):
        inside = {
            kind: np.array([row for row in rows if low <= row[0] < high]) for kind, rows in stars.items()
        }
        medians = {kind: np.median(rows[:, 1:], axis=0) for kind, rows in inside.items()}
        ratios = medians["simulated"] / medians["real"]
        agree &= bool((np.abs(ratios - 1) <= 0.25).all())
        print(
            f"{low:5.1f} - {high:4.1f} {len(inside['real']):4d} : {len(inside['simulated']):4d} "
            + " ".join(
                f"{r:9.1f} {s:7.1f} {q:6.2f}"
                for r, s, q in zip(medians["real"], medians["simulated"], ratios, strict=True)
            )
        )
    for name, figure in (("missing cadences", "missing"), ("red noise, 6 h", "red_noise")):
        true, made = (
            np.array(
                [
                    np.median([getattr(c, figure) for c in group])
                    for group in by_star(curves, mission).values()
                ]
            )
            if figure == "red_noise"
            else np.array([getattr(c, figure) for c in curves if c.mission == mission])
            for curves in (real, simulated)
        )
        low, high = np.percentile(true, [25, 75])
        agree &= bool(low <= np.median(made) <= high)
        print(
            f"{name:>17}: real quartiles {low:.4f} - {high:.4f}, simulated median {np.median(made):.4f} "
            f"(quartiles {np.percentile(made, 25):.4f} - {np.percentile(made, 75):.4f})"
        )
    return agree


def draw(real: list[Measured], simulated: list[Measured], path: Path) -> None:
    """Draw noise against magnitude, and one real curve of each mission above a simulated one."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(3, 2, figsize=(12, 10), layout="constrained")
    for column, mission in enumerate(("TESS", "Kepler")):
        for kind, curves, colour, marker in (
            ("real", real, "black", "o"),
            ("simulated", simulated, "tab:orange", "."),
        ):
            groups = by_star(curves, mission).values()
            points = np.array([(g[0].magnitude, *np.median([c.cdpp for c in g], axis=0)) for g in groups])
            for hours, place in ((1, 1), (6, 3)):
                axes[0, column].plot(
                    points[:, 0],
                    points[:, place],
                    marker,
                    color=colour,
                    fillstyle="full" if hours == 6 else "none",
                    label=f"{kind}, {hours} h",
                    zorder=3 if kind == "real" else 2,
                )
        axes[0, column].set(yscale="log", xlabel=f"{mission} magnitude", ylabel="noise (ppm)", title=mission)
        axes[0, column].legend(ncols=2, fontsize=8)
        shown = _pair(real, simulated, mission)
        span = 5 * max(1e6 * float(np.std(curve.curve.flux)) for curve in shown)
        for row, (kind, curve) in enumerate(zip(("real", "simulated"), shown, strict=True), start=1):
            days = curve.curve.time - curve.curve.time[0]
            axes[row, column].plot(days, 1e6 * (curve.curve.flux - 1), ",", color="black")
            axes[row, column].set(
                ylim=(-span, span),
                xlabel="days",
                ylabel="flux - 1 (ppm)",
                title=f"{kind}: {curve.star}, magnitude {curve.magnitude:.1f}",
            )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=90)


def _pair(real: list[Measured], simulated: list[Measured], mission: str) -> tuple[Measured, Measured]:
    """Return a long real curve of a star without transits, and a simulated one of its magnitude."""
    star = {"TESS": "TIC 270501383", "Kepler": "KIC 10424789"}[mission]
    first = next(c for c in real if c.star == star and (mission == "TESS" or len(c.curve.time) > 4000))
    return first, next(c for c in simulated if c.mission == mission and c.magnitude == first.magnitude)


def main(arguments: list[str]) -> Any:
    """Measure, print, and draw where asked to."""
    if not SHARED.is_dir():
        print(f"bench_simulated_survey: no real observations at {SHARED}")
        return 0
    real = real_curves()
    simulated = simulated_curves(real)
    print(f"{len(real)} real curves, {len(simulated)} simulated ones")
    agree = [compare(real, simulated, mission) for mission in BINS]
    print(f"\nall within 25 % and the real quartiles: {'yes' if all(agree) else 'NO'}")
    if len(arguments) == 2 and arguments[0] == "--picture":
        draw(real, simulated, Path(arguments[1]))
    return 0 if all(agree) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
