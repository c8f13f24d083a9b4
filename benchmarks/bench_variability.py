"""Periods of labelled variable stars, and how well variability alone tells their classes apart.

RR Lyrae stars of SDSS Stripe 82: the share whose period is right to 1e-4, by one sinusoid and by harmonics
with aliases. ASAS: five nearest neighbours in columns of `transits/variability` (period, amplitude,
harmonics, explained variance, scatter, skewness), each star left out in turn; balanced accuracy beside
chance, and the classes that do not separate. `--every N` takes one star of N.
The exit code is 1 if fewer than nine tenths of the periods of RR Lyrae stars are right, or the balanced
accuracy of the classes is below 60 %.
Needs the real observations (ASTRO_ASSETS_SHARED_DATA, or ../shared/data).
"""

from __future__ import annotations

import argparse
import os
import sys
import time as clock
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from astro_assets.transits.variability import measure_variability
from astro_assets_tests.transits.asas import (
    FEWEST_OF_A_CLASS,
    LEAST_BALANCED,
    LEAST_RECALL,
    measured,
    recalls_of,
)
from astro_assets_tests.transits.stripe_82 import LEAST_RIGHT, SETTINGS, Stripe82

SHARED = Path(os.environ.get("ASTRO_ASSETS_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")
STARS = SHARED / "variable_stars"


def rr_lyrae(every: int) -> float:
    """Print the share of right periods by class, and what the wrong ones are; return the share of all."""
    started = clock.monotonic()
    with Stripe82(SHARED) as stripe:
        results = [
            (star.kind, star.period_days, measure_variability(*stripe.curve(star), SETTINGS))
            for star in stripe.stars[::every]
        ]
    seconds = (clock.monotonic() - started) / len(results)
    print(f"RR Lyrae of Stripe 82: {len(results)} stars, {1e3 * seconds:.0f} ms a star, |dP/P| < 1e-4")
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


def asas(every: int) -> float:
    """Print how well the classes separate; return the mean of their recalls."""
    features, names = measured(SHARED, every)
    recalls = recalls_of(features, names)
    counts = Counter(names.tolist())
    balanced = float(np.mean(list(recalls.values())))
    right = sum(recalls[name] * n for name, n in counts.items()) / len(names)
    print(f"\nASAS: {len(names)} stars of {len(recalls)} classes with at least {FEWEST_OF_A_CLASS} stars")
    print(f"  accuracy {right:.1%}, of always the largest class {max(counts.values()) / len(names):.1%}")
    print(f"  balanced accuracy {balanced:.1%}, of chance {1 / len(recalls):.1%}")
    for name, recall in recalls.items():
        print(f"  {name:20} {counts[name]:4d} stars {recall:6.1%}")
    mixed = [name for name, recall in recalls.items() if recall < LEAST_RECALL]
    print(
        f"  separable, recall of {LEAST_RECALL:.0%} or more: {len(recalls) - len(mixed)} of {len(recalls)}; "
        f"not: {', '.join(mixed) or 'none'}"
    )
    return balanced


def main() -> int:
    """Measure and print; return 1 if too few periods are right."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=1, help="take one star of so many")
    every = parser.parse_args().every
    if not STARS.is_dir():
        print(f"bench_variability: no labelled variables at {STARS}")
        return 0
    share = rr_lyrae(every)
    balanced = asas(every)
    failures = [
        f"{found:.1%} {what}, not {least:.0%}"
        for found, what, least in (
            (share, "of the periods of RR Lyrae are right", LEAST_RIGHT),
            (balanced, "is the balanced accuracy of the classes of ASAS", LEAST_BALANCED),
        )
        if found < least
    ]
    print(f"\nbench_variability: {'; '.join(failures) or 'as good as it must be'}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
