"""One of many upstream partitions changes: what Dagster says of the model below, and what we say.

Dagster is asked as its UI asks, over GraphQL, of a model that was made of all partitions, with code versions
and data versions set. Ours is the same situation in a ledger: as many stars, a model trained on all of them.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from timing import end

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from astro_assets.ledger.models import behind
from astro_assets.ledger.staleness import stale
from astro_assets_tests.ledger import survey
from astro_assets_tests.orchestration.partitioned_upstream import SIZES, dagsters_answers


def main() -> None:
    """Print the table; exit code 1 if we are wrong at any size."""
    wrong = []
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        dagsters = dagsters_answers(Path(folder) / "dagster", SIZES, changed=0)
        print(f"Dagster was asked in {time.perf_counter() - started:.0f} s; one partition of each changes\n")
        print(f"{'partitions or stars':>20}  {'Dagster: the model':20}  {'ours: units, then the model'}")
        for size in SIZES:
            statuses, n_behind = _ours(Path(folder) / str(size), size)
            said = ", ".join(f"{n} {status}" for status, n in sorted(statuses.items()))
            print(f"{size:>20,}  {dagsters[size][1]:20}  {said} of {6 * size:,}; behind by {n_behind} row")
            # The curve is stale, five tables below it wait; the model is behind by the one row.
            wrong += [f"ours at {size}"] * ((statuses, n_behind) != ({"stale": 1, "unsettled": 5}, 1))
    end(wrong)


def _ours(root: Path, n_stars: int) -> tuple[dict[str, int], int | None]:
    """Change one star of many; return what is not current, and by how many rows the model is behind then."""
    ledger = survey.built(root, n_stars)
    version = survey.promoted_version(ledger)
    survey.put_stars(ledger, [0], 0.5)
    statuses = dict(stale(ledger).entries["status"].value_counts().iter_rows())
    survey.refresh(ledger)
    return statuses, behind(ledger, survey.SPEC, version)


if __name__ == "__main__":
    main()
