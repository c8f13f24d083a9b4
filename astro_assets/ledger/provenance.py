"""An audit in the W3C's form, PROV: what a model was derived from, by which runs, with whose code.

Says what the audit says and nothing else, the same for the same audit. Names of files and tables may hold
anything: what is named by them is escaped, and shown as it is in labels.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from astro_assets.ledger.table import Table

if TYPE_CHECKING:
    from prov.model import ProvDocument

NAMESPACE: Final = "urn:astro-assets:"
_KINDS: Final = ("activity", "agent", "file", "label", "model", "says", "table")


def prov_json(audit: Mapping[str, Any], tables: Iterable[Table] = ()) -> str:
    """Write an audit as PROV-JSON; see :func:`prov_document`."""
    return str(prov_document(audit, tables).serialize(format="json", indent=1, sort_keys=True)) + "\n"


def prov_document(audit: Mapping[str, Any], tables: Iterable[Table] = ()) -> ProvDocument:
    """Put an audit into a PROV document.

    Parameters
    ----------
    audit
        As JSON values.
    tables
        From these it is known which table is made from which.

    Returns
    -------
    prov.model.ProvDocument
        Entities are the model, the rows it came from (a collection a table), labels and files; activities are
        the fit and the runs that computed the tables; agents are versions of the code.
    """
    from prov.model import ProvDocument

    document = ProvDocument()
    for kind in _KINDS:
        document.add_namespace(kind, f"{NAMESPACE}{kind}:")
    _runs_and_code(document, audit)
    collections = _collections(document, audit)
    _units(document, audit["files"], "file", collections)
    _units(document, audit["labels"], "label", collections)
    _between_tables(document, audit["tables"], tables)
    _model(document, audit, collections)
    return document


def _runs_and_code(document: ProvDocument, audit: Mapping[str, Any]) -> None:
    """Add what computed, and the versions of the code by the sha256 of their zips."""
    from prov.constants import PROV

    lines, made = audit["tables"], audit["made"]
    for run in sorted({made["run"], *(run for line in lines for run in line["runs"])} - {""}):
        document.activity(_id("activity", run), other_attributes={"prov:label": f"run {run}"})
    for source in sorted({made["source"], *(source for line in lines for source in line["sources"])}):
        about = {"prov:type": PROV["SoftwareAgent"], "prov:label": f"astro_assets {source[:16]}"}
        document.agent(_id("agent", source), [*about.items(), *_said({"sha256": source})])


def _collections(document: ProvDocument, audit: Mapping[str, Any]) -> set[str]:
    """Add the rows of each table as one collection, made by the runs that computed them."""
    from prov.constants import PROV

    for line in audit["tables"]:
        name = line["table"]
        said = {"n_rows": line["n_rows"], "n_units": line["n_units"], "root": line["root"]}
        said["code_version"] = line["code_versions"]
        about = {"prov:type": PROV["Collection"], "prov:label": name}
        document.entity(_id("table", name), [*about.items(), *_said(said)])
        for source in line["sources"]:
            document.attribution(_id("table", name), _id("agent", source))
        for run in line["runs"]:
            document.generation(_id("table", name), _id("activity", run))
    return {line["table"] for line in audit["tables"]}


def _units(
    document: ProvDocument, lines: Sequence[Mapping[str, Any]], kind: str, collections: set[str]
) -> None:
    """Add files or labels, each as a member of its table's collection."""
    for line in lines:
        unit = _id(kind, _name(line, kind))
        said = {name: line.get(name) for name in ("key", "sha256", "row_hash", "status", "is_held")}
        said |= {"star": line.get("stars"), "source": line.get("label_source")}
        said |= {"date": line.get("label_date"), **line["identity"]}
        label = str(line.get("name") or line["key"])
        document.entity(unit, [("prov:label", label), *_said(said)])
        if line["table"] in collections:
            document.membership(_id("table", line["table"]), unit)


def _between_tables(
    document: ProvDocument, lines: Sequence[Mapping[str, Any]], tables: Iterable[Table]
) -> None:
    there = {line["table"]: line for line in lines}
    for table in tables:
        for parent in dict.fromkeys(parent.table.name for parent in table.parents):
            if table.name not in there or parent not in there:
                continue
            document.derivation(_id("table", table.name), _id("table", parent))
            for run in there[table.name]["runs"]:
                document.usage(_id("activity", run), _id("table", parent))


def _model(document: ProvDocument, audit: Mapping[str, Any], collections: set[str]) -> None:
    made, training = audit["made"], audit["training"]
    name = f"{audit['model']}@{audit['version']}"
    model, fit = _id("model", name), _id("activity", f"fit of {name}")
    said = {"sha256": audit["artefact"]["sha256"], "origin": audit["origin"], **_plain(training)}
    document.entity(model, [("prov:label", name), *_said(said)])
    circumstances = {key: made.get(key) for key in ("seed", "git_commit", "is_dirty", "is_reproducible")}
    document.activity(
        fit,
        endTime=made["at"],
        other_attributes=[("prov:label", f"fit of {name}"), *_said(circumstances)],
    )
    document.generation(model, fit, time=made["at"])
    document.association(fit, _id("agent", made["source"]))
    document.attribution(model, _id("agent", made["source"]))
    if made["run"]:
        document.communication(fit, _id("activity", made["run"]))
    for table in sorted({line["table"] for line in audit["members"]} & collections):
        document.usage(fit, _id("table", table))
        document.derivation(model, _id("table", table), activity=fit)
    for kind, lines in (("file", audit["files"]), ("label", audit["labels"])):
        for line in lines:
            document.derivation(model, _id(kind, _name(line, kind)))
    if training["continued_from"]:
        before = _id("model", f"{audit['model']}@{training['continued_from']}")
        document.entity(before)
        document.revision(model, before)


def _name(line: Mapping[str, Any], kind: str) -> str:
    """Return what names a file or label: its content, not what it is called."""
    return str(line["sha256"] if kind == "file" else line["row_hash"])


def _id(kind: str, name: str) -> str:
    # Nothing that PROV's grammar of names has a meaning for is left.
    return f"{kind}:{quote(name, safe='', errors='surrogatepass')}"


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if not isinstance(value, dict)}


def _said(values: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Return values as attributes: a list as one of several, what is missing not at all."""
    return [
        (f"says:{quote(name, safe='')}", one)
        for name, value in values.items()
        for one in (value if isinstance(value, list) else [value])
        if one is not None
    ]
