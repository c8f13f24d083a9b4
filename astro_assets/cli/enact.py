"""The process in which a world is brought about: `python -m astro_assets.cli.enact JOB ANSWER`.

Says what it makes, and how far it is, on standard output, a JSON line each.
"""

import importlib
import json
import os
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any, TextIO

from astro_assets.ledger.circumstances import pinned
from astro_assets.ledger.enactment import Enacted, EnactmentError, Said, Stage
from astro_assets.ledger.home import Home, HomeError
from astro_assets.ledger.objects import CorruptStoreError, ObjectStore
from astro_assets.ledger.running import source_version
from astro_assets.ledger.sources import installed_packages
from astro_assets.ledger.update import SweepFailedError
from astro_assets.ledger.worlds import World
from astro_assets.orchestration.compute import default_compute

_EXPECTED = (EnactmentError, CorruptStoreError, HomeError, SweepFailedError)


def main() -> int:
    """Bring the world of a job about and write what it came to."""
    question, answer = map(Path, sys.argv[1:3])
    job = json.loads(question.read_bytes())
    # What libraries print goes where errors go: standard output is what is said to the other end.
    said = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        with pinned() as circumstances:
            enacted = _enacted(job, partial(_say, said))
    except _EXPECTED as error:
        sys.stderr.write(f"{error}\n")
        return 3
    told = {
        "enacted": asdict(enacted),
        "circumstances": circumstances,
        "environment": installed_packages(),
    }
    answer.write_text(json.dumps(told))
    return 0


def _enacted(job: dict[str, Any], said: Said) -> Enacted:
    world = World.from_json(job["world"])
    if (running := source_version()) != world.code:
        raise EnactmentError(f"the code that runs is {running[:12]}, that of then is {world.code[:12]}")
    module = importlib.import_module(job["tables_from"])
    home = Home(Path(job["files"]), world.n_shards)
    compute = default_compute(getattr(module, "PRELOAD", None))
    try:
        stage = Stage(
            tables=tuple(module.TABLES),
            specs=tuple(module.MODEL_SPECS),
            files=ObjectStore(home),
            root=Path(job["into"]),
            known={world.applied[alias].world.digest: Path(path) for alias, path in job["known"].items()},
            keys=job["keys"],
            compute=compute,
            said=said,
        )
        return stage.enact(world)
    finally:
        compute.close()


def _say(said: TextIO, what: str, done: int, to_do: int) -> None:
    said.write(json.dumps([what, done, to_do]) + "\n")
    said.flush()


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Libraries that were loaded may keep threads, which have nothing left to do.
    os._exit(code)
