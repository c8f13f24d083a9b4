"""The pages in a browser, from the disk, without network."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from astro_assets.ledger.home import Home
from astro_assets.ledger.page_names import candidate_page_name, target_page_name
from astro_assets.observations.tables import RAW_FILES
from astro_assets.transits.scorer.classes import CLASSES
from astro_assets.transits.scorer_tables import TRANSIT_SCORES
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.orchestration import homes
from astro_assets_tests.reports.reported import HOSTILE, HOSTILE_FILE

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
if CHROMIUM is None or not os.environ.get("CI"):  # there, a browser that is not used is a failure
    pytest.importorskip("playwright", reason="the extra `test` is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")


@dataclass
class Tab:
    """A page of the browser, and what it complained of or asked for."""

    page: Any
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, path: Path) -> None:
        self.page.goto(path.as_uri())
        self.page.wait_for_load_state("load")
        n_plots = self.page.locator("script.data").count()
        if n_plots:
            drawn = "() => [...document.querySelectorAll('.plot')].every((p) => p.firstElementChild)"
            self.page.wait_for_function(drawn, timeout=20_000)
            self.page.wait_for_timeout(150)


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        tab = Tab(page)
        page.on("pageerror", lambda error: tab.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (tab.complaints.append(dialog.message), dialog.dismiss()))
        page.on(
            "console",
            lambda said: tab.complaints.append(said.text) if said.type in ("error", "warning") else None,
        )
        page.on("request", lambda asked: tab.requests.append(asked.url))
        yield tab
        browser.close()


@pytest.fixture
def folder(reported_home: Home) -> Path:
    return reported_home.root / "report"


@pytest.fixture
def scored(scored_home: Home) -> Path:
    return scored_home.root / "report"


@pytest.fixture(params=["folder", "scored"])
def any_folder(request: pytest.FixtureRequest) -> Path:
    """Return the report of each home."""
    return request.getfixturevalue(request.param)


def test_every_page_opens_from_the_disk_and_asks_nobody(tab: Tab, any_folder: Path) -> None:
    pages = sorted(any_folder.rglob("*.html"))
    assert len(pages) > 10
    for path in pages:
        tab.complaints.clear()
        tab.requests.clear()
        tab.open(path)
        assert not tab.complaints, f"{path}: {tab.complaints}"
        assert [url for url in tab.requests if not url.startswith(("file:", "data:"))] == []
        assert tab.page.title() != "owned"


def test_plots_hold_what_was_measured(tab: Tab, folder: Path) -> None:
    tab.open(folder / candidate_page_name("KIC 101.01"))
    count = """() => Bokeh.documents.flatMap((doc) => [...doc._all_models.values()])
        .filter((one) => one.type === "ColumnDataSource" && one.name)
        .map((one) => [one.name, one.get_length()])"""
    lengths = dict(tab.page.evaluate(count))
    assert lengths.keys() >= {
        "before",
        "after",
        "trend",
        "trials",
        "local",
        "odd",
        "even",
        "secondary",
        "global",
    }
    assert lengths["before"] > 500
    assert lengths["after_marks"] >= 2
    size = "() => [...document.querySelectorAll('.plot')].map((p) => p.firstElementChild.clientHeight)"
    assert min(tab.page.evaluate(size)) > 150


def test_from_a_model_to_the_hash_of_a_file_and_back_by_three_clicks(
    tab: Tab, folder: Path, reported_home: Home
) -> None:
    files = homes.ledger_of(reported_home).open(RAW_FILES).rows(["file_name"]).collect()
    (sha256,) = files.filter(files["file_name"] == "star101.fits")["key"]
    (model,) = (
        path
        for path in (folder / "models").iterdir()
        if ".rows" not in path.name and ".files" not in path.name
    )
    tab.open(model)
    tab.page.click("text=KIC 101")
    assert tab.page.url == (folder / target_page_name("KIC 101")).as_uri()
    assert sha256 in tab.page.inner_text("body")
    tab.page.click("text=transits/depths@")
    assert tab.page.url == model.as_uri()
    # And by the list of its files.
    tab.page.click("text=Files: >> a")
    tab.page.click("text=star101.fits")
    assert tab.page.url == (folder / target_page_name("KIC 101")).as_uri() + f"#{sha256}"
    tab.page.click("nav.crumbs >> text=Report")
    assert tab.page.url == (folder / "index.html").as_uri()


def test_the_filter_finds_stars_without_network(tab: Tab, folder: Path) -> None:
    tab.open(folder / "index.html")
    tab.page.fill("input[type=search]", "kic 101")
    visible = tab.page.locator("table.filtered tbody tr:visible")
    assert visible.count() == 1
    assert "KIC 101.01" in visible.inner_text()
    tab.page.click("#found >> text=KIC 101")
    assert tab.page.url == (folder / target_page_name("KIC 101")).as_uri()


def test_hostile_names_are_shown_and_do_nothing(tab: Tab, folder: Path) -> None:
    tab.complaints.clear()
    tab.open(folder / target_page_name("KIC 102"))
    assert HOSTILE_FILE in tab.page.inner_text("body")
    tab.open(folder / "refused-1.html")
    assert HOSTILE in tab.page.inner_text("body"), "why a file was refused cites its header"
    assert tab.page.locator("body img, body script").count() == 0
    assert not tab.complaints


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_plots_have_the_colours_of_the_page(tab: Tab, folder: Path, scheme: str) -> None:
    tab.page.emulate_media(color_scheme=scheme)
    tab.open(folder / candidate_page_name("KIC 100.01"))
    stands = "() => JSON.stringify(Bokeh.documents.map((doc) => doc.to_json())).includes('#0100')"
    assert not tab.page.evaluate(stands)
    ink = tab.page.evaluate("() => getComputedStyle(document.body).color")
    assert (ink == "rgb(34, 38, 43)") == (scheme == "light")
    tab.page.emulate_media(color_scheme="light")


def test_narrow_windows_need_no_scrolling_across(tab: Tab, any_folder: Path) -> None:
    tab.page.set_viewport_size({"width": 400, "height": 800})
    for path in sorted(any_folder.rglob("*.html")):
        tab.open(path)
        assert tab.page.evaluate("() => document.documentElement.scrollWidth") <= 400, path
    tab.page.set_viewport_size({"width": 1200, "height": 900})


def test_what_is_out_of_date_is_marked_and_nothing_else(tab: Tab, scored: Path) -> None:
    """A catalogue came in that says what the first star's candidate is."""
    due = {target_page_name("KIC 100"), candidate_page_name("KIC 100.01")}
    marked, listed = set(), {}
    for path in sorted(scored.rglob("*.html")):
        tab.open(path)
        name = path.relative_to(scored).as_posix()
        if tab.page.locator("h1 .badge.alert", has_text="out of date").count():
            marked.add(name)
        rows = tab.page.locator("tbody tr", has_text="out of date").all_inner_texts()
        listed[name] = {star for row in rows for star in re.findall(r"KIC [0-9]+", row)}
    assert marked == due
    found = {name: stars for name, stars in listed.items() if stars}
    assert found == {name: {"KIC 100"} for name in ("candidates-1.html", "index.html", "targets-1.html")}
    tab.open(scored / target_page_name("KIC 100"))
    assert "training_examples" in tab.page.inner_text("p.quiet >> nth=0")


@pytest.mark.parametrize("star", [f"KIC {number}" for number in homes.STARS])
def test_a_score_is_drawn_with_the_classes_it_cannot_exclude(
    tab: Tab, scored: Path, scored_home: Home, star: str
) -> None:
    rows = homes.ledger_of(scored_home).open(TRANSIT_SCORES).rows().collect()
    (row,) = (row for row in rows.to_dicts() if row["target_id"] == star)
    tab.open(scored / candidate_page_name(f"{star}.01"))
    names = [name.replace("_", " ") for name in CLASSES]
    assert tab.page.locator(".bars > span:nth-child(4n + 1)").all_inner_texts() == names
    reasons = tab.page.locator(".bars > .why").all_inner_texts()
    inside = ["cannot be excluded" if name in row["conformal_set"] else "" for name in CLASSES]
    assert [reason.strip() for reason in reasons] == inside
    bars = "() => [...document.querySelectorAll('.bar i')]"
    shares = f"{bars}.map((bar) => bar.offsetWidth / bar.parentElement.clientWidth)"
    assert tab.page.evaluate(shares) == pytest.approx([row[name] for name in CLASSES], abs=0.01)
    text = tab.page.inner_text("body")
    assert ("K00001.01 of koi, false positive." in text) == (star == "KIC 100")
    tab.page.click(f"text=transit_scorer@{row['model_version']}")
    assert tab.page.inner_text("h1").startswith("transit scorer")


def test_the_card_of_a_scorer_is_shown_and_what_checks_came_to(tab: Tab, scored: Path) -> None:
    (path,) = (one for one in (scored / "models").glob("*scorer*.html") if one.name.count(".") == 1)
    tab.open(path)
    card = tab.page.locator(".card")
    assert card.locator("table").count() > 1
    assert card.locator("table").first.locator("td", has_text=re.compile("^PC$")).count() == 1
    text = card.inner_text()
    assert "average precision" in text
    assert not re.search(r"^\s*[|#]|\*\*", text, re.MULTILINE), "no Markdown is left"
    checks = tab.page.locator("h2:has-text('Checks') + div tbody tr").all_inner_texts()
    for name in ("no leaks", "origin of members", "transits/events: schema"):
        (line,) = (line for line in checks if line.startswith(name))
        assert "passed" in line


def test_an_audit_is_one_page_of_its_own(tab: Tab, reported_home: Home, tmp_path: Path) -> None:
    result = astro_assets("audit", "depths", "--format", "html", home=reported_home)
    assert result.returncode == 0, result.stderr
    path = tmp_path / "audit.html"
    path.write_text(result.stdout)
    tab.complaints.clear()
    tab.requests.clear()
    tab.open(path)
    assert not tab.complaints
    assert [url for url in tab.requests if url != "data:,"] == [path.as_uri()]
    text = tab.page.text_content("body")
    for expected in ("KIC 100", "KIC 101", "KIC 102", "star101.fits", HOSTILE_FILE, "3 rows of 3 stars"):
        assert expected in text
