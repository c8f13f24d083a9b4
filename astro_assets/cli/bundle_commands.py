"""The command that packs a version of a model with all it can be made again from: parse, call, print."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from astro_assets.cli.options import Format, FormatOption, HomeOption
from astro_assets.cli.printing import notes, out, plain
from astro_assets.cli.progress import steps_shown
from astro_assets.ledger.bundles import SUFFIX, BundleError, write_bundle
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.records import find_record
from astro_assets.tables import TABLES


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module to the others."""
    app.command("bundle")(bundle_model)


def bundle_model(
    model: Annotated[
        str, typer.Argument(metavar="MODEL[@VERSION]", help="As transit_scorer@3f2a; without, the champion.")
    ],
    archive: Annotated[Path, typer.Argument(metavar="OUT.tar.zst", help="Archive to write.")],
    output: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Pack a version with all that it can be made again from: raw files, labels, code, versions."""
    if not archive.name.endswith(SUFFIX):
        raise BundleError(f"{archive}: a bundle is named something{SUFFIX}")
    ledger = open_ledger(open_home(home, must_exist=True), TABLES)
    record = find_record(ledger, model)
    with steps_shown() as said:
        found = write_bundle(ledger, record, archive.absolute(), said)
    name, reasons = f"{record.model}@{record.version}", record.why_not_reproducible
    if output is Format.json:
        told = {**asdict(found), "path": str(found.path), "model": record.model, "version": record.version}
        sys.stdout.write(json.dumps({**told, "why_not_reproducible": reasons}, indent=1) + "\n")
        return
    out.print(
        plain(f"{name}: {found.n_files} files, {found.n_bytes / 1e6:.1f} MB in {archive}"), soft_wrap=True
    )
    out.print(f"sha256 {found.sha256}", soft_wrap=True)
    if reasons:
        notes([f"it may come out different: {'; '.join(reasons)}"])
