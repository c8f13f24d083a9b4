"""Archives on this machine that have small catalogues, and a home that asks them.

Only making happens here; expectations are in the tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from astro_assets.catalogs.answers import kept_answers
from astro_assets.catalogs.archive_assets import fetch_into, take_in
from astro_assets.catalogs.archive_tables import Fetched
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.update import update
from astro_assets.tables import TABLES
from astro_assets_tests.archives.asking import config_toml
from astro_assets_tests.archives.mast import TIC_SERVICE, MastService, tic_service
from astro_assets_tests.archives.serving import ArchiveServer, serving
from astro_assets_tests.archives.tap import ServedTable, TapService
from astro_assets_tests.catalogs.made_catalogs import KOI_ROW, PLANET_ROW, TOI_ROW

OTHER_KOI = {
    **KOI_ROW,
    "kepid": "7",
    "kepoi_name": "K00007.01",
    "kepler_name": "",
    "koi_disposition": "CANDIDATE",
}
CROSSING = {
    "kepid": "11904151", "tce_plnt_num": "1", "tce_period": "0.837", "tce_time0bk": "131.57",
    "tce_duration": "1.8", "tce_depth": "150.5", "tce_model_snr": "-1", "rowupdate": "2016-07-20",
}  # fmt: skip
DR24 = {**CROSSING, "av_training_set": "PC", "tce_delivname": "q1_q17_dr24_tce"}
DR25 = {**CROSSING, "av_training_set": "", "tce_delivname": "q1_q17_dr25_tce"}
COMPOSITE = {
    "pl_name": "Kepler-10 b", "hostname": "Kepler-10", "tic_id": "TIC 377780790", "pl_orbper": "0.8375",
    "pl_orbper_reflink": "<a refstr=X href=y target=ref>Dumusque et al. 2014</a>", "pl_rade": "1.47",
    "pl_trandep": "0.015", "pl_trandur": "1.8",
}  # fmt: skip
STAR = {
    "ID": "377780790", "ra": 285.679422, "dec": 50.241306, "Tmag": 10.481, "Teff": 5706.0, "e_Teff": 122.0,
    "logg": 4.3, "rad": 1.065, "mass": 1.03, "rho": None, "KIC": 11904151, "HIP": None, "TYC": "3549-354-1",
    "TWOMASS": "19024305+5014286", "GAIA": "2132155017099178624", "version": "20190415",
}  # fmt: skip
OTHER_STAR = {
    **dict.fromkeys(STAR),
    "ID": "150428135",
    "ra": 97.1,
    "dec": -65.6,
    "Tmag": 10.9,
    "version": "20190415",
}
KEPLER_STAR = {
    "kepid": "11904151", "tm_designation": "2MASS J19024305+5014286", "teff": "5706", "teff_err1": "150",
    "teff_err2": "-120", "logg": "4.34", "radius": "1.06", "mass": "0.92", "kepmag": "10.961",
    "st_delivname": "q1_q17_dr25_stellar",
}  # fmt: skip
OLDER_KEPLER_STAR = {**KEPLER_STAR, "teff": "5600", "st_delivname": "q1_q17_dr24_stellar"}
K2_STAR = {
    "epic_number": "201367065", "tm_name": "2MASS J11292037-0127173", "k2_teff": "3896", "k2_logg": "4.73",
    "k2_rad": "0.56", "k2_mass": "0.6", "k2_kepmag": "11.57",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Archives:
    """Both archives behind one server.

    Attributes
    ----------
    stars
        Of the TESS Input Catalog; a test may change them.
    """

    server: ArchiveServer
    tap: TapService
    mast: MastService
    stars: list[dict[str, Any]]

    def home(self, root: Path, *, n_shards: int = 4) -> Home:
        """Make a home that asks these archives."""
        home = open_home(root, n_shards=n_shards)
        url = self.server.base_url
        home.config_file.write_text(config_toml(exoplanet_archive=url, mast=url))
        return home


@contextmanager
def archives() -> Iterator[Archives]:
    """Serve both archives while the context lasts."""
    tap = TapService(
        {
            "cumulative": ServedTable([KOI_ROW, OTHER_KOI], {"koi_period": "days", "koi_duration": "hrs"}),
            "toi": ServedTable([{**TOI_ROW, "rowupdate": "2024-09-10"}], {"pl_trandurh": "hours"}),
            "q1_q17_dr24_tce": ServedTable([DR24], {"tce_prad": "earth"}),
            "q1_q17_dr25_tce": ServedTable([DR25]),
            "pscomppars": ServedTable([COMPOSITE]),
            "ps": ServedTable([{**PLANET_ROW, "tic_id": "TIC 173103335"}]),
            "keplerstellar": ServedTable([OLDER_KEPLER_STAR, KEPLER_STAR]),
            "k2targets": ServedTable([K2_STAR], {"k2_rad": "Rsun", "k2_mass": "Msun"}),
        }
    )
    stars = [dict(STAR), dict(OTHER_STAR)]
    mast = MastService({TIC_SERVICE: tic_service(stars)})
    with serving({"/TAP": tap, "/": mast}) as server:
        yield Archives(server, tap, mast, stars)


def fetched(ledger: Ledger, *names: str, targets: tuple[str, ...] = ()) -> Fetched:
    """Fetch catalogues and take them in as the asset does, without bringing anything else up to date."""
    with TemporaryDirectory() as folder:
        found = fetch_into(Path(folder), ledger, names, targets)
        take_in(ledger, [], kept_answers(Path(folder)), allow_older=False, run_id="")
    return found


def brought_up_to_date(ledger: Ledger) -> dict[str, tuple[str, ...]]:
    """Bring the wing's tables up to date, and return what was computed, by short name."""
    tables = [table for table in ledger.tables if table.name.startswith("catalogs/") and not table.is_source]
    return {table.name.partition("/")[2]: update(ledger, table).computed for table in tables}


def ledger_of(home: Home) -> Ledger:
    """Open all tables of a home."""
    return open_ledger(home, TABLES)
