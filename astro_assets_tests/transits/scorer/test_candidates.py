"""Our own candidates as examples: views of fixed geometry, scalars, labels."""

from __future__ import annotations

import numpy as np
import pytest

from astro_assets.transits.example_tables import TRAINING_EXAMPLES
from astro_assets.transits.fold import FoldSettings, fold_views
from astro_assets.transits.scorer.candidates import candidate_example
from astro_assets.transits.scorer.examples import SCALARS, VIEWS, examples_of
from astro_assets_tests.transits.computing import compute

PERIOD, EPOCH, DURATION, DEPTH = 3.0, 1.0, 0.2, 0.01
CANDIDATE = {
    "period_days": PERIOD, "period_uncertainty_days": 1e-4, "epoch_btjd": EPOCH,
    "epoch_uncertainty_days": 1e-3, "duration_hours": 24 * DURATION, "depth_ppm": 1e6 * DEPTH, "snr": 40.0,
    "sde": 12.0, "n_transits": 9, "depth_odd_ppm": 1e6 * DEPTH, "depth_even_ppm": 0.9e6 * DEPTH,
    "odd_even_sigma": 3.0, "baseline_days": 27.0,
}  # fmt: skip
UNLABELLED = {"label": None, "signal_catalog": None}


def folded(time, secondary=0.4):
    phase = np.remainder(time - EPOCH + PERIOD / 2, PERIOD) - PERIOD / 2
    flux = np.where(np.abs(phase) < DURATION / 2, 1 - DEPTH, 1.0)
    flux[np.abs(np.remainder(time - EPOCH - secondary * PERIOD, PERIOD)) < DURATION / 2] -= 0.3 * DEPTH
    return {"views": fold_views(time, flux, PERIOD, EPOCH, DURATION, secondary, FoldSettings())}


@pytest.fixture(scope="module")
def time():
    return np.arange(0, 27, 2 / 1440)


def example(**changes):
    given = {
        "candidate": CANDIDATE, "folded": None, "measures": None, "labelled": UNLABELLED, "truths": [],
        "observed": {"mission": "TESS", "cadence_s": 119.9},
    } | changes  # fmt: skip
    return candidate_example(**given)


def test_views_have_the_geometry_of_all_examples(time):
    made = example(folded=folded(time))
    for name in ("global", "local", "odd", "even", "secondary"):
        view = made[f"{name}_view"]
        assert view.shape == (VIEWS[name],)
        assert np.isfinite(view).all()
    assert made["shifted_view"] is None, "what is not folded is not invented"
    local = made["local_view"]
    assert local.min() == pytest.approx(-1)
    # Two durations on each side: the transit fills a quarter of the view.
    assert np.mean(local < -0.5) == pytest.approx(0.25, abs=0.03)
    assert np.mean(made["global_view"] < -0.5) == pytest.approx(DURATION / PERIOD, abs=0.01)


def test_depths_of_views_stay_comparable(time):
    made = example(folded=folded(time))
    assert made["secondary_view"].min() == pytest.approx(-0.3, abs=0.02)
    assert made["odd_view"].min() == pytest.approx(-1, abs=0.02)


def test_empty_bins_stay_empty(time):
    phase = np.remainder(time - EPOCH + PERIOD / 2, PERIOD) - PERIOD / 2
    gap = (phase > 0.15) & (phase < 0.3)
    local = example(folded=folded(time[~gap]))["local_view"]
    at = ((np.arange(81) + 0.5) / 81 * 2 - 1) * 2 * DURATION
    inside = (at > 0.17) & (at < 0.28)
    assert np.isnan(local[inside]).all()
    assert np.isfinite(local[at < 0.13]).all()


def test_scalars_are_of_the_candidate():
    made = example(measures={"weak_secondary_sigma": 7.5, "duration_over_star": 0.9})
    expected = {
        "log10_depth": -2, "log10_period": np.log10(3), "log10_duty_cycle": np.log10(0.2 / 3),
        "odd_even_depth": -0.001, "odd_even_over_depth": -0.1, "snr_of_one_transit": 40 / 3,
        "weak_secondary_sigma": 7.5, "duration_over_star": 0.9,
    }  # fmt: skip
    for name, value in expected.items():
        assert made[name] == pytest.approx(value), name
    assert np.isnan(made["temperature"])
    assert set(SCALARS) <= set(made)


def test_a_row_names_the_light_curve_that_was_searched():
    names = {"search_id": "TIC 7~1b2c3d4e", "target_id": "TIC 7", "rank": 2}
    nothing = ("folded_views", "transit_features", "simulated_truth", "detrended_light_curves")
    parents = {"transit_candidates": [CANDIDATE | names], "labelled_candidates": [UNLABELLED]}
    (row,) = compute(TRAINING_EXAMPLES, "TIC 7~1b2c3d4e.02", parents | {role: [] for role in nothing})
    assert set(row) == set(TRAINING_EXAMPLES.schema.names)
    assert (row["target_id"], row["light_curve"]) == ("TIC 7", "TIC 7~1b2c3d4e")
    assert examples_of([row]).light_curves == ("TIC 7~1b2c3d4e",)


TRUTH = {"period_days": PERIOD, "epoch_btjd": EPOCH, "duration_hours": 4.8, "secondary_phase": np.nan}
ELSEWHERE = TRUTH | {"period_days": 7.7}


@pytest.mark.parametrize(
    ("labelled", "truths", "label_set"),
    [
        (UNLABELLED, [], []),
        ({"label": "confirmed_planet", "signal_catalog": "koi"}, [], ["planetary_transit"]),
        ({"label": "false_positive", "signal_catalog": "koi"}, [], []),
        (UNLABELLED, [TRUTH | {"kind": "planet"}], ["planetary_transit"]),
        (UNLABELLED, [TRUTH | {"kind": "background_binary"}], ["eclipsing_binary"]),
        (
            UNLABELLED,
            [TRUTH | {"kind": "planet", "period_days": 6.0}],
            ["planetary_transit"],
        ),  # at half of it
        (UNLABELLED, [TRUTH | {"kind": "pulsator", "epoch_btjd": np.nan}], ["stellar_signal"]),
        (
            UNLABELLED,
            [ELSEWHERE | {"kind": "planet"}, TRUTH | {"kind": "spots"}],
            ["stellar_signal", "instrument_artifact", "noise"],
        ),
    ],
)
def test_labels_are_of_catalogues_or_of_the_simulation(labelled, truths, label_set):
    made = example(labelled=labelled, truths=truths)
    assert made["label_set"] == label_set
    row = {**made, "example_id": "SIM 1.01", "target_id": "SIM 1", "light_curve": "SIM 1", "position": 1}
    events = examples_of([row])
    assert events.is_eclipse[0] == (label_set in (["planetary_transit"], ["eclipsing_binary"]))
    assert events.provenance["cadence"] == ("120",)
