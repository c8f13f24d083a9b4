"""Snapshots of source and environment say the same of the same, and differ where anything does."""

from __future__ import annotations

import io
import os
import platform
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.ledger.sources import (
    NOT_INSTALLED,
    environment_hash,
    environment_of,
    installed_packages,
    instruction_set,
    package_source_zip,
)

VERSIONS = st.dictionaries(st.text(min_size=1), st.text(), max_size=4)


def _package(folder: Path) -> Path:
    package = folder / "moonpack"
    (package / "deep").mkdir(parents=True)
    (package / "__init__.py").write_text("from moonpack.deep.one import ONE\n")
    (package / "deep" / "one.py").write_text("ONE = 1\n")
    (package / "deep" / "limits.csv").write_bytes(b"1,2\r\n")
    return package


def test_the_zip_depends_on_names_and_contents_alone(tmp_path):
    first, second = _package(tmp_path / "first"), _package(tmp_path / "second")
    packed = package_source_zip(first)
    os.utime(second / "__init__.py", (1, 1_500_000_000))
    (second / "__init__.py").chmod(0o700)
    for clutter in ("__pycache__/one.cpython-311.pyc", "deep/old.pyc", ".hidden/x.py", "deep/.swap"):
        path = second / clutter
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"clutter")
    assert package_source_zip(second) == packed
    (second / "deep" / "limits.csv").write_bytes(b"1,2\n")
    assert package_source_zip(second) != packed


def test_a_renamed_file_changes_the_zip(tmp_path):
    package = _package(tmp_path)
    packed = package_source_zip(package)
    (package / "deep" / "limits.csv").rename(package / "deep" / "bounds.csv")
    assert package_source_zip(package) != packed


def test_the_zip_unpacks_to_a_package_that_runs(tmp_path):
    packed = package_source_zip(_package(tmp_path / "packed"))
    unpacked = tmp_path / "unpacked"
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        assert archive.namelist() == sorted(archive.namelist())
        archive.extractall(unpacked)
    assert (unpacked / "moonpack" / "deep" / "limits.csv").read_bytes() == b"1,2\r\n"
    command = [sys.executable, "-c", "import moonpack; print(moonpack.ONE)"]
    assert subprocess.run(command, cwd=unpacked, capture_output=True, text=True, check=True).stdout == "1\n"


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(NotADirectoryError, match="nowhere"):
        package_source_zip(tmp_path / "nowhere")


def test_installed_packages_are_listed_sorted_with_what_runs_them():
    packages = installed_packages()
    assert list(packages) == sorted(packages)
    assert packages["numpy"] == np.__version__
    assert packages["python"] == platform.python_version()
    assert packages["machine"] == platform.machine()
    assert packages["instruction-set"] == instruction_set()
    assert packages["platform"].startswith(platform.system())


def test_an_environment_names_its_libraries_and_python_only():
    environment = environment_of(["NumPy", "typing_extensions", "no-such-library"])
    assert environment == {
        "no-such-library": NOT_INSTALLED,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "typing-extensions": metadata.version("typing-extensions"),
    }
    assert list(environment) == sorted(environment)
    assert environment_of([]) == {"python": platform.python_version()}


@given(VERSIONS, VERSIONS)
def test_environments_have_one_hash_just_if_they_are_equal(one, other):
    assert environment_hash(one) == environment_hash(dict(reversed(one.items())))
    assert (environment_hash(one) == environment_hash(other)) == (one == other)
    assert len(environment_hash(one)) == 64


@pytest.mark.skipif(
    not Path("/proc/cpuinfo").exists(), reason="the kernel's own list of CPU flags is Linux's"
)
@pytest.mark.skipif(platform.machine() != "x86_64", reason="the levels are x86-64's")
def test_the_instruction_set_agrees_with_the_kernel():
    flags = set(Path("/proc/cpuinfo").read_text().partition("flags")[2].partition("\n")[0].split())
    levels = {"x86-64-v4": "avx512bw", "x86-64-v3": "avx2", "x86-64-v2": "sse4_2", "x86-64": "sse2"}
    assert instruction_set() == next(level for level, flag in levels.items() if flag in flags)


@pytest.mark.skipif(
    not instruction_set().startswith("x86-64-v4"), reason="there is no level to take away here"
)
def test_features_that_numpy_must_not_use_lower_the_level():
    script = "from astro_assets.ledger.sources import instruction_set; print(instruction_set())"
    environment = os.environ | {
        "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
        "PYTHONWARNINGS": "ignore",
    }
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout == "x86-64-v3\n"
