"""Runs and versions of models, kept by MLflow: in a file under the home, or on the user's own server.

Models are files among the artefacts, so that nothing is pickled. Nothing leaves the machine unless
``MLFLOW_TRACKING_URI`` says so. A server's user and password are best in ``MLFLOW_TRACKING_USERNAME`` and
``MLFLOW_TRACKING_PASSWORD``; those in its address are used, and never told.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from astro_assets.redaction import without_secrets

if TYPE_CHECKING:
    from mlflow import MlflowClient

#: User and password in an address.
_USERINFO: Final = re.compile(r"://[^/?#]*@")


class TrackingError(RuntimeError):
    """Runs could not be kept or read; the message names where."""


def tracking_uri(root: Path) -> str:
    """Return where runs are kept: at ``MLFLOW_TRACKING_URI``, or in ``mlflow.db`` below ``root``.

    Without the user and password that an address may have: this is stored and shown.
    """
    return _USERINFO.sub("://", _store(root))


def record_run(
    root: Path,
    experiment: str,
    name: str,
    params: Mapping[str, Any],
    metrics: Mapping[str, float],
    tags: Mapping[str, str],
    artefacts: Mapping[str, bytes | Path],
) -> str:
    """Record a finished training.

    Parameters
    ----------
    root
        Folder of the local store; artefacts lie below it in ``mlflow_artifacts``.
    experiment, name
        Of the runs that are compared with each other, and of this one.
    params, metrics, tags
        Settings, results (NaN may be), and what else identifies the run, such as the ledger's hashes.
    artefacts
        Content, or a file to copy, by name; a name may have folders.

    Returns
    -------
    str
        The run's id.
    """
    with _connected(root) as client:
        from mlflow.entities import Metric, Param, RunTag

        run_id: str = client.create_run(_experiment_id(client, root, experiment), run_name=name).info.run_id
        now = int(1000 * time.time())
        client.log_batch(
            run_id,
            metrics=[Metric(key, value, now, step=0) for key, value in metrics.items()],
            params=[Param(key, str(value)) for key, value in params.items()],
            tags=[RunTag(key, value) for key, value in tags.items()],
        )
        with tempfile.TemporaryDirectory() as folder:
            for path, content in artefacts.items():
                copy = Path(folder) / path
                copy.parent.mkdir(parents=True, exist_ok=True)
                if isinstance(content, bytes):
                    copy.write_bytes(content)
                else:
                    shutil.copyfile(content, copy)
            client.log_artifacts(run_id, folder)
        client.set_terminated(run_id)
        return run_id


def find_run(root: Path, experiment: str, name: str) -> str | None:
    """Return the id of the latest run of a name that came to its end, None if there is none."""
    with _connected(root) as client:
        known = client.get_experiment_by_name(experiment)
        if known is None:
            return None
        quoted = name.replace("'", "")
        runs = client.search_runs(
            [known.experiment_id],
            f"attributes.run_name = '{quoted}' and attributes.status = 'FINISHED'",
            max_results=1,
        )
        return str(runs[0].info.run_id) if runs else None


def register(root: Path, model: str, run_id: str, aliases: Iterable[str]) -> str:
    """Make a run a version of a model, if it is none yet; aliases such as ``champion`` name it from now on.

    Returns
    -------
    str
        The version, from "1".
    """
    with _connected(root) as client:
        from mlflow.exceptions import MlflowException

        try:
            client.create_registered_model(model)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        known = client.search_model_versions(f"name = '{model}' and run_id = '{run_id}'")
        if known:
            version = str(known[0].version)
        else:
            source = client.get_run(run_id).info.artifact_uri
            version = str(client.create_model_version(model, source, run_id, await_creation_for=0).version)
        for alias in aliases:
            client.set_registered_model_alias(model, alias, version)
        return version


def aliases(root: Path, model: str) -> dict[str, str]:
    """Return the version that each alias of a registered model names."""
    with _connected(root) as client:
        registered = client.get_registered_model(model)
    return {alias: str(version) for alias, version in registered.aliases.items()}


@contextmanager
def _connected(root: Path) -> Iterator[MlflowClient]:
    """Give a client; errors of a server, or of its database, cite its address without what is secret in it.

    Raises
    ------
    TrackingError
        If what ``MLFLOW_TRACKING_URI`` names cannot be used.
    """
    try:
        yield _client(root)
    except Exception as error:
        if not os.environ.get("MLFLOW_TRACKING_URI"):
            raise
        said = without_secrets(" ".join(str(error).split()))
        raise TrackingError(f"MLflow at {tracking_uri(root)}: {type(error).__name__}: {said}") from None


def _store(root: Path) -> str:
    return os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{root.resolve() / 'mlflow.db'}"


def _client(root: Path) -> MlflowClient:
    # Read when MLflow is imported, and whenever its telemetry starts anew.
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    from mlflow import MlflowClient
    from mlflow.telemetry import set_telemetry_client

    set_telemetry_client()  # type: ignore[no-untyped-call]  # ends it, if somebody imported MLflow before
    for name in ("alembic", "mlflow"):
        logging.getLogger(name).setLevel(logging.WARNING)  # they tell of each table that they make
    root.mkdir(parents=True, exist_ok=True)
    uri = _store(root)
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def _experiment_id(client: MlflowClient, root: Path, name: str) -> str:
    known = client.get_experiment_by_name(name)
    if known is not None:
        return str(known.experiment_id)
    # A server knows where artefacts go; of a database they would go to the working directory.
    is_server = _store(root).startswith(("http", "databricks"))
    location = None if is_server else (root.resolve() / "mlflow_artifacts").as_uri()
    return str(client.create_experiment(name, artifact_location=location))
