"""The homes of the report's tests, and what tests ask of them."""

from __future__ import annotations

from pathlib import Path

from astro_assets.cli.last_checks import last_checks
from astro_assets.ledger.home import Home, open_home
from astro_assets.reports.site import SiteReport, refresh_site
from astro_assets_tests.catalogs.made_catalogs import KOI_ROW, write
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.orchestration import homes
from astro_assets_tests.orchestration.depths import DEPTHS, put_model

#: What a header may say of the star.
HOSTILE = "</script><script>document.title='owned'</script>"
#: What a file may be called.
HOSTILE_FILE = "<img src=x onerror=alert(1)>&'$$x^2$$.fits"
#: What a catalogue says of the first star.
KNOWN = {
    **KOI_ROW, "kepid": "100", "kepoi_name": "K00001.01", "koi_disposition": "FALSE POSITIVE",
    "koi_period": str(homes.period_of(100)), "koi_time0bk": "1501.075", "koi_duration": "3.6",
}  # fmt: skip


def make_home(root: Path) -> None:
    home = open_home(root, n_shards=homes.N_SHARDS)
    for number in homes.STARS[:2]:
        homes.star_file(home.inbox / f"star{number}.fits", number)
    homes.star_file(home.inbox / HOSTILE_FILE, homes.STARS[2])
    homes.star_file(home.inbox / "refused.fits", 104, OBJECT=HOSTILE)
    result = astro_assets("run", home=home)
    assert result.returncode == 0, result.stderr
    assert not (root / "report").exists(), "the asset of the report writes none that nobody asked for"
    put_model(homes.ledger_of(home))
    report(root)


def make_scored_home(folder: Path, trained: Home) -> None:
    """Label the first star of a home with a scorer: what was made of its candidate's old label is stale."""
    folder.mkdir()
    home = homes.copy_of(trained, folder / "home")
    listed = write(folder / "cumulative.csv", KNOWN, comments="# Sat Oct  4 09:55:46 2025\n")
    for command in (("catalogs", "add", listed), ("report",)):
        result = astro_assets(*command, home=home)
        assert result.returncode == 0, result.stderr


def report(root: Path, *targets: str) -> SiteReport:
    home = open_home(root)
    with last_checks(home) as checks_of:
        return refresh_site(homes.ledger_of(home), [DEPTHS], targets or None, checks_of=checks_of)
