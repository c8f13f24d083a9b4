"""Bounds of the settings."""

import pydantic
import pytest

from astro_assets.transits.search.settings import SearchSettings


def test_settings_are_bounded_and_described():
    for name, field in SearchSettings.model_fields.items():
        assert field.description, name
        with pytest.raises(pydantic.ValidationError):
            SearchSettings(**{name: -1})


def test_unknown_settings_are_refused():
    with pytest.raises(pydantic.ValidationError):
        SearchSettings(period=3)
