"""Scenes: their bytes, their truth, their noise."""

import hashlib

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.ndimage import binary_dilation, label

from astro_assets.images.difference_noise import DifferencingSettings
from astro_assets.images.kinds import KINDS, WANTED
from astro_assets.images.simulation.scene import Scene, simulate_scene
from astro_assets.images.simulation.settings import SceneSettings

SETTINGS = SceneSettings()
NOTHING = dict.fromkeys(
    (
        "transients",
        "supernovae",
        "variables",
        "asteroids",
        "cosmic_rays",
        "satellite_trails",
        "ghosts",
        "dust",
    ),
    0,
) | {"hot_pixels": (0, 0)}


def digest(scene: Scene) -> str:
    found = hashlib.sha256()
    for array in (
        scene.science.image,
        scene.reference.image,
        scene.difference.significance,
        scene.truth.masks,
        scene.truth.labels,
    ):
        found.update(np.ascontiguousarray(array).tobytes())
    found.update(repr(scene.truth.objects).encode())
    return found.hexdigest()


def test_a_seed_gives_the_same_bytes_and_another_one_others():
    assert digest(simulate_scene(SETTINGS, (3, 4))) == digest(simulate_scene(SETTINGS, (3, 4)))
    assert digest(simulate_scene(SETTINGS, (3, 4))) != digest(simulate_scene(SETTINGS, (3, 5)))


def test_all_kinds_come_up_and_their_masks_with_them():
    seen: dict[str, int] = {}
    for seed in range(30):
        scene = simulate_scene(SETTINGS, seed)
        for found in scene.truth.objects:
            seen[found.kind] = seen.get(found.kind, 0) + 1
            assert found.snr >= 0
        assert scene.truth.masks.max() < 1 << len(KINDS)
        assert scene.truth.labels.max() <= len(scene.truth.objects)
        np.testing.assert_array_equal(scene.truth.masks > 0, scene.truth.labels > 0)
    assert set(seen) == set(KINDS)


def test_the_place_of_an_object_is_in_its_mask():
    for seed in range(12):
        truth = simulate_scene(SETTINGS, (9, seed)).truth
        for number, found in enumerate(truth.objects, start=1):
            if found.kind in WANTED and (truth.labels == number).any():
                rows, columns = np.nonzero(truth.labels == number)
                assert np.hypot(rows - found.row, columns - found.column).min() < 3
                assert truth.mask(found.kind)[rows[0], columns[0]]


@pytest.mark.parametrize("seed", range(12))
def test_the_brightest_sky_saturates_no_frame(seed):
    brightest, longest = SETTINGS.sky_magnitude[0], SETTINGS.exposure_s[1]
    bright = SceneSettings(
        rows=96, columns=96, sky_magnitude=(brightest, brightest), exposure_s=(longest, longest)
    )
    scene = simulate_scene(bright, seed)
    assert np.nanmedian(scene.science.image) < scene.science.saturation
    assert scene.difference.is_missing.mean() < 0.2


def test_no_two_wanted_objects_are_at_one_place():
    for seed in range(6):
        scene = simulate_scene(SceneSettings(supernovae=300, variables=300), (31, seed))
        place = np.array([(one.row, one.column) for one in scene.truth.objects if one.kind in WANTED])
        apart = np.hypot(*(place[:, None] - place).transpose(2, 0, 1)) + 1e9 * np.eye(len(place))
        assert apart.min() > 2.5 * SETTINGS.fwhm_pixels[0]


def test_signal_to_noise_ratios_are_those_of_measured_scatter():
    """The same transient under many noises: the filtered peak over its scatter is what truth tells."""
    from dataclasses import replace

    from astro_assets.images.differencing import subtract
    from astro_assets.images.frame import Frame
    from astro_assets.images.simulation.psf import Psf, add_point_sources
    from astro_assets.images.simulation.truth import Change, truth_of

    rng = np.random.default_rng(11)
    psf = Psf(3.2, 3.5)
    source = np.zeros((96, 96), np.float32)
    add_point_sources(source, psf, 48.0, 48.0, 900.0, 1e-3)
    reference = Frame(image=rng.normal(500, 3.0, (96, 96)).astype(np.float32), gain=2.0)
    # The reference's noise is the same in all differences, and would not scatter: it is made small.
    seen, told = [], []
    for _ in range(300):
        noise = rng.normal(500, 16.0, (96, 96)).astype(np.float32)
        difference = subtract(replace(reference, image=noise + source), reference, 3.2, 3.2)
        seen.append(difference.significance[48, 48])
        where = (slice(0, 96), slice(0, 96))
        told.append(truth_of(difference, [Change("transient", 48, 48, 900, where, source)]).objects[0].snr)
    ratio = np.mean(seen) / np.std(seen)
    assert ratio == pytest.approx(np.mean(told), rel=0.12)  # the scatter of 300 is known to 4 %
    assert np.std(seen) == pytest.approx(1.0, abs=0.12)
    # What a filter of the true profile would reach; a Gaussian loses a few per cent, scale errors likewise.
    assert 0.85 < np.mean(told) / (900 / np.sqrt(psf.noise_pixels() * 16.27**2)) < 1.02


def test_a_quiet_scene_has_the_noise_of_its_filter_and_no_events():
    settings = SceneSettings(**NOTHING, stars=(300, 600), bad_columns=0)
    far = total = 0
    for seed in range(10):
        scene = simulate_scene(settings, (21, seed))
        assert {found.kind for found in scene.truth.objects} <= {"bad_subtraction"}
        # Where a saturated star bled to its end there is light without a name.
        near = binary_dilation(scene.difference.is_missing, iterations=8)
        calm = (scene.truth.labels == 0) & ~near
        values = scene.difference.significance[calm]
        assert values.std() == pytest.approx(1.0, abs=0.12)
        far += (np.abs(values) > 4).sum()
        total += values.size
    assert far / total < 5e-4  # 6e-5 of a Gaussian, and the wings of stars


def test_frames_tell_their_detector_and_miss_pixels():
    scene = simulate_scene(SceneSettings(bad_columns=200), 5)
    assert np.isnan(scene.science.image).any()
    assert scene.difference.is_missing[np.isnan(scene.science.image)].all()
    assert scene.science.gain is not None
    assert 1 <= scene.science.gain <= 3
    assert scene.reference.gain is not None
    assert round(scene.reference.gain / scene.science.gain) in range(1, 13)
    assert scene.science.saturation is not None
    for frame in (scene.science, scene.reference):
        sky = np.nanmedian(frame.image)
        inner = frame.image[np.abs(frame.image - sky) < 0.2 * sky]
        expected = sky / frame.gain + (frame.read_noise_electrons / frame.gain) ** 2
        assert inner.std() > 0.7 * np.sqrt(expected)


@pytest.mark.parametrize(
    "changed",
    [
        {"rows": 128},
        {"fwhm_pixels": (2.4, 2.5)},
        {"reference_fwhm_pixels": (2.2, 2.3)},
        {"beta": (4.0, 4.1)},
        {"stars": (9000, 9001)},
        {"star_slope": (0.5, 0.6)},
        {"galaxies": 0},
        {"sky_magnitude": (18.5, 18.6)},
        {"zero_point": 24.0},
        {"exposure_s": (30, 31)},
        {"reference_exposures": (20, 21)},
        {"registration_pixels": 0.5},
        {"snr": (50, 60)},
        {"transients": 600},
        {"supernovae": 200},
        {"variables": 200},
        {"asteroids": 2000},
        {"cosmic_rays": 500},
        {"hot_pixels": (4000, 5000)},
        {"moved": 0.0},
        {"satellite_trails": 5},
        {"ghosts": 5},
        {"dust": 15},
        {"bad_columns": 200},
        {"vignetting": (0.5, 0.6)},
        {"fwhm_error": 0.3},
        {"zero_point_error": 0.3},
        {"differencing": DifferencingSettings(mesh_pixels=32)},
        {"differencing": DifferencingSettings(registration_pixels=0.5)},
        {"differencing": DifferencingSettings(scale_error=0.2)},
    ],
    ids=str,
)
def test_every_setting_changes_the_scene(changed):
    small = {"rows": 96, "columns": 96, "transients": 300}
    assert digest(simulate_scene(SceneSettings(**small | changed), 7)) != digest(
        simulate_scene(SceneSettings(**small), 7)
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"beta": (0.9, 3)},
        {"hot_pixels": (5, 1e6)},
        {"fwhm_pixels": (5, 2)},
        {"snr": (0, 5)},
        {"fwhm_pixels": (0.1, 2)},
        {"moon": 1},
    ],
)
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(ValidationError):
        SceneSettings(**wrong)


def test_a_frame_that_is_moved_holds_its_objects_where_truth_tells():
    settings = SceneSettings(**NOTHING | {"transients": 150}, moved=1, snr=(20, 60), stars=(300, 600))
    told, seen = [], []
    for seed in range(6):
        scene = simulate_scene(settings, (41, seed))
        for one in scene.truth.objects:
            row, column = round(one.row), round(one.column)
            around = scene.difference.trusted[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
            if one.kind == "transient" and one.snr > 10 and around.size == 9:
                told.append(one.snr)
                seen.append(around.max())
    left = np.array(seen) - told
    assert len(told) > 30
    assert np.median(left) == pytest.approx(0.3, abs=0.5)  # the highest of nine pixels
    assert 1.4826 * np.median(np.abs(left - np.median(left))) < 1.8


def test_hot_pixels_of_the_reference_leave_holes_and_no_sources():
    quiet = SceneSettings(**NOTHING, stars=(300, 600), galaxies=0, bad_columns=0)
    hot = quiet.model_copy(update={"hot_pixels": (3000, 3000), "moved": 1.0})
    holes, bright = [], []
    for settings in (quiet, hot):
        scenes = [simulate_scene(settings, (51, seed)) for seed in range(4)]
        holes.append(np.mean([scene.difference.is_missing.mean() for scene in scenes]))
        bright.append(np.mean([label(np.abs(scene.difference.trusted) > 5.5)[1] for scene in scenes]))
    assert 0.005 < holes[1] - holes[0] < 0.15
    assert bright[1] < bright[0] + 2, "of 400 hot pixels: some are side by side"
