"""Periods of labelled variable stars, and how well variability alone tells their classes apart.

RR Lyrae stars of SDSS Stripe 82: the share whose period is right to 1e-4, by one sinusoid and by harmonics
with aliases. ASAS: five nearest neighbours in period, amplitude, harmonics, explained variance, scatter and
skewness, each star left out in turn; balanced accuracy beside chance. `--every N` takes one star of N.
The exit code is 1 if fewer than nine tenths of the periods of RR Lyrae stars are right.
Needs the real observations (ASTRO_ASSETS_SHARED_DATA, or ../shared/data).
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import sys
import tarfile
import time as clock
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from astro_assets.transits.variability import VariabilitySettings, measure_variability
from astro_assets_tests.transits.stripe_82 import BANDS, NIGHTS, SETTINGS, Stripe82

SHARED = Path(os.environ.get("ASTRO_ASSETS_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")
STARS = SHARED / "variable_stars"
#: Share of the RR Lyrae stars whose period must be right.
LEAST_RIGHT = 0.9
#: In the whole catalogue; thinned out, a class may have fewer.
FEWEST_OF_A_CLASS = 15


def rr_lyrae(every: int) -> float:
    """Print the share of right periods by class, and what the wrong ones are; return the share of all."""
    started = clock.monotonic()
    with Stripe82(SHARED) as stripe:
        results = [
            (star.kind, star.period_days, measure_variability(*stripe.curve(star), SETTINGS))
            for star in stripe.stars[::every]
        ]
        ratios = ", ".join(f"{band} {x:.2f}" for band, x in zip(BANDS, stripe.ratios, strict=True))
    seconds = (clock.monotonic() - started) / len(results)
    print(f"RR Lyrae of Stripe 82: {len(results)} stars, {1e3 * seconds:.0f} ms a star, |dP/P| < 1e-4")
    print(f"  amplitudes over that in g, medians of table 2: {ratios}")
    for kinds in ("ab", "c", "ab c"):
        group = [(p, v) for kind, p, v in results if kind in kinds.split()]
        if not group:
            continue
        sinusoid = np.mean([abs(v.sinusoid_period_days / p - 1) < 1e-4 for p, v in group])
        harmonics = float(np.mean([abs(v.period_days / p - 1) < 1e-4 for p, v in group]))
        print(f"  {kinds:5} {len(group):4d} stars: one sinusoid {sinusoid:6.1%}, harmonics {harmonics:6.1%}")
    wrong = Counter(
        _error(1 / p, 1 / v.period_days) for _, p, v in results if abs(v.period_days / p - 1) >= 1e-4
    )
    print("  wrong ones:", ", ".join(f"{name} {n}" for name, n in wrong.most_common()) or "none")
    return harmonics


def _error(true: float, found: float) -> str:
    for alias, name in ((1.0, "1/day"), (1.0027379, "1/day"), (2.0, "2/day"), (1 / 365.25, "1/year")):
        if min(abs(found - true - alias), abs(found - true + alias), abs(found + true - alias)) < 5e-4:
            return f"alias of {name}"
    for ratio, name in ((2.0, "half the period"), (0.5, "twice the period")):
        if abs(found / true - ratio) < 1e-3:
            return name
    return "other"


def asas(every: int) -> None:
    """Print how well the classes separate."""
    settings = VariabilitySettings(
        shortest_period_days=0.05,
        longest_period_days=1500.0,
        samples_per_peak=3.0,
        alias_frequencies_per_day=NIGHTS[:1],
        n_candidates=5,
    )
    folder = STARS / "asas_cesium"
    with (folder / "asas_training_set_classes_with_metadata.dat").open() as text:
        labels = list(csv.DictReader(text))
    common = {name for name, n in Counter(row["class"] for row in labels).items() if n >= FEWEST_OF_A_CLASS}
    labels = [row for row in labels if row["class"] in common][::every]
    features, classes = [], []
    with tarfile.open(folder / "asas_training_set.tar.gz") as tar:
        for row in labels:
            stream = tar.extractfile(f"asas_training_set/{row['filename']}.dat")
            time, magnitude, error = np.loadtxt(io.TextIOWrapper(stream), delimiter=",").T
            order = np.argsort(time, kind="stable")
            found = measure_variability(time[order], magnitude[order], np.hypot(error[order], 0.01), settings)
            features.append(
                (
                    np.log10(found.period_days),
                    np.log10(found.amplitude),
                    found.explained,
                    min(found.second_harmonic, 3.0),
                    np.log10(np.std(magnitude)),
                    float(np.mean(((magnitude - magnitude.mean()) / magnitude.std()) ** 3)),
                )
            )
            classes.append(row["class"])
    names = np.array(classes)
    right = neighbours(np.array(features), names) == names
    recalls = {name: float(np.mean(right[names == name])) for name in sorted(set(classes))}
    print(f"\nASAS: {len(names)} stars of {len(recalls)} classes with at least {FEWEST_OF_A_CLASS} stars")
    print(
        f"  accuracy {np.mean(right):.1%}, of always the largest class "
        f"{max(Counter(classes).values()) / len(names):.1%}"
    )
    print(f"  balanced accuracy {np.mean(list(recalls.values())):.1%}, of chance {1 / len(recalls):.1%}")
    for name, recall in sorted(recalls.items(), key=lambda item: -item[1]):
        print(f"  {name:20} {np.count_nonzero(names == name):4d} stars {recall:6.1%}")


def neighbours(features: NDArray[np.float64], names: NDArray[np.str_]) -> NDArray[np.str_]:
    """Return the class of most of the five nearest other stars; of equals, that of the nearest."""
    scaled = (features - np.median(features, axis=0)) / np.std(features, axis=0)
    guesses = []
    for place, star in enumerate(scaled):
        distance = np.sum((scaled - star) ** 2, axis=1)
        distance[place] = np.inf
        nearest = names[np.argsort(distance, kind="stable")[:5]]
        guesses.append(Counter(nearest.tolist()).most_common(1)[0][0])
    return np.array(guesses)


def main() -> int:
    """Measure and print; return 1 if too few periods are right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="take one star of so many")
    every = parser.parse_args().every
    if not STARS.is_dir():
        print(f"bench_variability: no labelled variables at {STARS}")
        return 0
    share = rr_lyrae(every)
    asas(every)
    if share < LEAST_RIGHT:
        print(f"\nbench_variability: {share:.1%} of the periods of RR Lyrae are right, not {LEAST_RIGHT:.0%}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
