"""The commands: parse, call, print.

What needs Dagster is imported when its command runs, so that asking questions of a home is quick.
"""

import gc
import json
import sys
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from astro_assets.cli import (
    alert_commands,
    audit_commands,
    bundle_commands,
    catalog_commands,
    explain_commands,
    fetch_commands,
    history_commands,
    home_commands,
    image_commands,
    instance_commands,
    printing,
    proof_commands,
    queries,
    rebuild_commands,
    report_commands,
    scorer_commands,
    verify_commands,
    xray_commands,
)
from astro_assets.cli.errors import EXPECTED_ERRORS
from astro_assets.cli.options import Format, FormatOption, HomeOption, RowFormat, is_loopback
from astro_assets.cli.paragraphs import reflow
from astro_assets.cli.preparation import awaits_files, begun_engine
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.lineage import lineage
from astro_assets.ledger.mending import mend
from astro_assets.ledger.shards import shard_of
from astro_assets.ledger.staleness import stale
from astro_assets.observations.targets import canonical_target_id
from astro_assets.orchestration.engine import Again
from astro_assets.orchestration.run_marks import mending
from astro_assets.redaction import without_secrets
from astro_assets.tables import TABLES

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Search telescope data for planets and transients; every row can say what it was made of.",
)
targets_app = typer.Typer(no_args_is_help=True, help="Targets and their files.")
app.add_typer(targets_app, name="targets")
catalogs_app = typer.Typer(no_args_is_help=True, help="Catalogues of known objects.")
app.add_typer(catalogs_app, name="catalogs")
DEFAULT_PORT = 3000
#: Objects made between two searches for garbage; Python's own number is 700.
OBJECTS_A_SEARCH = 50_000


def main() -> None:
    """Run the command line."""
    # A run begins with half a million objects that live as long as it: looking for garbage among them, above
    # all when Python ends, takes a second and a half.
    gc.set_threshold(OBJECTS_A_SEARCH)
    try:
        app()
    except EXPECTED_ERRORS as error:
        console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
        console.print(printing.plain(without_secrets(f"astro-assets: {error}")))
        sys.exit(2)
    finally:
        gc.freeze()


@app.command()
def run(
    observations: Annotated[
        list[Path] | None,
        typer.Option(
            help="File or folder, searched recursively; may be repeated. By default the home's inbox."
        ),
    ] = None,
    home: HomeOption = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Compute again what failed before.")
    ] = False,
    refresh_environment: Annotated[
        bool,
        typer.Option("--refresh-environment", help="Compute again what other library versions computed."),
    ] = False,
    recompute: Annotated[
        list[str] | None,
        typer.Option(metavar="TABLE", help="Compute all of a table again; restores what the store lost."),
    ] = None,
) -> None:
    """Take observations in and bring every table up to date.

    A home that holds no observation and is given none gets a simulated survey of 200 stars, named SIM n.
    """
    paths = [path.absolute() for path in observations or []]
    for path in paths:
        if not path.exists():
            raise FileNotFoundError(f"--observations {path}: there is no such file or folder")
    place = open_home(home)
    ledger = open_ledger(place, TABLES)
    tables = frozenset(ledger.table(name).name for name in recompute or [])
    if tables:
        with mending(place):
            for name in sorted(tables):
                printing.notes(mend(ledger, ledger.table(name)))
    again = Again(retry_failed, refresh_environment, tables)
    engine = begun_engine(place, again, has_work=bool(paths or tables) or awaits_files(ledger))
    from astro_assets.cli.search import search

    raise typer.Exit(search(engine, paths=paths))


@app.command()
def demo(
    home: Annotated[Path, typer.Option("--home", help="The home of the demonstration.")] = Path("data/demo"),
    n_targets: Annotated[int, typer.Option("--targets", min=1, help="Stars to simulate.")] = 200,
) -> None:
    """Simulate a survey, search it, train a scorer, and print the ten best candidates beside the truth."""
    place = open_home(home)
    engine = begun_engine(place)
    from astro_assets.cli.search import search

    if code := search(engine, n_targets=n_targets):
        raise typer.Exit(code)
    from astro_assets.cli.scorer import train

    if code := train(place, None, "quick", {}, may_lack_labels=True):
        raise typer.Exit(code)
    ledger = open_ledger(place, TABLES)
    printing.demonstration(queries.best_with_truth(ledger, 10), queries.recovery(ledger), place)


@app.command()
def ui(
    home: HomeOption = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Its port.")] = DEFAULT_PORT,
    host: Annotated[
        str, typer.Option(help="Address to serve on; any other than this one opens the home to a network.")
    ] = "127.0.0.1",
) -> None:
    """Serve the Dagster UI of a home on 127.0.0.1."""
    from astro_assets.orchestration.launch import serve_ui

    if not is_loopback(host):
        sys.stderr.write(
            f"astro-assets: the UI asks for no password: whoever reaches {printing.plain(host)} can see "
            "everything in this home and run jobs. docs/security.md says what to put before it.\n"
        )
    serve_ui(open_home(home), port, host)


@app.command()
def candidates(
    output: Annotated[RowFormat, typer.Option("--format", help="How to print.")] = RowFormat.table,
    show_all: Annotated[bool, typer.Option("--all", help="Show those that are not detected, too.")] = False,
    home: HomeOption = None,
) -> None:
    """List transit candidates, the best of all targets first."""
    rows = queries.candidates(_ledger(home), include_undetected=show_all)
    if output is RowFormat.table:
        printing.candidates(rows)
    else:
        json_text = json.dumps(queries.rows_json(rows), indent=1) + "\n"
        sys.stdout.write(rows.write_csv() if output is RowFormat.csv else json_text)


@app.command("lineage")
def show_lineage(
    table: Annotated[str, typer.Argument(help="A table, such as transits/transit_candidates.")],
    key: Annotated[str, typer.Argument(help="A key of it: a target, a candidate, the sha256 of a file.")],
    output: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Show what a unit was made of, down to the sha256 of the raw files."""
    ledger = _ledger(home)
    node = lineage(ledger, ledger.table(table), queries.resolve_key(ledger, ledger.table(table), key))
    if output is Format.json:
        sys.stdout.write(json.dumps(queries.lineage_json(node), indent=1) + "\n")
    else:
        printing.lineage(node)


@app.command("stale")
def show_stale(output: FormatOption = Format.table, home: HomeOption = None) -> None:
    """Show what is new, stale, unsettled, failed or to be removed, and why, without computing anything."""
    ledger = _ledger(home)
    state = stale(ledger)
    if output is Format.json:
        sys.stdout.write(json.dumps(queries.staleness_json(ledger, state), indent=1) + "\n")
    else:
        printing.staleness(ledger, state, queries.file_names(ledger), queries.files_in_inbox(ledger))


@app.command()
def completeness(
    targets: Annotated[
        list[str], typer.Argument(help="Targets, however they are written: 'TIC 100100827', kic11446443.")
    ],
    injections: Annotated[
        int, typer.Option(min=0, max=10**6, help="Planets put into each; 0 takes a map back.")
    ] = 2000,
    star_radius: Annotated[float, typer.Option(min=0.01, max=100, help="Of the Sun's.")] = 1.0,
    star_mass: Annotated[float, typer.Option(min=0.01, max=100, help="Of the Sun's.")] = 1.0,
    home: HomeOption = None,
) -> None:
    """Put planets into the light curves of targets, one at a time, and show how many the search finds."""
    from astro_assets.cli.completeness import measure
    from astro_assets.transits.injection import Star

    star = Star(star_radius, star_mass)
    raise typer.Exit(measure(open_home(home, must_exist=True), targets, injections, star))


@targets_app.command("find")
def find_target(
    name: Annotated[
        str, typer.Argument(help="A target, however it is written: 'TIC 100100827', kic11446443.")
    ],
    output: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Show a target's canonical id, its shard and its files."""
    ledger = _ledger(home)
    target = canonical_target_id(name)
    found = queries.target(ledger, target, shard_of(target, ledger.home.n_shards))
    if output is Format.json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
    else:
        printing.target(found)


@catalogs_app.command("add")
def add_catalogs(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Catalogue files as downloaded: KOI, DR24 TCE, TOI, Kepler or K2 eclipsing "
            "binaries, planets, listed names. Which is which is seen from the columns."
        ),
    ],
    allow_older: Annotated[
        bool, typer.Option("--allow-older", help="Let a file replace one that was made after it.")
    ] = False,
    home: HomeOption = None,
) -> None:
    """Take catalogues in, each in the place of the one held, and label the candidates there are."""
    from astro_assets.cli.catalogs import add

    raise typer.Exit(add(open_home(home), [path.absolute() for path in files], allow_older=allow_older))


@catalogs_app.command("list")
def list_catalogs(output: FormatOption = Format.table, home: HomeOption = None) -> None:
    """Show the catalogues held, with their dates and entries."""
    rows = queries.catalogs(_ledger(home))
    if output is Format.json:
        sys.stdout.write(json.dumps(rows.to_dicts(), indent=1) + "\n")
    else:
        printing.catalogs(rows)


#: Modules with commands of their own.
_OTHERS: Final = (
    scorer_commands, audit_commands, proof_commands, rebuild_commands, bundle_commands, explain_commands,
    history_commands, report_commands, image_commands, alert_commands, home_commands, instance_commands,
    fetch_commands, verify_commands, xray_commands,
)  # fmt: skip
for _module in _OTHERS:
    _module.add_to(app)
catalog_commands.add_to(catalogs_app)
reflow(app)


def _ledger(home: Path | None) -> Ledger:
    return open_ledger(open_home(home, must_exist=True), TABLES)
