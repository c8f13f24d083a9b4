"""The parts of a cluster for real: the services of compose.yaml by their very commands, on this machine.

Ports, hosts and folders are this machine's; the containers around them are not tested here.
"""

from __future__ import annotations

import base64
import json
import secrets
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import yaml
from mlflow import MlflowClient

from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.model_tables import TRACKED_RUNS
from astro_assets_tests.cli.commands import astro_assets, wait_until
from astro_assets_tests.deploy.files import DEPLOY, SERVICES, command_of, environment_of, settings, tool
from astro_assets_tests.deploy.servers import Postgres, free_port, postgres, serving
from astro_assets_tests.orchestration.homes import N_SHARDS, contents, ledger_of, star_file, units

pytestmark = [pytest.mark.deploy, pytest.mark.slow]
N_STARS = 12
BIN = Path(sys.executable).parent
#: Ports in compose.yaml, of which each has another one here.
PORTS = ("3000", "4000", "5000", "8786", "8787", "8790")


@dataclass
class Cluster:
    """The services that run, and what each is told."""

    root: Path
    home: Home
    server: Postgres
    values: dict[str, str]
    ports: dict[str, int] = field(default_factory=lambda: {port: free_port() for port in PORTS})

    def here(self, text: str) -> str:
        """Return a word of a command with this machine's ports and folders in it."""
        for host in ("dask-scheduler", "mlflow", "postgres", "code"):
            text = text.replace(f"{host}:", "127.0.0.1:")
        text = text.replace("0.0.0.0", "127.0.0.1")  # noqa: S104  it is what may not stay
        for port, other in self.ports.items():
            if text == port or f":{port}" in text or f"={port}" in text:
                text = text.replace(port, str(other))
        return text.replace("/etc/astro-assets/workspace.yaml", str(self.root / "workspace.yaml"))

    def command(self, service: str) -> list[str]:
        program, *words = (self.here(word) for word in command_of(service, self.values))
        return [str(BIN / program), *words]

    def environment(self, service: str) -> dict[str, str]:
        found = {name: self.here(value) for name, value in environment_of(service, self.values).items()}
        return {name: value for name, value in found.items() if value}

    def health(self, service: str) -> subprocess.CompletedProcess[str]:
        """Run a service's health check."""
        kind, program, *words = SERVICES[service]["healthcheck"]["test"]
        assert kind == "CMD"
        return subprocess.run(
            [str(BIN / program), *map(self.here, words)],
            env={"PATH": str(BIN), **self.environment(service)},
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    @property
    def web(self) -> str:
        return f"http://127.0.0.1:{self.ports['3000']}"

    def ask(self, question: str) -> dict[str, Any]:
        """Ask the webserver in GraphQL."""
        request = urllib.request.Request(
            f"{self.web}/graphql",
            json.dumps({"query": question}).encode(),
            {"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            answer: dict[str, Any] = json.load(response)
        assert "errors" not in answer, answer
        return answer["data"]

    def runs(self) -> list[tuple[str, str]]:
        """Return job and status of every run, the oldest first."""
        answer = self.ask("{ runsOrError { ... on Runs { results { jobName status } } } }")
        return [(run["jobName"], run["status"]) for run in reversed(answer["runsOrError"]["results"])]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    root = tmp_path_factory.mktemp("cluster")
    home = open_home(root / "home", n_shards=N_SHARDS)
    with ExitStack() as stack:
        server = stack.enter_context(postgres())
        server.make_database("mlflow")
        store = free_port()
        stack.enter_context(
            serving([str(BIN / "moto_server"), "-H", "127.0.0.1", "-p", str(store)], store, root / "s3.log")
        )
        values = {
            **settings(),
            "POSTGRES_PASSWORD": server.password,
            "AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": secrets.token_hex(16),
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{store}",
            "ASTRO_ASSETS_HOME": str(home.root), "DAGSTER_HOME": str(home.dagster / "postgres"),
            "ASTRO_ASSETS_POSTGRES": server.address(), "MLFLOW_BACKEND_STORE_URI": server.address("mlflow"),
        }  # fmt: skip
        running = Cluster(root, home, server, values)
        _make_bucket(values)
        for name, service, port in (
            ("dask-scheduler", "dask-scheduler", "8786"),
            ("worker-0", "dask-worker", "8790"),
            ("mlflow", "mlflow", "5000"),
        ):
            _start(stack, running, name, service, port)
        other = free_port()  # the second worker has a port of its own for its health
        command = [
            word.replace(str(running.ports["8790"]), str(other)) for word in running.command("dask-worker")
        ]
        stack.enter_context(
            serving(command, other, root / "worker-1.log", **running.environment("dask-worker"))
        )
        yield running


def _start(stack: ExitStack, running: Cluster, name: str, service: str, port: str) -> None:
    log = running.root / f"{name}.log"
    stack.enter_context(
        serving(running.command(service), running.ports[port], log, **running.environment(service))
    )


def _make_bucket(values: dict[str, str]) -> None:
    import boto3

    keys = {
        "aws_access_key_id": values["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": values["AWS_SECRET_ACCESS_KEY"],
    }
    client = boto3.client("s3", endpoint_url=values["AWS_ENDPOINT_URL"], region_name="us-east-1", **keys)
    client.create_bucket(Bucket=values["OBJECT_STORE_BUCKET"])


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
        _start(stack, searched, "code", "code", "4000")
        _start(stack, searched, "webserver", "webserver", "3000")
        wait_until(lambda: searched.health("code").returncode == 0, 60, 1)
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
    columns = ("outcome", "recipe_hash", "output_hash", "row_hash")
    for name in ("transits/transit_features", "transits/transit_scores"):
        assert units(searched.home, name, *columns).equals(units(laptop, name, *columns)), name
        assert units(laptop, name).height > 0
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
        assert cursor.fetchall() == [("search_for_transits", "SUCCESS"), ("train_transit_scorer", "SUCCESS")]
        cursor.execute("SELECT count(*) FROM event_logs WHERE dagster_event_type = 'ASSET_MATERIALIZATION'")
        assert cursor.fetchone()[0] > N_SHARDS * 8
    connection.close()
    assert not list(searched.home.dagster.rglob("*.db"))


def test_trainings_are_on_the_mlflow_server_and_their_files_in_the_object_store(searched: Cluster) -> None:
    address = searched.here(searched.values["MLFLOW_TRACKING_URI"])
    ledger = ledger_of(searched.home)
    (tracked,) = ledger.open(TRACKED_RUNS).rows(["tracked_run", "address"]).collect().to_dicts()
    assert tracked["address"] == address
    client = MlflowClient(address, address)
    run = client.get_run(tracked["tracked_run"])
    assert run.info.status == "FINISHED"
    assert client.list_artifacts(run.info.run_id)
    assert not (searched.home.root / "mlflow.db").exists()


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
    wait_until(lambda: len(served.runs()) > before, 240, 1)
    wait_until(lambda: {status for _, status in served.runs()[before:]} <= {"SUCCESS", "FAILURE"}, 240, 1)
    assert served.runs()[before:] == [("refresh", "SUCCESS")]
    # The command then finds nothing left to do that the services should have done.
    for home, environment in ((laptop, {}), (served.home, served.environment("code"))):
        result = astro_assets("run", home=home, **environment)
        assert result.returncode == 0, result.stderr
    here, there = contents(served.home), contents(laptop)
    assert here == there
    assert (
        "KIC 100"
        in here["transits/transit_candidates"].keys() | here["transits/detrended_light_curves"].keys()
    )


@pytest.mark.parametrize(
    "service", ["code", "webserver", "daemon", "dask-scheduler", "dask-worker", "mlflow"]
)
def test_the_health_check_of_a_service_passes(served: Cluster, service: str) -> None:
    wait_until(lambda: served.health(service).returncode == 0, 90, 1)


def test_secrets_are_in_no_event_no_setting_and_no_file(served: Cluster) -> None:
    told = json.dumps(served.ask("{ instance { info } }"))
    assert "ASTRO_ASSETS_POSTGRES" in told, "the address is the environment's"
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


def test_the_proxy_asks_for_a_password_and_passes_on_over_tls_alone(served: Cluster, tmp_path: Path) -> None:
    caddy, password = tool("caddy"), "correct horse"
    hashed = subprocess.run(
        [caddy, "hash-password", "--plaintext", password, "--bcrypt-cost", "4"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if hashed.returncode:  # older ones have no such option
        hashed = subprocess.run(
            [caddy, "hash-password", "--plaintext", password], capture_output=True, text=True, check=True
        )
    http, https = free_port(), free_port()
    environment = {
        "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path),
        "PROXY_HTTP_PORT": str(http), "PROXY_HTTPS_PORT": str(https),
        "PROXY_USER": "me", "PROXY_PASSWORD_HASH": hashed.stdout.strip(), "SITE_ADDRESS": "localhost",
        "PROXY_WEBSERVER": f"127.0.0.1:{served.ports['3000']}",
        "PROXY_MLFLOW": f"127.0.0.1:{served.ports['5000']}",
    }  # fmt: skip
    command = [caddy, "run", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")]
    with serving(command, https, tmp_path / "caddy.log", **environment):
        authority = tmp_path / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        wait_until(authority.exists, 30)
        trusting = ssl.create_default_context(cafile=str(authority))
        site = f"https://localhost:{https}"
        assert _status(f"{site}/server_info", trusting) == 401
        assert _status(f"{site}/mlflow/", trusting) == 401
        assert _status(f"{site}/server_info", trusting, "me", "wrong") == 401
        assert _status(f"{site}/server_info", trusting, "me", password) == 200
        assert _status(f"{site}/mlflow/", trusting, "me", password) == 200
        assert (
            _status(
                f"{site}/mlflow/api/2.0/mlflow/experiments/search?max_results=1", trusting, "me", password
            )
            == 200
        )
        moved = urllib.request.build_opener(_NotFollowing).open(
            f"http://localhost:{http}/server_info", timeout=10
        )
        assert moved.status == 308
        assert moved.headers["Location"].startswith("https://localhost")


class _NotFollowing(urllib.request.HTTPErrorProcessor):
    def http_response(self, request: Any, response: Any) -> Any:
        return response


def _status(address: str, trusting: ssl.SSLContext, user: str = "", password: str = "") -> int:
    request = urllib.request.Request(address)
    if user:
        request.add_header(
            "Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        )
    try:
        with urllib.request.urlopen(request, timeout=20, context=trusting) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return error.code
