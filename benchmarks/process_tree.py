"""Processor time and memory of a command with all processes that it starts, watched from outside."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

_EVERY_S: Final = 0.2
#: In the command line of the process from which workers are forked, which these share.
_WORKER: Final = "multiprocessing.forkserver"


@dataclass
class Watched:
    """What was seen of a command.

    Attributes
    ----------
    output
        What it printed.
    wall
        Seconds from its start to its end.
    own
        Processor seconds of the command's own process.
    moments, spent
        When it was looked at (seconds since the epoch), and the processor seconds of all processes by then.
    parent, workers
        Highest resident memory [byte] of the command's own process, and of each worker.
    """

    output: str = ""
    wall: float = 0.0
    own: float = 0.0
    moments: list[float] = field(default_factory=list)
    spent: list[float] = field(default_factory=list)
    parent: int = 0
    workers: dict[int, int] = field(default_factory=dict)

    @property
    def processor(self) -> float:
        """Processor seconds of all processes."""
        return self.spent[-1]

    def between(self, start: float, end: float) -> float:
        """Return the processor seconds from one moment to another."""
        return self._by(end) - self._by(start)

    def _by(self, moment: float) -> float:
        place = bisect_right(self.moments, moment)
        if place == 0:
            return 0.0
        if place == len(self.moments):
            return self.spent[-1]
        before, after = self.moments[place - 1], self.moments[place]
        part = (moment - before) / (after - before)
        return self.spent[place - 1] + part * (self.spent[place] - self.spent[place - 1])


def watched(command: Sequence[str], environment: Mapping[str, str] | None = None) -> Watched:
    """Run a command to its end and watch it.

    Raises
    ------
    RuntimeError
        If it fails, with the end of what it said.
    """
    seen, spent, servers = Watched(), dict[int, float](), set[int]()
    started = time.monotonic()
    variables = os.environ | dict(environment or {})
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=variables
    ) as run:
        reader = threading.Thread(target=lambda: said.extend(run.communicate()))
        said: list[str] = []
        reader.start()
        root = psutil.Process(run.pid)
        while reader.is_alive():
            _look(root, seen, spent, servers)
            reader.join(_EVERY_S)
    seen.wall = time.monotonic() - started
    seen.output = said[0]
    if run.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{said[0][-2000:]}\n{said[1][-2000:]}")
    return seen


def _look(root: psutil.Process, seen: Watched, spent: dict[int, float], servers: set[int]) -> None:
    with suppress(psutil.NoSuchProcess):
        for process in (root, *root.children(recursive=True)):
            with suppress(psutil.Error, FileNotFoundError, ProcessLookupError, IndexError):
                times = process.cpu_times()
                spent[process.pid] = times.user + times.system
                peak = _peak(process.pid)
                if process.pid == root.pid:
                    seen.own = spent[process.pid]
                    seen.parent = max(seen.parent, peak)
                elif process.ppid() == root.pid:
                    servers.add(process.pid)  # which has another parent in the end
                elif process.pid not in servers and _WORKER in " ".join(process.cmdline()):
                    seen.workers[process.pid] = max(seen.workers.get(process.pid, 0), peak)
    seen.moments.append(time.time())
    seen.spent.append(sum(spent.values()))


def _peak(pid: int) -> int:
    """Return the highest resident memory of a process so far [byte]."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024
