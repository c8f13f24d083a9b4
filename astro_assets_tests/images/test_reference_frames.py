"""Which frame of a field the others are compared with."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.images.photometry.settings import MeasuringSettings
from astro_assets.images.photometry.sources import measure_frame
from astro_assets.images.reference_frames import Epoch, ReferenceSettings, reference_of
from astro_assets_tests.images.photometry.star_field import exposure, field, light, turned

SETTINGS = ReferenceSettings()


def epoch(name: str, night: str, time: float, fwhm: float = 3.0, seed: int = 0, **turn) -> Epoch:
    stars = field(60, seed)
    image = light(turned(stars.positions, **turn), stars.electrons, fwhm)
    return Epoch(name, night, time, measure_frame(exposure(image, int(10 * time)), MeasuringSettings()))


@pytest.fixture(scope="module")
def epochs() -> list[Epoch]:
    return [
        epoch("blurred", "first", 1.0, fwhm=4.5),
        epoch("sharp", "first", 1.1, fwhm=2.8, shift=(7.0, -3.0)),
        epoch("middling", "first", 1.2, fwhm=3.5, shift=(2.0, 9.0)),
        epoch("sharpest", "second", 2.0, fwhm=2.2, degrees=180.0),
        epoch("elsewhere", "second", 2.1, seed=7),
    ]


def test_the_deepest_of_the_first_night_is_the_reference(epochs: list[Epoch]) -> None:
    assert reference_of(epochs, SETTINGS) == "sharp"


def test_more_nights_may_be_asked_for(epochs: list[Epoch]) -> None:
    assert reference_of(epochs, ReferenceSettings(nights=2)) == "sharpest"


def test_a_frame_of_another_field_is_no_reference(epochs: list[Epoch]) -> None:
    measures = replace(epochs[4].sources.measures, n_stars=10_000)
    deepest = replace(epochs[4], night="first", sources=replace(epochs[4].sources, measures=measures))
    assert deepest.sources.measures.depth > max(one.sources.measures.depth for one in epochs[:3])
    assert reference_of([*epochs[:3], deepest], SETTINGS) == "sharp"


def test_a_single_frame_is_the_reference(epochs: list[Epoch]) -> None:
    assert reference_of(epochs[:1], SETTINGS) == "blurred"
    with pytest.raises(ValueError, match="no frame"):
        reference_of([], SETTINGS)


@settings(max_examples=8, deadline=None)
@given(order=st.permutations(range(5)))
def test_the_order_of_frames_changes_nothing(order: list[int]) -> None:
    there = [epoch(f"f{i}", "first", 1 + i / 10, fwhm=2.5 + i / 4, shift=(3.0 * i, 0.0)) for i in range(5)]
    assert reference_of([there[i] for i in order], SETTINGS) == "f0"


def test_what_nothing_tells_of_is_not_deep() -> None:
    flat = np.zeros((240, 320))
    sources = measure_frame(exposure(flat, 3), MeasuringSettings())
    assert sources.measures.depth == -1.0
