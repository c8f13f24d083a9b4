"""The code version changes with everything a computation reaches, and with nothing else."""

from __future__ import annotations

import ast
import functools
import json
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

import astro_assets
from astro_assets.ledger import code_graph, code_syntax
from astro_assets.ledger.code import CodeError, code_version, reached
from astro_assets.ledger.code_syntax import canonical

REPOSITORY = Path(astro_assets.__file__).parents[1]
#: A package of which every root is a callable without arguments named ``root_*``.
SAMPLE = Path(__file__).with_name("sample_package.txt")
_VERSIONS = """
import importlib, json, sys
from astro_assets.ledger.code import code_version, reached
roots = {root: getattr(importlib.import_module(root.partition(":")[0]), root.partition(":")[2]) for root in sys.argv[1:]}
json.dump({root: [code_version(function), reached(function)] for root, function in roots.items()}, sys.stdout)
"""
#: Which functions of the package run when a root is called, as (module, top-level name).
_TRACE = """
import importlib, json, sys
root = sys.argv[1]
package = root.partition(".")[0]
function = getattr(importlib.import_module(root.partition(":")[0]), root.partition(":")[2])
ran = set()
def note(frame, event, argument):
    module = frame.f_globals.get("__name__", "")
    if event == "call" and module.partition(".")[0] == package:
        ran.add((module, frame.f_code.co_qualname.partition(".")[0]))
sys.setprofile(note)
function()
sys.setprofile(None)
json.dump(sorted(ran), sys.stdout)
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


def _write_sample(folder: Path) -> Path:
    for part in SAMPLE.read_text().split("=== ")[1:]:
        name, _, text = part.partition("\n")
        path = folder / name
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


def _changed_by(folder: Path, edits: list[tuple[str, str, str]], before: dict[str, str]) -> set[str]:
    _write_sample(folder)
    for name, old, new in edits:
        path = folder / "starpack" / name
        text = path.read_text() if path.exists() else ""
        assert text.count(old) == 1 or not (old or path.exists()), f"{old!r} is not once in {name}"
        path.write_text(text.replace(old, new) if old else new)
    after = _versions(folder)
    assert after.keys() == before.keys()
    return {root for root in before if before[root] != after[root]}


EDITS = {
    "comment": ("roots.py", "# a comment", "# another\n    # and one more", ""),
    "docstring": ("roots.py", '"""Scatter of a flux."""', '"""Something else."""', ""),
    "no docstring": ("roots.py", '    """Scatter of a flux."""\n', "", ""),
    "module docstring": ("noise.py", '"""Noise."""', '"""Loud\n\nnoise."""', ""),
    "docstring of a constant": ("roots.py", '"""In sigma."""', '"""Sigmas."""', ""),
    "formatting": (
        "roots.py",
        "return scatter([1.0, 2.0])",
        "return (scatter(\n        [1.0,\n        2.00,]))",
        "",
    ),
    "order of definitions": ("noise.py", "def unused():\n    return 1\n", "", ""),
    "unrelated import": ("roots.py", "import json\n", "import json, csv\n", ""),
    "typing import": (
        "roots.py",
        "    from starpack.curves import Curve\n",
        "    from starpack.curves import Curve, Old\n",
        "",
    ),
    "main guard": ("roots.py", 'print("main")', 'print("guarded")', ""),
    "unrelated function": ("noise.py", "return 1", "return 2", ""),
    "helper": ("noise.py", "return middle(", "return 1.5 * middle(", "helper"),
    "helper of a helper": ("noise.py", "half = 2", "half = 3", "helper"),
    "re-export": ("signals/box.py", "return 7", "return 8", "reexport"),
    "re-export renamed": ("signals/box.py", "return 17", "return 18", "reexport"),
    "re-export redirected": ("signals/__init__.py", "box import other as", "box import depth as", "reexport"),
    "foreign import": ("roots.py", "from math import sqrt", "from cmath import sqrt", "foreign"),
    "constant": ("roots.py", "LIMIT = 3.0", "LIMIT = 3", "constant"),
    "alias of a constant": ("noise.py", "BASE = 5", "BASE = 6", "constant"),
    "default": ("roots.py", "order=2", "order=3", "default"),
    "keyword default": ("roots.py", "width=EDGE", "width=EDGE + 1", "default"),
    "constant in a default": ("roots.py", "EDGE = 4", "EDGE = 5", "default"),
    "decorator": ("decorators.py", "return function()", "return function() or None", "decorated"),
    "another decorator": ("roots.py", "@logged", "@logged\n@logged", "decorated"),
    "decorator factory": ("decorators.py", "factor * function()", "factor + function()", "scaled"),
    "decorator argument": ("roots.py", "@scaled(2.0)", "@scaled(2.5)", "scaled"),
    "class attribute": ("roots.py", "width = 3", "width = 9", "class"),
    "method": ("roots.py", "return self.width", "return -self.width", "class"),
    "base class": ("bases.py", "return self.run()", "return self.run() + 1", "class"),
    "base of the base": ("bases.py", "offset = 0", "offset = 1", "class"),
    "metaclass": ("bases.py", "kept = True", "kept = False", "class"),
    "data file": ("limb/coefficients.csv", "0.1,0.2", "0.1,0.3", "data"),
    "data file below": ("limb/deeper/more.csv", "", "1,2\n", "data"),
    "data of a package": ("tables/limits.json", "30", "31", "resource"),
    "data from above": ("limb/climbing/../../tables/limits.json", "30", "32", "resource"),
    "star import": ("shapes.py", "return 21", "return 22", "star"),
    "star import of a re-export": ("noise.py", "return 33", "return 34", "star"),
    "unused of a star import": ("shapes.py", "return 23", "return 24", ""),
    "getattr": ("methods.py", "return 41", "return 42", "getattr"),
    "module passed on": ("passed.py", "return 51", "return 52", "passed"),
    "name that is not found": ("lazy.py", "return 61", "return 62", "lazy"),
    "globals": ("dynamic.py", "return 71", "return 72", "globals getattr passed lazy importlib"),
    "importlib": ("named.py", "return 81", "return 82", "importlib"),
    "annotation": ("curves.py", "points: int = 10", "points: int = 11", "annotated quoted"),
    "local import": ("late.py", "return 91", "return 92", "local"),
    "local module": ("late.py", "return 93", "return 94", "local"),
    "shadowed by a parameter": ("roots.py", "def flux(): return 1", "def flux(): return 2", ""),
    "registering call": (
        "plugins.py",
        'register("call", from_call)',
        'register("c", from_call)',
        "registered",
    ),
    "registered by a call": ("plugins.py", "return 101", "return 102", "registered"),
    "registered by a decorator": ("plugins.py", "return 103", "return 104", "registered"),
    "registered by an assignment": ("plugins.py", "return 105", "return 106", "registered"),
    "single dispatch": ("plugins.py", "return 107", "return 108", "dispatched"),
    "subclass hook": ("plugins.py", "return 109", "return 110", "hooked"),
    "subclasses": ("plugins.py", "return 111", "return 112", "subclasses"),
    "enum member": ("kinds.py", "TRANSIT = 1", "TRANSIT = 5", "enum"),
    "dispatch constant": ("folding.py", "return 121", "return 122", "dispatch"),
    "module alias": ("folding.py", "return 123", "return 124", "alias"),
    "tuple": ("roots.py", "(2, 3)", "(2, 4)", "tuple"),
    "augmented": ("roots.py", "ORDERS += (2,)", "ORDERS += (3,)", "augmented"),
    "assigned twice": ("roots.py", "ORDERS = (1,)", "ORDERS = (0,)", "augmented"),
    "conditional": ("noise.py", "FAST = None", "FAST = 0", "conditional " + "helper constant star"),
    "global statement": ("roots.py", "COUNT = 131", "COUNT = 132", "global"),
    "module-level lambda": ("roots.py", "lambda: 141", "lambda: 142", "lambda"),
    "text of the code": ("texts.py", "Help.", "More help.", "text"),
}


@pytest.mark.parametrize("kind", EDITS)
def test_an_edit_makes_exactly_its_dependents_stale(kind, before, tmp_path):
    name, old, new, stale = EDITS[kind]
    assert _changed_by(tmp_path, [(name, old, new)], before) == set(stale.split())
