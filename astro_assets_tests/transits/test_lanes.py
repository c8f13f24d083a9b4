"""The operations on 16 lanes beside plain NumPy, and on machines without the widest registers."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numba import njit

from astro_assets.transits import lanes

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


_PROGRAM = """
import numpy as np
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.survey import SurveyEngine
rng = np.random.default_rng(5)
time = np.arange(0, 27, 1 / 48)
curves = [Curve(time, 1 + rng.normal(0, 1e-3, time.size), np.full(time.size, 1e-3), 1 / 48) for _ in range(9)]
found = SurveyEngine()(curves, (0.4, 2), (0.25, 1.8))
print(np.array([one.power for one in found]).tobytes().hex())
"""


def _searched_on(cpu, features, tmp_path):
    environment = {
        "NUMBA_CPU_NAME": cpu,
        "NUMBA_CPU_FEATURES": features,
        "NUMBA_CACHE_DIR": str(tmp_path / cpu),
        "PYTHONPATH": ":".join(sys.path),
    }
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM], env=environment, capture_output=True, check=True, text=True
    )
    return done.stdout


@pytest.mark.slow
def test_machines_without_wide_registers_find_the_same(tmp_path):
    # The features that every 64-bit processor of its kind has, and those of most of this decade.
    plain = _searched_on("generic", "", tmp_path)
    found = np.frombuffer(bytes.fromhex(plain.strip())).reshape(9, -1)
    assert found.max(axis=1).min() > 2
    here: dict = {"__name__": "here"}
    lines = _PROGRAM.replace("print(", "result = (")
    exec(lines, here)  # noqa: S102  the program above, as this processor does it
    assert here["result"] == plain.strip()
