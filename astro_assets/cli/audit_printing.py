"""How audits, what was verified of them, and what descends from something look on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Final

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as Grid

from astro_assets.cli.printing import out, plain, print_wide
from astro_assets.ledger.audit import Audit
from astro_assets.ledger.impact import Impact
from astro_assets.ledger.verification import Verified

_LISTED: Final = 20


def audit(found: Audit) -> None:
    """Print the head of an audit, its counts, and what has changed since; everything is in the JSON."""
    _lines(_head(found))
    _counts(found.training["counts"])
    grid = Grid("table", "units", "rows", "code", "runs", "last computed", box=SIMPLE_HEAD)
    for table in found.tables:
        code = ", ".join(version[:8] for version in table["code_versions"])
        numbers = (str(table["n_units"]), str(table["n_rows"]))
        grid.add_row(table["table"], *numbers, code, str(len(table["runs"])), table["last"])
    print_wide(grid)
    failed = [check for check in found.checks if not check["passed"]]
    out.print(f"checks: {len(found.checks) - len(failed)} passed, {len(failed)} failed")
    _lines(f"  {check['name']}: {check['said']}" for check in failed)
    reads = found.test_reads["n"]
    out.print(f"test set: versions judged on these stars in these folds: {reads or 'none'}")
    _since(found)


def _head(found: Audit) -> Iterable[str]:
    made, training = found.made, found.training
    held = "" if found.artefact["is_held"] else ", not here any more"
    aliases = f" ({', '.join(found.aliases)})" if found.aliases else ""
    yield f"{found.model}@{found.version}{aliases}"
    yield f"  artefact   sha256 {found.artefact['sha256']}{held}"
    yield f"  made       {made['at']} by run {made['run'] or '-'}, seed {_or_dash(made['seed'])}"
    yield f"  code       {made['source'][:16]}, commit {_commit(made)}"
    yield f"  machine    {_machine(made)}"
    tracked = ", ".join(f"{run['tracker']} {run['tracked_run']}" for run in made["tracked_as"])
    yield f"  tracked    {tracked or '-'}"
    yield f"  bits       {_bits(made)}"
    yield f"  recipe     {training['recipe']}"
    yield f"  root       {training['root']}"
    yield (
        f"  trained on {training['n_rows']} rows of {training['n_stars']} stars, {len(found.files)} files, "
        f"{len(found.labels)} labels; origin {found.origin}"
    )
    if training["continued_from"]:
        yield f"  continued  from {training['continued_from']}"


def _commit(made: Mapping[str, Any]) -> str:
    return f"{_or_dash(made['git_commit'])}{' with changes' if made['is_dirty'] else ''}"


def _machine(made: Mapping[str, Any]) -> str:
    environment = made["environment"]
    hardware = made["hardware"]
    parts = (hardware.get("processor") or environment.get("machine"), environment.get("instruction-set"))
    return ", ".join(str(part) for part in (*parts, f"Python {environment.get('python')}") if part)


def _bits(made: Mapping[str, Any]) -> str:
    if made["is_reproducible"]:
        return "can be rebuilt to the bit: astro-assets rebuild"
    return f"not reproducible: {'; '.join(made['why_not']) or 'not known'}"


def _counts(counts: Mapping[str, Mapping[str, int]]) -> None:
    grid = Grid("counted by", "", box=SIMPLE_HEAD)
    for name, of in counts.items():
        if of:
            common = Counter(of).most_common(_LISTED)
            more = f", and {len(of) - len(common)} more" if len(of) > len(common) else ""
            told = ", ".join(f"{value} {count}" for value, count in common)
            grid.add_row(name.replace("_", " "), plain(told + more))
    print_wide(grid)


def _since(found: Audit) -> None:
    changed = found.behind["superseded"]
    if not changed:
        out.print("Nothing that it was made of has changed since.")
        return
    by_kind = Counter((line["table"], line["status"]) for line in changed)
    out.print("since then:")
    _lines(f"  {count:6} of {table}: {status}" for (table, status), count in sorted(by_kind.items()))
    _lines(f"  {line['table']}  {line['key']}  {line['status']}" for line in changed[:_LISTED])
    if len(changed) > _LISTED:
        out.print(f"... and {len(changed) - _LISTED} more; --format json lists all")


def verified(found: Verified, *, to_stderr: bool) -> None:
    """Print what was hashed again and what does not match."""
    console = Console(stderr=True, highlight=False, markup=False) if to_stderr else out
    console.print(
        f"hashed again: {found.n_units} units, {found.n_rows} rows, {found.n_objects} files, arrays and zips"
    )
    for mismatch in found.mismatches:
        console.print(plain(f"  {mismatch.table}  {mismatch.key}: {mismatch.problem}"), soft_wrap=True)
    console.print(f"{len(found.mismatches)} do not match" if found.mismatches else "Everything matches.")


def impact(meant: str, found: Impact) -> None:
    """Print what descends from something: counts by table, the models, the first units."""
    units = found.units
    if units.is_empty() and found.models.is_empty():
        out.print(plain(f"Nothing descends from {meant}."))
        return
    grid = Grid("table", "units", "rows", box=SIMPLE_HEAD, title=plain(f"What descends from {meant}"))
    for (name,), own in units.group_by("table", maintain_order=True):
        grid.add_row(str(name), str(own.height), str(own["n_rows"].sum()))
    print_wide(grid)
    for row in found.models.iter_rows(named=True):
        part = f"{row['n_rows']} of {row['n_all']} rows that it was fitted on"
        out.print(f"{row['model']}@{row['model_version']}: {part}", soft_wrap=True)
    _lines(f"  {table}  {key}" for table, key in units.head(_LISTED).select("table", "key").iter_rows())
    if units.height > _LISTED:
        out.print(f"... and {units.height - _LISTED} more; --format json lists all")


def _lines(lines: Iterable[str]) -> None:
    for line in lines:
        out.print(plain(line), soft_wrap=True)


def _or_dash(value: object) -> str:
    return "-" if value is None else str(value)
