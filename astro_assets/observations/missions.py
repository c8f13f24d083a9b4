"""What is particular to each mission: ids, segments, quality flags, the cadence its transit search uses.

Only documented constants live here; reading files is in `readers` and `light_curves`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: BJD_TDB of time zero in every table (BTJD), whatever the mission.
BTJD_ZERO_BJD: Final = 2457000

#: TESS QUALITY bits of cadences that are useless: attitude tweak 1, safe mode 2, coarse point 4, Earth point
#: 8, argabrightening 16, reaction wheel desaturation 32, manual exclude 128, impulsive outlier 512, bad
#: calibration 16384. lightkurve 2.6 `TessQualityFlags.DEFAULT_BITMASK`, after the TESS Science Data Products
#: Description Document (EXP-TESS-ARC-ICD-0014), table 28.
TESS_DEFAULT_BITMASK: Final = 1 | 2 | 4 | 8 | 16 | 32 | 128 | 512 | 16384

#: Kepler and K2 SAP_QUALITY bits of cadences that are useless: attitude tweak 1, safe mode 2, coarse point 4,
#: Earth point 8, desaturation 32, manual exclude 256, detector anomaly 16384, no data 65536, thruster firing
#: 1048576. lightkurve 2.6 `KeplerQualityFlags.DEFAULT_BITMASK`, after the Kepler Archive Manual (KDMC-10008),
#: table 2-3.
KEPLER_DEFAULT_BITMASK: Final = 1 | 2 | 4 | 8 | 32 | 256 | 16384 | 65536 | 1048576


@dataclass(frozen=True, slots=True)
class Mission:
    """The conventions of one mission's light-curve files.

    Parameters
    ----------
    name
        As in the tables: ``TESS``, ``Kepler`` or ``K2``.
    catalogue
        Catalogue of its target ids.
    id_keyword
        Primary header keyword with the target's number.
    segment_keyword
        Primary header keyword with the segment's number; its lower case is the segment's kind.
    quality_column
        Table column with the quality flags.
    magnitude_keyword
        Primary header keyword with the brightness.
    search_cadence_s
        The cadence that the mission's own transit search uses, in whole seconds.
    default_bitmask
        Quality bits of cadences that are useless.
    first_btjd, last_btjd
        No light curve of it is older or newer [BJD_TDB - 2457000].
    """

    name: str
    catalogue: str
    id_keyword: str
    segment_keyword: str
    quality_column: str
    magnitude_keyword: str
    search_cadence_s: int
    default_bitmask: int
    first_btjd: float
    last_btjd: float

    @property
    def segment_kind(self) -> str:
        """``sector``, ``quarter`` or ``campaign``."""
        return self.segment_keyword.lower()


#: Sector 1 began on 2018-07-25, BTJD 1325; the bounds are 2018-07-10, and 2039-12-31 because it goes on.
TESS: Final = Mission(
    "TESS", "TIC", "TICID", "SECTOR", "QUALITY", "TESSMAG", 120, TESS_DEFAULT_BITMASK, 1310.0, 9154.0
)
#: 270 frames of 6.538751429414 s make one long cadence: 1765.46 s. Quarters 0 to 17 are of 2009-05-02 to
#: 2013-05-11, BTJD -2047 to -577; the bounds are 2009-03-19 and 2013-07-09.
KEPLER: Final = Mission(
    "Kepler",
    "KIC",
    "KEPLERID",
    "QUARTER",
    "SAP_QUALITY",
    "KEPMAG",
    1765,
    KEPLER_DEFAULT_BITMASK,
    -2090.0,
    -517.0,
)
#: Campaigns 0 to 19 are of 2014-03-08 to 2018-09-26, BTJD -275 to 1388, after an engineering campaign from
#: 2014-02-04; the bounds are 2014-01-02 and 2018-12-13.
K2: Final = Mission(
    "K2",
    "EPIC",
    "KEPLERID",
    "CAMPAIGN",
    "SAP_QUALITY",
    "KEPMAG",
    1765,
    KEPLER_DEFAULT_BITMASK,
    -340.0,
    1466.0,
)
MISSIONS: Final = {mission.name: mission for mission in (TESS, KEPLER, K2)}
