"""The home of the report's tests, and what tests ask of it."""

from __future__ import annotations

from pathlib import Path

from astro_assets.ledger.home import open_home
from astro_assets.ledger.models import ModelSpec, Training, fit_model, promote
from astro_assets.ledger.table import Config, Parents
from astro_assets.reports.site import SiteReport, refresh_site
from astro_assets.transits.tables import TRANSIT_CANDIDATES
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.orchestration import homes

HOSTILE = "</script><script>document.title='owned'</script>"
#: What a file may be called, and its header say.
HOSTILE_FILE = "<img src=x onerror=alert(1)>&'$$x^2$$.fits"


def fit_depths(rows: Parents, config: Config) -> tuple[bytes, dict[str, float]]:
    depths = [row["depth_ppm"] for row in rows["candidates"]]
    return b"depths", {"mean": sum(depths) / len(depths)}


DEPTHS = ModelSpec(
    "transits/depths", fit_depths, (Training(TRANSIT_CANDIDATES, ("depth_ppm",), "candidates"),)
)


def make_home(root: Path) -> None:
    home = open_home(root, n_shards=homes.N_SHARDS)
    for number in homes.STARS[:2]:
        homes.star_file(home.inbox / f"star{number}.fits", number)
    homes.star_file(home.inbox / HOSTILE_FILE, homes.STARS[2], OBJECT=HOSTILE)
    result = astro_assets("run", home=home)
    assert result.returncode == 0, result.stderr
    ledger = homes.ledger_of(home)
    promote(ledger, DEPTHS.name, fit_model(ledger, DEPTHS, run_id="a run"), why="the first")
    report(root)


def report(root: Path, *targets: str) -> SiteReport:
    return refresh_site(homes.ledger_of(open_home(root)), [DEPTHS], targets or None)
