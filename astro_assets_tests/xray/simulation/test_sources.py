"""Each kind of source does what its name says, where it was looked at."""

from __future__ import annotations

import numpy as np
import pytest

from astro_assets.xray.simulation.exposures import Exposures, exposures
from astro_assets.xray.simulation.settings import SimulationSettings
from astro_assets.xray.simulation.sources import SourceKind, source_rates, spectrum

SETTINGS = SimulationSettings(
    surveys=(4, 4), bins_per_visit=(1, 1), ecliptic_latitude_deg=(75, 75), lost_visits=0
)
EXPOSED = exposures(SETTINGS, np.random.default_rng(1))


def rates(kind: str, seed: int, settings: SimulationSettings = SETTINGS) -> np.ndarray:
    return source_rates(SourceKind(kind), EXPOSED, settings, np.random.default_rng(seed))


@pytest.mark.parametrize("kind", list(SourceKind))
def test_rates_are_positive_and_finite(kind: SourceKind) -> None:
    for seed in range(20):
        found = rates(kind, seed)
        assert found.shape == (EXPOSED.time_s.size, 3)
        assert np.isfinite(found).all()
        assert (found > 0).all()


def test_constant_sources_are_constant() -> None:
    found = rates("constant", 1)
    np.testing.assert_array_equal(found, np.broadcast_to(found[0], found.shape))


def test_a_flare_is_seen_at_its_peak_and_is_over_soon() -> None:
    for seed in range(30):
        relative = rates("flare", seed)[:, 1]
        relative = relative / np.median(relative)
        assert 4 <= relative.max() <= 60
        assert np.count_nonzero(relative > 1.1) < 20


def test_a_dip_takes_the_soft_light_first() -> None:
    for seed in range(30):
        relative = rates("dip", seed) / rates("constant", seed)
        assert relative.max() <= 1
        assert relative[:, 1].min() < 0.3 + 1e-9
        assert (relative[:, 0] <= relative[:, 1] + 1e-12).all()


def test_eruptions_come_again_and_again_and_are_soft() -> None:
    settings = SETTINGS.model_copy(update={"eruption_hours": (20.0, 20.0), "eruption_duty": (0.2, 0.2)})
    relative = rates("quasi_periodic_eruption", 4, settings)
    relative = relative / relative.min(axis=0)
    bright = relative[:, 0] > 0.5 * relative[:, 0].max()

    # One in five visits is within the width at half maximum of an eruption, give or take the jitter.
    assert 0.1 < bright.mean() < 0.3
    assert relative[:, 2].max() < 0.3 * relative[:, 0].max()


def test_a_disruption_falls_as_the_power_of_five_thirds() -> None:
    time = np.concatenate([np.linspace(0, 1, 5), np.geomspace(1, 3000, 400)]) * 86400
    exposed = Exposures(time, np.full(405, 40.0), np.ones((405, 3)), np.arange(405))
    settings = SETTINGS.model_copy(update={"disruption_factor": (1e5, 1e5), "disruption_days": (20.0, 20.0)})
    found = source_rates(SourceKind.TIDAL_DISRUPTION, exposed, settings, np.random.default_rng(3))[:, 0]
    late = slice(found.argmax() + 1, None)
    days = (time[late] - time[found.argmax()]) / 86400
    far = days > 400

    slope = np.polyfit(np.log(days[far]), np.log(found[late][far]), 1)[0]
    assert slope == pytest.approx(-5 / 3, abs=0.15)


def test_red_noise_remembers_and_log_normal_noise_does_not() -> None:
    settings = SETTINGS.model_copy(
        update={
            "red_noise_scatter": (1.0, 1.0),
            "log_normal_scatter": (1.0, 1.0),
            "red_noise_slope": (2.0, 2.0),
        }
    )
    near = np.diff(EXPOSED.time_s) < 15_000

    def correlation(kind: str) -> float:
        found = [np.log(rates(kind, seed, settings)[:, 1]) for seed in range(60)]
        steps = np.array([np.diff(values)[near].var() / values.var() for values in found])
        return 1 - float(np.median(steps)) / 2

    assert correlation("red_noise") > 0.8
    assert abs(correlation("log_normal")) < 0.1


def test_states_are_two_and_both_are_seen() -> None:
    for seed in range(30):
        levels = np.unique(rates("state_change", seed)[:, 1])
        assert levels.size == 2
        assert 3 <= levels[1] / levels[0] <= 30


def test_spectra_are_shares_that_follow_index_and_column() -> None:
    assert spectrum(2.0, 20.0).sum() == pytest.approx(1)
    assert spectrum(1.2, 20.0)[2] > spectrum(3.5, 20.0)[2]
    assert spectrum(2.0, 22.0)[0] < 0.1 * spectrum(2.0, 19.5)[0]
