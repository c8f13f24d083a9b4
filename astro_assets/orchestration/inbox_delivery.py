"""Files made here that come into the inbox whole, whatever is killed when, and into a new folder all at once.

Only how they get there; what they are, and what must be recorded before, is the caller's.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.table import Table
from astro_assets.orchestration.run_marks import is_marked


@contextmanager
def delivered(home: Home, folder: str, run_id: str) -> Iterator[Path]:
    """Yield a folder to write into; its files show in the inbox, in ``folder``, when the block has ended.

    Until then they lie in a hidden folder of the inbox, which everybody passes over. If the block raises,
    they are gone; what a killed run has left there is removed by the next. Nothing is made before a file is.

    Parameters
    ----------
    folder
        Name of a folder in the inbox. Where one with files in it exists, they come in one by one, each
        whole, and replace those of their names: a run that is killed meanwhile has delivered some of them.
    run_id
        The run that writes, marked as alive.
    """
    hidden = home.inbox / f".{folder}.{run_id}"
    for left in home.inbox.glob(f".{folder}.*"):
        if left == hidden or not is_marked(home, left.name.removeprefix(f".{folder}.")):
            shutil.rmtree(left)
    try:
        yield hidden
        _show(hidden, home.inbox / folder)
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def is_empty(home: Home) -> bool:
    """Tell whether nothing was put into a home's inbox; what is being delivered does not count."""
    return all(path.name.startswith(".") for path in home.inbox.iterdir())


def holds_nothing(ledger: Ledger, raw_files: Table) -> bool:
    """Tell whether a home has no observation and is about to be given none: it gets a survey."""
    return is_empty(ledger.home) and ledger.open(raw_files).units(["key"]).collect().is_empty()


def _show(hidden: Path, folder: Path) -> None:
    if not hidden.exists():
        return
    try:
        hidden.rename(folder)  # all at once; a folder with files in it is in the way
    except OSError:
        folder.mkdir(exist_ok=True)
        for path in sorted(hidden.iterdir()):
            path.replace(folder / path.name)
