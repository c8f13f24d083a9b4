"""All that is said of a light curve, or why not: by its bands, its counts and its length."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from astro_assets.xray.autoencoder.model import TrainedAutoencoder
from astro_assets.xray.autoencoder.reconstruction import reconstruct
from astro_assets.xray.autoencoder.scoring import score
from astro_assets.xray.autoencoder.verdicts import LEAST_BINS, verdict_of
from astro_assets.xray.light_curve import LightCurve
from astro_assets_tests.xray.made_curves import made

CURVE = made("constant", (3, 1), 20, 20).light_curve


def in_bands(curve: LightCurve, *bands: tuple[float, float]) -> LightCurve:
    n = len(bands)
    parts = (
        "counts", "background_counts", "background_ratio", "fractional_exposure", "rate",
        "rate_error_minus", "rate_error_plus",
    )  # fmt: skip
    return replace(curve, bands_kev=bands, **{name: getattr(curve, name)[:, :n] for name in parts})


def test_a_curve_in_the_bands_of_the_model_has_everything(model: TrainedAutoencoder) -> None:
    found = verdict_of(model, CURVE, "ct / s", 3)
    assert found.not_scored is None
    assert found.scored is not None
    assert found.scored.log_evidence == score(model, CURVE).log_evidence
    assert len(found.neighbours) == 3
    assert found.cluster is not None
    assert found.variability is not None
    assert found.variability.verdict == "constant"
    first, last = found.scored.first_bin, found.scored.last_bin
    half = CURVE.width_s / 2
    assert (found.change_start_s, found.change_end_s) == (
        CURVE.time_s[first] - half[first],
        CURVE.time_s[last] + half[last],
    )


def test_its_rates_are_told_with_an_interval(model: TrainedAutoencoder) -> None:
    told = verdict_of(model, CURVE, "ct / s", 3).reconstruction
    assert told is not None
    found = reconstruct(model, CURVE)
    assert told["time_s"].tolist() == CURVE.time_s[found.bins].tolist()
    assert told["rate_1"].tolist() == found.rate[:, 1].tolist()
    assert (told["rate_low_2"] < told["rate_2"]).all()
    assert (told["rate_2"] < told["rate_high_2"]).all()


def test_some_of_the_bands_have_a_latent_alone(model: TrainedAutoencoder) -> None:
    found = verdict_of(model, in_bands(CURVE, (0.6, 2.3)), "ct / s", 0)
    assert found.not_scored == "other bands: there are counts in some of the three only"
    assert found.scored is not None
    assert found.reconstruction is None
    assert found.neighbours == ()


@pytest.mark.parametrize(
    ("bands", "why"),
    [
        (((0.3, 10.0),), "other bands: 0.3-10 keV"),
        (((0.2, 0.6), (0.6, 2.3), (2.3, 8.0)), "other bands: 2.3-8 keV"),
        (((0.21, 0.61), (0.61, 2.3), (2.3, 5.1)), None),
    ],
)
def test_in_other_bands_there_is_a_latent_alone(
    model: TrainedAutoencoder, bands: tuple[tuple[float, float], ...], why: str | None
) -> None:
    found = verdict_of(model, in_bands(CURVE, *bands), "ct / s", 2)
    assert found.scored is not None
    assert np.isfinite(found.scored.latent).all()
    assert len(found.neighbours) == 2
    assert found.variability is not None
    if why is None:
        assert found.not_scored is None
        return
    assert found.not_scored is not None
    assert found.not_scored.startswith(why)
    assert np.isnan(found.scored.p_usual)
    assert found.change_start_s is None


def test_rates_alone_have_a_latent_and_no_verdict(model: TrainedAutoencoder) -> None:
    rates = replace(CURVE, counts=np.full_like(CURVE.counts, np.nan))
    found = verdict_of(model, rates, "ct / s", 2)
    assert found.not_scored == "rates only: there are no counts"
    assert found.scored is not None
    assert found.variability is None
    assert found.no_verdict == "rates only: there are no counts"
    of_fluxes = verdict_of(model, rates, "erg / (s cm2)", 2)
    assert of_fluxes.scored is None
    assert of_fluxes.not_scored is not None
    assert of_fluxes.not_scored.startswith("fluxes")


def test_a_photon_does_not_count_twice(model: TrainedAutoencoder) -> None:
    found = verdict_of(model, in_bands(CURVE, (0.2, 0.6), (0.2, 2.3), (0.6, 2.3)), "ct / s", 2)
    assert found.not_scored == "overlapping bands: a photon would count twice"
    assert found.scored is None
    assert found.variability is not None, "bands that do not overlap are left"


def test_length_is_bounded_by_what_the_model_knows(model: TrainedAutoencoder) -> None:
    # One of the 300 was hardly exposed.
    for bins, why in ((LEAST_BINS - 1, "too few bins"), (LEAST_BINS, None), (300, "too many bins: 299")):
        found = verdict_of(model, made("constant", (3, 2), bins, 20).light_curve, "ct / s", 2)
        if why is None:
            assert found.not_scored is None
        else:
            assert found.not_scored is not None
            assert found.not_scored.startswith(why)
