"""The page on reading tables without our code: its programs run as they are, on a home that was searched."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from astro_assets.ledger.home import Home
from astro_assets_tests.orchestration import homes

PAGE = (Path(__file__).parents[2] / "docs" / "reading.md").read_text()


def test_the_programs_of_the_page_run(searched_home: Home, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "home").symlink_to(searched_home.root, target_is_directory=True)
    (digest,) = homes.units(searched_home, "light_curves", "light_curve")["light_curve"][0]
    program = "\n".join(re.findall(r"^```python\n(.*?)^```$", PAGE, flags=re.MULTILINE | re.DOTALL))
    assert program.count('"3f..."') == 1
    program = program.replace('"3f..."', f'"{digest}"') + "print(candidates.height, *curve.columns)\n"

    result = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )

    assert result.returncode == 0, result.stderr
    height, *columns = result.stdout.splitlines()[-1].split()
    assert int(height) >= len(homes.STARS)
    assert {"time", "flux", "flux_err"} <= set(columns)
    assert "accepted" in result.stdout
