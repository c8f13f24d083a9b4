"""Labelled variables of ASAS (Richards et al. 2012, ApJS 203, 32), and how well variability tells them apart.

Only reading and the comparison live here, for the test and the benchmark of variability.
"""

from __future__ import annotations

import csv
import io
import tarfile
from collections import Counter
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.variability import VariabilitySettings, measure_variability
from astro_assets_tests.transits.stripe_82 import NIGHTS

#: Classes are separable where the mean of their recalls is at least this; a class by itself where its recall
#: is at least `LEAST_RECALL`. Chance is one over the number of classes, 5 %.
LEAST_BALANCED: Final = 0.6
LEAST_RECALL: Final = 0.5
#: In the whole catalogue; thinned out, a class may have fewer.
FEWEST_OF_A_CLASS: Final = 15
SETTINGS: Final = VariabilitySettings(
    shortest_period_days=0.05,
    longest_period_days=1500.0,
    samples_per_peak=3.0,
    alias_frequencies_per_day=NIGHTS[:1],
    n_candidates=5,
)


def measured(
    shared_data: Path, every: int = 1, fewest: int = FEWEST_OF_A_CLASS
) -> tuple[NDArray[np.float64], NDArray[np.str_]]:
    """Measure one of `every` of the stars whose class has `fewest` or more.

    Returns
    -------
    features, names
        Columns of ``transits/variability``, on scales that suit distances, shape (n, 6), in magnitudes where
        the table has parts in a million; and the classes, shape (n,).
    """
    folder = shared_data / "variable_stars" / "asas_cesium"
    with (folder / "asas_training_set_classes_with_metadata.dat").open() as text:
        labels = list(csv.DictReader(text))
    counts = Counter(row["class"] for row in labels)
    labels = [row for row in labels if counts[row["class"]] >= fewest][::every]
    features = []
    with tarfile.open(folder / "asas_training_set.tar.gz") as tar:
        for row in labels:
            stream = tar.extractfile(f"asas_training_set/{row['filename']}.dat")
            if stream is None:
                raise FileNotFoundError(row["filename"])
            time, magnitude, error = np.loadtxt(io.TextIOWrapper(stream), delimiter=",").T
            order = np.argsort(time, kind="stable")
            found = measure_variability(time[order], magnitude[order], np.hypot(error[order], 0.01), SETTINGS)
            features.append(
                (
                    np.log10(found.period_days),
                    np.log10(found.amplitude),
                    found.explained,
                    min(found.second_harmonic, 3.0),
                    np.log10(found.scatter),
                    found.skewness,
                )
            )
    return np.array(features), np.array([row["class"] for row in labels])


def recalls_of(features: NDArray[np.float64], names: NDArray[np.str_]) -> dict[str, float]:
    """Return the share of each class that its neighbours name right, the best first."""
    right = _of_neighbours(features, names) == names
    recalls = {str(name): float(np.mean(right[names == name])) for name in np.unique(names)}
    return dict(sorted(recalls.items(), key=lambda item: -item[1]))


def _of_neighbours(features: NDArray[np.float64], names: NDArray[np.str_]) -> NDArray[np.str_]:
    """Return the class of most of the five nearest other stars; of equals, that of the nearest."""
    scaled = (features - np.median(features, axis=0)) / np.std(features, axis=0)
    guesses = []
    for place, star in enumerate(scaled):
        distance = np.sum((scaled - star) ** 2, axis=1)
        distance[place] = np.inf
        nearest = names[np.argsort(distance, kind="stable")[:5]]
        guesses.append(Counter(nearest.tolist()).most_common(1)[0][0])
    return np.array(guesses)
