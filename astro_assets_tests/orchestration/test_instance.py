"""The Dagster instance of a home: its settings, and that it stays the user's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from astro_assets.ledger.home import Home, open_home
from astro_assets.orchestration.instance import LOCATION, instance_folder, open_instance, workspace_file

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home", n_shards=4)


def test_nothing_is_reported_to_anybody(home: Home) -> None:
    settings = yaml.safe_load((instance_folder(home) / "dagster.yaml").read_text())
    assert settings["telemetry"] == {"enabled": False}
    assert settings["nux"] == {"enabled": False}
    with open_instance(home) as instance:
        assert not instance.telemetry_enabled
        assert not instance.nux_enabled


def test_everything_of_it_lies_in_the_home(home: Home) -> None:
    with open_instance(home) as instance:
        assert Path(instance.root_directory) == home.dagster
        assert instance.run_monitoring_enabled
        assert Path(instance.storage_directory()).is_relative_to(home.root)
    assert list(home.dagster.rglob("*.db"))
    assert {path.name for path in home.root.iterdir()} == {"home.toml", "inbox", "dagster"}


def test_settings_that_somebody_changed_stay(home: Home) -> None:
    file = instance_folder(home) / "dagster.yaml"
    file.write_text("telemetry:\n  enabled: false\nrun_monitoring:\n  enabled: false\n")
    text = file.read_text()
    with open_instance(home) as instance:
        assert not instance.run_monitoring_enabled
    workspace_file(home)
    assert file.read_text() == text


def test_settings_of_an_older_home_that_nobody_changed_get_our_event_log(home: Home) -> None:
    file = instance_folder(home) / "dagster.yaml"
    now = file.read_text()
    older = now.partition("# Dagster's own event log")[0]
    file.write_text(older)
    instance_folder(home)
    assert file.read_text() == now
    file.write_text(f"# mine\n{older}")
    instance_folder(home)
    assert file.read_text() == f"# mine\n{older}"


def test_settings_of_an_older_home_with_a_server_get_the_event_log_that_guards(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASTRO_ASSETS_POSTGRES", "postgresql+psycopg2://astro@db/astro")
    file = instance_folder(home) / "dagster.yaml"
    now = file.read_text()
    assert "PostgresHistory" in now
    storage = "storage:\n  postgres:\n    postgres_url:\n      env: ASTRO_ASSETS_POSTGRES\n"
    older = now.partition("run_storage:")[0] + storage
    file.write_text(older)
    instance_folder(home)
    assert file.read_text() == now
    file.write_text(f"# mine\n{older}")
    instance_folder(home)
    assert file.read_text() == f"# mine\n{older}"


def test_what_one_opening_wrote_the_next_one_reads(home: Home) -> None:
    with open_instance(home) as instance:
        instance.add_dynamic_partitions("wanted", ["a", "b"])
    with open_instance(home) as instance:
        assert instance.get_dynamic_partitions("wanted") == ["a", "b"]


def test_the_workspace_file_serves_the_same_location_as_the_checkout(home: Home) -> None:
    (ours,) = yaml.safe_load(workspace_file(home).read_text())["load_from"]
    (theirs,) = yaml.safe_load((REPOSITORY / "workspace.yaml").read_text())["load_from"]
    del theirs["python_module"]["working_directory"]  # the checkout's; an installed package needs none
    assert ours["python_module"].pop("location_name") == LOCATION
    assert {"location_name": LOCATION, **ours["python_module"]} == theirs["python_module"]


def test_the_workspace_file_is_always_ours(home: Home) -> None:
    text = workspace_file(home).read_text()
    workspace_file(home).write_text("load_from: []\n")
    assert workspace_file(home).read_text() == text


_OPEN = """
import sys, time
from pathlib import Path
from astro_assets.ledger.home import open_home
from astro_assets.orchestration.instance import open_instance
home = open_home(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
with open_instance(home) as instance:
    instance.add_dynamic_partitions("opened", [sys.argv[2]])
"""


def test_processes_that_open_a_new_home_at_once_do_not_meet(home: Home) -> None:
    names = ["a", "b", "c"]
    pipe = subprocess.PIPE
    openers = [
        subprocess.Popen(
            [sys.executable, "-c", _OPEN, str(home.root), name],
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            text=True,
        )
        for name in names
    ]
    for opener in openers:
        assert opener.stdout is not None
        assert opener.stdout.readline() == "ready\n"
    for opener in openers:
        assert opener.stdin is not None
        opener.stdin.write("go\n")
        opener.stdin.flush()
    ends = [opener.communicate(timeout=120) for opener in openers]
    assert [opener.returncode for opener in openers] == [0, 0, 0], ends
    with open_instance(home) as instance:
        assert sorted(instance.get_dynamic_partitions("opened")) == names
