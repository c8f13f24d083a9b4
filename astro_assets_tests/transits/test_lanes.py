"""The operations on 16 lanes beside plain NumPy, and on machines without the widest registers."""

import platform
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numba import njit

from astro_assets.transits import lanes
from astro_assets_tests.transits import on_this_processor
from astro_assets_tests.transits.on_this_processor import computed

VECTORS = arrays(np.float32, 16, elements=st.floats(-1e6, 1e6, width=32))


@njit
def _computed(operation, first, second, out):
    a, b = lanes.load(first, 0), lanes.load(second, 0)
    if operation == 0:
        c = lanes.add(a, b)
    elif operation == 1:
        c = lanes.subtract(a, b)
    elif operation == 2:
        c = lanes.multiply(a, b)
    elif operation == 3:
        c = lanes.divide(a, b)
    elif operation == 4:
        c = lanes.maximum(a, b)
    elif operation == 5:
        c = lanes.where_above(a, b, b, lanes.splat(np.float32(7)))
    else:
        c = lanes.square_root(lanes.multiply(a, a))
    lanes.store(out, 16, c)


#: What NumPy makes of the same, in the order above.
REFERENCE = (
    np.add,
    np.subtract,
    np.multiply,
    np.divide,
    np.maximum,
    lambda a, b: np.where(a > b, b, np.float32(7)),
    lambda a, b: np.sqrt(a * a),
)


@settings(deadline=None)
@pytest.mark.parametrize("operation", range(len(REFERENCE)))
@given(first=VECTORS, second=VECTORS)
def test_every_lane_is_what_numpy_makes_of_it(operation, first, second):
    out = np.full(48, -1, np.float32)
    _computed(operation, first, second, out)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(out[16:32], REFERENCE[operation](first, second))
    assert (out[:16] == -1).all()
    assert (out[32:] == -1).all()


@njit
def _three(rows, out):
    lanes.store(out, 0, lanes.load_sum(rows, 2, (0, 20, 41)))


@njit
def _four(rows, out):
    lanes.store(out, 0, lanes.load_sum(rows, 1, (0, 20, 41, 3)))


def test_rows_are_summed_pair_after_pair():
    rows, out = np.random.default_rng(0).normal(size=64).astype(np.float32), np.zeros(16, np.float32)
    _three(rows, out)
    np.testing.assert_array_equal(out, rows[2:18] + (rows[22:38] + rows[43:59]))
    _four(rows, out)
    np.testing.assert_array_equal(out, (rows[1:17] + rows[21:37]) + (rows[42:58] + rows[4:20]))


def test_what_is_not_a_number_is_never_the_maximum():
    out = np.zeros(32, np.float32)
    _computed(4, np.full(16, np.nan, np.float32), np.ones(16, np.float32), out)
    np.testing.assert_array_equal(out[16:], 1)


#: The widest registers of processors that Numba compiles for: any of 64 bits, and one with AVX2 alone.
PROCESSORS = {"generic": "xmm", "haswell": "ymm"}


@pytest.fixture(scope="module")
def on_this_one():
    return computed()


@pytest.mark.exhaustive
@pytest.mark.parametrize("processor", PROCESSORS)
def test_machines_without_wide_registers_find_the_same(processor, on_this_one, tmp_path):
    """To the bit, but for periodograms of sinusoids, in which sums may be made in any order."""
    if processor != "generic" and platform.machine() not in {"x86_64", "AMD64"}:
        pytest.skip("compiles for another kind of processor")
    environment = {
        "NUMBA_CPU_NAME": processor,
        "NUMBA_CPU_FEATURES": "",  # else Numba adds this machine's own
        "NUMBA_CACHE_DIR": str(tmp_path),
        "PYTHONPATH": ":".join(sys.path),
    }
    program = [sys.executable, "-m", on_this_processor.__name__, str(tmp_path / "found.npz")]
    if processor == "generic":  # which nobody has; its spectra and trends are enough
        program.append("without_signals")
    subprocess.run(program, env=environment, check=True)
    with np.load(tmp_path / "found.npz") as stored:  # noqa: TID251  arrays alone, of this test
        found = dict(stored)
    assert str(found.pop("registers")) in {PROCESSORS[processor], ""}
    assert found["spectra"].max(axis=1).min() > 5
    wanted = on_this_one.keys() if processor != "generic" else on_this_one.keys() & found.keys()
    assert found.keys() == wanted
    assert "trend of star 8" in found
    for name in wanted:
        values = on_this_one[name]
        if name == "sinusoids":
            np.testing.assert_allclose(found[name], values, rtol=0, atol=1e-6)
        else:
            np.testing.assert_array_equal(found[name], values, err_msg=name)
