"""Compiling ahead of the first search."""

import subprocess
import sys

_PROGRAM = """
from astro_assets.transits.compilation import compile_loops
compile_loops()
from astro_assets.transits import (
    biweight_loops, detrend_loops, fold_loops, linear_loops, noise_loops, variability_loops
)
from astro_assets.transits.biweight_lanes import biweight_trends
from astro_assets.transits.search import (
    binning_loops, box_loops, event_folding, event_lanes, gridding, minima_loops, peak_loops, phase_loops,
    transit_loops, trapezoid_loops
)
from astro_assets.transits.search.batch_folding import search_group
from astro_assets.transits.search.box_scale_lanes import set_scales_of_group
from astro_assets.transits.search.noise_lanes import noise_factors
from astro_assets.transits.search.single_folding import search_group_of_one
once = [
    biweight_loops.fill_means, biweight_loops.fill_between, fold_loops.fill_views, noise_loops.scatter,
    fold_loops.fill_statistics, linear_loops.solved, variability_loops.fit_trials,
    noise_loops.point_scatter, noise_loops.scatter_of_means, detrend_loops.flattened,
    binning_loops.averaged, box_loops.best_near, box_loops.roughly_deepest,
    event_folding.log_evidence, event_lanes.set_kernels, event_lanes.set_events,
    gridding.average_bins, gridding.fill_coverage, gridding.fill_residuals,
    minima_loops.alternation, minima_loops.unlike_sigma, peak_loops.distinct,
    phase_loops.phase_extremes, phase_loops.sinusoid_in_transit,
    transit_loops.mean_between, transit_loops.transits, transit_loops.transit_sums,
    trapezoid_loops.minimise, trapezoid_loops.near_transits, biweight_trends, search_group_of_one,
]
print(*{len(one.signatures) for one in once})
# Weights that stars share and their own, in scales and scans; three boxes and five in scans.
print(*(len(one.signatures) for one in (set_scales_of_group, noise_factors, search_group)))
"""


def test_every_loop_is_compiled_and_later_calls_find_it():
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, check=True, text=True)
    assert done.stdout.split() == ["1", "2", "1", "4"]
