"""Which home is used, what it keeps, and what its settings may say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import platformdirs
import pytest

from astro_assets.ledger import home as home_module
from astro_assets.ledger.configuration import check_config, table_config
from astro_assets.ledger.home import (
    ENVIRONMENT_VARIABLE,
    Home,
    HomeError,
    default_root,
    open_home,
)
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.schema import SchemaError
from astro_assets.ledger.table import Config
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.places import table_path

_TABLES = {table.name: table for table in toy.tables()}


def _installed_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the package lie elsewhere: the checkout is recognised by its place."""
    monkeypatch.setattr(home_module, "__file__", str(folder / "astro_assets" / "ledger" / "home.py"))


def test_a_named_home_comes_before_the_environments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ENVIRONMENT_VARIABLE, str(tmp_path / "by_variable"))
    assert open_home(tmp_path / "by_name").root == tmp_path / "by_name"
    assert open_home().root == tmp_path / "by_variable"


def test_without_variable_the_checkouts_then_the_users_home_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(ENVIRONMENT_VARIABLE)
    _installed_in(tmp_path, monkeypatch)
    assert default_root() == Path(platformdirs.user_data_dir("astro_assets", appauthor=False))
    (tmp_path / "pyproject.toml").touch()
    assert default_root().name == "astro_assets", "a folder with only one of the two files is no checkout"
    (tmp_path / "workspace.yaml").touch()
    assert default_root() == tmp_path / "data" / "home"


def test_the_layout_is_made_at_once_and_paths_are_absolute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    home = open_home("here")
    assert home.root == tmp_path / "here"
    assert home.inbox.is_dir()
    assert table_path(home, "toy/stars") == tmp_path / "here" / "tables" / "toy" / "stars"
    assert home.dagster == tmp_path / "here" / "dagster"


def test_a_home_keeps_its_number_of_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASTRO_ASSETS_SHARDS", "512")
    assert open_home(tmp_path / "many").n_shards == 512
    monkeypatch.delenv("ASTRO_ASSETS_SHARDS")
    assert open_home(tmp_path / "many").n_shards == 512
    assert open_home(tmp_path / "a", n_shards=256).n_shards == 256
    assert open_home(tmp_path / "a").n_shards == 256
    assert open_home(tmp_path / "a", n_shards=8).n_shards == 256
    assert open_home(tmp_path / "b").n_shards == 64


@pytest.mark.parametrize("named", ["0", "-1", "many"])
def test_a_number_of_shards_that_is_none_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str
) -> None:
    monkeypatch.setenv("ASTRO_ASSETS_SHARDS", named)
    with pytest.raises(HomeError, match=f"ASTRO_ASSETS_SHARDS = '{named}' is not a positive number"):
        open_home(tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(
        HomeError, match=r"the home .*/file/home cannot be used: .*; choose another with --home"
    ):
        open_home(tmp_path / "file" / "home")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("format = 3\nn_shards = 64\n", "has home format 3; this version reads formats 1 and 2"),
        ("format = [", "is damaged"),
    ],
)
def test_a_home_of_another_format_is_left_alone(tmp_path: Path, text: str, message: str) -> None:
    marker = tmp_path / "home.toml"
    marker.write_text(text)
    with pytest.raises(HomeError, match=message):
        open_home(tmp_path)
    assert marker.read_text() == text


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home")


def test_settings_come_from_the_file_over_the_declared_ones(home: Home) -> None:
    declared = toy.tables(config={"signals": toy.SignalConfig(above=0.9)})[4]
    assert table_config(home, declared) == toy.SignalConfig(above=0.9)
    home.config_file.write_text("[toy.signals]\nabove = 2.5\n\n[toy.stars]\n")
    assert table_config(home, declared) == toy.SignalConfig(above=2.5)
    assert table_config(home, _TABLES["toy/stars"]) == toy.StarConfig()


def test_a_table_may_read_the_settings_of_another(home: Home) -> None:
    declared = _TABLES["toy/signals"]
    reader = replace(declared, name="toy/judged_signals", settings_of=declared)
    home.config_file.write_text("[toy.signals]\nabove = 2.5\n")
    assert table_config(home, reader) == toy.SignalConfig(above=2.5)
    home.config_file.write_text("[toy.judged_signals]\nabove = 2.5\n")
    with pytest.raises(HomeError, match=r"\[toy\.judged_signals\] names no table"):
        check_config(home, (declared, reader))
    with pytest.raises(SchemaError, match="cannot read the settings of toy/stars"):
        replace(declared, settings_of=_TABLES["toy/stars"])


class _JudgeConfig(Config):
    least: int = 3
    signals: toy.SignalConfig = toy.SignalConfig()


def test_a_field_may_be_the_settings_of_another_table(home: Home) -> None:
    declared = _TABLES["toy/signals"]
    judge = replace(declared, name="toy/judges", config=_JudgeConfig(), settings_from={"signals": declared})
    home.config_file.write_text("[toy.signals]\nabove = 2.5\n[toy.judges]\nleast = 4\n")
    check_config(home, (declared, judge))
    assert table_config(home, judge) == _JudgeConfig(least=4, signals=toy.SignalConfig(above=2.5))
    home.config_file.write_text("[toy.judges]\nsignals = {above = 2.5}\n")
    with pytest.raises(HomeError, match=r"\[toy\.judges\] signals: set that in \[toy\.signals\]"):
        check_config(home, (declared, judge))
    home.config_file.write_text("[toy.judges]\nmost = 4\n")
    with pytest.raises(HomeError, match=r"most: there is no such setting; there are least$"):
        check_config(home, (declared, judge))
    with pytest.raises(SchemaError, match="has no settings 'least' of the class of toy/signals's"):
        replace(judge, settings_from={"least": declared})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[toy.stars]\nscale = 0\n", r"\[toy\.stars\] scale: Input should be greater than 0"),
        ("[toy.stars]\nsclae = 2\n", r"\[toy\.stars\] sclae: there is no such setting; there are scale"),
        ("[toy.stars]\nscale = 'wide'\n", r"\[toy\.stars\] scale: Input should be a valid number"),
        ("[toy.starz]\nscale = 2\n", r"\[toy\.starz\] names no table; there are toy/catalogue, toy/curves"),
        ("[toys.stars]\nscale = 2\n", r"\[toys\.stars\] names no table"),
        ("scale = 2\n", r"scale stands in no section"),
        ("[toy]\nscale = 2\n", r"\[toy\.scale\] names no table"),
        ("[toy.stars\n", "cannot be read as TOML"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(home: Home, text: str, message: str) -> None:
    home.config_file.write_text(text)
    with pytest.raises(HomeError, match=message) as caught:
        open_ledger(home, _TABLES.values())
    assert str(home.config_file) in str(caught.value)


@pytest.mark.parametrize("text", ["[toy]\nstars = 2\n", "toy = 2\n"])
def test_a_table_that_is_no_section_is_named(home: Home, text: str) -> None:
    home.config_file.write_text(text)
    with pytest.raises(HomeError, match="toy") as caught:
        check_config(home, tuple(_TABLES.values()))
    assert str(home.config_file) in str(caught.value)


@pytest.mark.parametrize("name", ["50%", "a[b]", "what?", "#1", "new\nline"])
def test_a_folder_that_its_stores_cannot_open_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(HomeError, match="cannot be used"):
        open_home(tmp_path / name)
    assert not (tmp_path / name).exists()


def test_a_home_that_must_exist_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(HomeError, match="there is no home"):
        open_home(tmp_path / "mistyped", must_exist=True)
    assert not (tmp_path / "mistyped").exists()
    assert open_home(open_home(tmp_path / "there").root, must_exist=True).root == tmp_path / "there"


@pytest.mark.parametrize("line", ["", "n_shards = 0", "n_shards = 'many'"])
def test_a_damaged_marker_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "home.toml").write_text(f"format = 1\n{line}\n")
    with pytest.raises(HomeError, match=r"home\.toml is damaged"):
        open_home(tmp_path)


def test_settings_that_are_no_text_are_named(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    home.config_file.write_bytes(b"\xff\xfe")
    with pytest.raises(HomeError, match=r"config\.toml"):
        check_config(home, (toy.tables()[2],))
