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
    ObservationFilesConfig,
)
from astro_assets.observations.selection import STAR_COLUMNS


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


@pytest.mark.parametrize(
    "settings", [{"flux_column": "FLUX"}, {"least_finite_fraction": 1.1}, {"least_finite_fraction": -0.1}]
)
def test_wrong_settings_of_what_can_be_used_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ObservationFilesConfig(**settings)


@pytest.mark.parametrize("config", [LightCurveConfig, ObservationFilesConfig])
def test_every_setting_is_described(config: type[LightCurveConfig | ObservationFilesConfig]) -> None:
    assert all(field.description for field in config.model_fields.values())


def test_a_file_is_judged_by_the_flux_that_is_used() -> None:
    assert ObservationFilesConfig().flux_column == LightCurveConfig().flux_column


def test_what_a_rewritten_header_changes_is_context_or_read_by_the_selection_alone() -> None:
    content = {column.name for column in LIGHT_CURVES_SCHEMA.content}
    changing = {"sha256", "ra_deg", "dec_deg", "magnitude", "file_created", "data_release"}
    assert content & changing == {"sha256", "file_created", "data_release"}
    assert not (changing | set(STAR_COLUMNS)) & set(SEARCHED_COLUMNS)
    assert "sha256" in {column.name for column in OBSERVATION_FILES_SCHEMA.content}
