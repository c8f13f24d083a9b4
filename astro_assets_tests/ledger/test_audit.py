"""An audit tells everything that produced a version of a model, also when that has changed since."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from astro_assets.ledger.audit import Audit, UnknownVersionError, audit
from astro_assets.ledger.hashing import merkle_root
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_tables import TRACKED_RUNS
from astro_assets.ledger.models import Judgement, ModelSpec, fit_model, promote
from astro_assets.ledger.table import Config, Parents
from astro_assets.ledger.update import put_units
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import put_entries, put_files, refresh, toy_ledger

N_STARS = 5


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Five stars of two files each, one simulated; one of them is in the catalogue."""
    ledger = toy_ledger(tmp_path / "home", with_models=True)
    rows = [toy.file_row(f"f{i}", f"SIM {i // 2}", [0.1 * i, 0.7]) for i in range(2 * N_STARS)]
    put_files(ledger, *({**row, "origin": "simulated" if i > 7 else "real"} for i, row in enumerate(rows)))
    put_entries(ledger, {"e": ("SIM 1", 2.0)})
    refresh(ledger)
    return ledger


def spec_of(ledger: Ledger) -> ModelSpec:
    return toy.level_spec(ledger.table("stars"))


def fitted(ledger: Ledger) -> str:
    version = fit_model(ledger, spec_of(ledger), run_id="run 1")
    promote(ledger, "toy/level", version, why="the first")
    return version


def audited(ledger: Ledger, version: str) -> Audit:
    return audit(ledger, "toy/level", version, [spec_of(ledger)])


def test_everything_that_it_was_made_of_is_told(ledger: Ledger) -> None:
    version = fitted(ledger)
    found = audited(ledger, version)
    rows = ledger.open(ledger.table("stars")).rows([]).collect()
    assert sorted(line["row_hash"] for line in found.members) == sorted(rows["row_hash"])
    assert found.training["root"] == merkle_root(sorted(rows["row_hash"]))
    assert found.stars == [f"SIM {i}" for i in range(N_STARS)]
    assert found.training["counts"]["origin"] == {"real": 4, "simulated": 1}
    assert (found.origin, found.aliases, found.made["run"]) == ("simulated", ["champion"], "run 1")
    (label,) = found.labels
    assert (label["label_source"], label["identity"]["target_id"]) == ("e", "SIM 1")
    units = {table["table"]: table["n_units"] for table in found.tables}
    assert units == {"toy/files": 10, "toy/curves": 10, "toy/stars": 5, "toy/catalogue": 1}
    assert found.behind == {"n_rows": 0, "superseded": []}
    assert all(check["passed"] for check in found.checks)
    artefact = ledger.objects.get_file(found.artefact["sha256"])
    assert found.artefact["n_bytes"] == artefact.stat().st_size
    assert "numpy" in found.made["environment"]


def test_it_is_plain_json_and_the_same_each_time(ledger: Ledger) -> None:
    version = fitted(ledger)
    first, again = (json.dumps(audited(ledger, version).to_json(), allow_nan=False) for _ in range(2))
    assert first == again
    assert json.loads(first)["format"] == "astro_assets audit 1"


def test_what_has_changed_or_gone_since_is_told_of_exactly_that(ledger: Ledger) -> None:
    version = fitted(ledger)
    before = audited(ledger, version)
    put_files(ledger, toy.file_row("f0", "SIM 0", [9.0]), remove=["f2", "f3"])
    put_entries(ledger, {"new": ("SIM 3", 1.5)})
    refresh(ledger)
    after = audited(ledger, version)
    status = {line["star"]: line["status"] for line in after.members}
    assert status == {
        "SIM 0": "changed since", "SIM 1": "gone since", "SIM 2": "as trained on", "SIM 3": "changed since",
        "SIM 4": "as trained on",
    }  # fmt: skip
    assert after.behind["n_rows"] == 3
    unlike = ("members", "labels", "behind")
    assert replace(after, **{name: getattr(before, name) for name in unlike}) == before, (
        "what it was made of stays"
    )
    strip = [{**line, "status": "as trained on"} for line in after.members]
    assert strip == before.members


def test_a_simulated_row_in_a_real_model_is_found(ledger: Ledger) -> None:
    def judged(metrics):
        return [Judgement("is_high", metrics["mean"] > 100, f"{metrics['mean']:.1f}")]

    version = fitted(ledger)
    found = audit(ledger, "toy/level", version, [replace(spec_of(ledger), judged=judged)])
    failed = [check["name"] for check in found.checks if not check["passed"]]
    assert failed == ["is_high"]


def test_a_continued_model_names_the_version_it_goes_on_from(ledger: Ledger) -> None:
    first = fitted(ledger)
    put_files(ledger, toy.file_row("f0", "SIM 0", [9.0]))
    refresh(ledger)
    spec = replace(spec_of(ledger), is_continued=True, fit=fit_continued)
    second = fit_model(ledger, spec)
    found = audit(ledger, "toy/level", second, [spec])
    assert found.training["continued_from"] == first
    assert found.training["n_rows"] == N_STARS, "the version before is no row"
    assert audited(ledger, first).training["continued_from"] is None


def fit_continued(rows: Parents, config: Config) -> tuple[bytes, dict[str, float]]:
    (previous,) = rows["previous"]
    return previous["artefact"].read_bytes() + b" and on", {"mean": 0.0}


def test_a_tracked_run_and_versions_judged_on_the_same_stars_are_told(ledger: Ledger) -> None:
    spec = replace(spec_of(ledger), fit=fit_with_split)
    versions = [fit_model(ledger, replace(spec, config=SplitConfig(seed=seed))) for seed in (1, 2)]
    run = {"model": "toy/level", "model_version": versions[0], "tracker": "mlflow", "tracked_run": "abc"}
    put_units(ledger, TRACKED_RUNS, {f"toy/level@{versions[0]}": [{**run, "address": "sqlite:///x"}]})
    found = audit(ledger, "toy/level", versions[0], [spec])
    assert found.test_reads == {"split": "s", "n": 2, "versions": sorted(versions)}
    assert found.made["tracked_as"] == [{"tracker": "mlflow", "tracked_run": "abc", "address": "sqlite:///x"}]
    assert found.made["seed"] == 1


class SplitConfig(Config):
    """Settings of a fit that is judged."""

    seed: int = 0


def fit_with_split(rows: Parents, config: SplitConfig) -> tuple[bytes, dict[str, str]]:
    return str(config.seed).encode(), {"split": "s"}


def test_a_version_that_is_not_there_is_an_error_that_says_so(ledger: Ledger) -> None:
    with pytest.raises(UnknownVersionError, match="toy/level has no version 'zz'"):
        audit(ledger, "toy/level", "zz")


def test_columns_that_describe_rows_are_told_as_they_were(tmp_path: Path) -> None:
    """Of a table whose units hold rows of many stars each row names its own."""
    described = replace(toy.CATALOGUE, described_by={"star": "target_id", "class": "entry"})
    ledger = toy_ledger(tmp_path / "home", with_models=True)
    ledger = replace(ledger, tables=tuple(described if t == toy.CATALOGUE else t for t in ledger.tables))
    rows = [{"entry": f"e{i}", "target_id": f"TIC {i}", "factor": 1.0 + i} for i in range(3)]
    put_units(ledger, described, {"all": rows})
    spec = replace(spec_of(ledger), training=(replace(spec_of(ledger).training[0], table=described),))
    spec = replace(spec, training=(replace(spec.training[0], columns=("factor",)),), fit=fit_factors)
    version = fit_model(ledger, spec)
    put_units(ledger, described, {"all": rows[1:]})
    found = audit(ledger, "toy/level", version, [spec])
    told = [(line["star"], line["class"], line["status"]) for line in found.members]
    assert sorted(told) == [
        ("TIC 0", "e0", "changed since"), ("TIC 1", "e1", "as trained on"), ("TIC 2", "e2", "as trained on"),
    ]  # fmt: skip
    assert found.stars == ["TIC 0", "TIC 1", "TIC 2"]
    assert pl.Series([line["key"] for line in found.members]).unique().to_list() == ["all"]


def fit_factors(rows: Parents, config: Config) -> tuple[bytes, dict[str, float]]:
    return b"x", {"mean": 1.0}
