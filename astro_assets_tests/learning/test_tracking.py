"""Runs and versions land in a store of one's own, as files, and nowhere else."""

from __future__ import annotations

import logging
import math
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from astro_assets.learning.tracking import aliases, record_run, register, tracking_uri


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    working = tmp_path / "working"
    working.mkdir()
    monkeypatch.chdir(working)


def test_a_store_is_local_unless_the_user_names_a_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert tracking_uri(tmp_path) == f"sqlite:///{tmp_path}/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://localhost:5000")
    assert tracking_uri(tmp_path) == "http://localhost:5000"
    # What is stored of it has no secret in it.
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://me:pass@word@mlflow.example:5000/mlflow")
    assert tracking_uri(tmp_path) == "https://mlflow.example:5000/mlflow"


def test_a_run_and_its_versions_are_kept_as_they_were_given(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """One test, because it takes seconds to make the database."""
    root, weights = tmp_path / "home", tmp_path / "weights.safetensors"
    weights.write_bytes(b"weights")
    params = {f"p{n}": n for n in range(150)}  # more than one batch
    run_id = record_run(
        root, "transit_scorer", "quick", params,
        {"ap": 0.9, "nothing": math.nan}, {"ledger.split": "0123"},
        {"card.md": b"# Card", "models/fp32.safetensors": weights},
    )  # fmt: skip
    client = MlflowClient(tracking_uri(root), tracking_uri(root))
    run = client.get_run(run_id)
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "quick"
    assert client.get_experiment(run.info.experiment_id).name == "transit_scorer"
    assert run.data.params == {key: str(value) for key, value in params.items()}
    assert run.data.metrics["ap"] == 0.9
    assert math.isnan(run.data.metrics["nothing"])
    assert run.data.tags["ledger.split"] == "0123"
    files = root / "mlflow_artifacts" / run_id / "artifacts"
    assert (files / "card.md").read_text() == "# Card"
    assert (files / "models" / "fp32.safetensors").read_bytes() == b"weights"

    other = record_run(root, "transit_scorer", "again", {}, {}, {}, {})
    assert client.get_run(other).info.experiment_id == run.info.experiment_id
    assert register(root, "scorer", run_id, ["champion"]) == "1"
    assert register(root, "scorer", other, ["challenger"]) == "2"
    assert aliases(root, "scorer") == {"champion": "1", "challenger": "2"}
    assert register(root, "scorer", other, ["champion"]) == "2", "a run is one version, however often"
    assert aliases(root, "scorer") == {"champion": "2", "challenger": "2"}
    version = client.get_model_version_by_alias("scorer", "champion")
    assert (version.run_id, version.source) == (other, client.get_run(other).info.artifact_uri)
    with pytest.raises(MlflowException, match="not found"):
        register(root, "scorer", "0" * 32, [])

    assert {path.name for path in root.iterdir()} == {"mlflow.db", "mlflow_artifacts"}
    assert not list(Path.cwd().iterdir()), "nothing in the working directory"
    assert capfd.readouterr() == ("", ""), "and nothing on the terminal"
    assert logging.getLogger("mlflow").level == logging.WARNING
    from mlflow.telemetry import get_telemetry_client

    assert get_telemetry_client() is None
