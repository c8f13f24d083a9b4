"""Values of Dagster's chart, and the manifests beside it: valid, closed, bounded, as compose has it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
import yaml

from astro_assets.orchestration.instance import LOCATION
from astro_assets.orchestration.postgres_history import PostgresHistory
from astro_assets_tests.deploy.files import DEPLOY, SERVICES, settings, tool
from astro_assets_tests.postgres import Postgres

PLATFORM = DEPLOY / "helm" / "platform"
VALUES: dict[str, Any] = yaml.safe_load((DEPLOY / "helm" / "values.yaml").read_text())
(CODE,) = VALUES["dagster-user-deployments"]["deployments"]
LAUNCHER = VALUES["runLauncher"]["config"]["k8sRunLauncher"]
MANIFESTS = {
    (manifest["kind"], manifest["metadata"]["name"]): manifest
    for name in yaml.safe_load((PLATFORM / "kustomization.yaml").read_text())["resources"]
    for manifest in yaml.safe_load_all((PLATFORM / name).read_text())
}
HERE = "astro-assets"
#: Labels of pods, those of the chart's pods with what its templates add.
CODE_POD = {"component": "user-deployments", **CODE.get("labels", {})}
RUN_POD = {"app.kubernetes.io/component": "run_worker", **LAUNCHER.get("labels", {})}
WEBSERVER = {"app.kubernetes.io/name": "dagster", "component": "dagster-webserver"}
MLFLOW = {"app.kubernetes.io/name": "mlflow"}
DASK = MANIFESTS["Deployment", "dask-worker"]["spec"]["template"]["metadata"]["labels"]
SOLVER = {"acme.cert-manager.io/http01-solver": "true"}
PODS = {
    name: manifest["spec"]["template"]["spec"]
    for (kind, name), manifest in MANIFESTS.items()
    if kind == "Deployment"
}


def test_kubernetes_takes_the_manifests() -> None:
    for path in sorted(PLATFORM.glob("*.yaml")):
        if path.name != "kustomization.yaml":
            told = subprocess.run(
                [tool("kubernetes-validate"), "--strict", path], capture_output=True, text=True, check=False
            )
            assert told.returncode == 0, told.stdout + told.stderr


def test_kustomize_puts_them_together_with_the_image_of_the_chart() -> None:
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed")
    told = subprocess.run(["kubectl", "kustomize", PLATFORM], capture_output=True, text=True, check=True)
    made = list(yaml.safe_load_all(told.stdout))
    assert {(one["kind"], one["metadata"]["name"]) for one in made} == MANIFESTS.keys()
    image = "{repository}:{tag}".format(**CODE["image"])
    for one in made:
        assert one["kind"] == "Namespace" or one["metadata"]["namespace"] == "astro-assets"
        for container in one["spec"]["template"]["spec"]["containers"] if one["kind"] == "Deployment" else ():
            assert container["image"] == image


def test_one_image_and_one_name_of_the_code_location() -> None:
    for part in ("dagsterWebserver", "dagsterDaemon"):
        assert VALUES[part]["image"] == CODE["image"]
    (server,) = VALUES["dagsterWebserver"]["workspace"]["servers"]
    assert server == {"host": CODE["name"], "port": CODE["port"], "name": LOCATION}
    (location,) = yaml.safe_load((DEPLOY / "workspace.yaml").read_text())["load_from"]
    assert location["grpc_server"] == {"host": "code", "port": 4000, "location_name": LOCATION}


def test_the_webserver_is_ready_when_it_answers_at_its_port() -> None:
    values = VALUES["dagsterWebserver"]
    assert values["readinessProbe"]["httpGet"] == {"path": "/server_info", "port": values["service"]["port"]}


def test_dagster_takes_the_instance_that_the_chart_writes_and_guards_its_webserver(
    tmp_path: Path, server: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The chart puts what is additional below all of its own, under equal keys as well."""
    for name, value in server.environment.items():
        monkeypatch.setenv(name, value)
    additional = VALUES["additionalInstanceConfig"]
    (tmp_path / "dagster.yaml").write_text(yaml.safe_dump(_of_the_chart(server)) + yaml.safe_dump(additional))
    with dg.DagsterInstance.from_config(str(tmp_path)) as instance:
        assert isinstance(instance.event_log_storage, PostgresHistory)
        assert instance.get_runs() == []
    for part in ("dagsterWebserver", "dagsterDaemon"):
        assert [one["name"] for one in VALUES[part]["env"]] == ["PGPASSWORD"]


def _of_the_chart(server: Postgres) -> dict[str, Any]:
    """Return what the chart writes itself, whatever the values."""
    queue = VALUES["dagsterDaemon"]["runCoordinator"]["config"]["queuedRunCoordinator"]
    database = {"postgres_db": {
        "username": "astro", "password": {"env": "PGPASSWORD"}, "hostname": "127.0.0.1", "db_name": "astro",
        "port": server.port, "scheme": VALUES["postgresql"]["postgresqlScheme"],
    }}  # fmt: skip
    storage = {
        "schedule_storage": ("dagster_postgres.schedule_storage", "PostgresScheduleStorage", database),
        "run_launcher": ("dagster_k8s", "K8sRunLauncher", {}),
        "run_storage": ("dagster_postgres.run_storage", "PostgresRunStorage", database),
        "event_log_storage": ("dagster_postgres.event_log", "PostgresEventLogStorage", database),
        "run_coordinator": (
            "dagster.core.run_coordinator", "QueuedRunCoordinator",
            {"max_concurrent_runs": queue["maxConcurrentRuns"]},
        ),
    }  # fmt: skip
    return {
        **{name: dict(zip(("module", "class", "config"), one, strict=True)) for name, one in storage.items()},
        "run_monitoring": {"enabled": True, "start_timeout_seconds": 300, "poll_interval_seconds": 60},
        "telemetry": {"enabled": False},
    }


def test_each_run_is_a_pod_with_what_the_code_location_has() -> None:
    assert VALUES["runLauncher"]["type"] == "K8sRunLauncher"
    assert CODE["includeConfigInLaunchedRuns"] == {"enabled": True}
    assert CODE["envConfigMaps"] == [{"name": "astro-assets-settings"}]
    assert CODE["envSecrets"] == [{"name": "astro-assets-secrets"}]
    assert "memory" in LAUNCHER["runK8sConfig"]["containerConfig"]["resources"]["limits"]
    assert LAUNCHER["runK8sConfig"]["podSpecConfig"]["securityContext"]["runAsNonRoot"] is True
    assert (
        VALUES["dagsterDaemon"]["runCoordinator"]["config"]["queuedRunCoordinator"]["maxConcurrentRuns"] > 0
    )


def test_the_database_has_the_driver_that_works_and_no_password_here() -> None:
    assert VALUES["postgresql"]["postgresqlScheme"] == "postgresql+psycopg2"
    assert VALUES["generatePostgresqlPasswordSecret"] is False
    assert "postgresqlPassword" not in VALUES["postgresql"]
    assert VALUES["global"]["postgresqlSecretName"]
    assert VALUES["telemetry"] == {"enabled": False}


@pytest.mark.parametrize("part", ["code", "dagsterWebserver", "dagsterDaemon"])
def test_pods_of_the_chart_may_do_little(part: str) -> None:
    values = CODE if part == "code" else VALUES[part]
    _may_do_little(values["podSecurityContext"], values["securityContext"])
    assert {"requests", "limits"} == values["resources"].keys()
    _may_do_little(LAUNCHER["runK8sConfig"]["podSpecConfig"]["securityContext"], LAUNCHER["securityContext"])


@pytest.mark.parametrize("name", sorted(PODS))
def test_pods_beside_it_may_do_little_and_are_watched(name: str) -> None:
    pod = PODS[name]
    (container,) = pod["containers"]
    _may_do_little(pod["securityContext"], container["securityContext"])
    assert pod["automountServiceAccountToken"] is False
    assert {"cpu", "memory"} == container["resources"]["limits"].keys()
    assert {"readinessProbe", "livenessProbe"} <= container.keys()
    mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
    assert {"/tmp", "/var/cache/astro-assets"} <= mounted  # noqa: S108  what a read-only image writes to


def _may_do_little(pod: dict[str, Any], container: dict[str, Any]) -> None:
    assert pod["runAsNonRoot"] is True
    assert f"{pod['runAsUser']}:{pod['runAsGroup']}" == SERVICES["code"]["user"]
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


@pytest.mark.parametrize("name", sorted(PODS))
def test_what_runs_is_what_compose_runs(name: str) -> None:
    (container,) = PODS[name]["containers"]
    of_compose = SERVICES[name]["command"]
    options = {word.split("=")[0] for word in container["args"] if word.startswith("-")}
    assert options == {word.split("=")[0] for word in of_compose if word.startswith("-")}
    assert container["args"][:2] == of_compose[:2]


def test_a_worker_has_a_memory_limit_of_dask_below_that_of_its_pod() -> None:
    (container,) = PODS["dask-worker"]["containers"]
    assert f"--memory-limit={settings()['DASK_WORKER_MEMORY']}" in container["args"]
    limit = container["resources"]["limits"]["memory"]
    assert int(limit.removesuffix("Mi")) * 2**20 > 2e9
    names = {one["name"] for one in container["env"]}
    assert "PGPASSWORD" not in names, "it needs no database"


def test_the_home_is_seen_by_all_pods() -> None:
    claim = MANIFESTS["PersistentVolumeClaim", "astro-assets-home"]["spec"]
    assert claim["accessModes"] == ["ReadWriteMany"]
    volumes = [CODE["volumes"], VALUES["dagsterWebserver"]["volumes"], PODS["dask-worker"]["volumes"]]
    for each in volumes:
        assert {"name": "home", "persistentVolumeClaim": {"claimName": "astro-assets-home"}} in each


def test_nobody_outside_reaches_anything_but_the_web_servers_and_what_answers_for_a_certificate() -> None:
    for labels in ({}, {"app.kubernetes.io/name": "dagster"}, WEBSERVER, CODE_POD, MLFLOW, DASK, SOLVER):
        assert not _is_reached(labels, {}, "elsewhere", 4000)
    for labels, port in ((WEBSERVER, 3000), (MLFLOW, 5000), (SOLVER, 8089)):
        for asked in (3000, 4000, 5000, 8089, 8786):
            assert _is_reached(labels, {}, "ingress-nginx", asked) == (asked == port)
    assert not _is_reached(DASK, {}, "ingress-nginx", 8786)
    services = [one["spec"] for (kind, _), one in MANIFESTS.items() if kind == "Service"]
    assert all(spec.get("type", "ClusterIP") == "ClusterIP" for spec in services)
    assert VALUES["dagsterWebserver"]["service"]["type"] == "ClusterIP"


def test_dask_is_reached_by_what_computes_with_it_alone() -> None:
    for name in ("dask-scheduler", "dask-worker"):
        labels = MANIFESTS["Deployment", name]["spec"]["template"]["metadata"]["labels"]
        for other in (CODE_POD, RUN_POD, DASK):
            assert _is_reached(labels, other, HERE, 8786)
        for other in (WEBSERVER, MLFLOW, SOLVER, {}, {"app.kubernetes.io/name": "dagster"}):
            assert not _is_reached(labels, other, HERE, 8786), other
    for other in (WEBSERVER, MLFLOW, {"component": "dagster-daemon"}):
        assert _is_reached(CODE_POD, other, HERE, 4000), "the code location is asked by all of Dagster"


def _is_reached(labels: dict[str, str], of_other: dict[str, str], namespace: str, port: int) -> bool:
    """Tell whether policies let a pod with some labels in a namespace reach one of here at a port."""
    policies = [one["spec"] for (kind, _), one in MANIFESTS.items() if kind == "NetworkPolicy"]
    return any(
        _is_meant(peer.get("podSelector", {}), of_other)
        and _is_meant(peer["namespaceSelector"], {"kubernetes.io/metadata.name": namespace})
        if "namespaceSelector" in peer
        else namespace == HERE and _is_meant(peer["podSelector"], of_other)
        for spec in policies
        if _is_meant(spec["podSelector"], labels)
        for rule in spec["ingress"]
        if port in [one["port"] for one in rule.get("ports", [{"port": port}])]
        for peer in rule["from"]
    )


def _is_meant(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    operators = {
        "In": lambda value, values: value in values,
        "NotIn": lambda value, values: value not in values,
    }
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        operators[one["operator"]](labels.get(one["key"]), one["values"])
        for one in selector.get("matchExpressions", [])
    )


def test_the_way_in_has_tls_and_a_password() -> None:
    ingress = VALUES["ingress"]
    assert ingress["dagsterWebserver"]["tls"]["enabled"] is True
    assert ingress["annotations"]["nginx.ingress.kubernetes.io/auth-type"] == "basic"
    (mlflow,) = ingress["dagsterWebserver"]["precedingPaths"]
    assert mlflow["path"] == "/mlflow"
    assert MANIFESTS["Service", mlflow["serviceName"]]["spec"]["ports"][0]["port"] == mlflow["servicePort"]


def test_no_secret_is_written_here() -> None:
    for path in (DEPLOY / "helm").rglob("*.yaml"):
        assert not [one for one in yaml.safe_load_all(path.read_text()) if one.get("kind") == "Secret"], path
