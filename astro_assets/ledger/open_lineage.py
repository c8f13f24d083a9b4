"""An audit as OpenLineage events: each run of each table, then the fit, as lineage systems take them in.

The same events for the same audit: times are those on record, ids of runs follow from what they are of. Files
are named by their content; labels are not told one by one.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5

from astro_assets.ledger.table import Table

if TYPE_CHECKING:
    from openlineage.client.event_v2 import Dataset, InputDataset, Job, OutputDataset, Run, RunEvent
    from openlineage.client.generated.base import DatasetFacet, RunFacet

#: Of datasets and jobs; files have one of their own, where they are named by content.
NAMESPACE: Final = "astro_assets"
FILES: Final = "astro_assets/files"
PRODUCER: Final = "urn:astro-assets"


def open_lineage_json(audit: Mapping[str, Any], tables: Iterable[Table] = ()) -> list[dict[str, Any]]:
    """Return the events of an audit as JSON values; see :func:`open_lineage_events`."""
    from openlineage.client.serde import Serde

    return [json.loads(Serde.to_json(event)) for event in open_lineage_events(audit, tables)]


def open_lineage_events(audit: Mapping[str, Any], tables: Iterable[Table] = ()) -> list[RunEvent]:
    """Put an audit into events.

    Parameters
    ----------
    audit
        As JSON values.
    tables
        From these it is known which columns a table has, and which tables it is made from.

    Returns
    -------
    list of openlineage.client.event_v2.RunEvent
        A START and a COMPLETE of each run of each table, and of the fit. An audit tells of a table when the
        first and the last of its rows were computed: these are the times of all its runs.
    """
    of_name = {table.name: table for table in tables}
    lines = {line["table"]: line for line in audit["tables"]}
    events = []
    for name in [name for name in of_name if name in lines] + sorted(lines.keys() - of_name.keys()):
        line, inputs = lines[name], _inputs(name, audit, lines, of_name)
        output = _output(_table_dataset(line, of_name), line["n_rows"])
        for run in line["runs"]:
            its = _run(f"{run} {name}", _parent(run))
            events += _events(its, _job(name, "TABLE"), inputs, output, (line["first"], line["last"]))
    return events + _fit(audit, lines, of_name)


def _inputs(
    name: str, audit: Mapping[str, Any], lines: Mapping[str, Any], of_name: Mapping[str, Table]
) -> list[InputDataset]:
    """Return what a table was made from: other tables, or the files that were put into it."""
    parents = [parent.table.name for parent in of_name[name].parents] if name in of_name else []
    tables = [lines[parent] for parent in dict.fromkeys(parents) if parent in lines]
    files = [line for line in audit["files"] if line["table"] == name]
    return [_table_input(line, of_name) for line in tables] + [_file_input(line) for line in files]


def _fit(audit: Mapping[str, Any], lines: Mapping[str, Any], of_name: Mapping[str, Table]) -> list[RunEvent]:
    from openlineage.client.generated.execution_parameters_run import (
        ExecutionParameter,
        ExecutionParametersRunFacet,
    )
    from openlineage.client.generated.processing_engine_run import ProcessingEngineRunFacet

    made, training, model = audit["made"], audit["training"], audit["model"]
    config = sorted(made["config"].items())
    settings = [
        ExecutionParameter(key=name, value=json.dumps(value, sort_keys=True)) for name, value in config
    ]
    told = {name: made.get(name) for name in ("git_commit", "is_dirty", "is_reproducible", "seed", "source")}
    facets = {
        **_parent(made["run"]),
        "executionParameters": ExecutionParametersRunFacet(parameters=settings, producer=PRODUCER),
        "processing_engine": ProcessingEngineRunFacet(
            name="astro_assets", version=made["source"], producer=PRODUCER
        ),
        **_run_tags({**told, "training_recipe": training["recipe"], "training_root": training["root"]}),
    }
    trained_on = sorted({line["table"] for line in audit["members"]} & lines.keys())
    inputs = [_table_input(lines[name], of_name) for name in trained_on]
    said = {"sha256": audit["artefact"]["sha256"], "origin": audit["origin"]}
    output = _output(
        _dataset(NAMESPACE, model, audit["version"], _tags(said)), None, audit["artefact"]["n_bytes"]
    )
    run = _run(f"fit of {model}@{audit['version']}", facets)
    return _events(run, _job(model, "MODEL"), inputs, output, (made["at"], made["at"]))


def _events(
    run: Run, job: Job, inputs: list[InputDataset], output: OutputDataset, times: tuple[str, str]
) -> list[RunEvent]:
    from openlineage.client.event_v2 import RunEvent, RunState

    states = (RunState.START, RunState.COMPLETE)
    return [
        RunEvent(
            eventType=state,
            eventTime=time,
            run=run,
            job=job,
            inputs=inputs,
            outputs=[output] if state is RunState.COMPLETE else [],
            producer=PRODUCER,
        )
        for state, time in zip(states, times, strict=True)
    ]


def _run(name: str, facets: Mapping[str, RunFacet]) -> Run:
    """Return a run whose id follows from its name: one run of Dagster computes several tables."""
    from openlineage.client.event_v2 import Run

    return Run(runId=str(uuid5(NAMESPACE_URL, f"{PRODUCER}:{name}")), facets=dict(facets))


def _parent(run: str) -> dict[str, RunFacet]:
    """Return by which run of Dagster something was computed, if by one."""
    from openlineage.client.generated import parent_run as parent

    try:
        found = parent.Run(runId=str(UUID(run)))
    except ValueError:
        return {}
    job = parent.Job(namespace=NAMESPACE, name="run")
    return {"parent": parent.ParentRunFacet(run=found, job=job, producer=PRODUCER)}


def _job(name: str, kind: str) -> Job:
    from openlineage.client.event_v2 import Job
    from openlineage.client.generated.job_type_job import JobTypeJobFacet

    facet = JobTypeJobFacet(
        processingType="BATCH", integration="ASTRO_ASSETS", jobType=kind, producer=PRODUCER
    )
    return Job(namespace=NAMESPACE, name=name, facets={"jobType": facet})


def _table_dataset(line: Mapping[str, Any], of_name: Mapping[str, Table]) -> Dataset:
    from openlineage.client.generated.schema_dataset import SchemaDatasetFacet, SchemaDatasetFacetFields

    facets: dict[str, DatasetFacet] = _tags({"n_units": line["n_units"], "code": line["code_versions"]})
    if table := of_name.get(line["table"]):
        fields = [
            SchemaDatasetFacetFields(column.name, column.dtype, column.description, fields=None)
            for column in table.schema
        ]
        facets["schema"] = SchemaDatasetFacet(fields=fields, producer=PRODUCER)
    return _dataset(NAMESPACE, line["table"], line["root"], facets)


def _table_input(line: Mapping[str, Any], of_name: Mapping[str, Table]) -> InputDataset:
    from openlineage.client.event_v2 import InputDataset
    from openlineage.client.generated.input_statistics_input_dataset import InputStatisticsInputDatasetFacet

    data = _table_dataset(line, of_name)
    facet = InputStatisticsInputDatasetFacet(rowCount=line["n_rows"], producer=PRODUCER)
    return InputDataset(data.namespace, data.name, {"inputStatistics": facet}, facets=data.facets)


def _file_input(line: Mapping[str, Any]) -> InputDataset:
    from openlineage.client.event_v2 import InputDataset

    said = {"name": line["name"], "star": line["stars"], **line["identity"]}
    data = _dataset(FILES, line["sha256"], line["sha256"], _tags(said))
    return InputDataset(data.namespace, data.name, {}, facets=data.facets)


def _output(data: Dataset, n_rows: int | None, n_bytes: int | None = None) -> OutputDataset:
    from openlineage.client.event_v2 import OutputDataset
    from openlineage.client.generated.output_statistics_output_dataset import (
        OutputStatisticsOutputDatasetFacet,
    )

    facet = OutputStatisticsOutputDatasetFacet(rowCount=n_rows, size=n_bytes, producer=PRODUCER)
    return OutputDataset(data.namespace, data.name, {"outputStatistics": facet}, facets=data.facets)


def _dataset(namespace: str, name: str, version: str, facets: Mapping[str, DatasetFacet]) -> Dataset:
    from openlineage.client.event_v2 import Dataset
    from openlineage.client.generated.dataset_version_dataset import DatasetVersionDatasetFacet

    of_version = DatasetVersionDatasetFacet(datasetVersion=version, producer=PRODUCER)
    return Dataset(namespace, name, facets={"version": of_version, **facets})


def _tags(values: Mapping[str, Any]) -> dict[str, DatasetFacet]:
    from openlineage.client.generated.tags_dataset import TagsDatasetFacet, TagsDatasetFacetFields

    tags = [TagsDatasetFacetFields(key=name, value=value) for name, value in _texts(values)]
    return {"tags": TagsDatasetFacet(tags=tags, producer=PRODUCER)}


def _run_tags(values: Mapping[str, Any]) -> dict[str, RunFacet]:
    from openlineage.client.generated.tags_run import TagsRunFacet, TagsRunFacetFields

    tags = [TagsRunFacetFields(key=name, value=value) for name, value in _texts(values)]
    return {"tags": TagsRunFacet(tags=tags, producer=PRODUCER)}


def _texts(values: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    """Return values as texts: a list as several, what is missing not at all."""
    return [
        (name, one if isinstance(one, str) else json.dumps(one))
        for name, value in values.items()
        for one in (value if isinstance(value, list) else [value])
        if one is not None
    ]
