"""Code versions that are remembered between processes: the same ones, for exactly the same code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from astro_assets.ledger.code_files import Package
from astro_assets.ledger.code_memory import remember, remembered

#: Prints the version of a function, and how many files were read for it.
_PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from astro_assets.ledger import code_source
from astro_assets.ledger.code import code_version
from moonpack.phases import phase
print(code_version(phase), code_source.parse.cache_info().misses)
"""

#: The same, while somebody edits a file after it was listed, and takes that back at the end.
_WHILE_EDITED = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from astro_assets.ledger import code
from moonpack.phases import phase
orbit, graph_of = Path(sys.argv[1]) / "moonpack" / "orbit.py", code.graph_of
before = orbit.read_text()
def read(package):
    orbit.write_text("PERIOD = 27.32\\n")
    return graph_of(package)
code.graph_of = read
print(code.code_version(phase))
orbit.write_text(before)
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "moonpack"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "phases.py").write_text(
        "from moonpack.orbit import PERIOD\n\ndef phase(t):\n    return t % PERIOD\n"
    )
    (folder / "orbit.py").write_text("PERIOD = 29.5\n")
    return folder


def version(package: Path) -> tuple[str, int]:
    """Work the version out in a new process, and count the files that it read."""
    command = [sys.executable, "-c", _PROGRAM, str(package.parent)]
    text, n_read = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return text, int(n_read)


def test_the_second_process_reads_no_code_and_says_the_same(package: Path) -> None:
    first, n_read = version(package)
    assert n_read > 0
    assert version(package) == (first, 0)


def test_an_edit_is_seen_whatever_the_time_of_the_file_and_taken_back_it_is_as_before(package: Path) -> None:
    first, _ = version(package)
    orbit = package / "orbit.py"
    status = orbit.stat()
    orbit.write_text("PERIOD = 27.3\n")
    os.utime(orbit, ns=(status.st_atime_ns, status.st_mtime_ns))  # as an installer or a backup does
    second, n_read = version(package)
    assert (second != first, n_read > 0) == (True, True)
    assert len(list((package / "__pycache__").glob("code-versions-*"))) == 1, "what is out of date goes"
    orbit.write_text("PERIOD = 29.5  # days\n")
    assert version(package)[0] == first


def test_what_was_read_while_somebody_edited_is_not_remembered(package: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _WHILE_EDITED, str(tmp_path)]
    mixed = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    now, n_read = version(package)
    assert n_read > 0
    assert now != mixed


def test_a_damaged_memory_is_no_memory(package: Path) -> None:
    first, n_read = version(package)
    (memory,) = (package / "__pycache__").glob("code-versions-*")
    for damaged in (b"", b"{", b"[1]", b"\xff"):
        memory.write_bytes(damaged)
        assert version(package) == (first, n_read)


def test_where_nothing_can_be_written_nothing_is_remembered(package: Path) -> None:
    of_package = Package("moonpack", [package])
    (package / "__pycache__").write_text("in the way")
    remember(of_package, "question", "answer")
    assert remembered(of_package, "question") is None
