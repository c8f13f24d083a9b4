"""The command that reads a whole home again: parse, call, print."""

import json
import sys

import typer

from astro_assets.cli.options import Format, FormatOption, HomeOption
from astro_assets.cli.printing import out, plain
from astro_assets.cli.progress import progress_shown
from astro_assets.ledger.home import open_home
from astro_assets.ledger.home_verification import verify_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.tables import TABLES


def add_to(app: typer.Typer) -> None:
    """Add the command of this module to the others."""
    app.command("verify")(verify_files)


def verify_files(output: FormatOption = Format.table, home: HomeOption = None) -> None:
    """Read every file of the home again and name what is damaged or lost, and what restores it."""
    ledger = open_ledger(open_home(home, must_exist=True), TABLES)
    with progress_shown("read again") as progress:
        n_files, findings = verify_home(ledger, progress)
    if output is Format.json:
        told = [{"place": f.place, "problem": f.problem, "remedy": f.remedy} for f in findings]
        sys.stdout.write(json.dumps({"files": n_files, "damaged": told}, indent=1) + "\n")
    else:
        for finding in findings:
            out.print(plain(f"{finding.place} {finding.problem}\n    {finding.remedy}"), soft_wrap=True)
        said = f"{len(findings)} damaged or lost" if findings else "everything is what was written"
        out.print(f"all tables and {n_files} files of the stores: {said}")
    raise typer.Exit(1 if findings else 0)
