"""Nothing that came from outside, or lies in a home, is unpickled.

Processes of one run hand each other work as pickles, and Numba keeps its own compiled loops so, beside the
package's bytecode. That is all.
"""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from astro_assets_tests.observations.made_files import light_curve_file
from astro_assets_tests.security.hostile_home import _HOOK, UNPICKLED, unpickled

#: Whose pickles these may be: what the standard library sends between processes, and Numba's compiled loops.
ALLOWED = ("/multiprocessing/", "/concurrent/futures/process.py", "/numba/core/")
REPOSITORY = Path(__file__).parents[2]
#: A pickle that writes a file when it is loaded.
_PICKLE = b"cos\nsystem\n(S'touch owned'\ntR."


def test_a_run_unpickles_what_its_own_processes_sent(hostile: Path) -> None:
    found = unpickled(hostile)
    assert found, "workers were watched"
    others = [(name, callers) for name, callers in found if not any(part in callers[0] for part in ALLOWED)]
    assert not others


def _read(folder: Path, code: str) -> list[tuple[str, list[str]]]:
    (folder / "sitecustomize.py").write_text(_HOOK)
    environment = {
        **os.environ,
        "PYTHONPATH": f"{folder}:{REPOSITORY}",
        "TEST_UNPICKLED": str(folder / UNPICKLED),
    }
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return unpickled(folder)


def test_what_unpickles_is_seen(tmp_path: Path) -> None:
    found = _read(tmp_path, f"import pickle; pickle.loads({_PICKLE!r})")
    assert [name for name, _ in found] == ["os.system"] or [name for name, _ in found] == ["posix.system"]
    assert (tmp_path / "owned").exists()


def _scorer(path: Path, name: str, content: bytes) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("manifest.json", json.dumps({"format": "x", "classes": []}))
        archive.writestr(name, content)


def test_readers_unpickle_nothing(tmp_path: Path) -> None:
    """Pickles under the names of everything that is read, and good files beside them."""
    array = io.BytesIO()
    np.save(array, np.array([{}], dtype=object), allow_pickle=True)
    for name in ("a.fits", "a.csv", "a.parquet", "a.tar.zst", "a.arrow", "a.json", "a.onnx", "a.zip"):
        (tmp_path / name).write_bytes(_PICKLE)
    (tmp_path / "b.npy").write_bytes(array.getvalue())
    light_curve_file(tmp_path / "good.fits")
    _scorer(tmp_path / "scorer.zip", "weights.safetensors", _PICKLE)
    code = """
from contextlib import suppress
from pathlib import Path
import pyarrow as pa
from onnxruntime.capi import onnxruntime_pybind11_state as onnx
from astro_assets.catalogs.reading import read_catalog
from astro_assets.catalogs.text_tables import CatalogError
from astro_assets.ledger.array_files import arrays_in
from astro_assets.ledger.bundles import BundleError
from astro_assets.ledger.records import RecordError, read_record
from astro_assets.ledger.storage import Folder
from astro_assets.ledger.unbundling import unpack
from astro_assets.observations.identification import describe_file
from astro_assets.transits.scorer.event_files import EventFileError, read_events
from astro_assets.transits.scorer.graphs import session_of
from astro_assets.transits.scorer.manifest import ScorerFileError
from astro_assets.transits.scorer.scorer_file import scorer_of
for path in sorted(Path().glob("*.*")):
    describe_file(path, "0" * 64, path.name)
    for read, refusal in (
        (read_catalog, CatalogError), (read_events, EventFileError),
        (lambda path: read_record(Folder(Path()), path.name), RecordError),
        (lambda path: unpack(path, Path("into")), BundleError),
        (lambda path: scorer_of(path.read_bytes()), ScorerFileError),
        # These two read what was verified before, and raise what their libraries do.
        (lambda path: arrays_in(path.read_bytes()), pa.ArrowException),
        (lambda path: session_of(path.read_bytes()), (onnx.Fail, onnx.InvalidArgument, onnx.InvalidProtobuf)),
    ):
        with suppress(refusal):
            read(path)
            raise SystemExit(f"{path} was read by {read}")
"""
    assert [name for name, callers in _read(tmp_path, code) if not callers[0].endswith("pickle.py")] == []
    assert not (tmp_path / "owned").exists()


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "import cloudpickle",
        "import dill",
        "import marshal",
        "import shelve",
        "import joblib\njoblib.load('x')",
        "import pandas as pd\npd.read_pickle('x')",
        "import numpy as np\nnp.load('x', allow_pickle=True)",
        "import numpy as np\nnp.load('x')",
        "import torch\ntorch.load('x')",
        "import yaml\nyaml.load('x')",
        "eval('x')",
        "exec('x')",
    ],
)
def test_the_linter_refuses_what_runs_code_when_it_reads(line: str) -> None:
    ruff = Path(sys.executable).with_name("ruff")
    done = subprocess.run(
        [ruff, "check", "--output-format", "concise", "--stdin-filename", "astro_assets/ledger/new.py", "-"],
        input=f'"""A module."""\n\n{line}\n', cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    rules = {
        word
        for word in done.stdout.split()
        if word in ("TID251", "S301", "S302", "S307", "S102", "S506", "S614")
    }
    assert rules, done.stdout
