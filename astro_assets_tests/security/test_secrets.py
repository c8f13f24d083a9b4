"""Secrets of the environment are used, and written nowhere: no table, log, run, page or terminal has them."""

import shutil
from pathlib import Path

import dagster as dg
import pytest
from deltalake.exceptions import DeltaError
from obstore.exceptions import BaseError

from astro_assets.learning.tracking import TrackingError, record_run, tracking_uri
from astro_assets.ledger.bucket import Bucket
from astro_assets.ledger.configuration import check_config
from astro_assets.ledger.home import HomeError, open_home
from astro_assets.orchestration.instance import open_instance
from astro_assets.orchestration.postgres import PostgresError, postgres_address
from astro_assets.redaction import without_secrets
from astro_assets.tables import TABLES
from astro_assets_tests.ledger.home_bytes import contents
from astro_assets_tests.orchestration import homes
from astro_assets_tests.security.hostile_home import PLANTED, SECRETS, TRACKING, command, found_in, printed


def test_a_run_and_its_report_write_no_secret(hostile: Path) -> None:
    found = [where for name, text in contents(hostile / "home") for where in found_in({name: text})]
    assert not found
    assert not found_in({str(number): text.encode() for number, text in enumerate(printed(hostile))})


def test_the_search_for_secrets_finds_one(hostile: Path, tmp_path: Path) -> None:
    """A run whose configuration holds one shows it in the instance's databases."""
    home = open_home(tmp_path / "home")

    @dg.op
    def speak(context: dg.OpExecutionContext) -> None:
        context.log.info(SECRETS["GITHUB_TOKEN"])

    @dg.job
    def speaking() -> None:
        speak()

    with open_instance(home) as instance:
        assert speaking.execute_in_process(instance=instance).success
    assert any(found_in({name: text}) for name, text in contents(home.root))


@pytest.fixture
def unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", TRACKING)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("unreachable")
def test_a_tracker_that_fails_is_named_without_its_password(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", n_shards=homes.N_SHARDS)
    assert tracking_uri(home.root) == "http://127.0.0.1:9"

    @dg.op
    def track() -> None:
        record_run(home.root, "scorer", "one", {}, {}, {}, {})

    @dg.job
    def tracking() -> None:
        track()

    with open_instance(home) as instance:
        result = tracking.execute_in_process(instance=instance, raise_on_error=False)
        assert not result.success
        (event,) = (event for event in result.all_events if event.is_step_failure)
        assert "MLflow at http://127.0.0.1:9" in str(event.step_failure_data.error)
    assert not [where for name, text in contents(home.root) for where in found_in({name: text})]


def test_an_address_of_a_database_is_told_without_its_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "postgresql://runs:p%40ssplanted3@127.0.0.1:9/runs")
    with pytest.raises(TrackingError) as raised:
        record_run(tmp_path, "scorer", "one", {}, {}, {}, {})
    assert not found_in({"": str(raised.value).encode()})
    assert raised.value.__cause__ is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://KEY:planted@bucket/x failed", "s3://***@bucket/x failed"),
        ("at https://me@host, and tcp://a:b:c@d@[::1]:8786", "at https://***@host, and tcp://***@[::1]:8786"),
        ("https://host/a@b is no user, nor is me@host", "https://host/a@b is no user, nor is me@host"),
        (f"Bearer {SECRETS['GITHUB_TOKEN']}!", "Bearer ***!"),
        ("p@ssplanted3", "***"),
    ],
)
def test_what_is_secret_is_left_out(monkeypatch: pytest.MonkeyPatch, text: str, expected: str) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    assert without_secrets(text) == expected


def test_a_short_password_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "hush")
    assert without_secrets("refused: hush1") == "refused: ***1"


def test_an_error_of_a_store_that_repeats_a_key_is_told_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = SECRETS["AWS_SECRET_ACCESS_KEY"]
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    store = Bucket("s3://homes/x", tmp_path)
    for kind in (DeltaError, BaseError, OSError):
        with pytest.raises(kind, match=r"^odd: \*\*\*$"), store.reaching():
            raise kind(f"odd: {secret}")


@pytest.mark.parametrize("name", ["password", "sslpassword", "oauth_client_secret"])
def test_an_address_of_the_run_history_with_a_secret_in_it_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("ASTRO_ASSETS_POSTGRES", f"postgresql+psycopg2://astro@db/astro?{name}=hidden")
    with pytest.raises(PostgresError, match="password in it") as raised:
        postgres_address()
    assert "hidden" not in str(raised.value)


@pytest.mark.parametrize(
    "config",
    [
        '[secrets]\ntoken = "httpplanted6"\n',
        '[observations]\nlight_curves = "httpplanted6"\n',
        '[observations.light_curves]\npassword = "httpplanted6"\n',
        '[observations.light_curves]\nflux_column = "http://me:httpplanted6@host"\n',
        'token = "httpplanted6\n',
    ],
)
def test_a_secret_among_the_settings_is_refused_and_not_repeated(tmp_path: Path, config: str) -> None:
    home = open_home(tmp_path / "home", n_shards=homes.N_SHARDS)
    home.config_file.write_text(config)
    with pytest.raises(HomeError, match=r"config\.toml") as raised:
        check_config(home, TABLES)
    assert not found_in({"": str(raised.value).encode()})


def test_commands_tell_no_setting_that_they_refuse(hostile: Path, tmp_path: Path) -> None:
    shutil.copytree(hostile / "hook", tmp_path / "hook")
    home = open_home(tmp_path / "home", n_shards=homes.N_SHARDS)
    home.config_file.write_text('[observations.light_curves]\npassword = "httpplanted6"\n')
    done = command(home, "run")
    assert done.returncode == 2
    assert "config.toml" in done.stderr
    home.config_file.unlink()
    texts = {"printed": (done.stdout + done.stderr).encode(), **dict(contents(home.root))}
    assert not found_in(texts)


def test_each_planted_secret_is_looked_for() -> None:
    assert all(any(one in value for one in PLANTED) for value in SECRETS.values())
