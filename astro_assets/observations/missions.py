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
    """

    name: str
    catalogue: str
    id_keyword: str
    segment_keyword: str
    quality_column: str
    magnitude_keyword: str
    search_cadence_s: int

    @property
    def segment_kind(self) -> str:
        """``sector``, ``quarter`` or ``campaign``."""
        return self.segment_keyword.lower()


TESS: Final = Mission("TESS", "TIC", "TICID", "SECTOR", "QUALITY", "TESSMAG", 120)
#: 270 frames of 6.538751429414 s make one long cadence: 1765.46 s.
KEPLER: Final = Mission("Kepler", "KIC", "KEPLERID", "QUARTER", "SAP_QUALITY", "KEPMAG", 1765)
K2: Final = Mission("K2", "EPIC", "KEPLERID", "CAMPAIGN", "SAP_QUALITY", "KEPMAG", 1765)
MISSIONS: Final = {mission.name: mission for mission in (TESS, KEPLER, K2)}
