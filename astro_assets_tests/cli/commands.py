"""Starting `astro-assets` as people do: as a process of its own, in a session of its own.

Only processes are handled here; what they work on is made elsewhere.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import psutil

from astro_assets.ledger.home import Home

SCRIPT = Path(sys.executable).with_name("astro-assets")
#: Generous: other tests run at the same time.
_LIMIT_S = 300


def astro_assets(
    *arguments: str | Path, home: Home | Path | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    command, variables = _command(arguments, home), _environment(environment)
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


def _command(arguments: tuple[str | Path, ...], home: Home | Path | None) -> list[str]:
    root = home.root if isinstance(home, Home) else home
    return [str(SCRIPT), *map(str, arguments), *([] if root is None else ["--home", str(root)])]


def _environment(variables: Mapping[str, Any]) -> dict[str, str]:
    return {**os.environ, **variables}
