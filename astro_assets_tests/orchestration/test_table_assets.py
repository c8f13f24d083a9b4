"""The assets that Dagster shows: what is declared of them, and what a materialization does and records."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from astro_assets.definitions import (
    CLUSTERS_JOB,
    FETCH_JOB,
    SCORING_JOB,
    SEARCH_JOB,
    build_definitions,
    training_job,
)
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.model_tables import PROMOTED_MODELS
from astro_assets.ledger.shards import shard_of
from astro_assets.observations.tables import ARCHIVE_PRODUCTS
from astro_assets.orchestration.compute import LocalProcesses
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.instance import open_instance
from astro_assets.orchestration.shards import partition_keys
from astro_assets.orchestration.table_assets import asset_key
from astro_assets.tables import MODEL_SPECS, TABLES, TRAINED_MODELS
from astro_assets.transits.example_tables import EVENT_FILES
from astro_assets_tests.orchestration import homes

REPOSITORY = Path(__file__).parents[2]
WINGS = ("catalogs", "observations", "images", "xray", "transits")
SHOWN = [table for table in TABLES if table.name.partition("/")[0] in WINGS]
#: Assets that show what is in tables and are none.
VIEWS = ("observations/quarantined_files", "transits/candidate_reports")
MODELS = (*(spec.name for spec in MODEL_SPECS), "ledger/model_audits")
#: What a training brings in, by hand or by its settings.
GIVEN = {
    EVENT_FILES.name,
    *(model.recipes.table.name for model in TRAINED_MODELS if model.recipes is not None),
}
CANDIDATES = next(table for table in TABLES if table.name == "transits/transit_candidates")


@pytest.fixture
def home(searched_home: Home, tmp_path: Path) -> Home:
    return homes.copy_of(searched_home, tmp_path / "home")


def graph_of(home: Home) -> Any:
    return build_definitions(home).resolve_asset_graph()


def materialize(home: Home, key: dg.AssetKey, partition: str) -> dg.ExecuteInProcessResult:
    """Materialize one partition of one asset, as the UI does."""
    engine = Engine(home, TABLES, compute=LocalProcesses(1))
    definitions = build_definitions(home, engine)
    job = definitions.resolve_implicit_global_asset_job_def()
    with open_instance(home) as instance:
        return job.execute_in_process(
            instance=instance, asset_selection=[key], partition_key=partition,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )  # fmt: skip


def events_of(home: Home, key: dg.AssetKey, run_id: str) -> list[dg.AssetMaterialization]:
    with open_instance(home) as instance:
        records = instance.fetch_materializations(
            dg.AssetRecordsFilter(asset_key=key), limit=1000, ascending=True
        ).records
        return [record.asset_materialization for record in records if record.run_id == run_id]


@pytest.mark.parametrize("n_shards", [2, 64])
def test_every_home_has_the_partitions_of_its_shards(tmp_path: Path, n_shards: int) -> None:
    home = open_home(tmp_path / "home", n_shards=n_shards)
    graph = graph_of(home)
    for table in SHOWN:
        partitions = graph.get(asset_key(table)).partitions_def
        if table.is_by_target:
            assert partitions.get_partition_keys() == partition_keys(home, range(n_shards))
        else:
            assert partitions is None


def test_the_assets_are_the_tables_of_the_wings(tmp_path: Path) -> None:
    graph = graph_of(open_home(tmp_path / "home"))
    assert {key.to_user_string() for key in graph.get_all_asset_keys()} == {
        *(table.name for table in SHOWN),
        *VIEWS,
        *MODELS,
    }
    for table in SHOWN:
        node = graph.get(asset_key(table))
        wing = table.name.partition("/")[0]
        assert node.group_name == wing
        assert node.owners == [f"team:{wing}"]
        assert node.kinds == {"python", "polars", "deltalake"}
        assert len(node.description) > 40
        columns = node.metadata["dagster/column_schema"].columns
        assert [column.name for column in columns] == list(table.schema.names)
    period = next(
        column
        for column in graph.get(asset_key(CANDIDATES)).metadata["dagster/column_schema"].columns
        if column.name == "period_days"
    )
    assert period.tags == {"unit": "d"}


def test_the_lineage_that_is_shown_is_the_one_of_the_tables(tmp_path: Path) -> None:
    graph = graph_of(open_home(tmp_path / "home"))
    for table in SHOWN:
        shown = {key.to_user_string() for key in graph.get(asset_key(table)).parent_keys}
        # A promoted model is shown as the asset that fits it.
        read = {
            str(parent.equals).partition(":")[0] if parent.table is PROMOTED_MODELS else parent.table.name
            for parent in table.parents
        }
        assert read <= shown
        if table.parents:
            assert shown == read


def test_the_jobs_materialize_every_asset(tmp_path: Path) -> None:
    definitions = build_definitions(open_home(tmp_path / "home"))

    def selected(job: str) -> set[dg.AssetKey]:
        return set(definitions.resolve_job_def(job).asset_layer.selected_asset_keys)

    others = (dg.AssetKey(name.split("/")) for name in (*VIEWS, *MODELS))
    of_all = {*map(asset_key, SHOWN), *others}
    on_demand = {asset_key(table) for table in SHOWN if table.is_on_demand}
    assert on_demand
    models = {dg.AssetKey(name.split("/")) for name in MODELS}
    given = {dg.AssetKey(name.split("/")) for name in GIVEN}
    fetched = asset_key(ARCHIVE_PRODUCTS)
    assert selected(SEARCH_JOB) == of_all - on_demand - models - given - {fetched}
    assert selected(FETCH_JOB) == {fetched}
    pages = {dg.AssetKey(["transits", "candidate_reports"])}
    assert selected(SCORING_JOB) == on_demand | models | pages
    trained = set().union(*(selected(training_job(model)) for model in TRAINED_MODELS))
    assert selected(CLUSTERS_JOB) | trained == on_demand | models | given | pages


def test_materializing_a_partition_touches_its_shard_alone(home: Home) -> None:
    shard = shard_of("KIC 101", homes.N_SHARDS)
    mine = {f"KIC {n}" for n in homes.STARS if shard_of(f"KIC {n}", homes.N_SHARDS) == shard}
    assert len(mine) < len(homes.STARS)
    home.config_file.write_text("[transits.transit_candidates]\ndetection_threshold = 60\n")
    before, versions = homes.contents(home), homes.versions(home)
    (partition,) = partition_keys(home, [shard])

    result = materialize(home, asset_key(CANDIDATES), partition)

    assert result.success
    after = homes.contents(home)
    changed = {
        (name, key) for name in homes.CHAIN for key in after[name] if after[name][key] != before[name][key]
    }
    assert changed == {(CANDIDATES.name, target) for target in mine}
    moved = {name for name, version in homes.versions(home).items() if version != versions[name]}
    assert moved == {CANDIDATES.name}

    of_partition, of_table = _events(home, result.run_id)
    assert list(of_partition) == [partition]
    assert of_partition[partition]["units_computed"] == len(mine)
    assert "seconds" not in of_partition[partition]
    assert of_table["units_computed"] == len(mine)


def _events(home: Home, run_id: str) -> tuple[dict[str, dict[str, Any]], dict[str, Any]]:
    """Return the metadata of each partition's event, and of the one event about the whole table."""
    events = events_of(home, asset_key(CANDIDATES), run_id)
    values = [(event.partition, {k: v.value for k, v in event.metadata.items()}) for event in events]
    (whole,) = [metadata for partition, metadata in values if partition is None]
    return {partition: metadata for partition, metadata in values if partition is not None}, whole


def test_a_run_over_all_shards_records_counts_by_partition_and_the_rest_once(searched_home: Home) -> None:
    with open_instance(searched_home) as instance:
        (run,) = instance.get_run_records(limit=5)
    of_partition, of_table = _events(searched_home, run.dagster_run.run_id)
    assert sorted(of_partition) == partition_keys(searched_home, range(homes.N_SHARDS))
    by_shard = {f"KIC {n}": shard_of(f"KIC {n}", homes.N_SHARDS) for n in homes.STARS}
    for partition, metadata in of_partition.items():
        assert metadata["units_computed"] == list(by_shard.values()).count(int(partition))
        assert not [name for name, value in metadata.items() if "base64" in str(value)]
    assert of_table["units_computed"] == len(homes.STARS)
    assert {"seconds", "megabytes_of_arrays_written", "table_version", "dagster/uri"} <= set(of_table)
    pictures = [name for name, value in of_table.items() if "data:image/png;base64," in str(value)]
    assert sorted(pictures) == ["sky", "strength of the candidates"]


_PRINT_VERSIONS = """
import sys
from pathlib import Path
from astro_assets.ledger.home import open_home
from astro_assets.definitions import build_definitions
graph = build_definitions(open_home(Path(sys.argv[1]))).resolve_asset_graph()
for key in sorted(graph.get_all_asset_keys()):
    print(key.to_user_string(), graph.get(key).code_version)
"""


def test_the_code_version_changes_with_the_code_and_with_nothing_else(tmp_path: Path) -> None:
    package = shutil.copytree(
        REPOSITORY / "astro_assets", tmp_path / "astro_assets", ignore=shutil.ignore_patterns("__pycache__")
    )

    def code_versions() -> dict[str, str]:
        home = open_home(tmp_path / "home")
        program = [sys.executable, "-c", _PRINT_VERSIONS, str(home.root)]
        result = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
        return dict(line.split() for line in result.stdout.splitlines())

    def edit(pattern: str, replacement: str) -> None:
        path = package / "transits" / "fold.py"
        text, n = re.subn(pattern, replacement, path.read_text(), count=1)
        assert n == 1
        path.write_text(text)

    before = code_versions()
    assert all(re.fullmatch(r"[0-9a-f]{16}", before[name]) for name in homes.CHAIN)
    assert len({before[name] for name in homes.CHAIN}) == len(homes.CHAIN)
    edit(r'\A"""', '"""Edited. ')
    (tmp_path / "home" / "config.toml").write_text("[transits.folded_views]\nglobal_bins = 101\n")
    assert code_versions() == before
    edit(r"/ n - 0\.5", "/ n - 0.25")
    after = code_versions()
    assert {name for name in before if after[name] != before[name]} == {
        "transits/folded_views",
        "transits/false_alarms",  # folds, too
        "transits/injected_transits",  # likewise
    }
