"""`make audit-dependencies`: what it says of vulnerabilities, and of a database that it cannot ask."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from astro_assets_tests.deploy.files import DEPLOY

SCRIPT = DEPLOY / "audit.py"


@pytest.fixture(scope="module")
def audit() -> Any:
    spec = importlib.util.spec_from_file_location("audit", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_database_that_is_not_reached_is_no_clean_bill(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text(f"torch==2.13.0+cpu \\\n    --hash=sha256:{'0' * 64}\n")
    told = subprocess.run(
        [sys.executable, SCRIPT, lock], env=os.environ, capture_output=True, text=True, check=False
    )
    assert told.returncode == 2
    assert told.stdout == ""
    assert told.stderr.startswith("audit-dependencies: the database of advisories cannot be reached")
    assert told.stderr.count("\n") == 1


def test_skipped_packages_are_not_taken_for_safe(audit: Any, capsys: pytest.CaptureFixture[str]) -> None:
    skipped = {"name": "a", "skip_reason": "not found"}
    asked = {"name": "b", "version": "1", "vulns": []}
    assert audit._report([skipped, skipped]) == 2
    assert "of 2 packages it was told of none" in capsys.readouterr().err
    assert audit._report([skipped, asked]) == 2
    assert "knows nothing of a;" in capsys.readouterr().err
    assert audit._report([asked]) == 0
    assert capsys.readouterr().out == "1 packages: no known vulnerabilities\n"


def test_a_vulnerability_is_named_with_what_fixes_it(audit: Any, capsys: pytest.CaptureFixture[str]) -> None:
    known = {"id": "PYSEC-2026-1", "fix_versions": ["1.1", "2.0"]}
    open_one = {"id": "PYSEC-2026-2", "fix_versions": []}
    assert audit._report([{"name": "b", "version": "1", "vulns": [known, open_one]}]) == 1
    said = capsys.readouterr().out
    assert "b 1: PYSEC-2026-1, fixed by 1.1, 2.0\n" in said
    assert "b 1: PYSEC-2026-2, fixed by no version yet\n" in said
