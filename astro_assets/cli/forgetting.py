"""The `forget` command: a star is left out, and then taken out of everything that a home keeps."""

from __future__ import annotations

import re

from astro_assets.cli import printing
from astro_assets.cli.preparation import begun_engine
from astro_assets.cli.retraction import retract
from astro_assets.cli.search import report_failures, shown_progress
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.retraction import tombstone_for
from astro_assets.observations.spellings import spellings
from astro_assets.orchestration.concerned import due, update_concerned
from astro_assets.orchestration.forgetting import forget
from astro_assets.orchestration.forgetting_journal import (
    ForgettingError,
    Journal,
    begun,
    end,
)
from astro_assets.orchestration.run_marks import alone
from astro_assets.orchestration.scrubbing_postgres import history_address
from astro_assets.tables import TABLES


def forget_target(home: Home, target: str, why: str, *, with_shared: bool) -> int:
    """Forget a target, and print what went.

    Parameters
    ----------
    target
        Its canonical id.
    with_shared
        Whether files that tell of other stars too are removed.

    Returns
    -------
    int
        Exit code: 0 only if nothing is left of it but the tombstone.

    Raises
    ------
    ForgettingError
        If the reason names the target, or somebody else is at work.
    PostgresError
        If the run history cannot be reached; nothing was done.
    """
    pattern = spellings(target)
    if re.search(pattern, why):
        raise ForgettingError("--why is kept, and names the star: give a reason without its name")
    with alone(home):
        history_address(home)  # that, and a run in progress, is told before anything is done
    failures: list[str] = []
    ledger = open_ledger(home, TABLES)
    # What was interrupted was left out before, and so was what was forgotten before.
    is_left_out = Journal.read(home) is not None or tombstone_for(ledger, target) is not None
    if not is_left_out and retract(home, target, why, keep_models=False):
        failures.append("not every promoted model could be fitted without it: those are not applied any more")
    ledger = open_ledger(home, TABLES)
    with alone(home):
        before = due(ledger)
        journal = begun(ledger, target, pattern, why, with_shared=with_shared)
        gone = forget(ledger, journal)
        engine = begun_engine(home, has_work=False)
        with shown_progress(engine):
            update_concerned(engine, before)
        end(home)
    counts = [f"{count} {what}" for what, count in sorted(gone.counts.items()) if count]
    printing.notes([f"Gone: {', '.join(counts) or 'nothing'}", *gone.notes])
    printing.notes([f"{name} cannot be rebuilt any more" for name in journal.trace.models])
    if gone.left:
        printing.notes(["Left:", *gone.left])
        failures.append(f"{len(gone.left)} files tell of the star still, or may: they are named above")
    return report_failures(failures)
