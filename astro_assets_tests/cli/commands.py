"""Starting `astro-assets` as people do: as a process of its own, in a session of its own.

Only processes are handled here; what they work on is made elsewhere.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import psutil

from astro_assets.ledger.home import Home

SCRIPT = Path(sys.executable).with_name("astro-assets")
#: Generous: other tests run at the same time.
_LIMIT_S = 300
_one_at_a_time = threading.Lock()


def astro_assets(
    *arguments: str | Path, home: Home | Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, in a process that has the package imported where that changes nothing."""
    command, variables = _command(arguments, home), _environment(environment)
    if all(name.startswith("ASTRO_ASSETS_") for name in environment):
        with _one_at_a_time:
            return _forked(command, variables)
    return subprocess.run(
        command, env=variables, capture_output=True, text=True, check=False, timeout=_LIMIT_S
    )


def started(
    *arguments: str | Path,
    home: Home | Path | None = None,
    stderr: int | BinaryIO = subprocess.DEVNULL,
    **environment: str,
) -> subprocess.Popen[bytes]:
    """Start a command in a session of its own, so that :func:`session_of` finds everything it starts."""
    return subprocess.Popen(
        _command(arguments, home),
        env=_environment(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        start_new_session=True,
    )


def session_of(leader: int) -> list[psutil.Process]:
    """Return the living processes of a session, whatever became of its leader."""
    found = []
    for process in psutil.process_iter():
        with suppress(ProcessLookupError, psutil.NoSuchProcess):
            if os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def wait_for_end(leader: int, seconds: float = 20) -> list[psutil.Process]:
    """Wait until a session has no process left, and return those that stay."""
    until = time.monotonic() + seconds
    while (left := session_of(leader)) and time.monotonic() < until:
        time.sleep(0.1)
    return left


def wait_until(condition: Callable[[], object], seconds: float = 120, pause: float = 0.02) -> None:
    """Wait for what processes do; fail where it does not come to that."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it does not come to that"
        time.sleep(pause)


def kill_session(leader: int) -> None:
    """Kill what is left of a session."""
    for process in session_of(leader):
        with suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)


@cache
def _forking() -> subprocess.Popen[str]:
    """Start the process that commands are forked from, which ends with this one."""
    server = subprocess.Popen(
        [sys.executable, "-m", "astro_assets_tests.cli.forking"],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(server.wait, timeout=10)
    atexit.register(server.stdin.close)
    return server


def _forked(command: list[str], variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    server = _forking()
    with tempfile.NamedTemporaryFile("r") as stdout, tempfile.NamedTemporaryFile("r") as stderr:
        places = {"folder": str(Path.cwd()), "stdout": stdout.name, "stderr": stderr.name}
        print(
            json.dumps({"arguments": command, "environment": variables, **places}),
            file=server.stdin,
            flush=True,
        )
        process = int(server.stdout.readline())
        limit = threading.Timer(_LIMIT_S, os.kill, (process, signal.SIGKILL))
        limit.start()
        code = int(server.stdout.readline())
        limit.cancel()
        return subprocess.CompletedProcess(command, code, stdout.read(), stderr.read())


def _command(arguments: tuple[str | Path, ...], home: Home | Path | None) -> list[str]:
    root = home.root if isinstance(home, Home) else home
    return [str(SCRIPT), *map(str, arguments), *([] if root is None else ["--home", str(root)])]


def _environment(variables: Mapping[str, Any]) -> dict[str, str]:
    return {**os.environ, **variables}
