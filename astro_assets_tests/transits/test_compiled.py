"""What is compiled belongs to the source as it is."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from astro_assets.transits.loop_store import are_stored, loop_folder, mark_stored

_CALLED = "from astro_assets.transits.compiled import compiled\n\n@compiled\ndef called():\n    return {}\n"
_CALLER = """
import sys
from pathlib import Path
from astro_assets.transits import compiled as stored
stored.store_by_source(Path(sys.argv[1]))
from package.caller import caller
print(caller())
"""


def _answer(folder: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    environment["PYTHONPATH"] = os.pathsep.join([str(folder), *sys.path])
    command = [sys.executable, "-c", _CALLER, str(folder / "package")]
    return subprocess.run(command, env=environment, capture_output=True, check=True, text=True).stdout.strip()


def test_a_loop_follows_the_loops_it_calls_though_its_own_file_is_the_same(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "called.py").write_text(_CALLED.format(1))
    (package / "caller.py").write_text(
        "from astro_assets.transits.compiled import compiled\nfrom package.called import called\n\n"
        "@compiled\ndef caller():\n    return called()\n"
    )
    assert _answer(tmp_path) == "1"
    (first,) = (package / "__pycache__").glob("loops-*")
    assert _answer(tmp_path) == "1"
    (package / "called.py").write_text(_CALLED.format(2))
    assert _answer(tmp_path) == "2"
    (second,) = (package / "__pycache__").glob("loops-*")
    assert first != second, "what was stored for the older source is gone"


def test_loops_are_known_to_be_stored_until_their_source_changes(tmp_path: Path) -> None:
    (tmp_path / "called.py").write_text(_CALLED.format(1))
    assert not are_stored(tmp_path)
    mark_stored(tmp_path)
    assert are_stored(tmp_path)
    (tmp_path / "called.py").write_text(_CALLED.format(2))
    assert not are_stored(tmp_path)


def test_where_numba_decides_it_is_known_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package, elsewhere = tmp_path / "package", tmp_path / "elsewhere"
    package.mkdir()
    (package / "called.py").write_text(_CALLED.format(1))
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(elsewhere))
    assert loop_folder(package) is None
    assert not are_stored(package)
    mark_stored(package)
    assert are_stored(package)
    assert not list(package.glob("__pycache__/*"))
