"""What the settings accept."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from astro_assets.observations.schemas import (
    LIGHT_CURVES_SCHEMA,
    OBSERVATION_FILES_SCHEMA,
    SEARCHED_COLUMNS,
    LightCurveConfig,
)


@pytest.mark.parametrize(
    "settings",
    [
        {"flux_column": "FLUX"},
        {"tess_quality_bitmask": -1},
        {"kepler_quality_bitmask": 2**31},
        {"bitmask": 0},
    ],
)
def test_wrong_settings_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        LightCurveConfig(**settings)


def test_every_setting_is_described() -> None:
    assert all(field.description for field in LightCurveConfig.model_fields.values())


def test_what_a_rewritten_header_changes_is_context_or_read_by_the_selection_alone() -> None:
    content = {column.name for column in LIGHT_CURVES_SCHEMA.content}
    changing = {"sha256", "ra_deg", "dec_deg", "magnitude", "file_created", "data_release"}
    assert content & changing == {"sha256", "file_created", "data_release"}
    assert not changing & set(SEARCHED_COLUMNS)
    assert "sha256" in {column.name for column in OBSERVATION_FILES_SCHEMA.content}
