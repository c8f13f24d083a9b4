"""`astro-assets explain` of a star that was searched: what made a value what it is, by making it again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from astro_assets.ledger.home import Home, open_home
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.orchestration import homes

DEPTH = ("--table", "transits/transit_candidates", "--column", "depth_ppm", "--since", "1")


def depth(home: Home, key: str) -> float:
    values = homes.units(home, "transits/transit_candidates", "depth_ppm").filter(key=key)["depth_ppm"]
    return float(values[0][0])


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, Home]:
    """Return a searched home as it was, and with a newer file of one star and a setting of all changed."""
    before = open_home(homes.made_once(tmp_path_factory, "searched_home", homes.make_searched_home))
    after = homes.copy_of(before, tmp_path_factory.mktemp("changed") / "home")
    # The same transits as those of 101, in other noise.
    homes.star_file(after.inbox / "newer.fits", 111, KEPLERID=101, OBJECT="KIC 101", DATA_REL=26)
    after.config_file.write_text("[transits.detrended_light_curves]\nwindow_durations = 2.5\n")
    result = astro_assets("run", home=after)
    assert result.returncode == 0, result.stderr
    return before, after


def told(*arguments: str, home: Home) -> dict[str, Any]:
    result = astro_assets("explain", *arguments, *DEPTH, "--format", "json", home=home)
    assert result.returncode == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.slow
def test_each_star_is_told_what_changed_it(changed: tuple[Home, Home]) -> None:
    before, after = changed
    of_all, of_one = told("KIC 100", home=after), told("KIC 101", home=after)
    assert list(of_all["parts"]) == ["config"]
    assert set(of_one["parts"]) == {"data", "config"}
    assert min(map(abs, of_one["parts"].values())) > 0
    for key, found in (("KIC 100", of_all), ("KIC 101", of_one)):
        assert (found["before"], found["after"]) == (depth(before, key), depth(after, key))
        assert sum(found["parts"].values()) == pytest.approx(depth(after, key) - depth(before, key), abs=1e-9)


@pytest.mark.slow
def test_what_cannot_be_explained_is_said_in_a_line(changed: tuple[Home, Home], tmp_path: Path) -> None:
    _, home = changed
    for arguments, message in (
        (("KIC 999", *DEPTH), "KIC 999"),
        (("KIC 100", *DEPTH[:2], "--column", "target_id", "--since", "1"), "has no number 'target_id'"),
        (("KIC 100", *DEPTH[:4], "--since", "99"), "99"),
        (("KIC 100", *DEPTH, "--python", str(tmp_path / "none")), "--python"),
    ):
        result = astro_assets("explain", *arguments, home=home)
        assert result.returncode == 2, result.stdout
        assert message in result.stderr
        assert "Traceback" not in result.stderr
