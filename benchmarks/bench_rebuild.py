"""Models made again from raw files alone: which bits are the same, and how long it takes.

A survey is simulated and searched, a scorer with its edge model and the clusters are trained; or a home that
has such models is named. What a rebuild may read is copied: raw files without those of models, records, code,
lists of installed versions; no tables, no MLflow. From that each champion is rebuilt, bundled, and rebuilt
from the bundle with the network off. Exits with 1 where anything differs.

    python benchmarks/bench_rebuild.py [--home HOME] [--targets 60] [--model transit_scorer ...]
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

KEPT = ("records", "sources", "environments", "files")
ASTRO_ASSETS = str(Path(sys.executable).with_name("astro-assets"))
#: No network but what the process itself is; where the system allows it.
ALONE = ("unshare", "--map-root-user", "--net")
SMALL = (
    "folds=3", "members=1", "trees=50", "resamples=200", "with_tsfresh=false", "network.epochs=12",
)  # fmt: skip


def astro_assets(*arguments: str, alone: bool = False) -> tuple[float, subprocess.CompletedProcess[str]]:
    """Run a command; return the seconds it took, and what came of it."""
    began = time.perf_counter()
    command = [*(ALONE if alone else ()), ASTRO_ASSETS, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return time.perf_counter() - began, done


def expect(*arguments: str) -> float:
    """Run a command that has to succeed; return the seconds it took."""
    seconds, done = astro_assets(*arguments)
    if done.returncode:
        sys.exit(f"{' '.join(arguments)}: {done.stderr}")
    return seconds


def simulated(home: Path, targets: int) -> None:
    """Fill a home and train both models."""
    settings = [text for setting in SMALL for text in ("--set", setting)]
    for arguments in (
        ("demo", "--targets", str(targets)),
        ("train", "transit_scorer", "--mode", "custom", *settings),
        ("train", "cluster_model"),
    ):
        print(f"{arguments[0]}: {expect(*arguments, '--home', str(home)):.0f} s", flush=True)


def bare(home: Path, root: Path) -> Path:
    """Copy of a home what a rebuild may read."""
    root.mkdir()
    shutil.copy(home / "home.toml", root)
    for name in KEPT:
        shutil.copytree(home / name, root / name)
    for path in (root / "records").glob("*.json"):
        artefact = json.loads(path.read_bytes())["expected"]["artefact"]
        (root / "files" / artefact[:2] / artefact).unlink(missing_ok=True)
    return root


def champions(home: Path, names: list[str]) -> list[str]:
    """Return the champions as ``model@version``: a bare home knows no aliases."""
    _, done = astro_assets("models", "--format", "json", "--home", str(home))
    rows = [row for row in json.loads(done.stdout) if "champion" in row["aliases"]]
    found = [f"{row['model'].partition('/')[2]}@{row['model_version']}" for row in rows]
    return [name for name in found if not names or name.partition("@")[0] in names]


def shown(what: str, seconds: float, done: subprocess.CompletedProcess[str]) -> bool:
    """Print what came of a rebuild; return whether all is the same."""
    if not done.stdout:
        print(f"{what}: {done.stderr.strip()}")
        return False
    told: dict[str, Any] = json.loads(done.stdout)
    same = sum(of["is_same"] for of in told["compared"])
    print(f"\n{what}: {seconds:.0f} s, {same} of {len(told['compared'])} the same")
    for of in told["compared"]:
        print(f"  {'same   ' if of['is_same'] else 'DIFFERS'}  {(of['now'] or '-')[:16]}  {of['name']}")
    for cause in told["causes"]:
        print(f"  {cause}")
    sys.stdout.flush()
    return bool(told["is_same"])


def main() -> int:
    """Rebuild; return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path)
    parser.add_argument("--targets", type=int, default=60)
    parser.add_argument("--model", action="append", default=[])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        home = options.home or root / "home"
        if options.home is None:
            simulated(home, options.targets)
        kept = bare(home, root / "bare")
        results = []
        for name in champions(home, options.model):
            seconds, done = astro_assets("rebuild", name, "--format", "json", "--home", str(kept))
            results.append(shown(name, seconds, done))
            archive = root / f"{name}.tar.zst"
            packing = expect("bundle", name, str(archive), "--home", str(kept))
            size = archive.stat().st_size / 1e6
            seconds, done = astro_assets("rebuild", str(archive), "--format", "json", alone=True)
            said = f"{name} from a bundle of {size:.0f} MB (packed in {packing:.0f} s), without a network"
            results.append(shown(said, seconds, done))
    print(f"\n{sum(results)} of {len(results)} rebuilds are the same to the bit")
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
