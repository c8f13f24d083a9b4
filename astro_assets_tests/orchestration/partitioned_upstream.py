"""A code location in which a model without partitions depends on an asset of 50, 99, 100 and 1,000.

What Dagster itself says of the model once a partition has changed is asked as its UI asks: over GraphQL.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from dagster import (
    AssetMaterialization,
    AssetsDefinition,
    DagsterInstance,
    Definitions,
    StaticPartitionsDefinition,
    asset,
    materialize,
)

from astro_assets_tests.servers import free_port

SIZES = (50, 99, 100, 1000)
_PATIENCE_S = 60
_QUIET = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}
_QUERY = "{ assetNodes { assetKey { path } staleStatus } }"


def partitions(size: int) -> list[str]:
    """Return the keys of the partitions of an upstream asset."""
    return [f"p{i}" for i in range(size)]


def _assets(size: int) -> list[AssetsDefinition]:
    @asset(
        name=f"stars_{size}",
        code_version="1",
        partitions_def=StaticPartitionsDefinition(partitions(size)),
    )
    def stars() -> None:
        """Be reported as made, with a data version."""

    @asset(name=f"model_{size}", code_version="1", deps=[stars])
    def model() -> None:
        """Depend on all partitions, as a model does on all stars."""

    return [stars, model]


def _report(instance: DagsterInstance, size: int, partition: str, version: str) -> None:
    instance.report_runless_asset_event(
        AssetMaterialization(f"stars_{size}", partition=partition, tags={"dagster/data_version": version})
    )


def dagsters_answers(folder: Path, sizes: Collection[int], changed: int) -> dict[int, tuple[str, str]]:
    """Make each model of all partitions, change one partition, and ask Dagster before and after.

    Parameters
    ----------
    folder
        For the instance, which is made.
    changed
        Number of the partition that comes to hold other data; negative ones count from the last.

    Returns
    -------
    dict
        Dagster's status of the model before and after, by number of partitions.
    """
    folder.mkdir(parents=True)
    (folder / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    with DagsterInstance.from_config(str(folder)) as instance:
        for size in sizes:
            for partition in partitions(size):
                _report(instance, size, partition, "first")
            made = materialize(_assets(size), selection=f"model_{size}", instance=instance, run_config=_QUIET)
            assert made.success
        with _webserver(folder) as port:
            before = _statuses(port)
            for size in sizes:
                _report(instance, size, partitions(size)[changed], "second")
            after = _statuses(port)
    return {size: (before[f"model_{size}"], after[f"model_{size}"]) for size in sizes}


@contextmanager
def _webserver(folder: Path) -> Iterator[int]:
    """Serve this code location, and give the port."""
    port = free_port()
    webserver = shutil.which("dagster-webserver", path=Path(sys.executable).parent)
    assert webserver is not None
    command = [webserver, "-m", __name__, "-h", "127.0.0.1", "-p", str(port)]
    environment = {**os.environ, "DAGSTER_HOME": str(folder)}
    with (folder / "webserver.log").open("w") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            yield port
        finally:
            process.terminate()
            process.wait(_PATIENCE_S)


def _statuses(port: int) -> dict[str, str]:
    """Ask for the status of each asset, as soon as the webserver answers."""
    body = json.dumps({"query": _QUERY}).encode()
    request = Request(f"http://127.0.0.1:{port}/graphql", body, {"Content-Type": "application/json"})
    end = time.monotonic() + _PATIENCE_S
    while True:
        try:
            with urlopen(request) as answer:
                nodes = json.load(answer)["data"]["assetNodes"]
            return {node["assetKey"]["path"][0]: node["staleStatus"] for node in nodes}
        except URLError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


defs = Definitions(assets=[one for size in SIZES for one in _assets(size)])
