"""Requests to an object store that a home in it takes: for each target, and for each commit of a table.

A local server speaks S3 and logs what it is asked, while the search job runs over short light curves twice:
for all of them, and for one more. What a request costs is put in by `scale_arithmetic.py`.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from bench_scale import search_command
from short_curves import write_short_curves

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from astro_assets_tests.object_store import new_url, served

_REQUEST: Final = re.compile(r'"(GET|PUT|HEAD|POST|DELETE) (\S*) HTTP')
#: What lies in a home, as its folders are called.
_PARTS: Final = ("tables", "objects", "files", "sources", "environments", "configs", "created")


class _Asked:
    """What an S3 server of ours was asked of a home at some address."""

    def __init__(self, log: Path, url: str) -> None:
        self._log, self._read, self._prefix = log, 0, url.rpartition("/")[2]

    def since(self) -> dict[str, Counter[str]]:
        """Return the requests since the last time, by what they are about and by kind."""
        lines = self._log.read_text().splitlines()
        new, self._read = lines[self._read :], len(lines)
        found: dict[str, Counter[str]] = {}
        for of in filter(None, map(_REQUEST.search, new)):
            kind, is_list = of[1], "list-type=" in of[2]
            part = next((part for part in _PARTS if f"{self._prefix}/{part}" in unquote(of[2])), "other")
            found.setdefault(part, Counter())["LIST" if is_list else kind] += 1
        return found


def measure(folder: Path, n_targets: int, n_shards: int) -> None:
    """Print the requests of a first run, and of a run for one file more."""
    home, files, late = folder / "home", folder / "files", folder / "late"
    paths = list(write_short_curves(files, range(1, n_targets + 2)))
    late.mkdir()
    paths[-1].rename(late / paths[-1].name)
    url = new_url()
    init = [str(Path(sys.executable).with_name("astro-assets")), "init", "--home", str(home)]
    with served(folder / "log") as server:
        asked = _Asked(folder / "log", url)
        for what, n_taken_in, command in (
            ("the home made", 0, [*init, "--store", url, "--shards", str(n_shards)]),
            (f"{n_targets} targets", n_targets, search_command(home, files)),
            ("one target more", 1, search_command(home, late)),
        ):
            environment = os.environ | server.variables()
            subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
            print(f"{what}, {n_shards} shards")
            for part, kinds in sorted(asked.since().items()):
                each = (
                    f"{kind} {n}" + f" ({n / n_taken_in:.3f} a target)" * (n_taken_in > 1)
                    for kind, n in sorted(kinds.items())
                )
                print(f"  {part:10} {', '.join(each)}", flush=True)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", type=int, default=400)
    parser.add_argument("--shards", type=int, default=64)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), options.targets, options.shards)


if __name__ == "__main__":
    main()
