"""Requests to an object store that a home in it takes: for each target, and for each commit of a table.

A local server speaks S3 and logs what it is asked, while the search job runs over short light curves twice:
for all of them, and for one more. What a request costs is put in by `scale_arithmetic.py`.
"""

from __future__ import annotations

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from bench_scale import search_command
from short_curves import write_short_curves

_REQUEST: Final = re.compile(r'"(GET|PUT|HEAD|POST|DELETE) (\S*) HTTP')
_BUCKET: Final = "survey"
_PREFIX: Final = "home"
#: What lies in a home, as its folders are called.
_PARTS: Final = ("tables", "objects", "files", "sources", "environments", "configs")


class _Store:
    """An S3 server of our own, and what it was asked."""

    def __init__(self, log: Path, port: int) -> None:
        self._log, self._read = log, 0
        self.environment = {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
            "AWS_ALLOW_HTTP": "true",
        }

    def asked(self) -> dict[str, Counter[str]]:
        """Return the requests since the last time, by what they are about and by kind."""
        lines = self._log.read_text().splitlines()
        new, self._read = lines[self._read :], len(lines)
        found: dict[str, Counter[str]] = {}
        for of in filter(None, map(_REQUEST.search, new)):
            kind, is_list = of[1], "list-type=" in of[2]
            part = next((part for part in _PARTS if f"{_PREFIX}/{part}" in unquote(of[2])), "other")
            found.setdefault(part, Counter())["LIST" if is_list else kind] += 1
        return found


@contextmanager
def _served() -> Iterator[_Store]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        with log.open("w") as stream:
            command = [str(Path(sys.executable).with_name("moto_server")), "-H", "127.0.0.1", "-p", str(port)]
            server = subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT)
        try:
            _wait_for(f"http://127.0.0.1:{port}/{_BUCKET}")
            yield _Store(log, port)
        finally:
            server.terminate()
            server.wait()


def _wait_for(bucket: str) -> None:
    """Make the bucket as soon as the server is there."""
    until = time.monotonic() + 120
    while True:
        try:
            urllib.request.urlopen(urllib.request.Request(bucket, method="PUT"))  # noqa: S310  ours
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)
        else:
            return


def measure(store: _Store, folder: Path, n_targets: int, n_shards: int) -> None:
    """Print the requests of a first run, and of a run for one file more."""
    home, files, late = folder / "home", folder / "files", folder / "late"
    paths = list(write_short_curves(files, range(1, n_targets + 2)))
    late.mkdir()
    paths[-1].rename(late / paths[-1].name)
    init = [str(Path(sys.executable).with_name("astro-assets")), "init", "--home", str(home)]
    place = ["--store", f"s3://{_BUCKET}/{_PREFIX}", "--shards", str(n_shards)]
    for what, n_taken_in, command in (
        ("the home made", 0, [*init, *place]),
        (f"{n_targets} targets", n_targets, search_command(home, files)),
        ("one target more", 1, search_command(home, late)),
    ):
        subprocess.run(command, check=True, env=os.environ | store.environment, stdout=subprocess.DEVNULL)
        print(f"{what}, {n_shards} shards")
        for part, kinds in sorted(store.asked().items()):
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
    with tempfile.TemporaryDirectory() as folder, _served() as store:
        measure(store, Path(folder), options.targets, options.shards)


if __name__ == "__main__":
    main()
