"""The page about scale shows what the arithmetic says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]


def test_the_surveys_on_paper_are_those_of_the_arithmetic() -> None:
    script = REPOSITORY / "benchmarks" / "scale_arithmetic.py"
    printed = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True).stdout
    table = printed.partition("\n\n")[0]
    assert table.count("\n") > 20
    assert table in (REPOSITORY / "docs" / "scale.md").read_text()
