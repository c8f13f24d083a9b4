"""Columns say their unit and which column of which catalogue they come from."""

from __future__ import annotations

import pytest
from astropy.units import Unit

from astro_assets.catalogs.formats import FORMATS
from astro_assets.catalogs.schemas import (
    CATALOG_ENTRIES_SCHEMA,
    KEPLER_OBJECTS_SCHEMA,
    KNOWN_SIGNALS_SCHEMA,
    TESS_OBJECTS_SCHEMA,
)
from astro_assets.catalogs.tables import TABLES


def test_provenance_is_that_of_the_readings() -> None:
    period = CATALOG_ENTRIES_SCHEMA["period_days"].description
    for source in ("koi_period (koi)", "tce_period (dr24_tce)", "pl_orbper (toi)", "period (kepler_eb)"):
        assert source in period
    assert "(toi)" not in KEPLER_OBJECTS_SCHEMA["period_days"].description
    assert "koi_time0bk" in KNOWN_SIGNALS_SCHEMA["epoch_btjd"].description


def test_a_table_has_the_columns_its_catalogues_fill() -> None:
    assert "score" in KEPLER_OBJECTS_SCHEMA.names
    assert not {"score", "morphology", "planet_name"} & set(TESS_OBJECTS_SCHEMA.names)
    read = {name for form in FORMATS.values() for name in form.readings}
    assert read <= set(CATALOG_ENTRIES_SCHEMA.names)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_quantities_have_units_that_astropy_knows(table) -> None:
    endings = {"_days": "d", "_hours": "h", "_ppm": "1e-6", "_deg": "deg", "_btjd": "d", "_k": "K"}
    for column in table.schema:
        if column.unit and column.unit != "1e-6":
            Unit(column.unit)
        for ending, unit in endings.items():
            if column.name.endswith(ending):
                assert column.unit == unit, column.name
