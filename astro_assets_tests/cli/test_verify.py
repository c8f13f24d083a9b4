"""`astro-assets verify` names what is damaged, and what it says restores it, rows and all."""

from __future__ import annotations

import json
from pathlib import Path

from astro_assets.ledger.home import Home
from astro_assets.orchestration.run_marks import journal_path, working
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.orchestration import homes


def verified(home: Home) -> tuple[int, dict[str, str]]:
    result = astro_assets("verify", "--format", "json", home=home)
    told = json.loads(result.stdout)
    return result.returncode, {one["place"]: one["remedy"] for one in told["damaged"]}


def flip_last_bit(path: Path) -> None:
    whole = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))


def test_damage_is_named_by_a_run_and_by_verify_and_comes_back(searched_home: Home, tmp_path: Path) -> None:
    home = homes.copy_of(searched_home, tmp_path / "home")
    expected = homes.contents(home)
    assert verified(home) == (0, {})

    data = min(home.root.glob("tables/transits/variability/shard=*/*.parquet"))
    entry = max(home.root.glob("tables/observations/raw_files/_delta_log/*.json"))
    raw = min(home.root.glob("files/*/*"))
    array = home.root / homes.ledger_of(home).objects.array_key(
        homes.units(home, "transits/detrended_light_curves", "light_curve")["light_curve"][0][0]
    )
    for path in (data, entry, raw, array):
        flip_last_bit(path)
    result = astro_assets("run", home=home)
    assert result.returncode != 0
    assert str(entry) in result.stderr
    assert "astro-assets run --recompute observations/raw_files" in result.stderr
    assert "Traceback" not in result.stderr

    code, remedies = verified(home)
    assert code == 1
    assert remedies.keys() == {str(path) for path in (data, entry, raw, array)} or str(entry) in remedies
    names = ("transits/variability", "observations/raw_files", "transits/detrended_light_curves")
    result = astro_assets("run", *(word for name in names for word in ("--recompute", name)), home=home)
    assert result.returncode == 0, result.stderr
    assert str(data) in result.stdout
    assert homes.contents(home) == expected
    assert verified(home) == (0, {})


def test_nothing_is_mended_while_a_run_goes_on_or_a_star_is_half_forgotten(
    searched_home: Home, tmp_path: Path
) -> None:
    home = homes.copy_of(searched_home, tmp_path / "home")
    data = min(home.root.glob("tables/transits/variability/shard=*/*.parquet"))
    flip_last_bit(data)
    whole = data.read_bytes()
    with working(home):
        busy = astro_assets("run", "--recompute", "transits/variability", home=home)
    journal_path(home).write_text("{}")
    interrupted = astro_assets("run", "--recompute", "transits/variability", home=home)
    assert (busy.returncode, interrupted.returncode) == (2, 2)
    assert "a run is in progress" in busy.stderr
    assert "forgetting a star was interrupted" in interrupted.stderr
    assert data.read_bytes() == whole
