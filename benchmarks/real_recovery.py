"""What the search finds of the signals known in the real light curves, by `astro-assets run` in a fresh home.

Expectations are worked out from the listed ephemerides and the light curves by `listed_signals`, which sees
no candidate. Prints every signal, the rates, the quiet stars, the cause of every miss, and every listed
signal that was not judged with the reason; `--pictures FOLDER` saves them all in a picture,
and a fold of each miss. Judged are the candidates that are detected; the rates and the quiet stars of all
that are kept, of which noise makes some more, are printed beside. Exits with 1 where a rate is too low, a
quiet star is not silent, or a star with a listed signal was not searched. Needs the real observations
(ASTRO_ASSETS_SHARED_DATA, or ../shared/data).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from listed_signals import Label, Light, expectations, listed_labels
from rich.console import Console
from rich.table import Table as Printed

from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.worker import resolve_references
from astro_assets.observations.tables import OBSERVATION_FILES, SELECTED_FILES
from astro_assets.tables import TABLES
from astro_assets.transits.expectations import Expectation, ExpectationSettings, KnownSignal, unique_signals
from astro_assets.transits.recovery import Found, cause_of_miss, period_ratio, recovered
from astro_assets.transits.recovery_plots import Miss, missed_signals_plot, recovery_plot
from astro_assets.transits.search.boxes import Box
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.folded_boxes import measure
from astro_assets.transits.search.settings import SearchSettings
from astro_assets.transits.tables import DETRENDED_LIGHT_CURVES, TRANSIT_CANDIDATES

SHARED = Path(os.environ.get("ASTRO_ASSETS_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")
COMMAND = str(Path(sys.executable).with_name("astro-assets"))
QUIET = ("KIC 2556081", "KIC 7660594", "KIC 10424789")
SETTINGS = ExpectationSettings()
#: From 0.3 d to half of the data, whatever these are.
PERIODS = """
[transits.transit_candidates]
shortest_period_days = 0.3
longest_period_days = 1000
"""
#: Least rates: found, a target's strongest first, planets and candidates, and binaries, at the exact period.
LEAST_FOUND, LEAST_FIRST, LEAST_EXACT, LEAST_EXACT_BINARIES = 0.98, 0.90, 0.95, 0.85
#: Most seconds of the run.
LONGEST_S = 120


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

    def is_exact(self, expectation: Expectation) -> bool:
        """Whether the signal's own period is detected, before its half, its double and the like."""
        signal, baseline = expectation.signal, self.curve.baseline_days
        matching = [
            (one.rank, ratio)
            for one in self.candidates
            if one.is_detected
            and (ratio := period_ratio(one.period, signal.period, signal.duration, baseline)) is not None
        ]
        return bool(matching) and min(matching)[1] == 1


@dataclass
class Unjudged:
    """A listed signal that no search was asked for, and why; whether the reason is one of the list itself."""

    target: str
    signal: KnownSignal
    reason: str
    is_stated: bool


def stars(ledger: Ledger) -> tuple[list[Star], list[Unjudged]]:
    """Work out what each curve should show, then read what was found in it."""
    rows = ledger.open(DETRENDED_LIGHT_CURVES).rows(["search_id", "cadence_s", "light_curve"]).collect()
    curves = {row["search_id"]: _curve(ledger, row) for row in rows.iter_rows(named=True)}
    listed, unjudged = _assigned(ledger, listed_labels(SHARED), set(curves))
    lights = {name: Light(curve.time, curve.flux, curve.cadence_days) for name, curve in curves.items()}
    expected = expectations(lights, listed, SETTINGS)
    columns = ["search_id", "candidate_id", "rank", "period_days", "is_detected"]
    found = ledger.open(TRANSIT_CANDIDATES).rows(columns).select(columns).collect().sort("search_id", "rank")
    of_star = {
        name: [Found(*row) for row in found.filter(pl.col("search_id") == name).select(columns[1:]).rows()]
        for name in curves
    }
    searched = [Star(name, curve, expected[name], of_star[name]) for name, curve in sorted(curves.items())]
    return searched, unjudged


def _assigned(
    ledger: Ledger, labels: list[Label], curves: set[str]
) -> tuple[dict[str, list[KnownSignal]], list[Unjudged]]:
    """Give each label to the curve that its file is part of, or else to that of its star."""
    searched_as, reasons = _fates(ledger)
    listed: dict[str, list[KnownSignal]] = {}
    lost: dict[tuple[str, str, bool], list[KnownSignal]] = {}
    for label in labels:
        sha256 = sha256_of(label.file)
        name = searched_as.get(sha256) or label.target
        if label.exclusion is not None:
            lost.setdefault((label.target, label.exclusion, True), []).append(label.signal)
        elif name in curves:
            listed.setdefault(name, []).append(label.signal)
        else:
            reason = f"{label.file.name} {reasons.get(sha256, 'was not taken in')}"
            lost.setdefault((label.target, reason, False), []).append(label.signal)
    unjudged = [
        Unjudged(target, signal, reason, is_stated)
        for (target, reason, is_stated), signals in sorted(lost.items(), key=lambda item: item[0])
        for signal in (signals if is_stated else unique_signals(signals))
    ]
    return listed, unjudged


def _fates(ledger: Ledger) -> tuple[dict[str, str], dict[str, str]]:
    """Return what each file is searched as, and why it is not searched where it is not, by sha256."""
    columns = ["sha256", "refusal_reason", "status"]
    files = ledger.open(OBSERVATION_FILES).rows(columns).select(columns).collect()
    reasons = {
        sha256: f"was refused: {why}" if status == "refused" else "gave no light curve"
        for sha256, why, status in files.rows()
    }
    columns = ["sha256", "search_id", "choice_reason"]
    searched_as = {}
    for sha256, search_id, why in ledger.open(SELECTED_FILES).rows(columns).select(columns).collect().rows():
        if search_id is None:
            reasons[sha256] = f"was not selected: {why}"
        else:
            searched_as[sha256] = search_id
            reasons[sha256] = "could not be detrended"
    return searched_as, reasons


def _curve(ledger: Ledger, row: dict[str, Any]) -> Curve:
    arrays = resolve_references(row, DETRENDED_LIGHT_CURVES, ledger.objects)["light_curve"]
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


def with_all_kept(searched: list[Star]) -> list[Star]:
    """Return the stars with all candidates that are kept taken for detected."""
    return [
        replace(star, candidates=[replace(one, is_detected=True) for one in star.candidates])
        for star in searched
    ]


def print_rates(console: Console, searched: list[Star]) -> bool:
    """Print the rates over detectable signals; return whether all are high enough."""
    pairs = [(one, star.found(one)) for star in searched for one in star.detectable]
    firsts = [star.found(star.detectable[0]) for star in searched if star.detectable]
    kinds = {one.signal.disposition for one, _ in pairs}
    planets, binaries = {"confirmed_planet", "candidate"}, {"eclipsing_binary"}
    others = kinds - planets - binaries

    def exact(among: set[str]) -> list[bool]:
        return [
            star.is_exact(one)
            for star in searched
            for one in star.detectable
            if one.signal.disposition in among
        ]

    rates = {
        "found": ([match is not None for _, match in pairs], LEAST_FOUND),
        "a target's strongest first": (
            [match is not None and match[0].rank == 1 for match in firsts],
            LEAST_FIRST,
        ),
        "exact period first, planets and candidates": (exact(planets), LEAST_EXACT),
        "exact period first, eclipsing binaries": (exact(binaries), LEAST_EXACT_BINARIES),
        f"exact period first, {' and '.join(sorted(others)) or 'others'}": (exact(others), 0.0),
    }
    enough = True
    for name, (hits, least) in rates.items():
        share = sum(hits) / len(hits) if hits else 0.0
        enough &= share >= least
        wanted = f", at least {100 * least:.0f} % wanted{'' if share >= least else ': MISSED'}"
        console.print(
            f"{name}: {sum(hits)} of {len(hits)} ({100 * share:.1f} %{wanted if least > 0 else ''})"
        )
    return enough


def print_quiet(console: Console, searched: list[Star]) -> bool:
    """Print what was found in stars without a listed signal; return whether the quiet ones are silent."""
    loud = {
        star.search_id: [f"{one.period:.4f} d" for one in star.candidates if one.is_detected]
        for star in searched
        if not star.expectations
    }
    for name in QUIET:
        found = loud.get(name)
        console.print(f"{name}: {'not searched' if found is None else ', '.join(found) or 'silent'}")
    others = [f"{name} ({', '.join(found)})" for name, found in loud.items() if found and name not in QUIET]
    console.print(f"other stars with a detected candidate, no signal listed: {'; '.join(others) or 'none'}")
    return all(loud.get(name) == [] for name in QUIET)


def print_misses(
    console: Console, searched: list[Star], search: SearchSettings, pictures: Path | None
) -> None:
    """Print the cause of every miss, and draw its fold."""
    for star in searched:
        for one in star.detectable:
            if star.found(one):
                continue
            signal = one.signal
            known = Box(signal.period, signal.epoch, signal.duration)
            statistics = measure(star.curve, known)
            cause = cause_of_miss(known, statistics, star.curve.baseline_days, star.candidates, search)
            name = f"{star.search_id} {signal.entry}, {signal.period:.6f} d"
            console.print(f"missed: {name}: {cause}")
            if pictures is not None:
                curve = star.curve
                miss = Miss(name, cause, known.period, known.epoch, known.duration, curve.time, curve.flux)
                path = pictures / f"{star.search_id.replace(' ', '_')}_{signal.period:.4f}.png"
                path.write_bytes(missed_signals_plot([miss]))


def draw_signals(searched: list[Star], pictures: Path) -> None:
    """Draw all listed signals by period and expected strength, as the product draws them."""
    rows = []
    for star in searched:
        for one in star.expectations:
            match = star.found(one)
            rows.append(
                {
                    "period_days": one.signal.period,
                    "expected_snr": one.snr,
                    "is_detectable": one.shortcoming(star.curve.baseline_days, SETTINGS) is None,
                    "is_found": match is not None,
                    "is_exact": match is not None and match[1] == 1,
                }
            )
    (pictures / "known_signals.png").write_bytes(recovery_plot(pl.DataFrame(rows)))


def print_unjudged(console: Console, unjudged: list[Unjudged]) -> bool:
    """Print the listed signals that no rate counts; return whether all were left out for a stated reason."""
    for one in unjudged:
        what = "left out" if one.is_stated else "NOT SEARCHED"
        console.print(f"{what}: {one.target} {one.signal.entry}, {one.signal.period:.6f} d: {one.reason}")
    return all(one.is_stated for one in unjudged)


def main() -> int:
    """Search, compare, print; return 1 where too little was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, help="use this home, and keep it; by default a fresh one")
    parser.add_argument(
        "--pictures", type=Path, help="save pictures in this folder: all signals, the fold of each miss"
    )
    options = parser.parse_args()
    if not SHARED.is_dir():
        print(f"real_recovery: no real observations at {SHARED}")
        return 0
    console = Console(width=160, highlight=False)
    with tempfile.TemporaryDirectory() as fresh:
        home = options.home or Path(fresh)
        folders = [f"--observations={SHARED / name}" for name in ("kepler_lc", "tess_lc")]
        started = time.monotonic()
        open_home(home).config_file.write_text(PERIODS)
        subprocess.run([COMMAND, "run", "--home", home, *folders], check=True, stdout=subprocess.DEVNULL)
        wall = time.monotonic() - started
        console.print(f"all files of kepler_lc and tess_lc: {wall:.0f} s, at most {LONGEST_S} s wanted")
        ledger = open_ledger(open_home(home), TABLES)
        searched, unjudged = stars(ledger)
        search = SearchSettings(**ledger.config(TRANSIT_CANDIDATES).model_dump())
    print_signals(console, searched)
    either = f"a false-alarm probability of {search.false_alarm_threshold:g}"
    judgements = {
        f"detected: a statistic of {search.detection_threshold:g} or {either}": searched,
        f"kept: a statistic of {search.statistic_floor:g}": with_all_kept(searched),
    }
    enough = []
    for name, judged in judgements.items():
        console.print(f"[bold]{name}[/bold]")
        are_high, are_silent = print_rates(console, judged), print_quiet(console, judged)
        enough.append(are_high and are_silent)
    if options.pictures:
        options.pictures.mkdir(parents=True, exist_ok=True)
        draw_signals(searched, options.pictures)
    print_misses(console, searched, search, options.pictures)
    complete = print_unjudged(console, unjudged)
    return 0 if enough[0] and complete and wall <= LONGEST_S else 1


if __name__ == "__main__":
    sys.exit(main())
