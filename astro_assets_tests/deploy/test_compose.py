"""compose.yaml: valid, closed to the outside, bounded, and without a secret that a service does not need."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from astro_assets_tests.deploy.files import COMPOSE, DEPLOY, SERVICES, settings, tool

#: Run once, before the others.
ONCE = {"prepare"}
OURS = {"prepare", "code", "webserver", "daemon", "dask-scheduler", "dask-worker", "mlflow"}
#: Secrets, by the services that are given them.
SECRETS = {
    "POSTGRES_PASSWORD": {"prepare", "code", "webserver", "daemon", "mlflow", "postgres"},
    "AWS_SECRET_ACCESS_KEY": {"prepare", "code", "dask-worker", "mlflow", "object-store"},
    "AWS_SESSION_TOKEN": {"prepare", "code", "dask-worker", "mlflow"},
    "PROXY_PASSWORD_HASH": {"proxy"},
}
every_service = pytest.mark.parametrize("name", sorted(SERVICES))


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what compose itself makes of the file and its settings."""
    return configured(tmp_path_factory.mktemp("compose"))


def configured(folder: Path, *over: str) -> dict[str, Any]:
    """Return what compose makes of the file, with others over it, and its settings."""
    missing = [name for name in (*SECRETS, "AWS_ACCESS_KEY_ID", "PROXY_USER") if name != "AWS_SESSION_TOKEN"]
    file = folder / "settings.env"
    values = settings() | dict.fromkeys(missing, "$2a$14$chosen")
    file.write_text("".join(f"{name}='{value}'\n" for name, value in values.items()))
    files = [word for name in ("compose.yaml", *over) for word in ("-f", str(DEPLOY / name))]
    command = [tool("docker-compose"), "--env-file", str(file), *files, "config", "--format", "json"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert "variable is not set" not in told.stderr
    result: dict[str, Any] = json.loads(told.stdout)
    return result


def test_compose_takes_it_and_a_hash_with_its_dollars(config: dict[str, Any]) -> None:
    assert set(config["services"]) == set(SERVICES)
    # Doubled is how compose writes a $ that it shall not read again.
    assert config["services"]["proxy"]["environment"]["PROXY_PASSWORD_HASH"] == "$$2a$$14$$chosen"  # noqa: S105
    assert config["services"]["dask-worker"]["deploy"]["replicas"] == 2


def test_without_secrets_it_starts_nothing(tmp_path: Path) -> None:
    command = [
        tool("docker-compose"),
        "--env-file",
        DEPLOY / "settings.env.example",
        "-f",
        DEPLOY / "compose.yaml",
    ]
    told = subprocess.run([*command, "config"], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert told.returncode != 0
    assert "required variable" in told.stderr


def test_every_part_of_the_platform_is_there() -> None:
    assert set(SERVICES) == OURS | {"postgres", "object-store", "proxy"}


def test_only_the_proxy_has_ports_and_only_it_and_the_code_a_way_out() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    internal = {name for name, network in COMPOSE["networks"].items() if network.get("internal")}
    assert internal == COMPOSE["networks"].keys() - {"outside"}
    assert _on("outside", SERVICES) == {"proxy", "code"}
    assert not [name for name, service in SERVICES.items() if service.get("network_mode")]
    assert settings()["PUBLISHED_HTTPS"].startswith("127.0.0.1:"), "outside this machine only on purpose"


def test_what_asks_nobody_for_a_name_is_reached_by_those_alone_who_need_it() -> None:
    """Dask runs what it is sent; behind the store's front are doors without a key."""
    assert SERVICES["dask-scheduler"]["networks"] == ["dask"]
    assert _on("dask", SERVICES) == {"code", "dask-scheduler", "dask-worker"}
    assert SERVICES["object-store"]["networks"] == ["store"]
    assert _on("store", SERVICES) == {"prepare", "code", "dask-worker", "mlflow", "object-store"}
    assert set(SERVICES["dask-worker"]["networks"]) == {"dask", "store"}
    switched_off = {"-webdav=false", "-admin.ui=false", "-s3.port.iceberg=0"}
    assert switched_off <= set(SERVICES["object-store"]["command"])


def _on(network: str, services: dict[str, Any]) -> set[str]:
    return {name for name, service in services.items() if network in service["networks"]}


@pytest.mark.parametrize(
    ("over", "gone", "out"),
    [
        (["compose.own-store.yaml"], {"object-store"}, {"prepare", "dask-worker", "mlflow"}),
        (["compose.own-postgres.yaml"], {"postgres"}, {"prepare", "webserver", "daemon", "mlflow"}),
        (
            ["compose.own-store.yaml", "compose.own-postgres.yaml"],
            {"object-store", "postgres"},
            {"prepare", "dask-worker", "mlflow", "webserver", "daemon"},
        ),
    ],
)
def test_servers_of_ones_own_take_the_place_of_those_here(
    config: dict[str, Any], tmp_path: Path, over: list[str], gone: set[str], out: set[str]
) -> None:
    services = configured(tmp_path, *over)["services"]
    assert config["services"].keys() - services.keys() == gone
    assert _on("outside", services) == out | {"proxy", "code"}
    waited_for = {other for service in services.values() for other in service.get("depends_on", {})}
    assert waited_for <= services.keys()
    for name, service in services.items():
        before = set(config["services"][name]["networks"])
        assert service["networks"].keys() - before <= {"outside"}
        assert before <= service["networks"].keys()


@every_service
def test_a_service_may_do_little(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not service.get("privileged")
    assert not [volume for volume in service.get("volumes", []) if "docker.sock" in volume]
    assert int(service["user"].partition(":")[0]) > 0
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "proxy" else [])


@every_service
def test_a_service_is_bounded_watched_and_started_again(name: str) -> None:
    service = SERVICES[name]
    limits = service["deploy"]["resources"]["limits"]
    assert {"cpus", "memory", "pids"} == limits.keys()
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    if name in ONCE:
        assert service["restart"] == "no"
    else:
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] == "CMD"
        assert service["healthcheck"].keys() >= {"interval", "timeout", "retries"}


def test_who_needs_another_waits_until_it_is_well() -> None:
    for name, service in SERVICES.items():
        for other, how in service.get("depends_on", {}).items():
            wanted = "service_completed_successfully" if other in ONCE else "service_healthy"
            assert how["condition"] == wanted, f"{name} on {other}"


def test_a_worker_is_ended_by_dask_before_the_system_does_it() -> None:
    def megabytes(text: str) -> float:
        number, unit = text.rstrip("GBgm"), text.removesuffix("B")[-1].lower()
        return float(number) * {"g": 1000, "m": 1}[unit]

    values = settings()
    assert megabytes(values["DASK_WORKER_MEMORY"]) < megabytes(values["DASK_WORKER_CONTAINER_MEMORY"])
    command = " ".join(SERVICES["dask-worker"]["command"])
    assert "--memory-limit=${DASK_WORKER_MEMORY" in command
    assert "--nworkers=1 --nthreads=1" in command


def test_no_service_has_a_secret_that_it_does_not_need_and_none_stands_in_a_file() -> None:
    for secret, named in SECRETS.items():
        given = {
            name
            for name, service in SERVICES.items()
            if any(f"${{{secret}" in str(value) for value in service.get("environment", {}).values())
        }
        assert given == named, secret
        assert settings()[secret] == "", "the example has no password that somebody might leave"
    commands = [word for service in SERVICES.values() for word in service.get("command", [])]
    assert not [word for word in commands if "PASSWORD" in word or "SECRET" in word], (
        "every process sees these"
    )
    text = yaml.safe_dump(COMPOSE)
    assert "${POSTGRES_PASSWORD:?}" in text, "nothing starts with an empty password"


def test_what_is_mounted_is_there() -> None:
    for service in SERVICES.values():
        for volume in service.get("volumes", []):
            if volume.startswith("./"):
                assert (DEPLOY / volume.split(":")[0]).is_file()
                assert volume.endswith(":ro")


def test_images_have_versions() -> None:
    theirs = {service["image"] for name, service in SERVICES.items() if name not in OURS}
    assert len(theirs) == 3
    for image in theirs:
        _, _, tag = image.partition(":")
        assert tag, image
        assert tag != "latest"
    assert {SERVICES[name]["image"] for name in OURS} == {"${ASTRO_ASSETS_IMAGE:?}"}
