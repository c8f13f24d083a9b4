"""Models of a simulated survey made again, to the bit, from records, raw files and code alone.

A survey is simulated and searched in a fresh home, unless `--home` names one that was; a scorer with its edge
model is trained on it, clusters are fitted, and fitted again with another seed, which goes on from the first.
Then only what a rebuild may read is copied: no tables, no arrays, no MLflow, no files of models. Prints the
seconds that each took to train (where its tables were computed before) and to rebuild (tables included), and
what came out the same. Exits with 1 where anything did not. The search must have been compiled
(`python -m astro_assets.transits.compilation`).
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from timing import end

COMMAND = str(Path(sys.executable).with_name("astro-assets"))
SCORER = ("folds=3", "members=1", "trees=50", "resamples=200", "with_tsfresh=false", "network.epochs=12")
CLUSTERS = ("fewest_candidates=20",)
#: What is left of a home: beside these only the raw files.
KEPT = ("records", "sources", "environments")


def run(*arguments: str | Path, codes: tuple[int, ...] = (0,)) -> tuple[float, str]:
    """Run a command; return its seconds and what it printed."""
    started = time.monotonic()
    done = subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False)
    if done.returncode not in codes:
        sys.exit(f"{' '.join(map(str, arguments))}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return time.monotonic() - started, done.stdout


def train(home: Path, model: str, *settings: str) -> float:
    """Train a version and return the seconds."""
    options = [word for setting in settings for word in ("--set", setting)]
    seconds, _ = run("train", model, "--mode", "custom", *options, "--home", home)
    return seconds


def records(home: Path) -> dict[str, dict[str, Any]]:
    """Return the records of a home by model and version."""
    told = [json.loads(path.read_bytes()) for path in (home / "records").glob("*.json")]
    return {f"{of['model'].partition('/')[2]}@{of['version']}": of for of in told}


def bare(home: Path, place: Path) -> Path:
    """Copy what a rebuild may read, and nothing else."""
    place.mkdir()
    for name in KEPT:
        shutil.copytree(home / name, place / name)
    shutil.copy(home / "home.toml", place)
    of_models = {of["expected"]["artefact"] for of in records(home).values()}
    shutil.copytree(home / "files", place / "files", ignore=lambda _, names: of_models.intersection(names))
    return place


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--targets", type=int, default=60, help="stars to simulate")
    parser.add_argument("--home", type=Path, help="a home that was searched already; it is copied")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        if asked.home is None:
            seconds, _ = run("demo", "--targets", str(asked.targets), "--home", home)
            print(f"survey of {asked.targets} stars: {seconds:.0f} s")
        else:
            shutil.copytree(asked.home, home)
        before, trained = set(records(home)), {}
        for model, settings in (
            ("transit_scorer", SCORER),
            ("cluster_model", CLUSTERS),
            ("cluster_model", (*CLUSTERS, "seed=1")),
        ):
            seconds = train(home, model, *settings)
            (name,) = set(records(home)) - before
            before.add(name)
            trained[name] = seconds
        place, missed = bare(home, Path(folder) / "bare"), []
        for name, seconds in trained.items():
            # 1: something differs.
            again, printed = run(
                "rebuild", name, "--format", "json", "--home", place, "--anyway", codes=(0, 1)
            )
            told = json.loads(printed)
            print(f"\n{name}: trained in {seconds:.0f} s, rebuilt in {again:.0f} s")
            for of in told["compared"]:
                print(f"  {of['name']:56} {'the same' if of['is_same'] else 'DIFFERS'}")
            missed += [f"{name}: {of['name']}" for of in told["compared"] if not of["is_same"]]
            missed += [] if told["is_reproducible"] else [f"{name} is not called reproducible"]
            print(*(f"  {cause}" for cause in told["causes"]), sep="\n")
    end(missed)


if __name__ == "__main__":
    main()
