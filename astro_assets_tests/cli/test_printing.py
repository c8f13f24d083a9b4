"""Terminals get what is in files and headers as it is: no markup, no control characters, no column cut."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from astro_assets.cli import printing, refused
from astro_assets.ledger.home import Home
from astro_assets.observations.refusals import REASONS
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.orchestration import homes

#: As somebody might name a file: markup of rich, an escape sequence, a reversal of direction, a new line.
HOSTILE = "[red]a[bold] \x1b[31mb\x07\u202ec\nd.fits"
SHOWN = "[red]a[bold] \\x1b[31mb\\x07\\u202ec\\nd.fits"


@pytest.fixture
def hostile_home(tmp_path: Path) -> Home:
    """One good file with a hostile name, and one refused for its OBJECT."""
    home = homes.new_home(tmp_path / "home")
    homes.star_file(home.inbox / HOSTILE, 100)
    homes.star_file(home.inbox / f"refused {HOSTILE}", 101, OBJECT="[red]KIC[/red] 101")
    return home


def test_names_and_headers_are_printed_as_they_are(hostile_home: Home) -> None:
    run = astro_assets("run", home=hostile_home)
    assert run.returncode == 0, run.stderr
    assert f"refused {SHOWN}: " in run.stdout
    assert "[red]KIC[/red] 101" in run.stdout
    find = astro_assets("targets", "find", "KIC 100", home=hostile_home)
    lineage = astro_assets(
        "lineage", "observation_files", find.stdout.split("fits")[1].split()[0], home=hostile_home
    )
    for result in (find, lineage):
        assert result.returncode == 0, result.stderr
        assert SHOWN in result.stdout
    for result in (run, find, lineage):
        assert not {letter for letter in result.stdout + result.stderr if not letter.isprintable()} - {"\n"}


def test_a_complaint_about_a_hostile_name_is_one_plain_line(tmp_path: Path) -> None:
    result = astro_assets("run", "--observations", tmp_path / HOSTILE, home=tmp_path / "home")
    assert result.returncode == 2
    (line,) = result.stderr.splitlines()
    assert SHOWN in line


@pytest.mark.parametrize("text", ["", "TIC 1", "étoile 星 .fits", "a b", "[bold]"])
def test_what_can_be_printed_is_unchanged(text: str) -> None:
    assert printing.plain(text) == text


def test_letters_that_no_encoding_knows_are_escaped() -> None:
    assert printing.plain("a\udcff") == "a\\udcff"


def _refused(monkeypatch: pytest.MonkeyPatch, home: Home, counts: dict[str, int]) -> None:
    monkeypatch.setattr(refused, "out", Console(width=60, highlight=False, markup=False))
    names = ("reason_code", "file_name", "refusal_reason", "sha256")
    rows = [(code, f"{n}.fits", f"of {code}", f"{n}") for code, count in counts.items() for n in range(count)]
    refused.print_refused(pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String), orient="row"), home)


def test_few_refused_files_are_printed_each(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _refused(monkeypatch, Home(tmp_path, 4), {"not_fits": 1, "truncated": 19})
    heading, *lines = capsys.readouterr().out.splitlines()
    assert heading.startswith("20 files were refused")
    assert lines[:2] == ["  not_fits   0.fits: of not_fits", "  truncated  0.fits: of truncated"]
    assert len(lines) == 20


def test_of_thousands_of_refused_files_counts_and_examples_are_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _refused(monkeypatch, Home(tmp_path, 4), {"damaged": 3, "not_fits": 4996, "truncated": 1})
    heading, *lines = capsys.readouterr().out.splitlines()
    assert heading.startswith("5000 files were refused")
    assert [line.split()[:2] for line in lines[:3]] == [
        ["4996", "not_fits:"], ["3", "damaged:"], ["1", "truncated:"]
    ]  # fmt: skip
    assert lines[0].endswith(REASONS["not_fits"])
    examples = [line.split()[0] for line in lines[4:-1]]
    assert {code: examples.count(code) for code in examples} == {"damaged": 3, "not_fits": 16, "truncated": 1}
    assert str(tmp_path / "tables" / "observations" / "observation_files") in lines[-1]


def test_without_refused_files_nothing_is_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    _refused(monkeypatch, Home(tmp_path, 4), {})
    printing.notes([])
    assert not capsys.readouterr().out


def test_many_notes_are_cut(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(printing, "out", Console(width=60, highlight=False, markup=False))
    printing.notes([f"{n} was not taken in" for n in range(5000)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 21
    assert lines[0] == "0 was not taken in"
    assert lines[-1] == "... and 4980 more"


def test_values_are_printed_with_the_digits_of_their_column(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(printing, "out", Console(width=20, highlight=False, markup=False))
    row = {"target_id": "TIC 1", "rank": 1, "period_days": 0.94145223, "snr": 12.345, "sde": None}
    printing.candidates(pl.DataFrame([row], schema_overrides={"sde": pl.Float64}))
    heading, _, line = [line for line in capsys.readouterr().out.splitlines() if line.strip()]
    assert heading.split() == list(row)
    assert line.split() == ["TIC", "1", "1", "0.941452", "12.3", "-"]
