"""The parts of a cluster for real: the services of compose.yaml by their very commands, on this machine.

Ports, hosts and folders are this machine's; the containers around them are not tested here.
"""

from __future__ import annotations

import json
import secrets
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg2
import pytest
import yaml

from astro_assets.learning.tracking import aliases, find_run, record_run, register, tracking_uri
from astro_assets.ledger.home import Home, open_home
from astro_assets_tests.cli.commands import astro_assets, wait_until
from astro_assets_tests.deploy.cluster import BIN, Cluster, bucket_client, start
from astro_assets_tests.deploy.files import DEPLOY, settings
from astro_assets_tests.deploy.proxy import proxying
from astro_assets_tests.object_store import ObjectStoreServer, new_url
from astro_assets_tests.orchestration.homes import N_SHARDS, contents, star_file, units
from astro_assets_tests.postgres import postgres
from astro_assets_tests.servers import free_port, serving

pytestmark = [pytest.mark.deploy, pytest.mark.slow]
N_STARS = 8


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, object_store: ObjectStoreServer) -> Iterator[Cluster]:
    root, store = tmp_path_factory.mktemp("cluster"), new_url()
    with pytest.MonkeyPatch.context() as patch, ExitStack() as stack:
        for name, value in object_store.variables().items():
            patch.setenv(name, value)  # rows are read here, too
        home = open_home(root / "home", n_shards=N_SHARDS, store=store)
        server = stack.enter_context(postgres())
        server.make_database("mlflow")
        values = {
            **settings(),
            "POSTGRES_PASSWORD": server.password,
            "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": secrets.token_hex(16),
            "AWS_ENDPOINT_URL": object_store.address,
            "ASTRO_ASSETS_STORE": store,
            "ASTRO_ASSETS_HOME": str(home.root), "DAGSTER_HOME": str(home.dagster / "postgres"),
            "ASTRO_ASSETS_POSTGRES": server.address(), "MLFLOW_BACKEND_STORE_URI": server.address("mlflow"),
        }  # fmt: skip
        running = Cluster(root, home, server, values)
        bucket_client(values).create_bucket(Bucket=values["OBJECT_STORE_BUCKET"])
        for name, service, port in (
            ("dask-scheduler", "dask-scheduler", "8786"),
            ("worker-0", "dask-worker", "8790"),
            ("mlflow", "mlflow", "5000"),
        ):
            start(stack, running, name, service, port)
        other = free_port()  # the second worker has a port of its own for its health
        command = [
            word.replace(str(running.ports["8790"]), str(other)) for word in running.command("dask-worker")
        ]
        stack.enter_context(
            serving(command, other, root / "worker-1.log", **running.environment("dask-worker"))
        )
        yield running


@pytest.fixture(scope="module")
def laptop(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Search the same survey with nothing beside the home."""
    home = open_home(tmp_path_factory.mktemp("laptop") / "home", n_shards=N_SHARDS)
    _demonstrate(home)
    return home


@pytest.fixture(scope="module")
def searched(cluster: Cluster) -> Cluster:
    """Use the cluster by the command that people use."""
    _demonstrate(cluster.home, **cluster.environment("code"))
    return cluster


def _demonstrate(home: Home, **environment: str) -> None:
    result = astro_assets("demo", "--targets", str(N_STARS), home=home, **environment)
    assert result.returncode == 0, result.stderr[-4000:]


@pytest.fixture(scope="module")
def served(searched: Cluster) -> Iterator[Cluster]:
    """Run Dagster's services on the cluster."""
    prepared = subprocess.run(
        [*searched.command("prepare"), "--format", "json"],
        env={"PATH": str(BIN), **searched.environment("prepare")}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(prepared.stdout)["dagster_home"] == searched.values["DAGSTER_HOME"]
    workspace = yaml.safe_load((DEPLOY / "workspace.yaml").read_text())
    for location in workspace["load_from"]:
        location["grpc_server"].update(host="127.0.0.1", port=searched.ports["4000"])
    (searched.root / "workspace.yaml").write_text(yaml.safe_dump(workspace))
    with ExitStack() as stack:
        start(stack, searched, "code", "code", "4000")
        start(stack, searched, "webserver", "webserver", "3000")
        wait_until(lambda: searched.is_well("code"), 300, 1)
        stack.enter_context(
            serving(
                searched.command("daemon"),
                None,
                searched.root / "daemon.log",
                **searched.environment("daemon"),
            )
        )
        yield searched


def test_the_same_command_gives_the_same_rows_on_the_cluster(searched: Cluster, laptop: Home) -> None:
    assert contents(searched.home) == contents(laptop)
    assert not (searched.home.root / "tables").exists(), "they are in the object store"
    assert set(contents(laptop)["transits/transit_candidates"]) == {f"SIM {n}" for n in range(1, N_STARS + 1)}
    columns = ("outcome", "recipe_hash", "output_hash", "row_hash")
    for name in ("transits/single_transits", "transits/transit_features"):
        assert units(searched.home, name, *columns).equals(units(laptop, name, *columns)), name
    assert _tasks_done(searched) > 0, "nothing was computed by the workers"


def _tasks_done(cluster: Cluster) -> int:
    """Return how many tasks came to the workers, of those that the scheduler's counters tell."""
    address = f"http://127.0.0.1:{cluster.ports['8787']}/metrics"
    with urllib.request.urlopen(address, timeout=10) as response:
        lines = response.read().decode().splitlines()
    counts = [line.split() for line in lines if line.startswith("dask_scheduler_prefix_state_totals_total")]
    return sum(int(float(value)) for name, value in counts if 'state="memory"' in name)


def test_runs_are_in_postgresql_alone(searched: Cluster) -> None:
    connection = psycopg2.connect(
        host="127.0.0.1",
        port=searched.server.port,
        user="astro",
        password=searched.server.password,
        dbname="astro",
    )
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT pipeline_name, status FROM runs ORDER BY id")
        runs = cursor.fetchall()
        assert runs[0] == ("search_for_transits", "SUCCESS")
        assert {status for _, status in runs} == {"SUCCESS"}
        cursor.execute("SELECT count(*) FROM event_logs WHERE dagster_event_type = 'ASSET_MATERIALIZATION'")
        assert cursor.fetchone()[0] > N_SHARDS * 8
    connection.close()
    assert not list(searched.home.dagster.rglob("*.db"))


def test_trainings_go_to_the_mlflow_server_and_their_files_to_the_object_store(
    searched: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in searched.environment("code").items():
        monkeypatch.setenv(name, value)
    root = searched.home.root
    run = record_run(root, "scorer", "quick", {"a": 1}, {"ap": 0.9}, {}, {"models/card.md": b"# Card"})
    assert register(root, "scorer", run, ["champion"]) == "1"
    assert find_run(root, "scorer", "quick") == run
    assert aliases(root, "scorer") == {"champion": "1"}
    assert tracking_uri(root) == f"http://127.0.0.1:{searched.ports['5000']}/mlflow"
    listed = bucket_client(searched.values).list_objects_v2(Bucket="astro-assets", Prefix="mlflow/")[
        "Contents"
    ]
    assert [stored["Key"].endswith("models/card.md") for stored in listed] == [True]
    assert not list(root.glob("mlflow*"))


def test_the_ui_shows_what_the_command_did(served: Cluster) -> None:
    assert ("search_for_transits", "SUCCESS") in served.runs()
    assert served.ask(
        "{ repositoriesOrError { ... on RepositoryConnection { nodes { location { name } } } } }"
    ) == {"repositoriesOrError": {"nodes": [{"location": {"name": "astro_assets"}}]}}


def test_a_file_that_is_dropped_is_searched_by_the_services_as_by_the_command(
    served: Cluster, laptop: Home
) -> None:
    before = len(served.runs())
    for home in (served.home, laptop):
        star_file(home.inbox / "star100.fits", 100)
    wait_until(lambda: "KIC 100" in contents(served.home)["transits/transit_candidates"], 600, 2)
    wait_until(lambda: {status for _, status in served.runs()} <= {"SUCCESS", "FAILURE"}, 300, 2)
    assert {status for _, status in served.runs()[before:]} == {"SUCCESS"}
    # The command then finds nothing left to do that the services should have done.
    for home, environment in ((laptop, {}), (served.home, served.environment("code"))):
        result = astro_assets("run", home=home, **environment)
        assert result.returncode == 0, result.stderr
    here, there = contents(served.home), contents(laptop)
    assert here == there


@pytest.mark.parametrize(
    "service", ["code", "webserver", "daemon", "dask-scheduler", "dask-worker", "mlflow"]
)
def test_the_health_check_of_a_service_passes(served: Cluster, service: str) -> None:
    wait_until(lambda: served.is_well(service), 300, 1)


def test_secrets_are_in_no_event_no_setting_and_no_file(served: Cluster) -> None:
    told = json.dumps(served.ask("{ instance { info } }"))
    assert "PostgresRunStorage" in told
    hidden = [served.values[name] for name in ("POSTGRES_PASSWORD", "AWS_SECRET_ACCESS_KEY")]
    assert not [secret for secret in hidden if secret in told]
    dump = subprocess.run(
        [served.server.programs / "pg_dumpall", "--host=127.0.0.1", f"--port={served.server.port}",
         "--username=astro", "--no-role-passwords", "--database=postgres"],
        env={"PGPASSWORD": served.server.password}, capture_output=True, check=True,
    ).stdout  # fmt: skip
    assert b"search_for_transits" in dump
    found = [secret for secret in hidden if secret.encode() in dump]
    for path in (
        path for root in (served.home.root, served.root) for path in root.rglob("*") if path.is_file()
    ):
        found += [str(path) for secret in hidden if secret.encode() in path.read_bytes()]
    assert not found


def test_the_proxy_passes_on_to_the_ui_and_to_mlflow_with_a_password_alone(
    served: Cluster, tmp_path: Path
) -> None:
    webserver, mlflow = (f"127.0.0.1:{served.ports[port]}" for port in ("3000", "5000"))
    with proxying(tmp_path, webserver, mlflow) as proxy:
        assert proxy.ask("/server_info").status == 401
        assert proxy.ask("/mlflow/").status == 401
        experiments = "/mlflow/api/2.0/mlflow/experiments/search?max_results=1"
        for path in ("/server_info", "/mlflow/", experiments):
            assert proxy.ask(path, proxy.password).status == 200


def test_a_page_of_another_site_is_refused_by_the_ui(served: Cluster) -> None:
    question = json.dumps({"query": "{ version }"}).encode()
    for headers in ({"Origin": "https://evil.example"}, {"Host": "evil.example"}):
        request = urllib.request.Request(
            f"{served.web}/graphql", question, {"Content-Type": "application/json", **headers}
        )
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(request, timeout=30)
    assert "version" in served.ask("{ version }")
