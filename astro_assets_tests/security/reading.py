"""Reads hostile files, each in a process of its own, and tells what that took; run as a script by tests.

What is read how is told as JSON on standard input; what it came to is printed as JSON, a line a file.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

#: What a process may take before it is ended: more than any bound that tests ask for.
_MOST_CPU_S = 60
_MOST_BYTES = 6 * 2**30


@dataclass(frozen=True)
class Reading:
    """How a file is read.

    Parameters
    ----------
    kind
        A key of :data:`KINDS`.
    description
        Of an observation, its entry in a ``targets.csv``.
    """

    kind: str
    path: Path
    description: str | None = None

    @property
    def name(self) -> str:
        """What it is called in results: a list has the name of its folder."""
        return self.path.parent.name if self.kind == "list" else self.path.name


@dataclass(frozen=True)
class Taken:
    """What reading a file took.

    Attributes
    ----------
    came_to
        What the reader said of the file.
    megabytes
        Memory beyond that of the imported modules, at most.
    cpu_s
        Time of all processors.
    ended_by
        The signal by which the process ended, 0 for none.
    """

    came_to: str
    megabytes: float
    cpu_s: float
    ended_by: int


def taken_by(readings: Sequence[Reading]) -> dict[str, Taken]:
    """Read files, each in a process of its own, and return what that took by their names."""
    told = json.dumps([[one.kind, str(one.path), one.description] for one in readings])
    done = subprocess.run(
        [sys.executable, "-m", __name__], input=told, capture_output=True, text=True, check=False, timeout=900
    )
    assert done.returncode == 0, done.stderr[-2000:]
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {one.name: Taken(**line) for one, line in zip(readings, lines, strict=True)}


def _observation(path: Path, description: str | None) -> str:
    from astro_assets.observations.identification import describe_file
    from astro_assets.observations.light_curves import LightCurveError, read_light_curve

    row = describe_file(path, "0" * 64, path.name, description)
    with suppress(LightCurveError):
        read_light_curve(path, description=description, tess_bitmask=1, kepler_bitmask=1)
    return row["reason_code"] or "accepted"


def _xray(path: Path, description: str | None) -> str:
    from astro_assets.xray.reading.files import read_file
    from astro_assets.xray.refusals import XrayRefusedError

    try:
        read_file(path, description=json.loads(description or "null"))
    except XrayRefusedError as error:
        return error.code
    return "accepted"


def _list(path: Path, _: str | None) -> str:
    from astro_assets.orchestration.descriptions import Descriptions

    return Descriptions([path.parent]).of(path.parent / "some.csv") or "nothing"


def _catalog(path: Path, _: str | None) -> str:
    from astro_assets.catalogs.reading import read_catalog
    from astro_assets.catalogs.text_tables import CatalogError

    try:
        return read_catalog(path).name
    except CatalogError as error:
        return str(error)[:200]


def _bundle(path: Path, _: str | None) -> str:
    from astro_assets.ledger.bundles import BundleError
    from astro_assets.ledger.unbundling import unpack

    with tempfile.TemporaryDirectory() as folder:
        try:
            unpack(path, Path(folder) / "into")
        except BundleError as error:
            return str(error)[:200]
    return "unpacked"


def _scorer(path: Path, _: str | None) -> str:
    from astro_assets.transits.scorer.manifest import ScorerFileError
    from astro_assets.transits.scorer.scorer_file import scorer_of

    try:
        scorer_of(path.read_bytes())
    except ScorerFileError as error:
        return str(error)[:200]
    return "read"


KINDS: dict[str, Callable[[Path, str | None], str]] = {
    "observation": _observation,
    "xray": _xray,
    "list": _list,
    "catalog": _catalog,
    "bundle": _bundle,
    "scorer": _scorer,
}


def _in_a_process(kind: str, path: Path, description: str | None) -> Taken:
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        os.close(reader)
        resource.setrlimit(resource.RLIMIT_CPU, (_MOST_CPU_S, _MOST_CPU_S))
        resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            came_to = KINDS[kind](path, description)
        except BaseException as error:  # noqa: BLE001  what gets out is what tests look for
            came_to = f"{type(error).__name__} got out: {str(error)[:200]}"
        used = resource.getrusage(resource.RUSAGE_SELF)
        cpu_s = used.ru_utime + used.ru_stime
        os.write(writer, json.dumps([came_to, (used.ru_maxrss - before) / 1024, cpu_s]).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        told = stream.read()
    _, status = os.waitpid(child, 0)
    came_to, megabytes, cpu_s = json.loads(told) if told else ["nothing", 0.0, 0.0]
    return Taken(came_to, megabytes, cpu_s, os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0)


def _main() -> None:
    import importlib

    for name in ("polars", "pyarrow.parquet", "astropy.io.fits", "zstandard", "safetensors.numpy"):
        importlib.import_module(name)
    # Imported before: what they take is not the file's.
    from astro_assets.observations import identification, light_curves  # noqa: F401
    from astro_assets.xray.reading import files  # noqa: F401

    for kind, path, description in json.load(sys.stdin):
        taken: dict[str, Any] = vars(_in_a_process(kind, Path(path), description))
        sys.stdout.write(json.dumps(taken) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _main()
