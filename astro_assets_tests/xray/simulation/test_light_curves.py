"""Simulated counts are Poisson counts of what was there, and follow from the seed alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from astro_assets.xray.simulation.light_curves import SimulatedLightCurve, simulate
from astro_assets.xray.simulation.settings import SimulationSettings
from astro_assets.xray.simulation.sources import SourceKind

#: A setting that differs from the one by default, and the kind of source in which it shows.
OTHERS: dict[str, tuple[Any, str]] = {
    "surveys": ((5, 5), "constant"),
    "bins_per_visit": ((7, 7), "constant"),
    "ecliptic_latitude_deg": ((80.0, 80.0), "constant"),
    "most_bins": (5, "constant"),
    "lost_visits": (0.9, "constant"),
    "mean_rate": ((9.0, 9.0), "constant"),
    "photon_index": ((5.0, 5.0), "constant"),
    "log_column": ((23.0, 23.0), "constant"),
    "background_rate": ((0.5, 0.5), "constant"),
    "background_ratio": ((0.1, 0.1), "constant"),
    "background_scatter": (2.0, "constant"),
    "red_noise_scatter": ((3.0, 3.0), "red_noise"),
    "red_noise_slope": ((0.0, 0.0), "red_noise"),
    "log_normal_scatter": ((3.0, 3.0), "log_normal"),
    "flare_factor": ((900.0, 900.0), "flare"),
    "flare_hours": ((90.0, 90.0), "flare"),
    "dip_depth": ((0.1, 0.1), "dip"),
    "dip_hours": ((900.0, 900.0), "dip"),
    "eruption_factor": ((900.0, 900.0), "quasi_periodic_eruption"),
    "eruption_hours": ((90.0, 90.0), "quasi_periodic_eruption"),
    "eruption_duty": ((0.9, 0.9), "quasi_periodic_eruption"),
    "disruption_factor": ((9000.0, 9000.0), "tidal_disruption"),
    "disruption_days": ((900.0, 900.0), "tidal_disruption"),
    "outburst_factor": ((9000.0, 9000.0), "outburst"),
    "outburst_days": ((900.0, 900.0), "outburst"),
    "state_factor": ((900.0, 900.0), "state_change"),
}


def content(simulated: SimulatedLightCurve) -> bytes:
    curve = simulated.light_curve
    arrays = (curve.time_s, curve.width_s, curve.counts, curve.background_counts, curve.background_ratio)
    return b"".join(
        values.tobytes() for values in (*arrays, curve.rate, simulated.rate, simulated.background_rate)
    )


@given(
    st.sampled_from(SourceKind),
    st.integers(0, 2**40),
    st.floats(0, 89.99),
    st.integers(1, 6),
    st.integers(1, 9),
)
@settings(max_examples=60)
def test_any_source_anywhere_is_a_light_curve(
    kind: SourceKind, seed: int, latitude: float, surveys: int, parts: int
) -> None:
    told = SimulationSettings(
        ecliptic_latitude_deg=(latitude, latitude), surveys=(surveys, surveys), bins_per_visit=(parts, parts)
    )
    simulated = simulate(told, kind, (seed,))
    assert 1 <= simulated.light_curve.n_bins <= 256
    assert simulated.kind == kind.value
    assert content(simulated) == content(simulate(told, kind, (seed,)))


def test_seeds_and_order_decide_nothing_but_themselves() -> None:
    told = SimulationSettings()
    one = content(simulate(told, SourceKind.FLARE, (3, 1)))
    simulate(told, SourceKind.DIP, (3, 2))
    assert content(simulate(told, SourceKind.FLARE, (3, 1))) == one
    assert content(simulate(told, SourceKind.FLARE, (3, 2))) != one
    assert content(simulate(told, SourceKind.FLARE, (1, 3))) != one


def test_other_kinds_of_a_seed_are_seen_at_the_same_times() -> None:
    constant, flare = (
        simulate(SimulationSettings(), kind, (5,)) for kind in (SourceKind.CONSTANT, SourceKind.FLARE)
    )

    np.testing.assert_array_equal(constant.light_curve.time_s, flare.light_curve.time_s)
    np.testing.assert_array_equal(constant.background_rate, flare.background_rate)
    assert flare.rate[:, 1].min() == pytest.approx(constant.rate[0, 1], rel=0.01)


def test_counts_are_poisson_counts_of_source_and_background() -> None:
    told = SimulationSettings(surveys=(4, 4))
    total = np.zeros((2, 2))
    residuals = []
    for number in range(300):
        simulated = simulate(told, SourceKind.RED_NOISE, (number,))
        curve = simulated.light_curve
        of_source = (simulated.rate + curve.background_ratio * simulated.background_rate) * curve.exposure_s
        of_background = simulated.background_rate * curve.exposure_s
        total += [[curve.counts.sum(), of_source.sum()], [curve.background_counts.sum(), of_background.sum()]]
        many = of_source > 5
        residuals.append((curve.counts[many] - of_source[many]) / np.sqrt(of_source[many]))
    for counted, expected in total:
        assert abs(counted - expected) < 4 * np.sqrt(expected)
    assert np.concatenate(residuals).std() == pytest.approx(1, abs=0.03)


def test_errors_are_asymmetric_and_hold_the_truth_as_often_as_they_say() -> None:
    inside = []
    for number in range(200):
        simulated = simulate(SimulationSettings(), SourceKind.CONSTANT, (number,))
        curve = simulated.light_curve
        many = curve.counts > 3
        assert (curve.rate_error_plus[many] > curve.rate_error_minus[many]).all()
        off = simulated.rate - curve.rate
        within = (off < curve.rate_error_plus) & (off > -curve.rate_error_minus)
        inside.append(within[(simulated.rate * curve.exposure_s) > 10])
    assert 0.65 < np.concatenate(inside).mean() < 0.75


@pytest.mark.parametrize("name", list(SimulationSettings.model_fields))
def test_every_setting_changes_what_is_simulated(name: str) -> None:
    value, kind = OTHERS[name]
    changed = SimulationSettings.model_validate({name: value})
    assert any(
        content(simulate(changed, SourceKind(kind), (seed,)))
        != content(simulate(SimulationSettings(), SourceKind(kind), (seed,)))
        for seed in range(5)
    )


@pytest.mark.parametrize(
    "told",
    [{"surveys": (3, 2)}, {"mean_rate": (0, 1)}, {"dip_depth": (0, 1.1)}, {"speed": 1}, {"most_bins": 0}],
)
def test_impossible_settings_are_refused(told: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        SimulationSettings.model_validate(told)
