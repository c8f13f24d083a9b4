"""The simulated survey beside real TESS and Kepler curves: precision, gaps and red noise, printed and drawn.

Ten quiet simulated stars stand beside each real TESS star, five beside each Kepler star, at its magnitude.
All curves go through the same detrending; figures are medians of a star's curves. Noise is compared in bins
of one magnitude, whole to whole, of stars that are not restless, with the aperture that the real file tells;
then with apertures that the survey draws. `--picture PATH` draws them side by side.
The exit code is 1 if a bin is out by more than 25 %, or the median of gaps or red noise lies outside the real
quartiles (gaps: to 0.001, since files of one sector or quarter have the same).
Needs the real observations (ASTRO_ASSETS_SHARED_DATA, or ../shared/data).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from astro_assets_tests.observations.realism import (
    HOURS,
    MISSIONS,
    Bin,
    Measured,
    Star,
    by_magnitude,
    real_curves,
    simulated_curves,
    spread,
    stars,
    twins_over_star,
)

SHARED = Path(os.environ.get("ASTRO_ASSETS_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")
TWINS = {"TESS": 10, "Kepler": 5}
#: Files of one sector or quarter have the same gaps, so that quartiles of few segments are points.
TOLERANCE = {"missing": 0.001, "red_noise": 0.0}


def compare_bins(bins: Sequence[Bin]) -> bool:
    """Print the noise of bins and say whether all agree to 25 %."""
    hours = " ".join(f"{f'{hours} h real':>9} {'sim':>7} {'ratio':>6}" for hours in HOURS)
    print(f"  {'magnitude':>9} {'stars':>9} {hours}")
    for group in bins:
        figures = " ".join(
            f"{real:9.1f} {made:7.1f} {ratio:6.2f}"
            for real, made, ratio in zip(group.real, group.simulated, group.ratios, strict=True)
        )
        names = f"{group.magnitude:4d} - {group.magnitude + 1:2d} {group.n_real:4d} :{group.n_simulated:3d}"
        print(f"  {names} {figures}")
    return all(bool((np.abs(group.ratios - 1) <= 0.25).all()) for group in bins)


def compare_stars(real: Sequence[Star], simulated: Sequence[Star]) -> None:
    """Print the noise of calm twins over that of each real star, and how many are right to 25 %."""
    ratios = {star.name: twins_over_star(star, simulated) for star in real}
    for star in real:
        figures = " ".join(f"{ratio:5.2f}" for ratio in ratios[star.name])
        kind = f"restless: {star.cdpp[2]:.0f} ppm in 6 h" if star.is_restless else ""
        print(f"  {star.name:>14} {star.magnitude:6.2f} {figures}  {kind}".rstrip())
    calm = [star.name for star in real if not star.is_restless]
    right = {name: bool((np.abs(values - 1) <= 0.25).all()) for name, values in ratios.items()}
    print(
        f"  within 25 % in all of {', '.join(map(str, HOURS))} h: {sum(right[name] for name in calm)} of "
        f"{len(calm)} calm stars, {sum(right.values())} of all {len(real)}; restless: "
        f"{len(real) - len(calm)} real, {sum(star.is_restless for star in simulated)} of {len(simulated)} "
        "simulated"
    )


def compare_spread(real: Sequence[Star], simulated: Sequence[Star], figure: str, name: str) -> bool:
    """Print where a figure of simulated stars lies in that of real ones, and say whether it agrees."""
    tolerance = TOLERANCE[figure]
    found = spread([getattr(s, figure) for s in real], [getattr(s, figure) for s in simulated], tolerance)
    first, middle, last = found.quartiles
    print(
        f"  {name}: quartiles of {len(real)} real stars {found.low:.5f} - {found.high:.5f}\n"
        f"    simulated median {middle:.5f}, quartiles {first:.5f} - {last:.5f}; "
        f"{found.inside:.0%} inside the real quartiles{f', to {tolerance}' if tolerance else ''}"
    )
    return found.holds(tolerance)


def compare(
    real: Sequence[Measured], same: Sequence[Measured], drawn: Sequence[Measured], mission: str
) -> bool:
    """Print the figures of a mission and say whether they agree."""
    true, twins, others = (stars(curves, mission) for curves in (real, same, drawn))
    print(f"\n{mission}: noise in ppm, medians over calm stars; simulated ones in the real apertures")
    agree = compare_bins(by_magnitude(true, twins))
    print(" the same with apertures that the survey draws (not judged)")
    compare_bins(by_magnitude(true, others))
    print(" simulated over real noise of each star: 1, 2, 6 h, with the aperture of the real file")
    compare_stars(true, twins)
    print(" gaps and red noise")
    segments = sorted({curve.segment for curve in real if curve.mission == mission})
    print(f"  real {'sectors' if mission == 'TESS' else 'quarters'}: {', '.join(map(str, segments))}")
    agree &= compare_spread(true, others, "missing", "missing cadences")
    return compare_spread(true, others, "red_noise", "red noise in 6 h") and agree


def draw(real: Sequence[Measured], simulated: Sequence[Measured], path: Path) -> None:
    """Draw noise against magnitude, and one real curve of each mission above a simulated one."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(3, 2, figsize=(12, 10), layout="constrained")
    for column, mission in enumerate(MISSIONS):
        for kind, curves, colour, marker in (
            ("real", real, "black", "o"),
            ("simulated", simulated, "tab:orange", "."),
        ):
            points = np.array([(star.magnitude, *star.cdpp) for star in stars(curves, mission)])
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


def _pair(real: Sequence[Measured], simulated: Sequence[Measured], mission: str) -> tuple[Measured, Measured]:
    """Return a long real curve of a star without transits, and a simulated one of its magnitude."""
    star = {"TESS": "TIC 270501383", "Kepler": "KIC 10424789"}[mission]
    first = next(c for c in real if c.star == star and (mission == "TESS" or len(c.curve.time) > 4000))
    is_twin = [c.magnitude == first.magnitude and len(c.curve.time) > 4000 for c in simulated]
    return first, simulated[is_twin.index(True)]


def main(arguments: list[str]) -> Any:
    """Measure, print, and draw where asked to."""
    if not SHARED.is_dir():
        print(f"bench_simulated_survey: no real observations at {SHARED}")
        return 0
    real = real_curves(SHARED)
    same, drawn = (simulated_curves(real, TWINS, same_aperture=same) for same in (True, False))
    print(f"{len(real)} real curves, {len(drawn)} simulated ones, once with each kind of aperture")
    agree = [compare(real, same, drawn, mission) for mission in MISSIONS]
    print(f"\nall within 25 % and the real quartiles: {'yes' if all(agree) else 'NO'}")
    if len(arguments) == 2 and arguments[0] == "--picture":
        draw(real, drawn, Path(arguments[1]))
    return 0 if all(agree) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
