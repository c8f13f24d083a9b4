"""What one changed star costs in a home of 20,000, and how fast two questions are answered in large homes.

The questions are what is stale, and what a model was trained on, down to the files: in a home of 10,000 stars
in eight tables, as it was made and after half of them have changed in several commits.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from timing import end

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from astro_assets.ledger.staleness import stale
from astro_assets.orchestration.compute import LocalProcesses
from astro_assets_tests.ledger import survey, toy
from astro_assets_tests.ledger.homes import put_files
from astro_assets_tests.ledger.scale import (
    QUESTIONS,
    asked,
    built,
    change_one_star,
    forget_pages,
    opened,
    size,
)

#: Longest that an answer may take.
LIMIT_S = 1.0
_COMMITS = 5


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stars", type=int, default=20_000, help="in the home with curves")
    parser.add_argument("--targets", type=int, default=10_000, help="in the home of eight tables")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        missed = _one_star(Path(folder) / "home", arguments.stars)
        missed += _questions(Path(folder) / "survey", arguments.targets)
    end(missed)


def _one_star(root: Path, n_stars: int) -> list[str]:
    """Print what one changed star costs, and return what was missed."""
    compute = LocalProcesses(2)
    started = time.perf_counter()
    built(root, n_stars, compute)
    compute.close()
    _line("stars, a curve of 100 points each", f"{n_stars:,}")
    _line("build, 2 processes", f"{time.perf_counter() - started:.1f} s")
    _line("home", f"{size(root) / 1e6:.1f} MB")
    slow = _lines("toy", "stale", root, "nothing stale")
    put_files(opened(root), toy.file_row("f2", "SIM 2", [1.0, 3.0]))
    slow += _lines("toy", "stale", root, "one star stale")
    cost = change_one_star(opened(root))
    units = sum(len(keys) for keys in cost.computed.values())
    _line("refresh of two changed stars", f"{cost.seconds:.2f} s, {units} units")
    _line("growth of the home", f"{cost.grown_bytes / 1e6:.3f} MB (limit 5 MB)")
    if not stale(opened(root)).entries.is_empty():
        raise SystemExit("the refreshed home is still stale")
    return [*slow, *(["growth of at most 5 MB"] * (cost.grown_bytes > 5e6))]


def _questions(root: Path, n_targets: int) -> list[str]:
    """Print how fast questions are answered, and return what was missed."""
    started = time.perf_counter()
    ledger = survey.built(root, n_targets)
    _line(
        f"{n_targets:,} targets in {len(survey.TABLES)} tables, build",
        f"{time.perf_counter() - started:.1f} s",
    )
    _line("home", f"{size(root) / 1e6:.1f} MB")
    missed = [one for name in QUESTIONS for one in _lines("survey", name, root, "nothing replaced")]
    for commit in range(_COMMITS):
        survey.put_stars(ledger, range(commit, n_targets, 2 * _COMMITS), 0.5)
        survey.refresh(ledger)
    title = f"half replaced in {_COMMITS} commits"
    missed += [one for name in QUESTIONS for one in _lines("survey", name, root, title)]
    survey.put_stars(ledger, range(0, n_targets, 2), 0.25)
    return missed + _lines("survey", "stale", root, "half stale or waiting")


def _lines(wing: str, question: str, root: Path, title: str) -> list[str]:
    """Print how long fresh processes take; miss if none is within the limit."""
    calls = []
    for pages in ("from memory", "from memory", "from disk"):
        if pages == "from disk":
            forget_pages(root)
        answer = asked(wing, question, root)
        _line(
            f"{question}, {title}, {pages}",
            f"{answer.call:.2f} s (limit 1 s; {answer.processor:.2f} s of processors); "
            f"with imports {answer.process:.2f} s",
        )
        calls.append(answer.call)
    return [f"{question} within 1 s: {title}"] * (min(calls) > LIMIT_S)


def _line(what: str, value: str) -> None:
    print(f"{what:<56} {value}", flush=True)


if __name__ == "__main__":
    main()
