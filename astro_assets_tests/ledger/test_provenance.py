"""What PROV and OpenLineage say of a model is what its audit says, whatever files are called."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from prov.model import ProvDocument
from prov.model.records import ProvActivity, ProvDerivation, ProvEntity, ProvGeneration, ProvMembership

from astro_assets.ledger.audit import audit
from astro_assets.ledger.models import fit_model
from astro_assets.ledger.open_lineage import FILES, open_lineage_json
from astro_assets.ledger.provenance import NAMESPACE, prov_json
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.audits import digest, whole_audit
from astro_assets_tests.ledger.homes import put_entries, put_files, refresh, toy_ledger

NAMES = [
    "tess-s0001 (1).fits",
    "a:b/c%20d.fits",
    "ünïcödé 🪐.fits",
    "-.'\"\n\\[],;=",
    "\udcff.fits",
    "x" * 300,
]


def _read(text: str) -> ProvDocument:
    return ProvDocument.deserialize(content=text, format="json")


def _ancestors(document: ProvDocument, start: str) -> set[str]:
    """Follow derivations, and collections to their members, from an entity."""
    steps: dict[str, set[str]] = {}
    for kind in (ProvDerivation, ProvMembership):
        for record in document.get_records(kind):
            child, parent = (value.uri for _, value in record.formal_attributes[:2])
            steps.setdefault(child, set()).add(parent)
    found, left = set(), {start}
    while left:
        found |= left
        left = {parent for child in left for parent in steps.get(child, ())} - found
    return found


def _model(said: Mapping[str, Any]) -> str:
    return f"{NAMESPACE}model:{said['model'].replace('/', '%2F')}%40{said['version']}"


@pytest.mark.parametrize("tables", [(), toy.tables()], ids=["alone", "with the tables"])
def test_prov_tells_which_files_a_model_was_derived_from(tables: Any) -> None:
    said = whole_audit(NAMES)
    document = _read(prov_json(said, tables))
    found = _ancestors(document, _model(said))
    prefix = f"{NAMESPACE}file:"
    assert {uri.removeprefix(prefix) for uri in found if uri.startswith(prefix)} == {
        line["sha256"] for line in said["files"]
    }
    labels = {f"{NAMESPACE}label:{line['row_hash']}" for line in said["labels"]}
    assert labels <= found
    assert f"{NAMESPACE}table:toy%2Fstars" in found
    is_known = bool(tables)
    assert (f"{NAMESPACE}table:toy%2Ffiles" in found) == is_known, "by what tables are made from"


def test_prov_calls_files_what_they_are_called() -> None:
    said = whole_audit(NAMES)
    document = _read(prov_json(said))
    of_file = {
        entity.identifier.localpart: entity
        for entity in document.get_records(ProvEntity)
        if entity.identifier.namespace.prefix == "file"
    }
    for line in said["files"]:
        entity = of_file[line["sha256"]]
        assert entity.label == line["name"]
        told = {name.localpart: value for name, value in entity.extra_attributes}
        assert (told["mission"], told["size_bytes"], told["is_short"]) == ("TESS", 2**40, True)
        assert [told["star"]] == line["stars"]


def test_prov_tells_by_which_runs_and_code() -> None:
    said = whole_audit(NAMES[:1])
    document = _read(prov_json(said, toy.tables()))
    activities = {activity.identifier.localpart for activity in document.get_records(ProvActivity)}
    fit = f"fit%20of%20toy%2Flevel%40{said['version']}"
    runs = {run for line in said["tables"] for run in line["runs"]}
    assert activities == {fit, *runs}
    made_by = {
        (entity.localpart, activity.localpart)
        for record in document.get_records(ProvGeneration)
        for (_, entity), (_, activity), *_ in [record.formal_attributes]
    }
    assert ("toy%2Fcurves", sorted(runs)[1]) in made_by
    assert any(activity == fit for _, activity in made_by)
    written = json.loads(prov_json(said))
    assert set(written["agent"]) == {f"agent:{digest(name)}" for name in ("source", "an earlier source")}
    assert all(
        isinstance(record, dict) for kind in ("activity", "agent") for record in written[kind].values()
    )


@given(st.lists(st.text(st.characters()), max_size=4, unique=True), st.text(st.characters()))
def test_nothing_that_names_hold_breaks_the_exports(names: list[str], text: str) -> None:
    said = whole_audit(names, text)
    document = _read(prov_json(said, toy.tables()))
    assert len(
        [e for e in document.get_records(ProvEntity) if e.identifier.namespace.prefix == "file"]
    ) == len(names)
    document.get_provn()
    assert json.dumps(open_lineage_json(said, toy.tables())).isascii()


def test_exports_of_one_audit_are_the_same() -> None:
    said = whole_audit(NAMES)
    assert prov_json(said, toy.tables()) == prov_json(deepcopy(said), toy.tables())
    assert open_lineage_json(said, toy.tables()) == open_lineage_json(deepcopy(said), toy.tables())


def _event(said: Mapping[str, Any]) -> RunEvent:
    """Read an event with the library's own classes, which check ids and times."""

    def datasets(name: str, kind: Any) -> list[Any]:
        return [kind(one["namespace"], one["name"]) for one in said.get(name, [])]

    return RunEvent(
        eventType=RunState(said["eventType"]),
        eventTime=said["eventTime"],
        run=Run(said["run"]["runId"]),
        job=Job(said["job"]["namespace"], said["job"]["name"]),
        inputs=datasets("inputs", InputDataset),
        outputs=datasets("outputs", OutputDataset),
        producer=said["producer"],
    )


def test_open_lineage_begins_and_completes_each_run_of_each_table_and_the_fit() -> None:
    said = whole_audit(NAMES)
    events = open_lineage_json(said, toy.tables())
    runs: dict[str, list[RunEvent]] = {}
    for event in events:
        runs.setdefault(event["run"]["runId"], []).append(_event(event))
        assert event["schemaURL"].endswith("/OpenLineage.json#/$defs/RunEvent")
        assert uuid.UUID(event["run"]["runId"]).version == 5
    assert len(runs) == sum(len(line["runs"]) for line in said["tables"]) + 1
    for start, complete in runs.values():
        assert (start.eventType, complete.eventType) == (RunState.START, RunState.COMPLETE)
        assert start.job == complete.job
        assert start.eventTime <= complete.eventTime
        assert len(complete.outputs or []) == 1
    assert [event["job"]["name"] for event in events][-1] == "toy/level"
    parents = {event["run"]["facets"]["parent"]["run"]["runId"] for event in events}
    assert parents == {run for line in said["tables"] for run in line["runs"]}


def test_open_lineage_leads_from_the_model_to_the_files() -> None:
    said = whole_audit(NAMES)
    read_by: dict[str, set[tuple[str, str]]] = {}
    for event in open_lineage_json(said, toy.tables()):
        for output in event["outputs"]:
            inputs = {(one["namespace"], one["name"]) for one in event["inputs"]}
            read_by.setdefault(output["name"], set()).update(inputs)
    assert read_by["toy/level"] == {("astro_assets", "toy/stars")}
    assert read_by["toy/stars"] == {("astro_assets", "toy/curves"), ("astro_assets", "toy/catalogue")}
    assert read_by["toy/files"] == {(FILES, line["sha256"]) for line in said["files"]}


def test_open_lineage_tells_versions_columns_and_counts() -> None:
    said = whole_audit(NAMES)
    fit = open_lineage_json(said, toy.tables())[-1]
    (stars,), (model,) = fit["inputs"], fit["outputs"]
    assert stars["facets"]["version"]["datasetVersion"] == digest("toy/stars")
    assert [field["name"] for field in stars["facets"]["schema"]["fields"]] == ["target_id", "level", "curve"]
    assert stars["inputFacets"]["inputStatistics"]["rowCount"] == 4
    assert model["facets"]["version"]["datasetVersion"] == said["version"]
    tags = {tag["key"]: tag["value"] for tag in model["facets"]["tags"]["tags"]}
    assert tags["sha256"] == said["artefact"]["sha256"]
    run = fit["run"]["facets"]
    assert {tag["key"]: tag["value"] for tag in run["tags"]["tags"]}["seed"] == "0"
    assert run["executionParameters"]["parameters"] == [{"key": "scale", "value": "1.0"}]
    for facet in (*run.values(), *stars["facets"].values(), *model["facets"].values()):
        assert facet["_schemaURL"].startswith("https://openlineage.io/spec/facets/")
        assert facet["_producer"] == "urn:astro-assets"


def test_an_audit_of_a_home_is_exported(tmp_path: Path) -> None:
    ledger = toy_ledger(tmp_path, with_models=True)
    put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i}", [0.1 * i, 0.3]) for i in range(3)))
    put_entries(ledger, {"entry": ("SIM 1", 2.0)})
    refresh(ledger)
    version = fit_model(ledger, toy.level_spec(ledger.table("stars")))
    said = audit(ledger, "toy/level", version).to_json()
    found = _ancestors(_read(prov_json(said, ledger.tables)), _model(said))
    tables = {uri.rpartition(":")[2] for uri in found if ":table:" in uri}
    assert tables == {f"toy%2F{name}" for name in ("stars", "curves", "catalogue", "files")}
    events = open_lineage_json(said, ledger.tables)
    assert {_event(event).job.name for event in events} == {"toy/level"}, "nothing was computed by a run"
