"""The engine on a GPU beside the survey engine: the same spectra to the bit.

Where Triton is installed and no GPU is there, its interpreter runs the kernels on the CPU.
"""

import importlib.util
import os
import subprocess
import sys

import numpy as np
import pytest

from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.folding import DIRECT_ROWS
from astro_assets.transits.search.gpu_engine import GpuEngine
from astro_assets.transits.search.levels import Density, plan_search
from astro_assets.transits.search.settings import SearchSettings
from astro_assets.transits.search.signals import find_signals
from astro_assets.transits.search.survey import SurveyEngine

FACTORS = 0.25, 1.8
CADENCE = 1 / 48
PERIODS = 0.6, 3.9
HAS_TRITON = all(importlib.util.find_spec(name) for name in ("torch", "triton"))
needs_triton = pytest.mark.skipif(not HAS_TRITON, reason="PyTorch and Triton are not installed")

#: Compiles the scan for a GPU that need not be there; prints what moves from bin to bin, its additions, and
#: what is fused with one.
COMPILED = """
import re
import sys

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from astro_assets.transits.search.gpu_kernels import scan

slots, unroll = map(int, sys.argv[1:])
constants = {"SLOTS": slots, "N_WIDTHS": 3, "TRIALS": 8, "UNROLL": unroll, "STARS": 128}
integers = {"slots": "*i32", "tiles": "*i32", "coverages": "*i32"}
integers |= dict.fromkeys(("columns", "n_trials", "n_real", "n_sums"), "i32")
signature = {
    name: "constexpr" if name in constants else integers.get(name, "*fp32") for name in scan.arg_names
}
known = {(scan.arg_names.index(name),): value for name, value in constants.items()}
source = ASTSource(scan, signature, known)
options = {"num_warps": 8, "enable_fp_fusion": False}
made = triton.compile(source, target=GPUTarget("cuda", 90, 32), options=options).asm
moved = re.search(r"scf.for .* iter_args\\(([^)]*)\\)", made["ttir"])[1].count("=")
print(moved, made["ttir"].count("arith.addf"), made["ptx"].count("fma"))
"""


def _has_gpu():
    if not HAS_TRITON:
        return False
    import torch

    return torch.cuda.is_available()


@pytest.fixture(autouse=True, scope="module")
def interpreted():
    with pytest.MonkeyPatch.context() as patch:
        if not _has_gpu():
            patch.setenv("TRITON_INTERPRET", "1")
        yield


def _curve(seed, days=8.0, gap=None):
    rng = np.random.default_rng(seed)
    time = 100.01 + np.arange(0, days, CADENCE)
    time = time[rng.random(time.size) > 0.03]
    if gap is not None:
        time = time[(time < gap) | (time > gap + 0.8)]
    flux = rng.normal(1, 1e-3, time.size) - 4e-3 * (time % 1.3 < 0.1)
    return Curve(time, flux, np.full(time.size, 1e-3), CADENCE)


def _assert_equal(found, expected):
    assert len(found) == len(expected)
    for one, other in zip(found, expected, strict=True):
        assert one.power.any()
        for part in ("periods", "power", "duration"):
            assert getattr(one, part).tobytes() == getattr(other, part).tobytes()


@needs_triton
@pytest.mark.slow  # where kernels are interpreted
def test_spectra_are_the_survey_engines_to_the_bit():
    # Two in one tile and a gap of its own; sums of rows and of tables, at two resolutions.
    curves = [_curve(0), _curve(1, gap=103.2), _curve(2)]
    plan = plan_search(512, CADENCE, PERIODS, FACTORS, Density())
    assert {level.n_bins for level in plan.levels} == {512, 256}
    assert 512 / plan.levels[0].bases[0] > DIRECT_ROWS
    expected = SurveyEngine(density=Density(23))(curves, PERIODS, FACTORS)
    _assert_equal(GpuEngine(density=Density(23))(curves, PERIODS, FACTORS), expected)


@needs_triton
@pytest.mark.slow  # where kernels are interpreted
def test_memory_and_company_do_not_matter():
    curves = [_curve(0), _curve(1, gap=103.2), _curve(2, days=7)]
    periods = 0.6, 0.7
    expected = SurveyEngine(density=Density(3))(curves, periods, FACTORS)
    _assert_equal(
        GpuEngine(density=Density(3), star_bytes=1, table_bytes=1)(curves, periods, FACTORS), expected
    )


@needs_triton
@pytest.mark.slow  # where kernels are interpreted
def test_what_is_masked_is_told_from_the_whole():
    wholes = [_curve(seed) for seed in range(2)]
    left = [whole.where(whole.time % 1.3 > 0.2) for whole in wholes]
    arguments = left, (1.0, 1.5), FACTORS, wholes
    _assert_equal(GpuEngine(density=Density(5))(*arguments), SurveyEngine(density=Density(5))(*arguments))


@needs_triton
@pytest.mark.slow  # where kernels are interpreted
def test_signals_are_those_of_the_cpu():
    settings = SearchSettings(shortest_period_days=1.2, longest_period_days=1.4, max_signals=1)
    ((signal,),) = find_signals([_curve(0)], settings, GpuEngine())
    ((expected,),) = find_signals([_curve(0)], settings)
    assert signal.box == expected.box
    assert signal.box.period == pytest.approx(1.3, rel=0.01)


@needs_triton
@pytest.mark.parametrize(("slots", "unroll"), [(4, 4), (10, 2)])
def test_no_addition_is_lost_or_fused_when_kernels_are_compiled(slots, unroll):
    # The interpreter cannot see that: Triton once took sums that move from bin to bin for constants.
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    command = [sys.executable, "-c", COMPILED, str(slots), str(unroll)]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    # Four bins, four pairs and three maxima; the sum of a bin, and four more for boxes of 4, 5 and 6 of them.
    assert [int(number) for number in result.stdout.split()] == [11, unroll * (slots - 1 + 4), 0]


@needs_triton
def test_nothing_is_found_where_there_is_nothing_to_search():
    assert GpuEngine()([], (0.5, 3.0), FACTORS) == []
    (found,) = GpuEngine()([_curve(0, days=3)], (2.0, 3.0), FACTORS)
    assert found.periods.size == found.power.size == 0


@pytest.mark.skipif(_has_gpu(), reason="nothing is missing")
def test_it_says_what_is_missing(monkeypatch):
    monkeypatch.delenv("TRITON_INTERPRET", raising=False)
    if HAS_TRITON:
        with pytest.raises(RuntimeError, match="needs a GPU"):
            GpuEngine()
    else:
        with pytest.raises(ModuleNotFoundError, match=r"pip install .*astro-assets\[gpu\]"):
            GpuEngine()
