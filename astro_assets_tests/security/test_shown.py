"""What files are called, and what stands in their headers, is shown and does nothing: pages, UI, terminal."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from astro_assets.cli import printing
from astro_assets.ledger.home import open_home
from astro_assets.observations.tables import OBSERVATION_FILES
from astro_assets.orchestration.instance import open_instance
from astro_assets_tests.orchestration import homes
from astro_assets_tests.reports.test_browser import CHROMIUM
from astro_assets_tests.security.hostile_home import NAMES, SCRIPT_TAG, printed


def _unseen(text: str) -> set[str]:
    """Return what no reader sees of a text: controls, and what turns its direction."""
    return {letter for letter in text if unicodedata.category(letter) in ("Cc", "Cf")} - {"\n"}


def test_headers_and_names_came_in_as_they_are(hostile: Path) -> None:
    """Else nothing that follows would show anything."""
    rows = homes.ledger_of(open_home(hostile / "home")).open(OBSERVATION_FILES).rows().collect()
    assert set(rows["file_name"]) == {*NAMES, f"refused {NAMES[1]}"}
    assert set(rows["creator"].drop_nulls()) == {SCRIPT_TAG}
    refused = rows.filter(rows["status"] == "refused")["refusal_reason"]
    assert "![p](http://evil.example/p)" in refused[0]


def test_the_terminal_gets_nothing_to_obey(hostile: Path) -> None:
    texts = list(printed(hostile))
    assert len(texts) == 8
    for text in texts:
        assert not _unseen(text), text
    everything = "".join(texts)
    assert r"\x1b[31mred\x1b[0m \x1b]0;owned\x07.fits" in everything
    assert r"refused [bold red]x :boom: \u202estif.fits" in everything, "neither markup nor an emoji"


def test_a_name_in_a_table_is_no_markup(capsys: pytest.CaptureFixture[str]) -> None:
    printing.notes(["[red]x :boom: \x1b[2J"])
    assert capsys.readouterr().out == "[red]x :boom: \\x1b[2J\n"


def _pages(hostile: Path) -> list[Path]:
    pages = sorted((hostile / "home" / "report").rglob("*.html"))
    assert len(pages) > 10
    return pages


def test_pages_hold_no_markup_of_files_and_forbid_what_is_not_theirs(hostile: Path) -> None:
    shown = ""
    for page in _pages(hostile):
        text = page.read_text()
        assert not _unseen(text), page
        head = text[: text.index("<link")]
        assert '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';' in head, page
        assert "<script>" not in text, f"{page}: scripts are files of the report's own, or data"
        assert " onerror=" not in text.replace(html.escape(NAMES[2]), ""), page
        shown += text
    for name in NAMES:
        visible = "".join(letter if letter.isprintable() else " " for letter in name)
        assert html.escape(visible).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in shown


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("there is no chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


_INLINE = """() => {
  const script = document.createElement("script");
  script.textContent = "window.owned = true";
  document.body.append(script);
  const picture = document.createElement("img");
  picture.src = "http://127.0.0.1:9/picture";
  document.body.append(picture);
  return window.owned === undefined;
}"""


def test_no_script_of_a_file_runs_and_nobody_is_asked(hostile: Path, browser: Any) -> None:
    page = browser.new_page()
    asked: list[str] = []
    dialogs: list[str] = []
    blocked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.on("console", lambda said: blocked.append(said.text) if "Content Security" in said.text else None)
    for path in _pages(hostile):
        blocked.clear()
        page.goto(path.as_uri())
        page.wait_for_load_state("load")
        if page.locator("script.data").count():
            drawn = "() => [...document.querySelectorAll('.plot')].every((p) => p.firstElementChild)"
            page.wait_for_function(drawn, timeout=60_000)
        assert page.title() != "owned"
        assert not blocked, f"{path}: its own scripts and styles are allowed"
        assert page.evaluate(_INLINE), "a script that got into a page would not run"
    assert not dialogs
    assert len(blocked) == 2, "the last page's script and picture"
    assert {url for url in asked if not url.startswith(("file:", "data:"))} <= {"http://127.0.0.1:9/picture"}
    links = page.evaluate("() => [...document.querySelectorAll('a')].map((a) => a.protocol)")
    assert set(links) <= {"file:"}


def test_the_ui_gets_names_as_text_and_never_as_markdown(hostile: Path) -> None:
    home = open_home(hostile / "home")
    seen = 0
    with open_instance(home) as instance:
        for run in instance.get_runs():
            for entry in instance.all_logs(run.run_id):
                metadata = _metadata(entry.dagster_event)
                for name, value in metadata.items():
                    if isinstance(value, dg.MarkdownMetadataValue):
                        text = value.md_str or ""
                        assert "evil.example" not in text, name
                        assert "<img" not in text, name
                    seen += "evil.example" in str(value)
    assert seen, "the quarantined file is told with its reason"


def _metadata(event: dg.DagsterEvent | None) -> dict[str, Any]:
    if event is None:
        return {}
    if event.is_step_materialization:
        return dict(event.step_materialization_data.materialization.metadata)
    if event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION:
        return dict(event.asset_check_evaluation_data.metadata)
    return {}
