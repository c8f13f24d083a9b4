"""Compiling ahead of the first search."""

import subprocess
import sys

_PROGRAM = """
import sys, tempfile
from pathlib import Path
from numba.core.dispatcher import Dispatcher
from astro_assets.observations.simulated_survey import simulate_survey
from astro_assets.observations.tables import LIGHT_CURVES
from astro_assets.transits.compilation import compile_loops
from astro_assets.transits.loop_store import are_stored
from astro_assets.transits.tables import (
    DETRENDED_LIGHT_CURVES, FOLDED_VIEWS, TRANSIT_CANDIDATES, VARIABILITY
)

def loops():
    modules = [module for name, module in sys.modules.items() if name.startswith("astro_assets.")]
    of_ours = [one for module in modules for one in vars(module).values() if isinstance(one, Dispatcher)]
    return {(f"{one.py_func.__module__}.{one.__name__}", kind) for one in of_ours for kind in one.signatures}

compile_loops()
assert are_stored()
before = loops()
assert len(before) > 20
rows = []
with tempfile.TemporaryDirectory() as folder:
    for file in simulate_survey(24, 3):
        path = Path(folder) / file.name
        path.write_bytes(file.content)
        parents = {"observation_files": [{"sha256": path, "description": None}]}
        rows += LIGHT_CURVES.compute(file.name, parents, LIGHT_CURVES.config)
names = [row["target_id"] for row in rows]
of_stars = [{"selected_files": [row]} for row in rows]
flat = DETRENDED_LIGHT_CURVES.compute(names, of_stars, DETRENDED_LIGHT_CURVES.config)
curves = [{"detrended_light_curves": some} for some in flat]
for name, of_star in zip(names, of_stars):
    VARIABILITY.compute(name, of_star, VARIABILITY.config)
found = TRANSIT_CANDIDATES.compute(names, curves, TRANSIT_CANDIDATES.config)
assert any(found)
for name, some, of_star in zip(names, found, flat):
    for row in some:
        parents = {"transit_candidates": [row], "detrended_light_curves": of_star}
        FOLDED_VIEWS.compute(name, parents, FOLDED_VIEWS.config)
print(*sorted(name for name, kind in loops() - before))
"""


def test_nothing_that_a_run_calls_is_compiled_later():
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, check=False, text=True)
    assert not done.returncode, done.stderr
    assert not done.stdout.split(), "compiled during a run"
