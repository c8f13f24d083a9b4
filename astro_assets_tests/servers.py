"""Real servers on this machine for a while: any command that listens on a port.

Only starting and ending them is here. Whatever becomes of a test, nothing of them is left.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from astro_assets_tests.cli.commands import kill_session, wait_for_end

#: Longest time that a server takes to answer, in seconds; other tests run at the same time.
PATIENCE_S = 300


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def is_listening(port: int) -> bool:
    """Tell whether somebody takes connections on a port of this machine."""
    with socket.socket() as connection:
        connection.settimeout(1)
        return connection.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def serving(command: Sequence[str], port: int | None, log: Path, **environment: str) -> Iterator[int]:
    """Run a server in a session of its own until it listens, give its number, and kill all of it in the end.

    Without a port it is only started.
    """
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=log.parent,
        )
    try:
        if port is not None:
            _wait_for(process, port, log)
        yield process.pid
    finally:
        kill_session(process.pid)
        process.wait()
        assert not wait_for_end(process.pid)


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + PATIENCE_S
    while not is_listening(port):
        assert process.poll() is None, log.read_text()[-4000:]
        assert time.monotonic() < until, log.read_text()[-4000:]
        time.sleep(0.05)
