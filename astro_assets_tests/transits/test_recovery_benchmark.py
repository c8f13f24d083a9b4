"""The recovery benchmark: what is injected is there, strong transits are recovered, stored answers hold."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import polars as pl
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
MODULES = (
    "injection_cells",
    "injections",
    "our_searches",
    "peer_searches",
    "recovery",
    "recovery_answers",
    "recovery_report",
    "recovery_summary",
)
STRONG = 24


@pytest.fixture
def bench(monkeypatch):
    """Return the modules of the benchmark, which are scripts beside each other."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    return SimpleNamespace(**{name: import_module(name) for name in MODULES})


@pytest.fixture
def cell(bench):
    """Return full frames with strong transits of short periods."""
    return replace(bench.injection_cells.CELLS["ffi-red03"], periods=(1.0, 6.0), ratios=(13.0, 16.0))


@pytest.fixture
def peers(bench):
    return (bench.peer_searches.ASTROPY,)


@pytest.fixture
def store(bench, tmp_path):
    return bench.recovery_answers.Store(tmp_path / "answers")


@pytest.mark.slow
def test_strong_transits_are_recovered_and_reported(bench, cell, peers, store, tmp_path):
    bench.recovery.search_with_peers(store, cell, STRONG, peers)
    found = bench.recovery.compared(store, cell, STRONG, peers)
    right = dict(found.group_by("search").agg(pl.col("is_first").sum()).rows())
    assert set(right) == {"astropy", bench.our_searches.SPECTRUM, bench.our_searches.SEARCH}
    assert min(right.values()) >= STRONG - 1
    kept = found.filter(pl.col("search") != bench.our_searches.SEARCH)["kept"]
    assert 0.9 < kept.mean() < 1.05
    verdicts = bench.recovery_summary.verdicts(cell, found, ["astropy"])
    assert [verdict.ours for verdict in verdicts] == [bench.our_searches.SEARCH, bench.our_searches.SPECTRUM]
    text = bench.recovery_report.markdown({cell.name: cell}, found, ["astropy"])
    assert f"{STRONG} injections" in text
    assert all(bench.recovery_report.verdict_line(verdict) in text for verdict in verdicts)
    bench.recovery_report.figure({cell.name: cell}, found, tmp_path / "recovery.png")
    assert (tmp_path / "recovery.png").read_bytes().startswith(b"\x89PNG")


def test_a_curve_follows_from_its_number_and_has_the_ratio_asked_for(bench, cell):
    quiet = replace(cell, noise=0.0)
    ones = [bench.injections.injection(quiet, number) for number in range(STRONG)]
    again = bench.injections.injection(quiet, 5)
    assert bench.injections.fingerprint(quiet, ones[5]) == bench.injections.fingerprint(quiet, again)
    assert len({bench.injections.fingerprint(quiet, one) for one in ones}) == STRONG
    # A box keeps 0.97 to 0.99 of a limb-darkened transit; noise moves each ratio by 1, the mean by 0.2.
    ratios = [bench.our_searches.exact_ratio(one) - one.ratio for one in ones]
    assert -0.8 < np.mean(ratios) < 0.8


def test_a_stopped_run_goes_on_and_repeats_nothing(bench, cell, peers, store):
    bench.recovery.search_with_peers(store, cell, 2, peers)
    (path,) = store.folder.glob("*/*.csv")
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])  # killed while it wrote the last line
    bench.recovery.search_with_peers(store, cell, 3, peers)
    lines, before = path.read_text().splitlines(), whole.decode().splitlines()
    assert lines[:2] == before[:2]  # with the seconds it took: it was not searched again
    assert [line.split(",")[:3] for line in lines[1:3]] == [line.split(",")[:3] for line in before[1:]]
    assert [line.split(",")[0] for line in lines[1:]] == ["0", "1", "2"]


def test_answers_to_other_curves_are_refused(bench, cell, peers, store):
    bench.recovery.search_with_peers(store, cell, 1, peers)
    for other in (
        replace(cell, ratios=(13.0, 15.0)),
        replace(cell, noise=0.2),
        replace(cell, periods=(1.0, 6.5)),
    ):
        with pytest.raises(bench.recovery_answers.AnswerError, match=r"astropy.*answer 0"):
            bench.recovery.compared(store, other, 1, peers)


def test_pairs_are_judged_by_what_only_one_recovers(bench):
    pair = bench.recovery_summary.Pair(lost=14, gained=5, size=300)
    assert pair.difference == pytest.approx(-0.03)
    assert pair.error == pytest.approx(np.sqrt(19 - 81 / 300) / 300)
    # Twice the chance of at most 5 heads in 19 throws: 16,664 of 2^19 ways.
    assert pair.probability == pytest.approx(2 * 16664 / 2**19)
    found = pl.DataFrame(
        {
            "cell": ["c"] * 6,
            "search": ["a"] * 3 + ["b"] * 3,
            "number": [0, 1, 2, 2, 1, 0],
            "is_first": [True, False, True, False, False, True],
        }
    )
    paired = bench.recovery_summary.paired(found, "a", "b")
    assert (paired.lost, paired.gained, paired.size) == (0, 1, 3)


def test_too_little_recovered_is_not_enough(bench):
    """Ours may lose one point of a hundred to the best, and must gain five on TLS in red noise."""

    def judged(cell, n_ours, n_spectrum, n_tls):
        searches = {bench.our_searches.SEARCH: n_ours, bench.our_searches.SPECTRUM: n_spectrum, "tls": n_tls}
        found = pl.concat(
            pl.DataFrame(
                {
                    "cell": [cell] * 100,
                    "search": [name] * 100,
                    "number": range(100),
                    "is_first": [number < right for number in range(100)],
                }
            )
            for name, right in searches.items()
        )
        verdicts = bench.recovery_summary.verdicts(bench.injection_cells.CELLS[cell], found, ["tls"])
        return [verdict.is_enough for verdict in verdicts]

    assert judged("ffi-red03", 79, 78, 80) == [True, False]
    assert judged("ffi-red06", 85, 84, 80) == [True, True, True, False]
    assert judged("ffi-red06-flat", 79, 79, 80) == [True, True]


def test_what_is_found_instead_is_told_by_its_part_of_the_period(bench):
    found = pl.DataFrame(
        {
            "period_days": [4.0] * 6,
            "found_days": [4.0, 2.004, 8.01, 7.9, 3.1, float("nan")],
            "duration_days": [0.1] * 6,
            "baseline_days": [27.0] * 6,
            "is_first": [True] + [False] * 5,
        }
    )
    counts = bench.recovery_summary.found_instead(found)
    assert counts == {"1/2": 1, "2": 1, "another period": 3}
