"""Which pages a report has, and which of them are written again."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import pytest

from astro_assets.ledger.home import Home
from astro_assets.ledger.page_names import candidate_page_name, target_page_name
from astro_assets.reports.lists import list_names, list_page
from astro_assets.reports.page_store import fingerprint, page_store
from astro_assets.reports.rendering import LINE, NUMBER, table
from astro_assets.reports.site import refresh_site
from astro_assets.transits.tables import TRANSIT_CANDIDATES
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.images.made_images import image_file, wcs_cards
from astro_assets_tests.orchestration import homes
from astro_assets_tests.orchestration.depths import DEPTHS
from astro_assets_tests.reports import reported

LARGEST = 500_000


def pages_of(home: Home) -> dict[str, bytes]:
    folder = home.root / "report"
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*.html"))}


def written_at(home: Home) -> dict[str, int]:
    folder = home.root / "report"
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in folder.rglob("*.html")}


def of_star(star: str) -> set[str]:
    return {target_page_name(star), candidate_page_name(f"{star}.01")}


def own_pages(names: Iterable[str]) -> list[str]:
    """Return the pages of versions of models but for their lists."""
    return [name for name in names if name.startswith("models/") and name.count(".") == 1]


def kinds(names: list[str]) -> Counter[str]:
    return Counter(name.partition("/")[0] for name in names)


@pytest.fixture
def home(reported_home: Home, tmp_path: Path) -> Home:
    return homes.copy_of(reported_home, tmp_path / "home")


def test_every_star_candidate_and_version_has_a_page_and_none_is_large(reported_home: Home) -> None:
    pages = pages_of(reported_home)
    for number in homes.STARS:
        assert of_star(f"KIC {number}") <= pages.keys()
    assert kinds(list(pages)) == {
        "index.html": 1, "candidates-1.html": 1, "targets-1.html": 1, "refused-1.html": 1,
        "targets": 3, "candidates": 3, "models": 3,
    }  # fmt: skip
    assert max(map(len, pages.values())) < LARGEST
    assert {path.name for path in (reported_home.root / "report" / "static").iterdir()} == {
        "bokeh.min.js", "names.js", "report.css", "report.js",
    }  # fmt: skip


def test_every_link_leads_to_a_page_that_is_there(reported_home: Home) -> None:
    folder = reported_home.root / "report"
    n_links = 0
    for name, content in pages_of(reported_home).items():
        for href in re.findall(r'(?:href|src)="([^"]+)"', content.decode()):
            if href == "data:,":
                continue
            page, _, anchor = href.partition("#")
            assert not re.match(r"[a-z]+:|//", href), f"{name} leads out of the report: {href}"
            target = ((folder / name).parent / page).resolve()
            assert target.is_file(), f"{name}: {href}"
            assert not anchor or f'id="{anchor}"' in target.read_text()
            n_links += 1
    assert n_links > 50


def test_nothing_is_written_where_nothing_changed(home: Home) -> None:
    before = written_at(home)
    done = reported.report(home.root)
    assert (done.written, done.removed) == ([], [])
    assert len(done.unchanged) == len(before) + 4
    assert written_at(home) == before


def test_a_page_that_is_missing_is_written_again(home: Home) -> None:
    (name,) = (name for name in of_star("KIC 101") if name.startswith("candidates/"))
    (home.root / "report" / name).unlink()
    assert reported.report(home.root).written == [name]


def test_a_run_writes_the_pages_of_the_changed_star_and_no_other_stars(home: Home) -> None:
    before = written_at(home)
    homes.star_file(home.inbox / "more.fits", 101, QUARTER=9)
    result = astro_assets("run", home=home)
    assert result.returncode == 0, result.stderr
    changed = {name for name, at in written_at(home).items() if at != before.get(name)}
    assert {name for name in changed if name.startswith(("targets/", "candidates/"))} == of_star("KIC 101")
    assert "index.html" in changed
    assert b"more.fits" in pages_of(home)[target_page_name("KIC 101")]
    assert reported.report(home.root).written == [], "the asset has done all there is to do"


def test_a_setting_that_makes_all_stale_shows_on_all_pages(home: Home) -> None:
    home.config_file.write_text("[transits.transit_candidates]\ndetection_threshold = 60\n")
    done = reported.report(home.root)
    pages = pages_of(home)
    for number in homes.STARS:
        for name in of_star(f"KIC {number}"):
            assert name in done.written
            assert b"out of date</span>" in pages[name]
    assert b"transits/transit_candidates" in pages["index.html"]
    assert b"Everything is up to date" not in pages["index.html"]


def test_what_checks_came_to_last_is_on_the_page_of_a_model(reported_home: Home) -> None:
    pages = pages_of(reported_home)
    (own,) = own_pages(pages)
    assert b"transits/transit candidates: schema" in pages[own], "as the command found it"
    assert b"a check failed" not in pages[own]


def test_a_page_is_written_again_when_a_check_comes_to_something_else_not_when_it_ran_again(
    home: Home,
) -> None:
    results = {"passed": True, "said": "3 units.", "at": "2026-01-01T00:00:00", "run": "1"}

    def checks_of(tables: Collection[str]) -> list[dict[str, Any]]:
        found = ("transits/transit_candidates", "transits/depths", "transits/variability")
        return [{"name": f"{t}: one", "severity": "error", **results} for t in found if t in tables]

    def written() -> list[str]:
        ledger = homes.ledger_of(home)
        return refresh_site(ledger, [DEPTHS], checks_of=checks_of).written

    assert own_pages(written())
    results |= {"at": "2026-02-02T00:00:00", "run": "2"}
    assert written() == []
    results |= {"passed": False, "said": "1 of 3 units."}
    again = written()
    (own,) = own_pages(again)
    assert "index.html" in again
    page = pages_of(home)[own].decode()
    assert "a check failed" in page
    assert "transits/transit candidates: one" in page
    assert "transits/depths: one" not in page, "a version tells its own checks in its audit"
    assert "transits/variability: one" not in page, "no row that was trained on came from there"


def test_only_what_was_asked_for_has_pages(home: Home) -> None:
    (home.root / "report" / "pages.json").unlink()
    for path in (home.root / "report").rglob("*.html"):
        path.unlink()
    reported.report(home.root, "KIC 101")
    star = {name for name in pages_of(home) if name.startswith(("targets/", "candidates/"))}
    assert star == of_star("KIC 101")
    reported.report(home.root, "KIC 100")
    star = {name for name in pages_of(home) if name.startswith(("targets/", "candidates/"))}
    assert star == of_star("KIC 101") | of_star("KIC 100")


def test_pages_of_what_is_gone_are_removed_and_nothing_else(home: Home) -> None:
    folder, outside = home.root / "report", home.root / "precious"
    outside.write_text("keep")
    for name in ("targets/gone.html", "notes.html"):
        (folder / name).write_text("old")
    listed = json.loads((folder / "pages.json").read_text())
    listed["pages"] |= {"targets/gone.html": "x", "../precious": "x"}
    (folder / "pages.json").write_text(json.dumps(listed))
    assert reported.report(home.root).removed == ["targets/gone.html"]
    assert not (folder / "targets" / "gone.html").exists()
    assert outside.read_text() == "keep"
    assert (folder / "notes.html").exists(), "what somebody put there is none of ours"


def test_a_damaged_list_only_costs_time(home: Home) -> None:
    (home.root / "report" / "pages.json").write_text("{")
    done = reported.report(home.root)
    assert not done.unchanged
    assert len(done.written) == len(pages_of(home)) + 4


def test_pages_about_to_be_replaced_are_forgotten_first(home: Home) -> None:
    with page_store(home) as store:
        name, mark = next(iter(store.pages.items()))
        store.forget([name])
    with page_store(home) as store:
        assert not store.has(name, mark)


def test_fingerprints_tell_values_apart() -> None:
    assert fingerprint(1, "a") == fingerprint(1, "a")
    assert len({fingerprint(1, "a"), fingerprint("1a"), fingerprint(1, "b"), fingerprint([1, "a"])}) == 4


def test_long_tables_are_split_and_every_line_is_on_one_page() -> None:
    shown = table([("Star", LINE), ("Rows", NUMBER)], [(f"star {i}.", i) for i in range(2001)])
    names = list_names("models/x.rows", len(shown.rows))
    assert names == [f"models/x.rows-{number}.html" for number in (1, 2, 3)]
    pages = [list_page("Rows", shown, names, number, [], "../") for number in range(3)]
    assert [page.count("<td>") + page.count('<td class="nowrap">') for page in pages] == [1000, 1000, 1]
    assert sum(f"star {i}." in page for i in range(2001) for page in pages) == 2001
    assert "x.rows-2.html" in pages[0]


def test_the_command_prints_where_the_report_begins(home: Home) -> None:
    result = astro_assets("report", "KIC 101", home=home)
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"{home.root / 'report' / 'index.html'}\n"
    unknown = astro_assets("report", "KIC 999", home=home)
    assert unknown.returncode == 2
    assert unknown.stderr == "astro-assets: no file of KIC 999 was taken in\n"


def test_the_lineage_of_a_candidate_reaches_the_images_of_its_target(home: Home, tmp_path: Path) -> None:
    (target, candidate) = _strongest(home)
    image = image_file(tmp_path / "sky.fits", OBJECT="the field", **wcs_cards(150.0, 2.0))
    for command in (("run", "--observations", image), ("cutouts", f"{target},150.0,2.0"), ("report",)):
        result = astro_assets(*command, home=home)
        assert result.returncode == 0, result.stderr
    folder = home.root / "report"
    sha256 = hashlib.sha256(image.read_bytes()).hexdigest()
    page = (folder / candidate_page_name(candidate)).read_text()
    assert "<h2>Cutouts</h2>" in page
    assert page.count("data:image/png;base64,") == 1
    assert "images/cutouts" in page
    assert "images/frames" in page
    assert sha256 in page.partition("<h2>Lineage</h2>")[2]
    assert "<h2>Cutouts</h2>" in (folder / target_page_name(target)).read_text()


def _strongest(home: Home) -> tuple[str, str]:
    rows = homes.ledger_of(home).open(TRANSIT_CANDIDATES).rows(["target_id", "candidate_id"]).collect()
    return rows.select("target_id", "candidate_id").sort("candidate_id").row(0)
