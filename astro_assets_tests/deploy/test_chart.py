"""Values of Dagster's chart, and the manifests beside it: valid, closed, bounded, as compose has it."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

import pytest
import yaml

from astro_assets.orchestration.instance import LOCATION
from astro_assets_tests.deploy.files import DEPLOY, SERVICES, settings, tool

PLATFORM = DEPLOY / "helm" / "platform"
VALUES: dict[str, Any] = yaml.safe_load((DEPLOY / "helm" / "values.yaml").read_text())
(CODE,) = VALUES["dagster-user-deployments"]["deployments"]
LAUNCHER = VALUES["runLauncher"]["config"]["k8sRunLauncher"]
MANIFESTS = {
    (manifest["kind"], manifest["metadata"]["name"]): manifest
    for name in yaml.safe_load((PLATFORM / "kustomization.yaml").read_text())["resources"]
    for manifest in yaml.safe_load_all((PLATFORM / name).read_text())
}
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


def test_nobody_outside_reaches_anything_but_the_web_servers() -> None:
    policies = {name: one["spec"] for (kind, name), one in MANIFESTS.items() if kind == "NetworkPolicy"}
    assert policies["only-from-here"] == {
        "podSelector": {}, "policyTypes": ["Ingress"], "ingress": [{"from": [{"podSelector": {}}]}],
    }  # fmt: skip
    ports = {
        port["port"]
        for spec in policies.values()
        for rule in spec["ingress"]
        for port in rule.get("ports", [])
    }
    assert ports == {3000, 5000}
    services = [one["spec"] for (kind, _), one in MANIFESTS.items() if kind == "Service"]
    assert all(spec.get("type", "ClusterIP") == "ClusterIP" for spec in services)
    assert VALUES["dagsterWebserver"]["service"]["type"] == "ClusterIP"


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
