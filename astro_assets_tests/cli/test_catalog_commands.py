"""`astro-assets catalogs fetch`: what archives answer is in, what they do not answer is named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from astro_assets.cli.catalog_commands import targets_in
from astro_assets.observations.targets import TargetIdError
from astro_assets_tests.archives import faults
from astro_assets_tests.catalogs.served import archives
from astro_assets_tests.cli.commands import astro_assets


def test_what_archives_answer_is_in_and_what_they_do_not_answer_is_named(tmp_path: Path) -> None:
    targets = tmp_path / "targets.txt"
    targets.write_text("# mine\ntic377780790\n\nKIC-011904151  # the same\n")
    with archives() as served:
        home = served.home(tmp_path / "home")
        served.server.misbehave(faults.page, path="/TAP", times=1)
        served.server.misbehave(faults.status(503), path="/api")
        result = astro_assets("catalogs", "fetch", "cumulative", "tic", "--targets", targets, home=home)
    assert result.returncode == 1, result.stderr
    assert "a page for people came in the place of data; attempt 2 of 3" in result.stderr
    assert "NASA Exoplanet Archive" in result.stdout
    (line,) = (line for line in result.stderr.splitlines() if line.startswith("failed"))
    assert line.startswith("failed tic: MAST (127.0.0.1:")
    assert (
        "it is out of order (HTTP 503 Service Unavailable), 3 attempts; what is stored is untouched" in line
    )

    # With all archives dead, what is stored goes on working.
    result = astro_assets("catalogs", "fetch", "koi", "toi", home=home)
    assert (result.returncode, result.stdout) == (1, "")
    failed = [line for line in result.stderr.splitlines() if line.startswith("failed")]
    assert len(failed) == 2
    assert all("it cannot be reached, 3 attempts; see that this machine is online" in line for line in failed)
    (koi,) = json.loads(astro_assets("catalogs", "list", "--format", "json", home=home).stdout)
    assert (koi["catalog"], koi["entries"], koi["archive"]) == ("koi", 2, "NASA Exoplanet Archive")


def test_an_unknown_name_asks_nobody(tmp_path: Path) -> None:
    unknown = astro_assets("catalogs", "fetch", "gaia", home=tmp_path / "home")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert unknown.stderr.startswith("astro-assets: no archive has a catalogue 'gaia'; there are koi,")


def test_a_line_that_is_no_target_is_named(tmp_path: Path) -> None:
    path = tmp_path / "targets.txt"
    path.write_text("TIC 5\ntic5\n")
    assert targets_in(path) == ["TIC 5"]
    path.write_text("TIC 5\nVega\n")
    with pytest.raises(TargetIdError, match=r"targets\.txt, line 2: 'Vega' is not a target id"):
        targets_in(path)
