"""One file says what every setting does: none that is read is missing there, none there is read by nobody."""

from __future__ import annotations

import itertools
import re

import dask.config
import pytest
import yaml
from mlflow.store.artifact import s3_artifact_repo

from astro_assets.orchestration.compute import worker_environment
from astro_assets_tests.deploy.files import COMPOSE, DEPLOY, REPOSITORY, environment_of, settings

_OURS = re.compile(r"\b(?:ASTRO_ASSETS|AWS)_[A-Z][A-Z_]*[A-Z]\b")
_KEYS = dict.fromkeys(("POSTGRES_PASSWORD", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "chosen")


def _read_by_the_code() -> set[str]:
    texts = (path.read_text() for path in (REPOSITORY / "astro_assets").rglob("*.py"))
    return {name for text in texts for name in _OURS.findall(text)}


def _used_by_compose() -> set[str]:
    return set(re.findall(r"\$\{([A-Z_0-9]+)", yaml.safe_dump(COMPOSE)))


def test_what_the_code_reads_is_in_the_file() -> None:
    read = _read_by_the_code()
    assert {"ASTRO_ASSETS_HOME", "ASTRO_ASSETS_POSTGRES", "ASTRO_ASSETS_DASK"} <= read
    assert read <= settings().keys()


def test_what_is_in_the_file_is_read() -> None:
    known = _used_by_compose() | _read_by_the_code()
    assert settings().keys() <= known
    assert _used_by_compose() <= settings().keys()


def test_what_the_code_reads_reaches_the_service_that_reads_it() -> None:
    services = COMPOSE["services"]
    for name in _read_by_the_code():
        reader = services["webserver" if name == "ASTRO_ASSETS_UI_HOSTS" else "code"]
        assert f"${{{name}" in reader["environment"][name], name


def test_every_setting_is_explained() -> None:
    lines = (DEPLOY / "settings.env.example").read_text().splitlines()
    for before, line in itertools.pairwise(lines):
        if re.match(r"[A-Z]", line):
            assert before.startswith("#") or re.match(r"[A-Z]", before), line
            assert not line.startswith("#")


def test_the_chart_names_the_same_settings() -> None:
    chart = yaml.safe_load((DEPLOY / "helm" / "platform" / "settings.yaml").read_text())["data"]
    of_mlflow = {
        "MLFLOW_DISABLE_TELEMETRY",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION",
    }  # compose gives it these itself
    assert chart.keys() - of_mlflow <= settings().keys()
    secret = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
    assert _read_by_the_code() - secret <= chart.keys()
    assert all(isinstance(value, str) for value in chart.values())
    assert not [name for name in chart if "PASSWORD" in name or "SECRET" in name]


def test_the_file_with_secrets_is_not_in_the_repository() -> None:
    assert "/deploy/settings.env" in (REPOSITORY / ".gitignore").read_text().splitlines()
    assert not [
        line for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if "settings" in line
    ]


def test_workers_have_what_the_platforms_own_have(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in worker_environment():
        monkeypatch.delenv(name, raising=False)
    of_compose = environment_of(
        "dask-worker", settings() | {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}
    )
    assert worker_environment().items() <= of_compose.items()
    manifests = yaml.safe_load_all((DEPLOY / "helm" / "platform" / "dask.yaml").read_text())
    worker = next(one for one in manifests if one["metadata"]["name"] == "dask-worker")
    (container,) = worker["spec"]["template"]["spec"]["containers"]
    of_the_chart = {one["name"]: one.get("value") for one in container["env"]}
    assert worker_environment().items() <= of_the_chart.items()


def test_a_worker_puts_nothing_into_a_folder_that_is_memory() -> None:
    service = COMPOSE["services"]["dask-worker"]
    assert "--local-directory=/tmp" in service["command"]
    folders = [mount.partition(":")[0] for mount in service["tmpfs"]]
    assert "/tmp" in folders, "it is charged to the same limit"  # noqa: S108  a folder of the container
    told = dask.config.collect_env(service["environment"])["distributed"]["worker"]["memory"]
    assert told == {"spill": False, "target": False}


def test_where_the_address_of_the_store_is_empty_mlflow_uses_amazons(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ENDPOINT_URL", "MLFLOW_S3_ENDPOINT_URL", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for address, asked in (("", "https://s3.amazonaws.com"), ("http://127.0.0.1:9", "http://127.0.0.1:9")):
        values = settings() | _KEYS | {"AWS_ENDPOINT_URL": address}
        s3_artifact_repo._cached_get_s3_client.cache_clear()
        for name, value in environment_of("mlflow", values).items():
            monkeypatch.setenv(name, value)
        store = s3_artifact_repo.S3ArtifactRepository(values["MLFLOW_ARTIFACTS_DESTINATION"])
        assert store._get_s3_client().meta.endpoint_url == asked
