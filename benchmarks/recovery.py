"""How many injected transits a search recovers: ours beside astropy's, TLS and GERBLS on the same curves.

The others are slow, so what they find is kept in a folder: with `--peers` curves without an answer are
searched by them, one after the other, and nothing else; a run may be stopped and goes on where it was.
Without it ours searches the curves that all others have searched, and the tables are printed. Curves follow
from their numbers; an answer to another curve, range or duration than that of now is refused.

Recovered means that transits of the strongest period drift off the true ones by less than one duration over
the data. Exits with 1 where ours recovers too little: more than one point less than the best of the others,
or, in red noise that is not taken off, less than five points more than TLS.
`--report FOLDER` saves tables, a figure and a line an injection and search. Real curves need the real
observations (ASTRO_ASSETS_SHARED_DATA, or ../shared/data).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import polars as pl
from injection_cells import CELLS, Cell
from injections import Injection, fingerprint, injection
from our_searches import BATCH, NEAR, SPECTRUM, exact_ratio, noise_factor, our_answers
from peer_searches import PEERS, Answer, Peer
from recovery_answers import Store, require_same
from recovery_report import figure, instead_line, markdown, table, verdict_line
from recovery_summary import TLS, lines, verdicts
from rich.console import Console
from rich.progress import track
from rich.table import Table as Printed
from timing import on_one_thread

NAMES = [peer.name for peer in PEERS]


def search_with_peers(store: Store, cell: Cell, size: int, peers: Sequence[Peer] = PEERS) -> None:
    """Search the first curves of a cell with all others, those that have no answer yet."""
    known = {peer.version: store.read(cell.name, peer.version) for peer in peers}
    for number in track(range(size), cell.name, console=Console(stderr=True)):
        if all(number in answers for answers in known.values()):
            continue
        one = injection(cell, number)
        asked = fingerprint(cell, one)
        for peer in peers:
            if number in known[peer.version]:
                require_same(known[peer.version], number, asked, f"{cell.name}, {peer.version}")
            else:
                store.append(cell.name, peer.version, number, asked, peer.answer(cell, one))


def compared(store: Store, cell: Cell, size: int, peers: Sequence[Peer] = PEERS) -> pl.DataFrame:
    """Search the curves that all others have searched; return a line an injection and search."""
    known = {peer: store.read(cell.name, peer.version) for peer in peers}
    numbers = [n for n in range(size) if all(n in answers for answers in known.values())]
    if not numbers:
        return pl.DataFrame()
    parts = []
    our_answers(cell, [injection(cell, number) for number in numbers[:BATCH]])  # compiles
    for first in range(0, len(numbers), BATCH):
        some = [injection(cell, number) for number in numbers[first : first + BATCH]]
        answers: dict[str, list[Answer]] = {
            peer.name: [
                require_same(known[peer], one.number, fingerprint(cell, one), f"{cell.name}, {peer.version}")
                for one in some
            ]
            for peer in peers
        } | our_answers(cell, some)
        parts += [lines(cell, name, some, of, best) for name, of, best in _with_exact(some, answers)]
    return pl.concat(parts)


def _with_exact(
    injections: list[Injection], answers: dict[str, list[Answer]]
) -> Iterator[tuple[str, list[Answer], list[float]]]:
    """Add what could be kept at most; TLS's power is another quantity, ours has red noise taken off."""
    white = [exact_ratio(one) for one in injections]
    red = [ratio / noise_factor(one) for ratio, one in zip(white, injections, strict=True)]
    for name, of in answers.items():
        unknown = [np.nan] * len(of)
        yield name, of, unknown if name == TLS else red if name in {SPECTRUM, NEAR} else white


def show(console: Console, cell: Cell, found: pl.DataFrame) -> bool:
    """Print a cell's table; return whether ours recovers enough."""
    printed = Printed(
        "search", "first %", "among five", "kept", "ms", "ours, search less this: points (lost, gained)",
        title=f"{cell.title}: {found['number'].n_unique()} injections", box=None, title_justify="left",
        header_style="bold",
    )  # fmt: skip
    for row in table(found, NAMES):
        printed.add_row(*row)
    console.print(printed)
    judged = verdicts(cell, found, NAMES)
    for verdict in judged:
        console.print(f"  {verdict_line(verdict)}")
    console.print(f"  {instead_line(found)}\n")
    return all(verdict.is_enough for verdict in judged)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--answers", type=Path, required=True, help="folder of what the others found")
    parser.add_argument("--peers", action="store_true", help="search with the others what has no answer")
    parser.add_argument("--cell", action="append", choices=CELLS, help="only this one; may be repeated")
    parser.add_argument("--size", type=int, help="at most so many injections a cell")
    parser.add_argument("--report", type=Path, help="folder for tables, figure, and lines as Parquet")
    return parser.parse_args()


def main() -> int:
    """Do what the arguments say; return 1 where ours recovers too little."""
    on_one_thread()
    options = _arguments()
    store, console = Store(options.answers), Console(width=140, highlight=False)
    cells = [CELLS[name] for name in options.cell or CELLS]
    found, enough = [], True
    for cell in cells:
        size = min(cell.size, options.size or cell.size)
        if options.peers:
            search_with_peers(store, cell, size)
            continue
        of_cell = compared(store, cell, size)
        if of_cell.is_empty():
            console.print(f"{cell.title}: the others have searched nothing yet")
            continue
        enough &= show(console, cell, of_cell)
        found.append(of_cell)
    if options.report and found:
        options.report.mkdir(parents=True, exist_ok=True)
        together = pl.concat(found)
        together.write_parquet(options.report / "recovery.parquet")
        (options.report / "recovery.md").write_text(markdown(CELLS, together, NAMES))
        figure(CELLS, together, options.report / "recovery.png")
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
