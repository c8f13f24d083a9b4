"""The code location as Dagster loads it: from workspace.yaml, without the heavy libraries."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
#: What Dagster does not load itself; how long that takes is in `benchmarks/bench_load.py`.
_QUICK = {
    "_polars_runtime_32",
    "arro3",
    "astro_assets",
    "blake3",
    "deltalake",
    "numpy",
    "platformdirs",
    "polars",
}
_LOAD = """
import json, sys
import dagster
of_dagster = set(sys.modules)
import astro_assets.definitions
print(json.dumps(sorted(set(sys.modules) - of_dagster)))
"""


def test_loads_few_libraries_and_no_heavy_one() -> None:
    command = [sys.executable, "-W", "error", "-c", _LOAD]
    result = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    modules = set(json.loads(result.stdout))
    packages = {module.partition(".")[0] for module in modules} - sys.stdlib_module_names
    assert packages <= _QUICK | {"astro_assets", "dagster"}
    ruff = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["ruff"]["lint"]
    heavy = set(ruff["flake8-tidy-imports"]["banned-module-level-imports"])
    assert not heavy & modules


def test_dagster_accepts_the_workspace(tmp_path: Path) -> None:
    # Its successor, `dg check defs`, is in a package that nothing else here needs.
    command = [sys.executable, "-m", "dagster", "definitions", "validate", "--workspace", "workspace.yaml"]
    environment = {**os.environ, "DAGSTER_HOME": str(tmp_path)}
    result = subprocess.run(
        command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False
    )
    report = result.stdout + result.stderr
    assert result.returncode == 0, report
    assert "Validation successful for code location astro_assets" in report
