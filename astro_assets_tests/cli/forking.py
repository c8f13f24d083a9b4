"""A process that has imported what commands import, and forks for each: they need no second for that.

What runs is what the installed script runs. A line that comes in is a command as JSON; its process and then
its exit code go out.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Iterable
from typing import Any

from astro_assets.cli import main

#: What commands import when they run, but nothing that starts threads or that their circumstances tell of.
_IMPORTED = (
    "astro_assets.cli.app",
    "astro_assets.definitions",
    "deltalake",
    "matplotlib.backends.backend_agg",
    "pyarrow.dataset",
)
#: What fitting a scorer needs, and the commands that may fit one; seconds, once instead of for each.
_FITTING = ("lightning.fabric", "mlflow", "sklearn.ensemble", "torch", "tsfresh.feature_extraction")
_FIT = frozenset({"demo", "forget", "retract", "train"})


def serve() -> int | None:
    """Answer until the end of the input; returns in each command's process, which is to run it.

    Returns
    -------
    int or None
        None in the process that answers.
    """
    _import(_IMPORTED)
    for line in sys.stdin:
        command = json.loads(line)
        if command["arguments"][1] in _FIT:
            _import(_FITTING)
        if not (child := os.fork()):
            _become(command)
            return os.getpid()
        _tell(child)
        _, status = os.waitpid(child, 0)
        _tell(os.waitstatus_to_exitcode(status))
    return None


def _import(names: Iterable[str]) -> None:
    for name in names:
        importlib.import_module(name)


def _tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def _become(command: dict[str, Any]) -> None:
    """Take a command's place, arguments, environment and outputs."""
    os.chdir(command["folder"])
    os.environ.clear()
    os.environ.update(command["environment"])
    sys.argv[:] = command["arguments"]
    inputs = os.open(os.devnull, os.O_RDONLY)
    outputs = [os.open(command[name], os.O_WRONLY) for name in ("stdout", "stderr")]
    for descriptor, ours in enumerate([inputs, *outputs]):
        os.dup2(ours, descriptor)


if __name__ == "__main__" and serve() is not None:
    main()
