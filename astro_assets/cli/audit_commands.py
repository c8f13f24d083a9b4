"""The commands that ask where models came from, and what descends from a file: parse, call, print."""

import json
import sys
from dataclasses import replace
from enum import StrEnum
from typing import Annotated

import typer

from astro_assets.cli import audit_printing, queries
from astro_assets.cli.last_checks import last_checks
from astro_assets.cli.options import Format, FormatOption, HomeOption
from astro_assets.cli.progress import progress_shown
from astro_assets.cli.subjects import impact_of
from astro_assets.ledger.audit import Audit, audit
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.model_names import resolve
from astro_assets.ledger.verification import verify
from astro_assets.tables import MODEL_SPECS, TABLES


class AuditFormat(StrEnum):
    """How to print an audit."""

    table = "table"
    json = "json"
    html = "html"
    prov = "prov"
    openlineage = "openlineage"


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module to the others."""
    app.command("audit")(show_audit)
    app.command("impact")(show_impact)


def show_audit(
    model: Annotated[
        str, typer.Argument(metavar="MODEL[@VERSION]", help="As transit_scorer@3f2a; without, the champion.")
    ],
    output: Annotated[AuditFormat, typer.Option("--format", help="How to print.")] = AuditFormat.table,
    again: Annotated[
        bool, typer.Option("--verify", help="Hash every file and row again, and say what does not match.")
    ] = False,
    home: HomeOption = None,
) -> None:
    """Show every star, file, label and circumstance that produced a version of a model."""
    ledger = open_ledger(open_home(home, must_exist=True), TABLES)
    found = audit(ledger, *resolve(ledger, model), MODEL_SPECS)
    with last_checks(ledger.home) as checks_of:
        checks = checks_of({table["table"] for table in found.tables})  # a version's own are in its audit
    found = replace(found, checks=[*found.checks, *checks])
    verified = None
    if again:
        with progress_shown("hashed again") as progress:
            verified = verify(ledger, found, progress)
    if output is AuditFormat.table:
        audit_printing.audit(found)
    elif output is AuditFormat.html:
        from astro_assets.reports.audit_shown import audit_html

        sys.stdout.write(audit_html(found.to_json()))
    else:
        sys.stdout.write(_exported(found, output))
    if verified is not None:
        audit_printing.verified(verified, to_stderr=output is not AuditFormat.table)
        raise typer.Exit(1 if verified.mismatches else 0)


def _exported(found: Audit, output: AuditFormat) -> str:
    """Return an audit in a form for other programs, JSON all of them."""
    from astro_assets.ledger.open_lineage import open_lineage_json
    from astro_assets.ledger.provenance import prov_json

    if output is AuditFormat.prov:
        return prov_json(found.to_json(), TABLES)
    told = found.to_json() if output is AuditFormat.json else open_lineage_json(found.to_json(), TABLES)
    return json.dumps(told, indent=1) + "\n"


def show_impact(
    subject: Annotated[
        str,
        typer.Argument(
            metavar="FILE|TARGET|TABLE", help="A file by path, name or hash; a target; or a table."
        ),
    ],
    output: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """List every row, model and score that descends from a file, a target or a table."""
    ledger = open_ledger(open_home(home, must_exist=True), TABLES)
    meant, found = impact_of(ledger, subject)
    if output is Format.json:
        told = {
            "of": meant,
            "units": queries.rows_json(found.units),
            "models": queries.rows_json(found.models),
        }
        sys.stdout.write(json.dumps(told, indent=1) + "\n")
    else:
        audit_printing.impact(meant, found)
