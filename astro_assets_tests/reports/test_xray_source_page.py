"""Each X-ray light curve of a home has a page, whatever its header says, before anything is trained too."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.page_names import target_page_name, xray_source_page_name
from astro_assets.ledger.staleness import stale
from astro_assets.reports.xray_sources import read_sources
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.orchestration import homes
from astro_assets_tests.reports import reported
from astro_assets_tests.reports.test_site import written_at
from astro_assets_tests.xray.made_files import rxte_file, srctool_file

STAR = "TIC 42"
#: What a header may call a source: no path, no tag, no formula.
HOSTILE = r"../../x<script>alert(1)</script>$\frac$"


def make_home(root: Path) -> None:
    home = open_home(root, n_shards=homes.N_SHARDS)
    srctool_file(home.inbox / "counts.fits", OBJECT=HOSTILE)
    rxte_file(home.inbox / "rates.fits")
    (home.inbox / "cut.fits").write_bytes((home.inbox / "counts.fits").read_bytes()[:9000])
    (home.inbox / "targets.csv").write_text(f"file,target_id\nrates.fits,{STAR}\n")
    for command in ("run", "report"):
        result = astro_assets(command, home=home)
        assert result.returncode == 0, result.stderr


@pytest.fixture(scope="session")
def xray_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return open_home(homes.made_once(tmp_path_factory, "xray_home", make_home))


@pytest.fixture
def home(xray_home: Home, tmp_path: Path) -> Home:
    return homes.copy_of(xray_home, tmp_path / "home")


def page_name_of(home: Home, name: str) -> str:
    return xray_source_page_name(hashlib.sha256((home.inbox / name).read_bytes()).hexdigest())


def sources(home: Home) -> set[str]:
    return {name for name in written_at(home) if name.startswith("xray/")}


def test_each_curve_that_can_be_used_has_a_page_that_all_of_them_link(xray_home: Home) -> None:
    own = {page_name_of(xray_home, name) for name in ("counts.fits", "rates.fits")}
    assert sources(xray_home) == own, "the refused file has none"
    page = (xray_home.root / "report" / "xray.html").read_text()
    assert set(re.findall(r'href="(xray/[^"]+)"', page)) == own
    assert "p constant</th>" not in page, "nothing was scored"


def test_a_page_tells_what_the_file_does_and_why_nothing_is_said_of_it(xray_home: Home) -> None:
    folder = xray_home.root / "report"
    page = (folder / page_name_of(xray_home, "counts.fits")).read_text()
    for told in ("eROSITA", "MERGED", "0.2–0.6", "1 without exposure", "TT", "train xray_autoencoder"):
        assert told in page
    assert page.count("data:image/png;base64,") == 1, "the light curve alone"
    assert "counts.fits" in page.partition("<h3>Files</h3>")[2]
    assert "xray/xray_light_curves" in page.partition("<h2>Lineage</h2>")[2]
    rates = (folder / page_name_of(xray_home, "rates.fits")).read_text()
    assert "rates without counts" in rates
    assert f'href="../{target_page_name(STAR)}"' in rates


def test_what_a_header_says_is_text(xray_home: Home) -> None:
    page = (xray_home.root / "report" / page_name_of(xray_home, "counts.fits")).read_text()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page
    assert not (xray_home.root.parent / "x<script>alert(1)<").exists()


def test_every_link_leads_to_a_page_that_is_there(xray_home: Home) -> None:
    folder = xray_home.root / "report"
    for name in (*sources(xray_home), "xray.html"):
        for href in re.findall(r'(?:href|src)="([^"]+)"', (folder / name).read_text()):
            if href.startswith("data:"):
                continue
            place, _, anchor = href.partition("#")
            target = ((folder / name).parent / place).resolve()
            assert target.is_file(), f"{name}: {href}"
            assert not anchor or f'id="{anchor}"' in target.read_text()


def test_pages_are_written_again_only_where_what_they_show_changed(home: Home) -> None:
    before = written_at(home)
    assert reported.report(home.root).written == []
    srctool_file(home.inbox / "more.fits", OBJECT="another")
    result = astro_assets("run", home=home)
    assert result.returncode == 0, result.stderr
    changed = {name for name, at in written_at(home).items() if at != before.get(name)}
    assert changed & sources(home) == {page_name_of(home, "more.fits")}
    assert "xray.html" in changed


def test_the_pages_of_curves_that_are_there_no_more_go(home: Home) -> None:
    own = sources(home)
    home.config_file.write_text('[xray.xray_light_curves]\nhdu = "9"\n')
    result = astro_assets("run", home=home)
    assert result.returncode == 0, result.stderr
    assert sources(home) == set(), "all were read again, and are refused"
    page = (home.root / "report" / "xray.html").read_text()
    assert "2 refused" in page
    assert not any(name in page for name in own)


def test_of_asked_stars_only_have_pages_and_of_many_curves_the_least_usual(home: Home) -> None:
    (home.root / "report" / "pages.json").unlink()
    done = reported.report(home.root, STAR)
    assert {name for name in done.written if name.startswith("xray/")} == {page_name_of(home, "rates.fits")}
    assert (
        "1 have no page, as their stars were not asked for"
        in (home.root / "report" / "xray.html").read_text()
    )
    ledger = homes.ledger_of(home)
    found = read_sources(ledger, None, stale(ledger), most=1)
    assert list(found.shown) == found.ranked["sha256"].head(1).to_list()
    assert found.why_not == "1 more have no page: only the 1 least usual ones do"
