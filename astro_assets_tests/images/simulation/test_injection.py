"""Sources put into frames."""

from pathlib import Path

import numpy as np
import pytest

from astro_assets.images.frame import Frame
from astro_assets.images.simulation.injection import InjectionSettings, inject, second_epoch
from astro_assets.images.simulation.psf import Psf, add_point_sources


def field(seed: int = 1) -> Frame:
    rng = np.random.default_rng(5)
    image = np.random.default_rng(seed).normal(400, 8, (220, 230)).astype(np.float32)
    rows, columns = rng.uniform(0, 220, 70), rng.uniform(0, 230, 70)
    add_point_sources(image, Psf(3.0, 3.0), rows, columns, 10 ** rng.uniform(3.3, 4.7, 70), 0.1)
    return Frame(image=image, gain=6.0)


def test_what_is_put_in_has_the_ratio_that_was_asked_for():
    settings = InjectionSettings(transients=20, asteroids=0, snr=(19.99, 20.0))
    scene = inject(field(1), field(2), settings, 3)
    assert len(scene.truth.objects) == 20
    snr = np.array([one.snr for one in scene.truth.objects])
    assert np.median(snr) == pytest.approx(20, rel=0.05)
    seen = [scene.difference.significance[round(one.row), round(one.column)] for one in scene.truth.objects]
    assert np.median(seen) == pytest.approx(20, rel=0.1)


def test_the_flux_and_the_truth_agree_and_the_reference_is_left_alone():
    science, reference = field(1), field(2)
    before = science.image.copy(), reference.image.copy()
    scene = inject(science, reference, InjectionSettings(transients=3, asteroids=3), 4)
    np.testing.assert_array_equal(science.image, before[0])
    np.testing.assert_array_equal(scene.reference.image, before[1])
    added = scene.science.image - science.image
    assert added.sum() == pytest.approx(sum(one.flux for one in scene.truth.objects), rel=0.1)
    assert {one.kind for one in scene.truth.objects} == {"transient", "asteroid"}
    assert scene.truth.mask("asteroid").any()


def test_a_seed_gives_the_same_bytes():
    settings = InjectionSettings()
    one, same, other = (inject(field(1), field(2), settings, seed) for seed in (1, 1, 2))
    assert one.science.image.tobytes() == same.science.image.tobytes() != other.science.image.tobytes()
    assert one.truth.objects == same.truth.objects


def test_a_second_epoch_moves_and_has_noise_of_its_own():
    frame = field(1)
    other = second_epoch(frame, 7, (0.5, 0.25))
    sky = frame.image < np.median(frame.image) + 10
    difference = (other.image - frame.image)[sky & np.isfinite(other.image)]
    assert 8 < difference.std() < 8 * 1.9
    assert second_epoch(frame, 7).image.tobytes() == second_epoch(frame, 7).image.tobytes()
    assert second_epoch(frame, 7).image.tobytes() != second_epoch(frame, 8).image.tobytes()


def test_a_real_frame(shared_data: Path):
    from astropy.io import fits

    with fits.open(shared_data / "fits_images" / "photutils" / "M6707HH.fits") as file:
        frame = Frame(image=file[0].data[:300, :300].astype(np.float32))
    scene = inject(frame, second_epoch(frame, 1), InjectionSettings(transients=5, asteroids=5), 2)
    assert len(scene.truth.objects) == 10
    assert scene.truth.labels.any()
