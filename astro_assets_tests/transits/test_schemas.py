"""Names and units of columns."""

import pytest

from astro_assets.ledger.schema import Schema
from astro_assets.transits.schemas import (
    DETRENDED_LIGHT_CURVE_SCHEMA,
    FOLDED_VIEW_SCHEMA,
    TRANSIT_CANDIDATE_SCHEMA,
)

UNITS = {"_days": "d", "_btjd": "d", "_hours": "h", "_ppm": "1e-6", "_s": "s"}


@pytest.mark.parametrize(
    "schema", [DETRENDED_LIGHT_CURVE_SCHEMA, TRANSIT_CANDIDATE_SCHEMA, FOLDED_VIEW_SCHEMA]
)
def test_names_and_units_agree(schema: Schema):
    for column in schema:
        ending = next((unit for end, unit in UNITS.items() if column.name.endswith(end)), "")
        assert column.unit == ending, column.name


def test_only_harmonic_relations_may_be_missing():
    nullable = {
        column.name
        for schema in (DETRENDED_LIGHT_CURVE_SCHEMA, TRANSIT_CANDIDATE_SCHEMA, FOLDED_VIEW_SCHEMA)
        for column in schema
        if column.nullable
    }
    assert nullable == {"harmonic_of", "harmonic_ratio"}
