"""Brings a home of the toy wing up to date in halves, on worker processes or on a Dask cluster: one run."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from astro_assets.orchestration.compute import default_compute
from astro_assets_tests.ledger.homes import CHAIN, refresh, toy_ledger


def main() -> None:
    """Refresh the home named on the command line, each table half of the shards at a time."""
    ledger = toy_ledger(Path(sys.argv[1]))
    compute = default_compute()
    try:
        for name in CHAIN:
            for shards in ((0, 1), (2, 3)):
                refresh(ledger, [name], shards=shards, compute=compute)
    finally:
        compute.close()


if __name__ == "__main__":
    main()
