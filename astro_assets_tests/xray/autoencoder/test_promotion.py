"""A version is promoted where it tells curves apart, rarely cries wolf and explains as much as the last."""

from __future__ import annotations

from typing import Any

import pytest

from astro_assets.xray.autoencoder.promotion import gain_over, replaces
from astro_assets.xray.autoencoder_models import XRAY_AUTOENCODER, headline


def figures(
    gain: float = 0.02, judged: int = 100, alarms: float = 0.05, *, is_collapsed: bool = False
) -> dict[str, Any]:
    def stratum(least_bins: int, gain: float) -> dict[str, Any]:
        one = {"gain": {"value": gain, "low": gain - 0.005, "high": gain + 0.005}}
        better = {"gain": {name: value + 0.1 for name, value in one["gain"].items()}}
        return {"bins": [least_bins, 10**9], "constant rate": better, "excess variance": one}

    rate = {"level": 0.05, "value": alarms, "low": alarms - 0.02}
    return {
        "strata": [stratum(1, gain), stratum(40, gain + 0.01)],
        "curves": {"judged": judged},
        "alarms": {"p_usual": {"n": judged, "rates": [rate]}},
        "active_units": 8,
        "informative_units": 3,
        "simulation": {"most_bins": 256},
        "is_collapsed": is_collapsed,
        "nll_per_count": 0.4,
        "detection": {"autoencoder": {"flare": {"value": 0.97}}},
        "energy": {"kwh": None},
    }


@pytest.mark.parametrize(
    ("changed", "does"),
    [
        ({}, True),
        ({"gain": 0.016}, True),
        ({"gain": 0.014}, False),
        ({"gain": 0.5, "judged": 99}, False),
        ({"gain": 0.03, "judged": 200}, True),
    ],
)
def test_it_explains_as_much_on_as_many_sources(changed: dict[str, Any], does: bool) -> None:
    assert (replaces(figures(**changed), figures()) is not None) == does


def test_what_was_not_compared_replaces_nothing() -> None:
    assert replaces({**figures(), "strata": []}, figures()) is None
    assert replaces(figures(), {**figures(), "strata": []}) is None


@pytest.mark.parametrize(
    ("changed", "broken"),
    [
        ({}, None),
        ({"is_collapsed": True}, "latents_in_use"),
        ({"alarms": 0.11}, None),
        ({"alarms": 0.13}, "false_alarms_rare"),
        ({"gain": -0.2}, "explains_more_than_constant_rate"),
        ({"gain": -0.101}, None),
    ],
)
def test_what_speaks_against_a_version(changed: dict[str, Any], broken: str | None) -> None:
    found = XRAY_AUTOENCODER.problems(figures(**changed))
    assert [name for name, said in found.items() if said] == ([] if broken is None else [broken])


def test_a_version_that_was_not_compared_is_not_believed() -> None:
    assert XRAY_AUTOENCODER.problems({**figures(), "strata": []})["explains_more_than_constant_rate"]


def test_gains_on_other_sources_replace_nothing() -> None:
    assert replaces({**figures(gain=0.5), "simulation": {"most_bins": 9}}, figures()) is None


def test_the_headline_is_of_long_curves() -> None:
    told = headline(figures())
    assert told["gain_over_excess_variance_when_long"] == gain_over(figures(), "excess variance", 40)
    assert told["gain_over_excess_variance_when_long"] == pytest.approx(0.03)
    assert told["false_alarms_of_usual_at_0.05"] == 0.05
    assert told["false_alarms_of_constant_at_0.05"] is None
    assert told["gain_over_set_network_when_long"] is None
    assert told["auroc_of_flare"] == 0.97
