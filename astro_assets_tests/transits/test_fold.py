"""Folded views of synthetic transits, and properties of bins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from astro_assets.transits.fold import VIEWS, FoldSettings, bin_statistics, fold_views
from astro_assets_tests.transits.synthetic import Planet, sector_times, transits

PLANET = Planet(3.1, 1326.0, 0.12, 0.01)
SETTINGS = FoldSettings()


def view(views, name):
    return {key: values[views["view"] == VIEWS.index(name)] for key, values in views.items()}


def folded(time, flux, planet=PLANET, secondary=0.5, settings=SETTINGS):
    return fold_views(time, flux, planet.period, planet.epoch, planet.duration, secondary, settings)


binned_values = st.integers(0, 200).flatmap(
    lambda n: st.tuples(
        hnp.arrays(np.int64, n, elements=st.integers(-2, 12)),
        hnp.arrays(np.float64, n, elements=st.floats(-1e3, 1e3)),
        st.permutations(range(n)),
    )
)


@given(binned_values)
def test_bins_count_every_value_inside_and_do_not_depend_on_order(drawn):
    index, values, order = drawn
    found = bin_statistics(index, values, 10)
    assert found.count.sum() == np.count_nonzero((index >= 0) & (index < 10))
    shuffled = bin_statistics(index[order], values[order], 10)
    assert found.median.tobytes() == shuffled.median.tobytes()
    assert found.spread.tobytes() == shuffled.spread.tobytes()


@given(binned_values)
def test_bins_hold_medians_and_empty_ones_are_marked(drawn):
    index, values, _ = drawn
    found = bin_statistics(index, values, 10)
    for number in range(10):
        inside = values[index == number]
        if inside.size:
            median = np.median(inside)
            assert found.median[number] == pytest.approx(median)
            assert found.spread[number] == pytest.approx(
                1.482602218505602 * np.median(np.abs(inside - median))
            )
        else:
            assert found.count[number] == 0
            assert np.isnan(found.median[number])
            assert np.isnan(found.spread[number])


@given(
    hnp.arrays(np.float64, st.integers(1, 60), elements=st.floats(-30, 30)),
    st.floats(0.3, 20),
    st.floats(0.01, 0.3),
    st.floats(0, 1),
)
def test_views_are_those_of_numpy(time, period, duration, secondary):
    """To the bit: the phase of each sample, its bin, and the median and scatter of each bin."""
    flux = np.round(np.sin(7 * time), 1)
    views = fold_views(time, flux, period, 1.3, duration, secondary, SETTINGS)
    cycles = (time - 1.3) / period
    number = np.floor(cycles + 0.5)
    width = 2 * SETTINGS.local_half_width_durations * duration / period
    every, is_odd = np.full(time.shape, True), number % 2 == 1
    for name, some, chosen, size, span in (
        ("global", cycles - number, every, 201, 1.0),
        ("local", cycles - number, every, 61, width),
        ("odd", cycles - number, is_odd, 61, width),
        ("even", cycles - number, ~is_odd, 61, width),
        ("secondary", (cycles - secondary + 0.5) % 1.0 - 0.5, every, 61, width),
    ):
        index = np.floor((some / span + 0.5) * size)
        for bin_ in range(size):
            inside = flux[chosen & (index == bin_)]
            found = {key: values[bin_] for key, values in view(views, name).items()}
            assert found["count"] == inside.size
            if inside.size:
                median = np.median(inside)
                spread = 1.482602218505602 * np.median(np.abs(inside - median))
                assert found["median"] == np.float32(median)
                assert found["spread"] == np.float32(spread)


@pytest.mark.parametrize("kind", ["equal", "rising", "falling", "two values", "noise"])
def test_full_bins_of_any_order_have_the_medians_of_numpy(kind):
    rising = np.arange(5000.0)
    values = {
        "equal": np.ones(5000),
        "rising": rising,
        "falling": -rising,
        "two values": rising % 2,
        "noise": np.random.default_rng(1).normal(size=5000),
    }[kind]
    found = bin_statistics(np.zeros(5000, np.int64), values, 1)
    assert found.median[0] == np.median(values)
    assert found.spread[0] == 1.482602218505602 * np.median(np.abs(values - np.median(values)))


def test_sizes_and_types_are_fixed():
    time = sector_times()
    views = folded(time, transits(time, [PLANET]))
    assert {values.shape for values in views.values()} == {(201 + 4 * 61,)}
    assert {name: values.dtype.name for name, values in views.items()} == {
        "view": "int32",
        "bin": "int32",
        "phase": "float64",
        "median": "float32",
        "spread": "float32",
        "count": "int32",
    }


def test_global_view_holds_every_sample_and_the_transit_in_the_middle():
    time = sector_times()
    whole = view(folded(time, transits(time, [PLANET])), "global")
    assert whole["count"].sum() == time.size
    assert whole["phase"][100] == pytest.approx(0)
    assert whole["median"][100] == whole["median"].min()
    assert whole["median"][0] == 1


def test_local_view_shows_the_shape_of_the_transit():
    time = sector_times()
    local = view(folded(time, transits(time, [PLANET])), "local")
    hours = local["phase"] * PLANET.period
    expected = transits(PLANET.epoch + hours, [PLANET])
    np.testing.assert_allclose(local["median"], expected, atol=0.25 * PLANET.depth)
    assert hours[-1] - hours[0] == pytest.approx(6 * PLANET.duration * 60 / 61)


def test_odd_and_even_views_tell_alternating_depths():
    alternating = Planet(3.1, 1326.0, 0.12, 0.01, alternate=0.3)
    time = sector_times()
    views = folded(time, transits(time, [alternating]), alternating)
    assert view(views, "even")["median"].min() == pytest.approx(0.99, abs=1e-6)
    assert view(views, "odd")["median"].min() == pytest.approx(0.997, abs=1e-6)
    local, odd, even = (view(views, name)["count"] for name in ("local", "odd", "even"))
    np.testing.assert_array_equal(local, odd + even)


@pytest.mark.parametrize("phase", [0.3, 0.5, np.nan])
def test_secondary_view_is_centred_on_the_secondary(phase):
    centre = 0.5 if np.isnan(phase) else phase
    second = Planet(3.1, 1326.0 + centre * 3.1, 0.12, 0.004)
    time = sector_times()
    views = folded(time, transits(time, [PLANET, second]), secondary=phase)
    middle = view(views, "secondary")["median"][28:33]
    np.testing.assert_allclose(middle, 0.996, atol=1e-6)


def test_bins_beyond_the_period_and_in_gaps_are_empty():
    time = sector_times()
    short = Planet(0.5, 1326.0, 0.1, 0.01)
    local = view(folded(time, transits(time, [short]), short), "local")
    outside = np.abs(local["phase"]) > 0.52
    assert outside.any()
    assert (local["count"][outside] == 0).all()
    assert np.isnan(local["median"][outside]).all()
    sparse = view(folded(time[:50], np.ones(50)), "global")
    assert np.count_nonzero(sparse["count"] == 0) > 190


@pytest.mark.parametrize(
    ("field", "value"), [("global_bins", 101), ("local_bins", 31), ("local_half_width_durations", 2.0)]
)
def test_every_setting_changes_the_views(field, value):
    time = sector_times()
    flux = transits(time, [PLANET])
    changed = folded(time, flux, settings=FoldSettings(**{field: value}))
    default = folded(time, flux)
    assert any(not np.array_equal(default[name], changed[name], equal_nan=True) for name in default)


def test_impossible_ephemerides_are_refused():
    with pytest.raises(ValueError, match="cannot fold"):
        fold_views(np.ones(3), np.ones(3), 0.0, 0.0, 0.1, 0.5, SETTINGS)
