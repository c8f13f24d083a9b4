"""Compiling ahead of the first search."""

import subprocess
import sys

_PROGRAM = """
from astro_assets.transits.compilation import compile_loops
compile_loops()
from astro_assets.transits.biweight_lanes import biweight_trends
from astro_assets.transits.search.batch_folding import search_group
from astro_assets.transits.search.noise_lanes import noise_factors
from astro_assets.transits.search.box_scale_lanes import set_scales_of_group
loops = set_scales_of_group, search_group, biweight_trends, noise_factors
print(*(len(loop.signatures) for loop in loops))
"""


def test_shared_and_own_weights_are_compiled_and_later_calls_find_them():
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, check=True, text=True)
    assert done.stdout.split() == ["2", "4", "1", "2"]
