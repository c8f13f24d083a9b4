"""Audits of models as an asset, and what the UI shows of a model's origin."""

import hashlib
import json
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Final

import dagster as dg

from astro_assets.ledger.audit import Audit, audit
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_tables import MODEL_AUDITS, MODELS
from astro_assets.ledger.models import ModelSpec
from astro_assets.ledger.page_names import model_page
from astro_assets.ledger.update import put_units
from astro_assets.orchestration.check_results import latest_checks
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.table_assets import asset_key, materialized
from astro_assets.orchestration.ui import definition_metadata

#: Lines of a table in the UI.
_LISTED: Final = 50


def model_audits_asset(
    specs: Sequence[ModelSpec], checks: Collection[dg.AssetCheckKey]
) -> dg.AssetsDefinition:
    """Return the asset that audits every version of every model, as `astro-assets audit` does.

    Parameters
    ----------
    specs
        How the models are made.
    checks
        Whose last results belong to an audit.
    """

    @dg.asset(
        key=asset_key(MODEL_AUDITS),
        deps=[dg.AssetKey(spec.name.split("/")) for spec in specs],
        description="Of each version of each model everything that produced it: rows, stars, labels, files, "
        "code, circumstances, checks, and what has changed since. The same as `astro-assets audit`.",
        group_name="ledger",
        kinds={"python", "polars", "deltalake"},
        owners=["team:transits"],
        metadata=definition_metadata(MODEL_AUDITS),
    )
    def model_audits(context: dg.AssetExecutionContext, engine: dg.ResourceParam[Engine]) -> Any:
        ledger = engine.ledger()
        fitted = ledger.open(MODELS).rows(["model", "model_version"]).select("model", "model_version")
        rows = {}
        for model, version in fitted.collect().iter_rows():
            found = audit(ledger, model, version, specs)
            tables = [table["table"] for table in found.tables]
            found.checks.extend(latest_checks(context.instance, checks, tables))
            rows[f"{model}@{version}"] = [_row(ledger, found)]
        report = put_units(ledger, MODEL_AUDITS, rows, run_id=context.run.run_id)
        yield from materialized(context, engine, MODEL_AUDITS, report, {"versions": _versions})

    return model_audits


def audit_metadata(ledger: Ledger, spec: ModelSpec, version: str) -> dict[str, Any]:
    """Return an audit's summary, its counts as a table, a link to all, and where the report's page lies."""
    found = audit(ledger, spec.name, version, [spec])
    counts = [
        dg.TableRecord({"counted by": name, "value": value, "rows": count})
        for name, of in found.training["counts"].items()
        for value, count in of.items()
    ]
    return {
        "audit": _sentence(found),
        "audit_counts": dg.MetadataValue.table(counts[:_LISTED], schema=_COUNTS),
        # A browser opens no file for a page that was served: what is served is the asset with all audits.
        "audits": dg.MetadataValue.url(f"/assets/{MODEL_AUDITS.name}"),
        "report_page": dg.MetadataValue.path(model_page(ledger.home, spec.name, version)),
    }


_COUNTS: Final = dg.TableSchema(
    [
        dg.TableColumn("counted by", "string"),
        dg.TableColumn("value", "string"),
        dg.TableColumn("rows", "int"),
    ]
)


def _sentence(found: Audit) -> str:
    failed = [check["name"] for check in found.checks if not check["passed"]]
    parts = [
        f"{found.training['n_rows']} rows of {found.training['n_stars']} stars from {len(found.files)} files",
        f"{len(found.labels)} labels",
        f"checks failed: {', '.join(failed)}" if failed else f"{len(found.checks)} checks passed",
        f"test set read by {found.test_reads['n']} versions",
        f"{found.behind['n_rows']} rows changed since",
        "can be rebuilt to the bit" if found.made["is_reproducible"] else "not reproducible",
    ]
    return "; ".join(parts)


def _row(ledger: Ledger, found: Audit) -> dict[str, Any]:
    content = json.dumps(found.to_json(), sort_keys=True).encode()
    sha256 = hashlib.sha256(content).hexdigest()
    ledger.objects.put_file(Path(), sha256, content)
    return {
        "model": found.model,
        "model_version": found.version,
        "audit": sha256,
        "n_rows_trained_on": found.training["n_rows"],
        "n_stars": found.training["n_stars"],
        "n_files": len(found.files),
        "n_labels": len(found.labels),
        "n_changed_since": found.behind["n_rows"],
        "n_test_reads": found.test_reads["n"],
        "n_checks_failed": sum(not check["passed"] for check in found.checks),
        "is_reproducible": bool(found.made["is_reproducible"]),
        "origin": found.origin,
    }


def _versions(ledger: Ledger) -> str | None:
    """Show the audits there are as a table in Markdown."""
    names = [name for name in MODEL_AUDITS.schema.names if name != "audit"]
    rows = ledger.open(MODEL_AUDITS).rows(names).select(names).sort("model", "model_version").collect()
    if rows.is_empty():
        return None
    lines = [names, ["---"] * len(names), *rows.tail(_LISTED).rows()]
    return "\n".join(f"| {' | '.join(str(cell).replace('|', ' ') for cell in line)} |" for line in lines)
