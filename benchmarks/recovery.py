"""How many injected transits a search recovers, ours beside astropy's, TLS and GERBLS on the same curves."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from injections import CELLS, Cell, fingerprint, injection
from peer_searches import PEERS
from recovery_answers import Store, require_same
from rich.progress import track

ONE_THREAD = ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS")


def search_with_peers(store: Store, cell: Cell, size: int) -> None:
    """Search the first curves of a cell with all others, those that have no answer yet."""
    known = {peer.version: store.read(cell.name, peer.version) for peer in PEERS}
    for number in track(range(size), cell.name):
        if all(number in answers for answers in known.values()):
            continue
        one = injection(cell, number)
        asked = fingerprint(cell, one)
        for peer in PEERS:
            if number in known[peer.version]:
                require_same(known[peer.version], number, asked, f"{cell.name}, {peer.version}")
            else:
                store.append(cell.name, peer.version, number, asked, peer.answer(cell, one))


def main() -> int:
    """Do what the arguments say."""
    if any(os.environ.get(name) != "1" for name in ONE_THREAD):  # read when libraries are loaded
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | dict.fromkeys(ONE_THREAD, "1"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=Path, required=True, help="folder of what others found")
    parser.add_argument("--cell", action="append", choices=CELLS, help="only this one, may be repeated")
    parser.add_argument("--size", type=int, help="at most so many injections a cell")
    options = parser.parse_args()
    store = Store(options.answers)
    for name in options.cell or CELLS:
        cell = CELLS[name]
        search_with_peers(store, cell, min(cell.size, options.size or cell.size))
    return 0


if __name__ == "__main__":
    sys.exit(main())
