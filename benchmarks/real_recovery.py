"""What the search finds of the signals known in the real light curves, by `astro-assets run` in a fresh home.

Expectations are worked out from the catalogue's ephemerides and the light curves before any candidate is
read. Prints every signal, the rates, the quiet stars, and the cause of every miss; `--pictures FOLDER` saves
a fold of each miss. Exits with 1 where a rate is too low or a quiet star is not silent. Needs the real
observations (ASTRO_ASSETS_SHARED_DATA, or ../shared/data).
"""

from __future__ import annotations

import argparse
import csv
import math
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from rich.console import Console
from rich.table import Table as Printed

from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.worker import resolve_references
from astro_assets.observations.tables import RAW_FILES, SELECTED_FILES
from astro_assets.tables import TABLES
from astro_assets.transits.expectations import (
    Expectation,
    ExpectationSettings,
    KnownSignal,
    expected,
    unique_signals,
)
from astro_assets.transits.recovery import Found, cause_of_miss, recovered, statistics_at
from astro_assets.transits.recovery_plots import missed_signal_plot
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.tables import DETECTION_THRESHOLD, DETRENDED_LIGHT_CURVES, TRANSIT_CANDIDATES

SHARED = Path(os.environ.get("ASTRO_ASSETS_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")
COMMAND = str(Path(sys.executable).with_name("astro-assets"))
QUIET = ("KIC 2556081", "KIC 7660594", "KIC 10424789")
#: BTJD less the time of each system.
OFFSETS = {"BKJD": 2454833.0 - 2457000.0, "BTJD": 0.0}
#: A period measured in the file, of what no catalogue lists.
MEASURED = "measured here"
SETTINGS = ExpectationSettings()
#: Least rates: found, a target's strongest first, planets and candidates at the exact period.
LEAST_FOUND, LEAST_FIRST, LEAST_EXACT = 0.95, 0.90, 0.90


@dataclass
class Star:
    """One searched curve, what should be in it, and what was found."""

    search_id: str
    curve: Curve
    expectations: list[Expectation]
    candidates: list[Found]

    @property
    def detectable(self) -> list[Expectation]:
        """What a search of this curve should find, strongest first."""
        chosen = [e for e in self.expectations if e.shortcoming(self.curve.baseline_days, SETTINGS) is None]
        return sorted(chosen, key=lambda e: -e.snr)

    def found(self, expectation: Expectation) -> tuple[Found, Any] | None:
        """Return the candidate that is a signal, and its period over the signal's."""
        signal = expectation.signal
        return recovered(signal.period, signal.duration, self.curve.baseline_days, self.candidates)


def labelled_signals() -> dict[str, list[KnownSignal]]:
    """Return the listed transits and eclipses of each file; folded tables and uncertain ids are left out."""
    by_file: dict[str, list[KnownSignal]] = {}
    with (SHARED / "labels_lightcurves.csv").open(newline="") as text:
        for row in csv.DictReader(text):
            measured = row["label_source"].startswith(MEASURED)
            if row["quarter_sector"] == "folded" or "ID uncertain" in row["note"] or not row["period_d"]:
                continue
            signal = KnownSignal(
                source=row["label_source"],
                entry=row["name"] or MEASURED,
                disposition="candidate" if measured else row["label"],
                period=float(row["period_d"]),
                epoch=float(row["epoch"] or "nan") + OFFSETS.get(row["epoch_system"], math.nan),
                duration=float(row["duration_h"] or "nan") / 24,
                depth=float(row["depth_ppm"] or "nan") / 1e6,
            )
            by_file.setdefault(Path(row["file"]).name, []).append(signal)
    return by_file


def stars(ledger: Ledger) -> list[Star]:
    """Work out what each curve should show, then read what was found in it."""
    names = dict(
        ledger.open(RAW_FILES).rows(["sha256", "file_name"]).select("sha256", "file_name").collect().rows()
    )
    listed: dict[str, list[KnownSignal]] = {}
    by_file = labelled_signals()
    files = ledger.open(SELECTED_FILES).rows(["sha256", "search_id"]).collect()
    for sha256, search_id in files.select("sha256", "search_id").rows():
        listed.setdefault(search_id, []).extend(by_file.get(names[sha256], []))
    rows = ledger.open(DETRENDED_LIGHT_CURVES).rows(["search_id", "cadence_s", "light_curve"]).collect()
    curves = {row["search_id"]: _curve(ledger, row) for row in rows.iter_rows(named=True)}
    expectations = {
        search_id: [
            expected(signal, curve.time, curve.flux, curve.cadence_days, SETTINGS)
            for signal in unique_signals(listed.get(search_id, []))
        ]
        for search_id, curve in curves.items()
    }
    columns = ["search_id", "candidate_id", "rank", "period_days", "is_above_threshold"]
    found = ledger.open(TRANSIT_CANDIDATES).rows(columns).collect().sort("search_id", "rank")
    return [
        Star(
            search_id,
            curve,
            expectations[search_id],
            [
                Found(*row)
                for row in found.filter(pl.col("search_id") == search_id).select(columns[1:]).rows()
            ],
        )
        for search_id, curve in sorted(curves.items())
    ]


def _curve(ledger: Ledger, row: dict[str, Any]) -> Curve:
    arrays = resolve_references(row, DETRENDED_LIGHT_CURVES.schema, ledger.objects)["light_curve"]
    time_, flux, flux_err = (arrays[name].astype(np.float64) for name in ("time", "flux", "flux_err"))
    return Curve(time_, flux, flux_err, row["cadence_s"] / 86400)


def print_signals(console: Console, searched: list[Star]) -> None:
    """Print one line a signal."""
    names = ("star", "signal", "kind", "period d", "transits", "SNR", "found d", "ratio", "rank", "remark")
    table = Printed(*names, box=None, header_style="bold")
    for star in searched:
        for one in star.expectations:
            signal, match = one.signal, star.found(one)
            shortcoming = one.shortcoming(star.curve.baseline_days, SETTINGS)
            cells = (f"{match[0].period:.6f}", str(match[1]), str(match[0].rank)) if match else ("", "", "")
            remark = shortcoming or ("" if match else "MISSED")
            table.add_row(
                star.search_id, signal.entry, signal.disposition, f"{signal.period:.6f}",
                str(one.n_transits), f"{one.snr:.1f}", *cells, remark,
            )  # fmt: skip
    console.print(table)


def print_rates(console: Console, searched: list[Star]) -> bool:
    """Print the rates over detectable signals; return whether all are high enough."""
    pairs = [(one, star.found(one)) for star in searched for one in star.detectable]
    firsts = [star.found(star.detectable[0]) for star in searched if star.detectable]
    binary = "eclipsing_binary"
    rates = {
        "found": ([match is not None for _, match in pairs], LEAST_FOUND),
        "a target's strongest first": (
            [match is not None and match[0].rank == 1 for match in firsts],
            LEAST_FIRST,
        ),
        "exact period, planets and candidates": (
            [match is not None and match[1] == 1 for one, match in pairs if one.signal.disposition != binary],
            LEAST_EXACT,
        ),
        "exact period, eclipsing binaries": (
            [match is not None and match[1] == 1 for one, match in pairs if one.signal.disposition == binary],
            0.0,
        ),
    }
    enough = True
    for name, (hits, least) in rates.items():
        share = sum(hits) / len(hits) if hits else 0.0
        enough &= share >= least
        wanted = f", at least {100 * least:.0f} % wanted" if least else ""
        console.print(f"{name}: {sum(hits)} of {len(hits)} ({100 * share:.1f} %{wanted})")
    return enough


def print_quiet(console: Console, searched: list[Star]) -> bool:
    """Print what was found in stars without a listed signal; return whether the quiet ones are silent."""
    loud = {
        star.search_id: [f"{one.period:.4f} d" for one in star.candidates if one.is_above_threshold]
        for star in searched
        if not star.expectations
    }
    for name in QUIET:
        found = loud.get(name)
        console.print(f"{name}: {'not searched' if found is None else ', '.join(found) or 'silent'}")
    others = [f"{name} ({', '.join(found)})" for name, found in loud.items() if found and name not in QUIET]
    console.print(f"other stars with a detected candidate, no signal listed: {'; '.join(others) or 'none'}")
    return all(loud.get(name) == [] for name in QUIET)


def print_misses(console: Console, searched: list[Star], pictures: Path | None) -> None:
    """Print the cause of every miss, and draw its fold."""
    for star in searched:
        for one in star.detectable:
            if star.found(one):
                continue
            signal = one.signal
            statistics = statistics_at(star.curve, signal.period, signal.epoch, signal.duration)
            cause = cause_of_miss(statistics, DETECTION_THRESHOLD, star.candidates)
            console.print(f"missed: {star.search_id} {signal.entry} {signal.period:.6f} d: {cause}")
            if pictures is not None:
                pictures.mkdir(parents=True, exist_ok=True)
                phase = ((star.curve.time - signal.epoch) / signal.period + 0.5) % 1 - 0.5
                title = f"{star.search_id} {signal.entry}, {signal.period:.5g} d: {cause}"
                picture = missed_signal_plot(title, phase, star.curve.flux, signal.duration / signal.period)
                (pictures / f"{star.search_id.replace(' ', '_')}_{signal.period:.4f}.png").write_bytes(
                    picture
                )


def main() -> int:
    """Search, compare, print; return 1 where too little was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="use this home, and keep it; by default a fresh one")
    parser.add_argument("--pictures", type=Path, help="save a fold of every miss in this folder")
    options = parser.parse_args()
    if not SHARED.is_dir():
        print(f"real_recovery: no real observations at {SHARED}")
        return 0
    console = Console(width=160, highlight=False)
    with tempfile.TemporaryDirectory() as fresh:
        home = options.home or Path(fresh)
        folders = [f"--observations={SHARED / name}" for name in ("kepler_lc", "tess_lc")]
        started = time.monotonic()
        subprocess.run([COMMAND, "run", "--home", home, *folders], check=True, stdout=subprocess.DEVNULL)
        console.print(f"all files of kepler_lc and tess_lc: {time.monotonic() - started:.0f} s")
        searched = stars(open_ledger(open_home(home), TABLES))
    print_signals(console, searched)
    enough, silent = print_rates(console, searched), print_quiet(console, searched)
    print_misses(console, searched, options.pictures)
    return 0 if enough and silent else 1


if __name__ == "__main__":
    sys.exit(main())
