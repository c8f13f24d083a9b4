"""The services of compose.yaml by their very commands, with this machine's ports, hosts and folders."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from astro_assets.ledger.home import Home
from astro_assets_tests.deploy.files import SERVICES, command_of, environment_of
from astro_assets_tests.postgres import Postgres
from astro_assets_tests.servers import free_port, serving

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
        return {name: self.here(value) for name, value in environment_of(service, self.values).items()}

    def is_well(self, service: str) -> bool:
        """Run a service's health check, with more time than it has there."""
        kind, program, *words = SERVICES[service]["healthcheck"]["test"]
        assert kind == "CMD"
        told = subprocess.run(
            [str(BIN / program), *map(self.here, words)],
            env={"PATH": str(BIN), **self.environment(service)}, capture_output=True, check=False,
        )  # fmt: skip
        return told.returncode == 0

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


def start(stack: ExitStack, running: Cluster, name: str, service: str, port: str) -> None:
    """Start a service until the stack ends."""
    log = running.root / f"{name}.log"
    stack.enter_context(
        serving(running.command(service), running.ports[port], log, **running.environment(service))
    )


def bucket_client(values: dict[str, str]) -> Any:
    """Return a client of the object store."""
    import boto3

    keys = {
        "aws_access_key_id": values["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": values["AWS_SECRET_ACCESS_KEY"],
    }
    return boto3.client("s3", endpoint_url=values["AWS_ENDPOINT_URL"], region_name="us-east-1", **keys)
