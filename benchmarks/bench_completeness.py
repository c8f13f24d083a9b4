"""How long 10,000 injected searches of a TESS star take, as a user asks for them: wall time of the command.

The star is one of a simulated survey in a fresh home, searched once before. Exits with 1 where it takes
longer than wanted. The search must have been compiled (`python -m astro_assets.transits.compilation`).
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from timing import end

from astro_assets.observations.simulated_survey import simulate_survey

COMMAND = str(Path(sys.executable).with_name("astro-assets"))
N_INJECTED, SEED = 10_000, 11
WANTED = 600  # seconds


def run(*arguments: str) -> tuple[float, str]:
    """Run a command; return its wall time and what it printed."""
    started = time.monotonic()
    printed = subprocess.run([COMMAND, *arguments], check=True, capture_output=True, text=True).stdout
    return time.monotonic() - started, printed


def main() -> None:
    """Run and print."""
    with tempfile.TemporaryDirectory() as place:
        files, home = Path(place) / "files", str(Path(place) / "home")
        files.mkdir()
        (file,) = simulate_survey(1, SEED)
        (files / file.name).write_bytes(file.content)
        run("run", "--home", home, "--observations", str(files))
        target = file.star.target_id
        wall, printed = run("completeness", target, "--injections", str(N_INJECTED), "--home", home)
    print(printed)
    print(f"{N_INJECTED:,} injected searches: {wall:.0f} s ({WANTED} wanted)")
    end([f"{N_INJECTED:,} injected searches"] if wall > WANTED else [])


if __name__ == "__main__":
    main()
