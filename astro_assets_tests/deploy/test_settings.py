"""One file says what every setting does: none that is read is missing there, none there is read by nobody."""

from __future__ import annotations

import itertools
import re

import yaml

from astro_assets_tests.deploy.files import COMPOSE, DEPLOY, REPOSITORY, settings

_OURS = re.compile(r"\bASTRO_ASSETS_[A-Z][A-Z_]*[A-Z]\b")


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


def test_what_the_code_reads_reaches_the_code_location() -> None:
    environment = COMPOSE["services"]["code"]["environment"]
    assert _read_by_the_code() <= environment.keys()
    for name in _read_by_the_code():
        assert f"${{{name}" in environment[name]


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
        "MLFLOW_S3_ENDPOINT_URL",
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION",
    }  # compose gives it these itself
    assert chart.keys() - of_mlflow <= settings().keys()
    assert _read_by_the_code() <= chart.keys()
    assert all(isinstance(value, str) for value in chart.values())
    assert not [name for name in chart if "PASSWORD" in name or "SECRET" in name]


def test_the_file_with_secrets_is_not_in_the_repository() -> None:
    assert "/deploy/settings.env" in (REPOSITORY / ".gitignore").read_text().splitlines()
    assert not [
        line for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if "settings" in line
    ]
