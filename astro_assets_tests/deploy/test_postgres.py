"""A home's run history in PostgreSQL: chosen by the environment, no secret on disk, and forgettable."""

from __future__ import annotations

import zlib
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy

from astro_assets.ledger.home import Home, open_home
from astro_assets.orchestration.instance import instance_folder, open_instance
from astro_assets.orchestration.postgres import PostgresError, connected, postgres_address
from astro_assets.orchestration.postgres_history import PostgresHistory
from astro_assets.orchestration.scrubbing_postgres import history_address, scrub_database
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.postgres import Postgres
from astro_assets_tests.servers import free_port


@pytest.fixture
def _named(server: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home", n_shards=2)


@dg.asset
def flux() -> dg.MaterializeResult:
    """Stand for what a run tells of a star."""
    return dg.MaterializeResult(metadata={"star": "SIM 2", "picture": "of SIM 20"})


@pytest.mark.usefixtures("_named")
def test_runs_and_events_are_kept_by_the_server_that_the_environment_names(
    home: Home, server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_instance(home) as instance:
        assert dg.materialize([flux], instance=instance).success
    with open_instance(home) as instance:
        assert isinstance(instance.event_log_storage, PostgresHistory), "its webserver would not be guarded"
        (run,) = instance.get_runs()
        assert instance.fetch_materializations(flux.key, limit=1).records
    with connected(server.address()) as connection:
        rows = connection.execute(sqlalchemy.text("SELECT run_id FROM runs")).scalars().all()
    assert rows == [run.run_id]
    stored = b"".join(path.read_bytes() for path in home.root.rglob("*") if path.is_file())
    assert server.password.encode() not in stored
    assert str(server.port).encode() not in stored, "the home goes on when its server moves"

    monkeypatch.delenv("ASTRO_ASSETS_POSTGRES")
    with open_instance(home) as instance:
        assert not instance.get_runs(), "the same home has a history of its own without a server"


@pytest.mark.usefixtures("_named")
def test_a_name_is_taken_out_of_every_table_and_of_what_the_server_keeps_of_old_rows(
    home: Home, server: Postgres
) -> None:
    with open_instance(home) as instance:
        assert dg.materialize([flux], instance=instance, tags={"why": "SIM 2"}).success
    with connected(server.address()) as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE packed (id serial PRIMARY KEY, body bytea)"))
        body = zlib.compress(b"SIM 2 and more")
        connection.execute(sqlalchemy.text("INSERT INTO packed (body) VALUES (:body)"), {"body": body})
        connection.commit()
    assert b"SIM 2" in _on_disk(server)
    address = history_address(home)
    assert address == server.address()
    assert scrub_database(address, lambda text: text.replace("SIM 2", "forgotten")) > 2
    assert b"SIM 2" not in _on_disk(server)
    with connected(address) as connection:
        body = connection.execute(sqlalchemy.text("SELECT body FROM packed")).scalar_one()
    assert zlib.decompress(body) == b"forgotten and more"
    with open_instance(home) as instance:
        (event,) = instance.fetch_materializations(flux.key, limit=1).records
        assert event.asset_materialization is not None
        assert event.asset_materialization.metadata["star"].value == "forgotten"
        assert "forgotten" in instance.get_runs()[0].tags.values()
    assert scrub_database(address, lambda text: text.replace("SIM 2", "forgotten")) == 0


@pytest.mark.usefixtures("_named")
def test_no_row_is_changed_of_a_table_whose_rows_cannot_be_told_apart(server: Postgres) -> None:
    with connected(server.address()) as connection:
        connection.execute(sqlalchemy.text("CREATE TABLE notes (said text)"))
        connection.execute(sqlalchemy.text("INSERT INTO notes VALUES ('of SIM 2'), ('of nothing')"))
        connection.commit()
    try:
        with pytest.raises(PostgresError, match=r"'notes' .* no primary key"):
            scrub_database(server.address(), lambda text: text.replace("SIM 2", "forgotten"))
        with connected(server.address()) as connection:
            rows = connection.execute(sqlalchemy.text("SELECT said FROM notes")).scalars().all()
    finally:
        with connected(server.address()) as connection:
            connection.execute(sqlalchemy.text("DROP TABLE notes"))
            connection.commit()
    assert sorted(rows) == ["of SIM 2", "of nothing"]


def _on_disk(server: Postgres) -> bytes:
    """Return the files of the server's tables as they are on the disk."""
    with connected(server.address()) as connection:
        connection.execute(sqlalchemy.text("CHECKPOINT"))
    return b"".join(path.read_bytes() for path in (server.data / "base").rglob("*") if path.is_file())


def test_a_home_that_had_a_server_forgets_nothing_without_it(
    home: Home, server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert history_address(home) is None
    monkeypatch.setenv("ASTRO_ASSETS_POSTGRES", server.address())
    instance_folder(home)
    monkeypatch.delenv("ASTRO_ASSETS_POSTGRES")
    with pytest.raises(PostgresError, match="nothing says where: set ASTRO_ASSETS_POSTGRES"):
        history_address(home)
    told = astro_assets("forget", "SIM 2", "--why", "asked for", home=home)
    assert told.returncode == 2
    assert told.stderr.count("\n") == 1
    assert "set ASTRO_ASSETS_POSTGRES" in told.stderr


def test_a_server_that_is_gone_is_named_in_one_line(home: Home) -> None:
    port = free_port()
    address = f"postgresql+psycopg2://astro@127.0.0.1:{port}/astro"
    told = astro_assets("instance", home=home, ASTRO_ASSETS_POSTGRES=address, PGPASSWORD="not to be told")
    assert told.returncode == 2
    assert told.stdout == ""
    assert told.stderr.startswith("astro-assets: the database of the run history at ")
    assert f"127.0.0.1:{port}/astro (ASTRO_ASSETS_POSTGRES) cannot be used" in told.stderr
    assert told.stderr.count("\n") == 1
    assert "refused" in told.stderr
    assert "not to be told" not in told.stderr


def test_a_wrong_password_is_not_repeated(
    home: Home, server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASTRO_ASSETS_POSTGRES", server.address())
    monkeypatch.setenv("PGPASSWORD", "wrong-and-secret")
    with pytest.raises(PostgresError, match="password authentication failed for user") as told:
        open_instance(home)
    assert "wrong-and-secret" not in str(told.value)


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        ("postgresql+psycopg2://astro:hidden@db/astro", "password in it"),
        ("postgresql+psycopg2://astro@db/astro?password=hidden", "password in it"),
        ("postgresql://astro@db/astro", "write postgresql[+]psycopg2://USER@HOST:PORT/DATABASE"),
        ("postgresql+psycopg2://astro@db", "is none of a database"),
        ("hidden", "is no address"),
        ("postgresql+psycopg2://astro@db:hidden/astro", "is no address"),
    ],
)
def test_an_address_that_cannot_be_is_refused_and_no_secret_shown(
    address: str, complaint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASTRO_ASSETS_POSTGRES", address)
    with pytest.raises(PostgresError, match=complaint) as told:
        postgres_address()
    assert "hidden" not in str(told.value)


def test_an_empty_variable_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASTRO_ASSETS_POSTGRES", "")
    assert postgres_address() is None
