"""What a scorer that was trained on TESS events of others says of the candidates of real light curves.

Searches the real observations in a fresh home with the catalogues beside them, trains on the labelled event
set (quick but for the number of networks), scores all candidates, and prints for each label how many there
are, how probable an eclipse they are, and how often the scorer abstains; then the average precision where
catalogues say what the candidates are. Needs the real observations (ASTRO_ASSETS_SHARED_DATA, or
../shared/data).
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import polars as pl

from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.update import update
from astro_assets.tables import TABLES
from astro_assets.transits.example_tables import TRAINING_EXAMPLES
from astro_assets.transits.scorer.event_files import read_events
from astro_assets.transits.scorer.examples import Examples, examples_of
from astro_assets.transits.scorer.scorer import Scorer
from astro_assets.transits.scorer.scores import score_rows
from astro_assets.transits.scorer.settings import ScorerSettings
from astro_assets.transits.scorer.training import train

SHARED = Path(os.environ.get("ASTRO_ASSETS_SHARED_DATA") or Path(__file__).parents[2] / "shared" / "data")
EVENTS = SHARED / "tess_tce_views" / "nigraha_tce_views.parquet"
FOLDERS = [SHARED / "kepler_lc", SHARED / "tess_lc"]
CATALOGUES = (
    "koi_cumulative.csv", "toi.csv", "kepler_q1q17_dr24_tce.csv", "kepler_eb_catalog_2016.csv",
    "k2_eb_catalog_2016.csv", "planetary_systems_k2.csv",
)  # fmt: skip
COMMAND = str(Path(sys.executable).with_name("astro-assets"))
FORM = "{:24} {:>10} {:>17} {:>10} {:>10} {:>22}"


def main() -> int:
    """Search, train, score, print."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    if not EVENTS.is_file() or not FOLDERS[0].is_dir():
        print("no real observations: nothing to measure")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        candidates = _candidates(Path(folder) / "home")
        scorer = _scorer(Path(folder) / "training")
    frame = pl.DataFrame(
        [
            {"id": name, "label": label or "of no catalogue", **row}
            for name, label, row in zip(
                candidates.ids, candidates.strata, score_rows(scorer, candidates), strict=True
            )
        ]
    )
    header = ("label", "candidates", "median p(eclipse)", "above 0.5", "abstained", "above 0.5 of the rest")
    print(FORM.format(*header))
    for (label,), rows in sorted(frame.group_by("label")):
        p, rest = rows["planet_or_eb"], rows.filter(~pl.col("abstain"))["planet_or_eb"]
        shares = [(p > 0.5).mean(), rows["abstain"].mean(), (rest > 0.5).mean() if rest.len() else np.nan]
        print(FORM.format(label, rows.height, f"{p.median():.3f}", *(f"{share:.2f}" for share in shares)))
    reasons = frame.filter(pl.col("abstain")).group_by("abstains_because").len()
    for reason, n in reasons.sort("len", descending=True).iter_rows():
        print(f"{n:4} abstained on: {reason}")
    _print_precision(candidates, frame)
    return 0


def _candidates(home: Path) -> Examples:
    folders = [argument for folder in FOLDERS for argument in ("--observations", str(folder))]
    _run("run", *folders, "--home", str(home))
    lists = [str(SHARED / "catalogs" / name) for name in CATALOGUES]
    _run("catalogs", "add", *lists, "--home", str(home))
    ledger = open_ledger(open_home(home), TABLES)
    update(ledger, TRAINING_EXAMPLES)
    rows = ledger.open(TRAINING_EXAMPLES).rows([*TRAINING_EXAMPLES.schema.names]).collect()
    return examples_of(list(rows.iter_rows(named=True)))


def _run(*arguments: str) -> None:
    subprocess.run([COMMAND, *arguments], check=True, stdout=subprocess.DEVNULL)


def _scorer(folder: Path) -> Scorer:
    events = examples_of(read_events(EVENTS))
    settings = ScorerSettings(members=2, with_edge=False, with_tsfresh=False, resamples=50)
    return train(events, settings, folder).scorer


def _print_precision(candidates: Examples, frame: pl.DataFrame) -> None:
    from sklearn.metrics import average_precision_score

    known = candidates.is_labelled
    truth = candidates.is_eclipse[known]
    if not 0 < truth.mean() < 1:
        print("catalogues list nothing but one kind")
        return
    p = np.array(frame["planet_or_eb"])[known]
    print(f"average precision of {truth.size} labelled: {average_precision_score(truth, p):.3f}")
    print(f"(eclipses among them {truth.mean():.3f})")


if __name__ == "__main__":
    sys.exit(main())
