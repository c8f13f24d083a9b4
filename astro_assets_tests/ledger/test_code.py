"""The code version changes with everything a computation reaches, and with nothing else."""

from __future__ import annotations

import ast
import functools
import importlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

import astro_assets
from astro_assets.ledger import code_graph, code_names, code_source
from astro_assets.ledger.code import CodeError, code_version, reached
from astro_assets.ledger.code_syntax import canonical
from astro_assets_tests.ledger.code_sample import EDITS, FILES, IDLE

REPOSITORY = Path(astro_assets.__file__).parents[1]
SOURCES = sorted((REPOSITORY / "astro_assets").rglob("*.py"))
#: Prints for each root its version and what it reaches.
_VERSIONS = """
import importlib, json, sys
from astro_assets.ledger.code import code_version, reached
answer = {}
for root in sys.argv[1:]:
    module, _, name = root.partition(":")
    function = getattr(importlib.import_module(module), name)
    answer[root] = code_version(function), reached(function)
json.dump(answer, sys.stdout)
"""
#: Prints for each root the module and top-level name of the package's functions that run when it is called.
_TRACE = """
import importlib, json, sys
answer = {}
for root in sys.argv[1:]:
    module, _, name = root.partition(":")
    function = getattr(importlib.import_module(module), name)
    ran = set()
    def note(frame, event, argument):
        caller, code = frame.f_globals.get("__name__", ""), frame.f_code
        is_written = "<" not in code.co_qualname[0] + code.co_filename
        if event == "call" and caller.startswith("starpack") and is_written:
            ran.add((caller, code.co_qualname.partition(".")[0]))
    sys.setprofile(note)
    function()
    sys.setprofile(None)
    answer[root] = sorted(ran)
json.dump(answer, sys.stdout)
"""


def _python(script: str, *arguments: str, path: Path, seed: str = "random") -> dict:
    environment = {
        "PYTHONPATH": f"{path}:{REPOSITORY}",
        "PYTHONHASHSEED": seed,
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [sys.executable, "-c", script, *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=path)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in {int, float}


def _write_sample(folder: Path) -> Path:
    for part in FILES.split("=== ")[1:]:
        name, _, text = part.partition("\n")
        path = folder / "starpack" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def _roots(folder: Path) -> list[str]:
    found = []
    for path in sorted((folder / "starpack").rglob("*.py")):
        module = ".".join(path.relative_to(folder).with_suffix("").parts)
        found += [
            f"{module}:{node.name}"
            for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.FunctionDef) and node.name.startswith("root_")
        ]
    return found


def _versions(folder: Path, seed: str = "random") -> dict[str, str]:
    answer = _python(_VERSIONS, *_roots(folder), path=folder, seed=seed)
    return {root.partition(":root_")[2]: version for root, (version, _) in answer.items()}


@pytest.fixture(scope="module")
def before(tmp_path_factory) -> dict[str, str]:
    return _versions(_write_sample(tmp_path_factory.mktemp("before")))


@pytest.fixture(scope="module")
def imported(tmp_path_factory) -> Iterator[ModuleType]:
    """Import the sample package's roots into this process."""
    folder = _write_sample(tmp_path_factory.mktemp("imported"))
    sys.path.insert(0, str(folder))
    yield importlib.import_module("starpack.roots")
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.partition(".")[0] == "starpack"]:
        del sys.modules[name]


@pytest.mark.parametrize("kind", EDITS)
def test_an_edit_makes_exactly_its_dependents_stale(kind, before, tmp_path):
    name, old, new, stale = EDITS[kind]
    path = _write_sample(tmp_path) / "starpack" / name
    if old:
        assert path.read_text().count(old) == 1, f"{old!r} is not once in {name}"
        path.write_text(path.read_text().replace(old, new))
    else:
        path.parent.mkdir(parents=True)
        path.write_text(new)
    after = _versions(tmp_path)
    assert after.keys() == before.keys()
    changed = {root for root in before if before[root] != after[root]}
    assert changed == {*stale.split(), *(() if kind in IDLE else ["everything"])}


def test_every_root_of_the_sample_becomes_stale_by_some_edit(before):
    stale = {root for *_, roots in EDITS.values() for root in roots.split()}
    assert before.keys() - stale == {"everything", "unregistered"}


def test_all_that_runs_is_reached(tmp_path):
    roots = _roots(_write_sample(tmp_path))
    covered = _python(_VERSIONS, *roots, path=tmp_path)
    ran = {}
    for module in sorted({root.partition(":")[0] for root in roots}):  # a process each: registries are shared
        own = [root for root in roots if root.partition(":")[0] == module]
        ran |= _python(_TRACE, *own, path=tmp_path)
    missed = {root: [name for name in ran[root] if name not in covered[root][1]] for root in roots}
    assert not any(missed.values()), missed
    assert ["starpack.plugins", "from_decorator"] in ran["starpack.registered:root_registered"]


def test_the_version_does_not_depend_on_process_folder_or_import_order(before, tmp_path):
    roots = _roots(_write_sample(tmp_path))
    for seed, order in (("0", roots), ("1", roots[::-1])):
        answer = _python(_VERSIONS, *order, path=tmp_path, seed=seed)
        assert {root.partition(":root_")[2]: version for root, (version, _) in answer.items()} == before


def test_a_renamed_package_is_traced_like_the_first(tmp_path):
    _write_sample(tmp_path)
    (tmp_path / "starpack").rename(tmp_path / "moonpack")
    for path in (tmp_path / "moonpack").rglob("*.py"):
        path.write_text(path.read_text().replace("starpack", "moonpack"))
    root = "moonpack.roots:root_helper"
    (_, pairs) = _python(_VERSIONS, root, path=tmp_path)[root]
    assert ["moonpack.noise", "middle"] in pairs
    assert {module.partition(".")[0] for module, _ in pairs} == {"moonpack"}


def test_reached_lists_what_counts_and_no_more(imported):
    assert reached(imported.root_helper) == [
        ("starpack.noise", "middle"),
        ("starpack.noise", "scatter"),
        ("starpack.roots", "root_helper"),
        ("starpack.roots", "scatter"),
    ]


def test_only_modules_that_are_loaded_are_parsed(imported, monkeypatch):
    parsed = []

    def parse(name, *rest):
        parsed.append(name)
        return code_source.parse(name, *rest)

    monkeypatch.setattr(code_names, "parse", parse)
    code_graph.graph_of.cache_clear()
    reached(imported.root_helper)
    assert "starpack.noise" in parsed
    assert not {"starpack.plugins", "starpack.stars", "starpack.shapes"}.intersection(parsed)


def test_classes_methods_and_partials_are_taken_apart(imported):
    search = code_version(imported.Search)
    assert search == code_version(imported.Search.run) == code_version(imported.Search().twice)
    by_width = {
        code_version(functools.partial(imported.root_default, *arguments, width=width))
        for arguments, width in (((), 1), ((), 2), ((), 1.0), ((1,), 1), ((imported.flux,), 1))
    }
    assert len(by_width) == 5
    assert code_version(imported.doubled) != search


def test_roots_count_together_in_any_order(imported):
    one, two = imported.root_helper, imported.root_constant
    assert code_version(one, two) == code_version(two, one) != code_version(one)


@pytest.mark.parametrize(
    ("root", "message"),
    [
        (lambda: 1, "no module-level name"),
        (functools.partial(sorted, key=lambda value: value), "no module-level name"),
        (functools.partial(code_version, object()), "neither plain nor code"),
        (3, "neither a function nor a class"),
        (ast.parse, "not a package"),
        (len, "not a package"),
    ],
)
def test_what_cannot_be_traced_is_refused(root, message):
    with pytest.raises(CodeError, match=message):
        code_version(root)


def test_a_wrapped_copy_is_not_taken_for_the_function_it_wraps(imported):
    @functools.wraps(imported.root_helper)
    def copy():
        return 2

    with pytest.raises(CodeError, match="no module-level name"):
        code_version(copy)


def test_a_reached_file_that_is_not_python_is_named(tmp_path):
    path = _write_sample(tmp_path) / "starpack" / "noise.py"
    path.write_text("def scatter(:\n")
    with pytest.raises(CodeError, match=r"noise\.py cannot be parsed"):
        code_source.parse("starpack.noise", path, False, 0, 0)


def test_comments_and_positions_in_the_real_package_change_nothing(tmp_path):
    tables = "astro_assets.transits.tables"
    roots = [
        f"{tables}:{name}"
        for name, value in vars(importlib.import_module(tables)).items()
        if name.startswith("compute_")
    ]
    assert roots
    here = _python(_VERSIONS, *roots, path=REPOSITORY)
    shutil.copytree(
        REPOSITORY / "astro_assets", tmp_path / "astro_assets", ignore=shutil.ignore_patterns("__pycache__")
    )
    for path in (tmp_path / "astro_assets").rglob("*.py"):
        path.write_text(f"# A comment that moves every line.\n\n{path.read_text()}\n# Another.\n")
    assert _python(_VERSIONS, *roots, path=tmp_path) == here
    noise = tmp_path / "astro_assets" / "transits" / "noise.py"
    noise.write_text(noise.read_text() + "\nassert True\n")
    assert any(version != here[root] for root, version in _python(_VERSIONS, *roots, path=tmp_path).items())


@given(st.sampled_from(SOURCES))
def test_rewriting_a_module_keeps_its_canonical_text(path):
    tree = ast.parse(path.read_bytes())
    assert canonical(ast.parse(ast.unparse(tree))) == canonical(tree)


@given(st.sampled_from(SOURCES), st.data())
def test_any_name_or_number_counts_in_the_canonical_text(path, data):
    tree = ast.parse(path.read_bytes())
    text = canonical(tree)
    nodes = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Name | ast.Attribute | ast.arg) or _is_number(node)
    ]
    node = data.draw(st.sampled_from(nodes)) if nodes else ast.Constant(0)
    match node:
        case ast.Name():
            node.id += "_"
        case ast.Attribute():
            node.attr += "_"
        case ast.arg():
            node.arg += "_"
        case ast.Constant():
            node.value = data.draw(st.sampled_from([-node.value - 1, str(node.value), None]))
    assert not nodes or canonical(tree) != text
