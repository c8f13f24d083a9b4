"""Real X-ray light curves for `bench_xray_autoencoder`: bexvar's examples, and classes of one-band curves."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np

from astro_assets.xray.autoencoder.model import TrainedAutoencoder
from astro_assets.xray.autoencoder.preparation import PreparationError, Prepared, prepare
from astro_assets.xray.baselines.summary_statistics import fit_statistics, statistics_table
from astro_assets.xray.judging import retrieval
from astro_assets.xray.light_curve import LightCurve
from astro_assets.xray.reading.files import read_file
from astro_assets.xray.refusals import XrayRefusedError
from astro_assets.xray.variability import CONSTANT, LOG_NORMAL, RED, variability_of

EXAMPLES = {"constant_020": CONSTANT, "loggauss_020": LOG_NORMAL, "red_020": RED}
#: Curves that a class must have, and bins that a curve must.
LEAST_OF_CLASS, LEAST_BINS = 5, 8


def judge_examples(folder: Path) -> bool:
    """Tell bexvar's examples by their kinds; return whether all are right."""
    is_right = True
    for name, kind in EXAMPLES.items():
        path = next((folder / "bexvar_erosita_format").glob(f"{name}*"))
        found = variability_of(read_file(path).light_curve)
        is_right &= found.verdict == kind
        print(
            f"{'reached' if found.verdict == kind else 'MISSED '} {path.name}: {found.verdict}; scatter "
            f"{found.scatter:.3f} ({found.scatter_low:.3f} to {found.scatter_high:.3f}) nats, red over white "
            f"{found.log_red_ratio:+.1f} nats"
        )
    return is_right


def judge_neighbours(model: TrainedAutoencoder, folder: Path) -> None:
    """Compare neighbours of real curves by the latent with those by summary statistics."""
    curves, classes = real_curves(folder / "xraylcs")
    print(f"\n{len(curves)} real curves of one band: {dict(Counter(classes))}")
    latent = np.array([model.encode(curve)[0] for curve in curves])
    table = statistics_table(curves)
    points = fit_statistics(table, LEAST_OF_CLASS).points
    both = {"latent": latent, "summary statistics": points}
    for name, values in {**both, "both": np.concatenate(list(both.values()), axis=1)}.items():
        found = retrieval(values, classes)
        by_class = ", ".join(f"{one} {share:.2f}" for one, share in found["by_class"].items())
        print(
            f"  five nearest by {name}: {found['value']:.3f} ({found['low']:.3f} to {found['high']:.3f}) of "
            f"the same class, by chance {found['chance']:.3f}; {by_class}"
        )


def real_curves(folder: Path) -> tuple[list[Prepared], list[str]]:
    """Read what can be read of the class folders, brought to a mean rate of one count a second.

    Some are fluxes and some counts a second: the level would tell the class.
    """
    curves, classes = [], []
    for path in sorted(one for one in folder.rglob("*") if one.is_file()):
        try:
            prepared = prepare(scaled(read_file(path).light_curve))
        except (XrayRefusedError, PreparationError, ValueError):
            continue
        if prepared.n_bins >= LEAST_BINS:
            curves.append(prepared)
            classes.append(path.relative_to(folder).parts[0])
    often = {name for name, n in Counter(classes).items() if n >= LEAST_OF_CLASS}
    kept = [row for row, name in enumerate(classes) if name in often]
    return [curves[row] for row in kept], [classes[row] for row in kept]


def scaled(curve: LightCurve) -> LightCurve:
    """Bring the mean rate to one count a second."""
    level = max(float(np.nanmean(np.abs(curve.rate))), 1e-300)
    return replace(
        curve,
        counts=np.full_like(curve.counts, np.nan),
        rate=curve.rate / level,
        rate_error_minus=curve.rate_error_minus / level,
        rate_error_plus=curve.rate_error_plus / level,
    )


if __name__ == "__main__":
    raise SystemExit("see bench_xray_autoencoder.py")
