"""Every audit finds a planted fault and is silent on clean splits, of simulated and of real views."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from astro_assets.learning.audits import (
    fitted_outside_fold,
    leaked_groups,
    leaked_names,
    near_duplicate_views,
    origin_mislabelled,
    shortcut,
)
from astro_assets.learning.splits import grouped_folds

Views = NDArray[np.float64]
N_GROUPS = 150
GROUPS = np.repeat([f"TIC {n}" for n in range(N_GROUPS)], 2)


def clean_splits(groups: NDArray[np.str_], n: int = 50) -> Iterator[NDArray[np.bool_]]:
    """Yield which rows are tested, of splits by group."""
    for seed in range(n // 5):
        folds = grouped_folds(groups.tolist(), [""] * groups.size, 5, seed)
        yield from (folds == fold for fold in range(5))


def found_in_views(
    views: Views, groups: NDArray[np.str_], tested: NDArray[np.bool_]
) -> list[tuple[int, ...]]:
    findings = near_duplicate_views(
        views[~tested], views[tested], groups[~tested].tolist(), groups[tested].tolist()
    )
    return [finding.rows for finding in findings]


def eclipses(noise: float, seed: int = 0) -> Views:
    """Smooth eclipses that all look alike, each with its own depth, width, noise, and gap."""
    rng = np.random.default_rng(seed)
    phase = np.linspace(-0.5, 0.5, 201)
    depth, width = rng.uniform(0.8, 1, (GROUPS.size, 1)), rng.uniform(0.025, 0.03, (GROUPS.size, 1))
    views = -depth * np.exp(-0.5 * (phase / width) ** 2) + noise * rng.normal(size=(GROUPS.size, 201))
    views[np.arange(GROUPS.size)[:, None], rng.integers(201, size=(GROUPS.size, 1)) - np.arange(9)] = np.nan
    return views


def test_groups_on_both_sides_are_found() -> None:
    (finding,) = leaked_groups(["a", "b", "b"], ["c", "b", "d", "b"])
    assert (finding.audit, finding.rows) == ("leaked_group", (1, 3))
    assert finding.message.endswith(": b")
    assert all(not leaked_groups(GROUPS[~tested], GROUPS[tested]) for tested in clean_splits(GROUPS))


@pytest.mark.parametrize("what", ["file", "augmentation parent"])
def test_names_on_both_sides_are_found(what: str) -> None:
    rows = np.array([f"{what} {at}" for at in range(GROUPS.size)])
    for tested in clean_splits(GROUPS):
        assert not leaked_names(rows[~tested], rows[tested].tolist(), what)
    (finding,) = leaked_names([*rows[~tested], rows[tested][4]], rows[tested].tolist(), what)
    assert (finding.audit, finding.rows) == (f"leaked_{what.replace(' ', '_')}", (4,))
    assert what in finding.message


@pytest.mark.parametrize("noise", [1e-3, 0.03, 1.0])
def test_views_that_look_alike_are_no_duplicates(noise: float) -> None:
    """At a noise of 0.001 two eclipses correlate by 0.9999 and more."""
    views = eclipses(noise)
    assert not any(found_in_views(views, GROUPS, tested) for tested in clean_splits(GROUPS))


@pytest.mark.parametrize("noise", [1e-3, 0.03, 1.0])
def test_one_view_twice_is_found_whatever_its_name(noise: float) -> None:
    views = eclipses(noise)
    tested = next(clean_splits(GROUPS))
    again = np.flatnonzero(tested)[7]
    # The same light curve, normalised anew, with a third of the noise added.
    extra = np.random.default_rng(1).normal(size=201)
    views[again] = 1.3 * (views[np.flatnonzero(~tested)[20]] + noise / 3 * extra)
    assert found_in_views(views, GROUPS, tested) == [(7,)]


def test_identical_views_are_found_without_noise_and_constant_ones_are_not() -> None:
    step = np.repeat([1.0, 0.0], 5)
    views = np.array([step, np.zeros(10), np.full(10, np.nan), step, np.zeros(10), np.full(10, np.nan)])
    tested = np.arange(6) >= 3
    assert found_in_views(views, np.array(list("abcdef")), tested) == [(0,)]


def test_settings_of_near_duplicates_change_what_is_found() -> None:
    views = eclipses(0.03)
    copy = views + 0.05 * np.random.default_rng(2).normal(size=views.shape)  # noise correlates by 0.5
    names = GROUPS.tolist()
    assert not near_duplicate_views(views, copy, names, names)
    assert near_duplicate_views(views, copy, names, names, n_sigma=5)
    assert not near_duplicate_views(views, copy, names, names, n_sigma=5, least_correlation=0.9999)


def test_what_was_fitted_outside_the_fold_is_found() -> None:
    for tested in clean_splits(GROUPS):
        assert not fitted_outside_fold(set(GROUPS[~tested][::3]), GROUPS[~tested])
    (finding,) = fitted_outside_fold(GROUPS, GROUPS[~tested])
    assert f"{len(set(GROUPS[tested]))} group(s)" in finding.message


def test_an_origin_is_that_of_the_least_real_member() -> None:
    members = ["real", "simulated", "injected", "real"]
    assert not origin_mislabelled(members, "simulated")
    (finding,) = origin_mislabelled(members, "real")
    assert finding.rows == (1,)
    assert origin_mislabelled(members, "injected")
    assert origin_mislabelled(["real", "real"], "simulated"), "nor does a real model hide as a simulated one"
    for label in (["dreamt"], "real"), (["real"], "dreamt"):
        with pytest.raises(ValueError, match="dreamt"):
            origin_mislabelled(*label)


def provenance(
    truth: NDArray[np.bool_], rng: np.random.Generator, planted: float
) -> dict[str, list[str | float]]:
    """Columns of rows; a part of the truth is told by their source and by their number of points."""
    n, told = truth.size, rng.random(truth.size) < planted
    source = np.where(told, truth, rng.random(n) < 0.5)
    points = rng.normal(size=n) + 3 * (told & truth)
    points[rng.random(n) < 0.1] = np.nan
    return {
        "source": np.where(source, "toi", "triage").tolist(),
        "n_points": points.tolist(),
        "sector": rng.integers(1, 27, n).astype(str).tolist(),
        "file": [f"file {at}" for at in range(n)],
        "star_noise": np.repeat(rng.normal(size=n // 2), 2).tolist(),  # the same for both rows of a star
    }


def test_provenance_that_tells_the_truth_is_found_and_no_other() -> None:
    rng = np.random.default_rng(0)
    truth = np.repeat(rng.random(N_GROUPS) < 0.3, 2)
    findings = shortcut(truth, provenance(truth, rng, 0.5), GROUPS.tolist())
    assert [finding.message.split(" alone")[0] for finding in findings] == ["source", "n_points"]


def test_clean_provenance_has_no_finding() -> None:
    """Of 50 draws, at a level of 1 % for all columns of one together: 3 or more have a chance of 1.4 %."""
    found = 0
    for seed in range(50):
        rng = np.random.default_rng(seed)
        truth = np.repeat(rng.random(N_GROUPS) < 0.3, 2)
        found += bool(shortcut(truth, provenance(truth, rng, 0.0), GROUPS.tolist(), seed=seed))
    assert found <= 2


def test_a_shortcut_has_to_be_worth_it_and_no_chance() -> None:
    rng = np.random.default_rng(3)
    truth = np.repeat(rng.random(N_GROUPS) < 0.3, 2)
    columns = {"source": provenance(truth, rng, 0.5)["source"]}
    assert shortcut(truth, columns, GROUPS.tolist(), largest_auc=0.6)
    assert not shortcut(truth, columns, GROUPS.tolist(), largest_auc=0.9)
    assert not shortcut(truth, columns, GROUPS.tolist(), n_permutations=50), "1 / 51 exceeds the level"
    assert shortcut(truth, columns, GROUPS.tolist(), n_permutations=50, level=0.02)
    assert not shortcut(truth, {}, GROUPS.tolist())
    with pytest.raises(ValueError, match="both classes"):
        shortcut(np.ones(GROUPS.size), columns, GROUPS.tolist())


@pytest.fixture(scope="module")
def events(shared_data: Path) -> pl.DataFrame:
    return pl.read_parquet(shared_data / "tess_tce_views" / "nigraha_tce_views.parquet").with_columns(
        pl.col("TIC_ID").cast(str),
        list=pl.col("src").str.split("-").list.first(),
        kind=pl.col("src").str.extract("(positive|negative|test|val)"),
    )


def global_views(events: pl.DataFrame) -> tuple[Views, NDArray[np.str_], NDArray[np.bool_]]:
    """Return views, their stars, and which the split that comes with them tests."""
    kept = events.filter(pl.col("global_view").list.len() == 201)
    views = np.array(kept["global_view"].to_list(), dtype=np.float64)
    return views, kept["TIC_ID"].to_numpy().astype(str), (kept["upstream_split"] != "train").to_numpy()


def test_the_split_of_the_real_events_leaks(events: pl.DataFrame) -> None:
    views, stars, tested = global_views(events)
    (finding,) = leaked_groups(stars[~tested].tolist(), stars[tested].tolist())
    assert len(finding.rows) > 300
    (rows,) = found_in_views(views, stars, tested)
    again = set(stars[~tested])
    assert all(stars[tested][row] in again for row in rows), "views of two stars are never taken for one"


@pytest.mark.slow
def test_splits_of_the_real_events_by_star_do_not(events: pl.DataFrame) -> None:
    views, stars, _ = global_views(events)
    for tested in clean_splits(stars):
        assert not leaked_groups(stars[~tested].tolist(), stars[tested].tolist())
        assert not found_in_views(views, stars, tested)


def test_the_source_of_the_real_events_tells_the_label(events: pl.DataFrame) -> None:
    is_planet = events["disposition"].is_in(["PC", "KP", "CP"]).to_numpy()
    columns = {name: events[name].to_list() for name in ("list", "kind", "src", "T0", "TIC_ID")}
    columns["row"] = np.random.default_rng(0).permutation(len(events)).astype(float).tolist()
    start = time.perf_counter()
    found = {
        finding.message.split(" alone")[0]: finding.message
        for finding in shortcut(is_planet, columns, events["TIC_ID"].to_list())
    }
    assert time.perf_counter() - start < 10
    assert {"list", "kind", "src"} <= found.keys()
    assert not {"TIC_ID", "row"} & found.keys()
    assert "AUC 0.8" in found["list"]
