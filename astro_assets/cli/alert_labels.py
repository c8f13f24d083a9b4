"""The `alerts label` command: what people think of objects, put into a home."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import polars as pl

from astro_assets.cli import printing
from astro_assets.cli.preparation import begun_engine
from astro_assets.cli.search import report_failures, run_with_progress
from astro_assets.cli.small_files import read_small
from astro_assets.definitions import LABELS_JOB
from astro_assets.images.alert_tree_tables import ALERT_LABELS, LABELLED_ALERTS
from astro_assets.images.alerts.labels import MOST_BYTES, MOST_LABELS, Label, LabelFileError, labels_of
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.tables import TABLES


def put_labels(home: Home, files: Sequence[Path], remove: Sequence[str]) -> int:
    """Put labels in, take others back, and print how many there are.

    Returns
    -------
    int
        Exit code: 0 only if every step succeeded.

    Raises
    ------
    LabelFileError
        If a file holds no labels, two of them contradict each other, or there is no label to take back;
        nothing was started.
    """
    found: dict[str, Label] = {}
    for path in files:
        for name, label in labels_of(
            read_small(path, MOST_BYTES, "labels", LabelFileError), str(path)
        ).items():
            if found.setdefault(name, label).is_wanted != label.is_wanted:
                raise LabelFileError(f"{path}: {name} is wanted and not wanted")
    if len(found) > MOST_LABELS:
        raise LabelFileError(f"{len(found)} labels in {len(files)} files; {MOST_LABELS} are taken at once")
    there = open_ledger(home, TABLES).open(ALERT_LABELS).rows(["object_id"]).collect()["object_id"]
    if unknown := sorted(set(remove) - set(there)):
        raise LabelFileError(f"--remove {unknown[0]}: there is no label of it")
    wanted = {
        "labels": [
            {"object_id": name, "is_wanted": label.is_wanted, "labelled_by": label.labelled_by}
            for name, label in found.items()
        ],
        "remove": list(remove),
    }
    engine = begun_engine(home, has_work=False)
    failures = run_with_progress(engine, LABELS_JOB, {"ops": {"images__alert_labels": {"config": wanted}}})
    printing.updates(engine.reports)
    printing.notes([_told(engine.ledger())])
    return report_failures(failures)


def _told(ledger: Ledger) -> str:
    labels = ledger.open(ALERT_LABELS).rows(["is_wanted"]).select("is_wanted").collect()["is_wanted"]
    packets = ledger.open(LABELLED_ALERTS).rows(["object_id"]).select(pl.col("object_id")).collect()
    n_wanted = int(labels.sum())
    return (
        f"{n_wanted} objects are wanted, {len(labels) - n_wanted} are not; "
        f"{packets.n_unique() if packets.height else 0} of them have packets here, {packets.height} in all"
    )
