"""The import contracts in pyproject.toml, tried on a small package with the design's shape.

That the package itself keeps them is checked by `lint-imports`; here each forbidden import must break one.
"""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
#: Every module with the imports that the design grants it.
MODULES = {
    "definitions": [
        "from astro_assets.observations import assets, sensors",
        "from astro_assets.transits import assets as more",
        "from astro_assets.reports import assets as pages",
    ],
    "cli": ["from astro_assets.definitions import assets", "from astro_assets.reports import site"],
    "reports/site": [
        "from astro_assets.ledger import table",
        "from astro_assets.observations import tables",
        "from astro_assets.transits import tables as more",
    ],
    "reports/assets": ["import dagster", "from astro_assets.reports import site"],
    "orchestration/shards": ["import dagster", "from astro_assets.ledger import update"],
    "archives/settings": ["import pydantic"],
    "archives/sessions": ["from astro_assets.archives import settings"],
    "learning/metrics": ["import numpy"],
    "ledger/schema": ["import polars"],
    "ledger/table": ["from astro_assets.ledger import schema"],
    "ledger/update": ["import deltalake", "from astro_assets.ledger import table"],
    "catalogs/tables": ["from astro_assets.ledger import table"],
    "observations/assets": [
        "import dagster",
        "from astro_assets.orchestration import shards",
        "from astro_assets.observations import tables",
    ],
    "observations/sensors": [
        "import dagster",
        "from astro_assets.ledger import update",
        "from astro_assets.observations import assets, inbox",
    ],
    "observations/tables": [
        "from astro_assets.ledger import table",
        "from astro_assets.observations import formats, schemas",
    ],
    "observations/schemas": ["from astro_assets.ledger import schema, table"],
    "observations/formats": ["import numpy"],
    "observations/inbox": ["import pathlib"],
    "images/assets": ["import dagster", "from astro_assets.images import tables"],
    "images/tables": [
        "from astro_assets.ledger import table",
        "from astro_assets.observations import tables",
        "from astro_assets.images import frame",
    ],
    "images/frame": ["import numpy", "from astro_assets.learning import metrics"],
    "xray/assets": ["import dagster", "from astro_assets.xray import tables"],
    "xray/tables": [
        "from astro_assets.ledger import table",
        "from astro_assets.observations import tables",
        "from astro_assets.xray import light_curve",
    ],
    "xray/light_curve": ["import numpy", "from astro_assets.learning import metrics"],
    "transits/assets": [
        "import dagster",
        "from astro_assets.orchestration import shards",
        "from astro_assets.transits import tables",
        "from astro_assets.observations import tables as parents",
    ],
    "transits/tables": [
        "from astro_assets.ledger import table",
        "from astro_assets.observations import tables",
        "from astro_assets.transits import search",
    ],
    "transits/expectations": ["from astro_assets.transits import fold"],
    "transits/recovery": ["from astro_assets.transits import expectations, search"],
    "transits/schemas": ["from astro_assets.ledger import schema"],
    "transits/search": ["import numpy", "from astro_assets.transits import fold"],
    "transits/scorer": ["from astro_assets.learning import metrics"],
    "transits/fold": ["import numpy"],
}
NO_WINGS = {"archives", "cli", "ledger", "learning", "orchestration", "reports"}
FORBIDDEN = [
    ("reports/site", "from astro_assets import cli"),
    ("reports/site", "from astro_assets.definitions import assets"),
    ("reports/site", "from astro_assets.reports import assets"),
    ("transits/assets", "from astro_assets.reports import site"),
    ("archives/sessions", "import dagster"),
    ("archives/sessions", "from astro_assets.ledger import table"),
    ("archives/sessions", "from astro_assets.catalogs import tables"),
    ("ledger/update", "import dagster"),
    ("ledger/update", "from astro_assets.orchestration import shards"),
    ("ledger/table", "from astro_assets.transits import fold"),
    ("ledger/table", "from astro_assets.learning import metrics"),
    ("learning/metrics", "import dagster"),
    ("learning/metrics", "import deltalake"),
    ("learning/metrics", "from astro_assets.ledger import table"),
    ("learning/metrics", "from astro_assets.orchestration import shards"),
    ("learning/metrics", "from astro_assets.transits import fold"),
    ("orchestration/shards", "from astro_assets.observations import tables"),
    ("orchestration/shards", "from astro_assets import cli"),
    ("observations/formats", "from astro_assets import definitions"),
    ("observations/formats", "from astro_assets.observations import assets"),
    ("observations/inbox", "from astro_assets.ledger import update"),
    ("observations/schemas", "from astro_assets.ledger import update"),
    ("images/frame", "from astro_assets.ledger import table"),
    ("images/frame", "from astro_assets.observations import formats"),
    ("images/tables", "from astro_assets.observations import formats"),
    ("images/tables", "from astro_assets.transits import fold"),
    ("xray/light_curve", "from astro_assets.ledger import table"),
    ("xray/light_curve", "from astro_assets.images import frame"),
    ("xray/tables", "from astro_assets.observations import formats"),
    ("transits/fold", "from astro_assets.xray import light_curve"),
    ("transits/fold", "from astro_assets.images import frame"),
    ("transits/search", "import dagster"),
    ("transits/search", "import deltalake"),
    ("transits/search", "import distributed"),
    ("transits/search", "from astro_assets.ledger import table"),
    ("transits/search", "from astro_assets.orchestration import shards"),
    ("transits/search", "from astro_assets.observations import formats"),
    ("transits/search", "from astro_assets.observations import tables"),
    ("transits/search", "from astro_assets.catalogs import tables"),
    ("transits/expectations", "from astro_assets.transits import search"),
    ("transits/expectations", "from astro_assets.transits import recovery"),
    ("transits/fold", "from astro_assets.transits import search"),
    ("transits/tables", "import dagster"),
    ("transits/tables", "from astro_assets.observations import formats"),
    ("transits/assets", "from astro_assets.observations import formats"),
    ("transits/assets", "from astro_assets.observations import assets as others"),
]


def _lint(folder: Path, extra: tuple[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Write the package, one module with one import more, and run the project's contracts on it."""
    package = folder / "astro_assets"
    for name, imports in MODULES.items():
        path = package / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        for parent in {path.parent, package}:
            (parent / "__init__.py").touch()
        more = [extra[1]] if extra and extra[0] == name else []
        path.write_text("\n".join([*imports, *more]))
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "from importlinter.cli import lint_imports_command; lint_imports_command()",
            "--no-cache",
            "--config",
            str(REPOSITORY / "pyproject.toml"),
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_design_is_allowed(tmp_path: Path) -> None:
    result = _lint(tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(("module", "statement"), FORBIDDEN)
def test_a_forbidden_import_breaks_a_contract(tmp_path: Path, module: str, statement: str) -> None:
    result = _lint(tmp_path, (module, statement))
    assert result.returncode == 1
    assert "BROKEN" in result.stdout, result.stdout + result.stderr


def test_contracts_name_every_wing() -> None:
    """A package that is no wing must be named; any other needs its place in the contracts."""
    package = REPOSITORY / "astro_assets"
    packages = {path.parent.name for path in package.glob("*/__init__.py")}
    wings = {f"astro_assets.{name}" for name in packages - NO_WINGS}
    contracts = {
        contract["id"]: contract
        for contract in tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"][
            "contracts"
        ]
    }
    assert wings == set(contracts["wings"]["modules"])
    assert wings == set(contracts["pure"]["source_modules"])
    (layer,) = (layer for layer in contracts["layers"]["layers"] if ":" in layer)
    assert wings == {part.strip(" ()") for part in layer.split(":")}
