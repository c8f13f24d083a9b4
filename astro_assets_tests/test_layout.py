"""The checkout agrees with itself: workspace, dependencies, pins, Makefile, documents, sizes of modules.

Nothing here looks at what the code computes.
"""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys
import sysconfig
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from astro_assets.cli.app import app
from astro_assets.tables import TABLES, TRAINED_MODELS

REPOSITORY = Path(__file__).parents[1]
PYPROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").glob("**/*.md")])
#: Assets that are no tables.
NO_TABLES = {
    "observations/quarantined_files",
    "transits/candidate_reports",
    *(model.name for model in TRAINED_MODELS),
}
#: Not imported by us: started as a command; below distributed; what Polars hands tables to Delta by.
INDIRECT = {"dagster-webserver", "dask", "onnxscript", "pyarrow"}


def _normal(name: str) -> str:
    """Distribution names are equal up to case and separators."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _names(requirements: list[str]) -> set[str]:
    return {_normal(re.split(r"[^\w.-]", requirement)[0]) for requirement in requirements}


def _pins() -> dict[str, str]:
    lines = (REPOSITORY / "deploy" / "constraints.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def _imported() -> Iterator[tuple[str, Path]]:
    """Top-level names of everything the package imports, with the importing file."""
    for path in (REPOSITORY / "astro_assets").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                yield from ((alias.name.partition(".")[0], path) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield node.module.partition(".")[0], path


def test_one_code_location_everywhere() -> None:
    workspace = yaml.safe_load((REPOSITORY / "workspace.yaml").read_text())
    assert workspace == {
        "load_from": [
            {
                "python_module": {
                    "module_name": "astro_assets.definitions",
                    "location_name": "astro_assets",
                    "working_directory": ".",
                }
            }
        ]
    }
    assert _normal(PYPROJECT["project"]["name"]) == "astro-assets"
    # With either table `dagster dev` would ignore workspace.yaml.
    assert not {"dagster", "dg"} & PYPROJECT["tool"].keys()


def test_everything_imported_is_declared_and_the_reverse() -> None:
    distributions = importlib.metadata.packages_distributions()
    declared = _names(PYPROJECT["project"]["dependencies"])
    extras = PYPROJECT["project"]["optional-dependencies"]
    imported, of_gpus = {}, set()
    for name, path in _imported():
        if path.name.startswith("gpu_") and name in extras["gpu"]:
            of_gpus.add(name)  # few have these, and only they import such modules
        elif path.name == "postgres_history.py" and _normal(name) in extras["cluster"]:
            pass  # likewise: only a setting of Dagster's names the module
        elif name not in sys.stdlib_module_names and name != "astro_assets":
            # Of several distributions that install one package, such as MLflow's, the declared one.
            names = sorted({_normal(distribution) for distribution in distributions[name]})
            imported[next((one for one in names if one in declared), names[0])] = path
    assert of_gpus == set(extras["gpu"])
    undeclared = {name: str(path) for name, path in imported.items() if name not in declared}
    assert not undeclared
    assert declared - imported.keys() <= INDIRECT


def test_every_dependency_is_pinned_in_the_one_place() -> None:
    pins = _pins()
    requirements = [*PYPROJECT["project"]["dependencies"]]
    for extra in PYPROJECT["project"]["optional-dependencies"].values():
        requirements += extra
    assert _names(requirements) - {"astro-assets"} <= pins.keys()
    assert all(re.fullmatch(r"[\w.-]+(\[\w+\])?", requirement) for requirement in requirements), (
        "a version outside"
    )
    assert all(re.fullmatch(r"[0-9][\w.+-]*", version) for version in pins.values())


def test_installed_versions_are_the_pinned_ones() -> None:
    installed = {
        # A build for some hardware, 2.13.0+cpu, is the version that it is built of.
        _normal(distribution.metadata["Name"]): distribution.version.partition("+")[0]
        # Of the environment itself: setuptools brings its own, which are seen once something imports it.
        for distribution in importlib.metadata.distributions(path=[sysconfig.get_paths()["purelib"]])
    }
    pins = _pins()
    del pins["setuptools"]  # comes with the environment; nothing here runs on it
    assert not {name: installed[name] for name, pin in pins.items() if installed.get(name, pin) != pin}


@pytest.mark.parametrize("name", ["pyproject.toml", "Makefile", "deploy/constraints.txt", ".ci/run"])
def test_packages_come_from_whatever_index_pip_is_set_to(name: str) -> None:
    assert not re.search(r"index-url|find-links|://", (REPOSITORY / name).read_text())


def test_documents_name_only_targets_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(), flags=re.MULTILINE))
    named = {match for path in DOCUMENTS for match in re.findall(r"`?make ([a-z]+)\b`", path.read_text())}
    assert {"demo", "ui", "test"} <= named <= targets


def test_documents_name_only_commands_that_exist() -> None:
    named = {
        tuple(match.split())
        for path in DOCUMENTS
        for match in re.findall(
            r"^ *astro-assets ([a-z]+(?:-[a-z]+)*(?: find)?)", path.read_text(), flags=re.MULTILINE
        )
    }
    assert ("run",) in named
    for words in sorted(named):
        result = CliRunner().invoke(app, [*words, "--help"])
        assert result.exit_code == 0, f"astro-assets {' '.join(words)}: {result.output}"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(REPOSITORY)))
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)", path.read_text())
    missing = [target for target in targets if "://" not in target and not (path.parent / target).exists()]
    assert not missing


def test_the_readme_names_assets_that_exist_and_counts_their_columns() -> None:
    made = {table.name: len(table.schema.names) for table in TABLES}
    readme = (REPOSITORY / "README.md").read_text()
    named = re.findall(r"^\| `(\w+/\w+)` \|", readme, flags=re.MULTILINE)
    assert set(named) - NO_TABLES <= made.keys()
    assert len(named) == len(set(named)) > 10
    of_names = 3  # whose candidate it is
    assert f": {made['transits/transit_features'] - of_names} measures a candidate |" in readme


def test_modules_stay_small() -> None:
    lengths = {
        str(path.relative_to(REPOSITORY)): len(path.read_text().splitlines())
        for path in (REPOSITORY / "astro_assets").rglob("*.py")
    }
    assert not {name: length for name, length in lengths.items() if length > 300}


def test_the_changelog_knows_the_version() -> None:
    init = (REPOSITORY / "astro_assets" / "__init__.py").read_text()
    version = re.search(r'__version__ = "(.+)"', init)
    assert version is not None
    assert f"## [{version[1]}]" in (REPOSITORY / "CHANGELOG.md").read_text()
