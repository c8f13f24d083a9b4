"""From measured figures to surveys: what a TESS sector, 10^6 and 10^8 targets take, on paper.

Figures are those of `bench_scale.py` (`--figures FILE` reads others), `bench_requests.py` and
`bench_product.py`. Prices are list prices of a public cloud: give your own. `docs/scale.md` has the table.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

_HOURS_A_MONTH: Final = 730.0


@dataclass(frozen=True)
class Figures:
    """What was measured.

    Attributes
    ----------
    short_ms, long_ms
        Of a processor for a target: a short curve, taken in and searched; a TESS two-minute curve, with all
        measures.
    own_us
        Of that, for each unit of a table, in the run's own process, of which there is one.
    short_points, long_points
        Cadences of these.
    unit_bytes, shard_bytes, base_bytes
        Memory of the run's own process [byte]: for each target that one run takes in, for each shard, and
        without.
    stale_us, stale_ms
        Of a processor, for each unit that is compared with its recipe, and for each file of a table.
    puts, gets
        Requests for a target's files and arrays.
    gets_a_commit, lists_a_commit, log_bytes
        Requests for a table's log around a commit; bytes of it for each file that is added.
    row_bytes
        Of a unit in a table's files.
    partition_ms
        Of a processor, for each shard of each table in a run: its file and its events.
    """

    short_ms: float
    long_ms: float
    own_us: float
    short_points: int
    long_points: int
    unit_bytes: float
    shard_bytes: float
    base_bytes: float
    stale_us: float
    stale_ms: float
    puts: float
    gets: float
    gets_a_commit: float
    lists_a_commit: float
    log_bytes: float
    row_bytes: float
    partition_ms: float


@dataclass(frozen=True)
class Prices:
    """List prices in dollars: of a thousand requests, a gigabyte and month, a core and hour.

    To list costs what writing does.
    """

    puts: float = 0.005
    gets: float = 0.0004
    gigabyte_month: float = 0.023
    core_hour: float = 0.04


@dataclass(frozen=True)
class Survey:
    """What is to be searched, and in what parts.

    Attributes
    ----------
    points
        Cadences of a light curve.
    file_bytes
        Of a raw file.
    shards
        Of each home.
    homes
        The targets are divided among these.
    files_a_run
        Files that are taken in by one run.
    cores
        Of all workers.
    """

    name: str
    targets: int
    points: int
    file_bytes: float
    shards: int = 64
    homes: int = 1
    files_a_run: int = 100_000
    cores: int = 2


MEASURED: Final = Figures(
    short_ms=7.5,
    long_ms=45.0,
    own_us=250.0,
    short_points=120,
    long_points=18_000,
    unit_bytes=18_000.0,
    shard_bytes=0.47e6,
    base_bytes=0.40e9,
    stale_us=18.0,
    stale_ms=1.0,
    puts=3.05,
    gets=5.0,
    gets_a_commit=35.0,
    lists_a_commit=5.0,
    log_bytes=2_500.0,
    row_bytes=700.0,
    partition_ms=3.2,
)
SURVEYS: Final = (
    Survey("short curves", 100_000, 120, 17e3),
    Survey("a sector, two minutes", 20_000, 18_000, 2e6, cores=8),
    Survey("a sector, full frames", 1_000_000, 3_600, 2.5e5, shards=1024, cores=32),
    Survey("10^8 targets", 100_000_000, 3_600, 2.5e5, shards=1024, homes=100, cores=1024),
)
#: Tables of a target's own, and units that a call of a worker takes.
_TABLES: Final = 13
_CALL: Final = 96
#: Bytes of arrays for a cadence, of all tables together, compressed.
_ARRAY_BYTES: Final = 31.0
_MEGABYTE, _GIGABYTE, _TERABYTE = 1e6, 1e9, 1e12


def row(survey: Survey, figures: Figures, prices: Prices) -> dict[str, str]:
    """Return what a survey takes, as shown."""
    in_home = survey.targets / survey.homes
    runs = max(1, round(in_home / survey.files_a_run))
    own = survey.points - figures.short_points
    slope = (figures.long_ms - figures.short_ms) / (figures.long_points - figures.short_points)
    core_hours = survey.targets * (figures.short_ms + slope * own) / 3.6e6
    commits = runs * _TABLES
    # What a run takes in lies in all shards: of each it writes a file a table, which repeats what was there.
    files = runs * survey.shards * _TABLES
    puts = figures.puts * survey.targets + survey.homes * (files + 1.05 * commits)
    gets = figures.gets * survey.targets + survey.homes * (figures.gets_a_commit * commits + 3 * files)
    lists = survey.homes * figures.lists_a_commit * commits
    rows = survey.targets * _TABLES * figures.row_bytes
    stored = survey.targets * (survey.file_bytes + _ARRAY_BYTES * survey.points) + rows
    in_run = min(in_home, survey.files_a_run)
    memory = figures.base_bytes + in_run * figures.unit_bytes + survey.shards * figures.shard_bytes
    stale_s = _TABLES * (in_home * figures.stale_us / 1e6 + survey.shards * figures.stale_ms / 1e3)
    of_shard = in_home / survey.shards * figures.row_bytes
    # Each run plans the whole home, which grows from run to run.
    own_ms = in_home * _TABLES * figures.own_us / 1e3 + files * figures.partition_ms
    own_hours = own_ms / 3.6e6 + runs * stale_s / 2 / 3600
    spent = max(own_hours, core_hours / survey.cores)
    per_request = ((puts + lists) * prices.puts + gets * prices.gets) / 1000
    return {
        "targets": f"{survey.targets:,}",
        "homes, shards of each": f"{survey.homes:,}, {survey.shards:,}",
        "targets a shard": f"{in_home / survey.shards:,.0f}",
        "files of a table": f"{survey.shards:,}",
        "rewritten in a table for a changed star": f"{of_shard / _MEGABYTE:.2f} MB",
        "runs a home, targets each": f"{runs:,}, {in_run:,.0f}",
        "commits a home": f"{commits:,}",
        "log of a table": f"{runs * survey.shards * figures.log_bytes / _MEGABYTE:.1f} MB",
        "memory of a run's own process": f"{memory / _GIGABYTE:.1f} GB",
        "what is stale in a home": f"{stale_s:,.0f} s",
        "partitions of runs a home": f"{files:,}, {files * figures.partition_ms / 6e4:,.1f} min",
        "calls of workers a home": f"{in_home * _TABLES / _CALL:,.0f}",
        "calls in flight": f"{2 * survey.cores:,}",
        "processors": f"{core_hours:,.1f} core h, {survey.cores:,} of them",
        "of it in a run's own process": f"{own_hours:,.2f} h a home",
        "hours, homes side by side": f"{spent:,.2f}",
        "requests that write, list, read": f"{puts:,.0f}, {lists:,.0f}, {gets:,.0f}",
        "cost of requests": f"${per_request:,.2f}",
        "cost of processors": f"${core_hours * prices.core_hour:,.2f}",
        "stored": f"{stored / _TERABYTE:,.3f} TB, ${stored / _GIGABYTE * prices.gigabyte_month:,.0f} a month",
        "older rows, until they are pruned": f"{rows * (runs - 1) / 2 / _TERABYTE:,.3f} TB",
    }


def with_figures(path: Path) -> Figures:
    """Return the measured figures with those of a file that `bench_scale.py --json` wrote."""
    found: list[dict[str, Any]] = sorted(json.loads(path.read_text()), key=lambda of: int(of["n_targets"]))
    last, n_targets = found[-1], found[-1]["n_targets"]
    first, n_first = found[0], found[0]["n_targets"]
    tables = len(last["files"])
    more = n_targets - n_first
    seconds, before = last["seconds"], first["seconds"]
    return replace(
        MEASURED,
        short_ms=1e3 * (seconds["all of the run"] - before["all of the run"]) / more,
        own_us=1e6
        * (seconds["of it in its own process"] - before["of it in its own process"])
        / more
        / tables,
        unit_bytes=(last["memory"]["run"] - first["memory"]["run"]) / more,
        stale_us=1e6 * (seconds["stale"] - before["stale"]) / more / tables,
        row_bytes=last["n_bytes"]["tables"] / n_targets / tables,
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--figures", type=Path, help="a file of `bench_scale.py --json`")
    for price in fields(Prices):
        name = f"--{price.name.replace('_', '-')}"
        parser.add_argument(name, type=float, default=price.default, help="dollars")
    options = parser.parse_args()
    prices = Prices(**{price.name: getattr(options, price.name) for price in fields(Prices)})
    figures = with_figures(options.figures) if options.figures else MEASURED
    rows = [row(survey, figures, prices) for survey in SURVEYS]
    print(f"| | {' | '.join(survey.name for survey in SURVEYS)} |")
    print("| --- |" + " --- |" * len(SURVEYS))
    for name in rows[0]:
        print(f"| {name} | {' | '.join(of[name] for of in rows)} |")
    print(f"\nmeasured: {figures}\nprices: {prices}")


if __name__ == "__main__":
    main()
