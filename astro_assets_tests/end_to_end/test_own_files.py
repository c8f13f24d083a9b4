"""The page for people with files of their own, followed word by word: it does and prints what it says."""

from __future__ import annotations

import csv
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from astro_assets.ledger.home import open_home
from astro_assets.observations.refusals import REASONS
from astro_assets.observations.selection import CHOICE_REASONS
from astro_assets_tests.cli.commands import SCRIPT
from astro_assets_tests.observations.made_files import light_curve_file
from astro_assets_tests.orchestration import homes

PAGE = Path(__file__).parents[2] / "docs" / "own_files.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)
PERIOD_DAYS = 3.3


def _star(path: Path, beginning: str) -> None:
    """Write the table that the page begins, with a month of a planet's transits."""
    heading, *first = beginning.splitlines()
    rng = np.random.default_rng(1)
    time = float(first[0].split(",")[0]) + 1 / 48 * np.arange(len(first), 1300)
    flux = 1 + rng.normal(0, 3e-4, len(time))
    flux[(time - 1326.1) % PERIOD_DAYS < 0.15] -= 0.01
    lines = [f"{t:.5f},{f:.6f},0.00031" for t, f in zip(time, flux, strict=True)]
    path.write_text("\n".join([heading, *first, *lines]) + "\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with what the page supposes: a mission's file, and the table that it shows."""
    open_home(tmp_path / "data" / "home", n_shards=homes.N_SHARDS)
    (tmp_path / "observations" / "photometry").mkdir(parents=True)
    light_curve_file(tmp_path / "observations" / "downloaded.fits", n=2000)
    (shown,) = [text for kind, text in BLOCKS if kind == "csv"]
    _star(tmp_path / "observations" / "photometry" / "star.csv", shown)
    return tmp_path


def _run(kind: str, text: str, folder: Path) -> str:
    program = ["bash", "-e", "-c", text] if kind == "sh" else [sys.executable, "-c", text]
    environment = {
        **os.environ,
        "ASTRO_ASSETS_HOME": str(folder / "data" / "home"),
        "PATH": f"{SCRIPT.parent}:{os.environ['PATH']}",
        "COLUMNS": "200",
    }
    result = subprocess.run(
        program, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.slow
def test_the_page_does_what_it_says(folder: Path) -> None:
    printed, everything = "", []
    for kind, text in BLOCKS:
        if kind == "text":
            words = [line.split() for line in printed.splitlines()]
            for line in text.splitlines():
                assert line.split() in words, f"not printed: {line}"
        elif kind != "csv":
            printed = _run(kind, text, folder)
            everything.append(printed)
    # The table was refused before it had a line, and is searched since.
    assert sum("star.csv" in output and "not_described" in output for output in everything) == 1
    assert "star.csv" in _run("sh", 'astro-assets targets find "TIC 261136679"', folder)
    assert "mine.fits" in _run("sh", 'astro-assets targets find "TIC 25155310"', folder)
    lines = csv.DictReader(io.StringIO(_run("sh", "astro-assets candidates --format csv", folder)))
    best = next(lines)
    assert best["target_id"] == "TIC 261136679"
    assert float(best["period_days"]) == pytest.approx(PERIOD_DAYS, rel=1e-3)
    assert (folder / "observations" / "photometry" / "targets.csv").exists()


def test_the_page_says_what_to_do_for_every_reason() -> None:
    codes = re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE.read_text(), flags=re.MULTILINE)
    advice = {code: text for code, text in codes if code != "reason_code"}
    assert list(advice) == [*REASONS, *CHOICE_REASONS]
    assert all(len(text) > 15 for text in advice.values())
