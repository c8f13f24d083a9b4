"""Bounds of the settings."""

import pydantic
import pytest

from astro_assets.transits.search.settings import SearchSettings
from astro_assets.transits.search.single_transits import SingleTransitSettings


def test_settings_are_bounded_and_described():
    for name, field in SearchSettings.model_fields.items():
        assert field.description, name
        with pytest.raises(pydantic.ValidationError):
            SearchSettings(**{name: -1})


def test_unknown_settings_are_refused():
    with pytest.raises(pydantic.ValidationError):
        SearchSettings(period=3)


def test_ranges_that_hold_nothing_are_refused():
    with pytest.raises(pydantic.ValidationError, match="shortest_period_days must be below"):
        SearchSettings(shortest_period_days=30, longest_period_days=20)
    with pytest.raises(pydantic.ValidationError, match="shortest_hours must be below"):
        SingleTransitSettings(shortest_hours=10, longest_hours=2)
