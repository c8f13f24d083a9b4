"""Our constants against lightkurve's."""

from __future__ import annotations

from lightkurve.utils import KeplerQualityFlags, TessQualityFlags

from astro_assets.observations.missions import KEPLER_DEFAULT_BITMASK, MISSIONS, TESS_DEFAULT_BITMASK
from astro_assets.observations.targets import CATALOGUES


def test_quality_bits_are_those_of_lightkurve() -> None:
    assert TESS_DEFAULT_BITMASK == TessQualityFlags.DEFAULT_BITMASK
    assert KEPLER_DEFAULT_BITMASK == KeplerQualityFlags.DEFAULT_BITMASK


def test_missions_name_known_catalogues() -> None:
    assert {mission.catalogue for mission in MISSIONS.values()} == set(CATALOGUES) - {"SIM"}
    assert {mission.segment_kind for mission in MISSIONS.values()} == {"sector", "quarter", "campaign"}
