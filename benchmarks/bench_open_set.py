"""What the scorer says of events of a kind that it was never shown.

A kind of label at a time is left out of the training, and scored; and shapes that no list has are put into
the views of real events. Prints how often the scorer abstains, and how well its reasons to do so tell the
unknown from held-out events of kinds that it knows (ROC AUC).
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from bench_scorer import EVENTS, shared_data

from astro_assets.transits.scorer.event_files import read_events
from astro_assets.transits.scorer.examples import VIEWS, Examples, examples_of
from astro_assets.transits.scorer.scorer import Scorer, Scores
from astro_assets.transits.scorer.settings import ScorerSettings
from astro_assets.transits.scorer.training import train

LEFT_OUT = {"eclipsing binaries": ("EB",), "variables": ("V",), "instrument and junk": ("IS", "J")}
FORM = "{:28} {:>7} {:>10} {:>10} {:>13} {:>13}"


def main() -> int:
    """Train without each kind, score it, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=shared_data())
    parser.add_argument("--members", type=int, default=3)
    arguments = parser.parse_args()
    if not (arguments.data / EVENTS).is_file():
        print(f"no {arguments.data / EVENTS}: nothing to measure")
        return 0
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    events = examples_of(read_events(arguments.data / EVENTS))
    lists = np.array(events.provenance["listed_in"])
    events = events.take(events.is_labelled & np.char.startswith(lists, "dl3"))
    settings = ScorerSettings(folds=3, members=arguments.members, with_edge=False, resamples=50)
    print(FORM.format("unknown kind", "events", "abstained", "of known", "AUC spread", "AUC unlike"))
    kinds = np.array(events.strata)
    for name, dispositions in LEFT_OUT.items():
        is_out = np.isin(kinds, dispositions)
        scorer = _trained(events.take(~is_out), settings)
        _print(name, scorer.score(events.take(is_out)), scorer.score(events.take(~is_out)))
    scorer = _trained(events, settings)
    known = scorer.score(events)
    some = events.take(np.flatnonzero(events.is_eclipse))
    for name, shape in SHAPES.items():
        _print(name, scorer.score(_reshaped(some, shape)), known)
    return 0


def _trained(events: Examples, settings: ScorerSettings) -> Scorer:
    with tempfile.TemporaryDirectory() as folder:
        return train(events, settings, Path(folder)).scorer


def _print(name: str, unknown: Scores, known: Scores) -> None:
    from sklearn.metrics import roc_auc_score

    is_new = np.repeat([1, 0], [len(unknown.abstains), len(known.abstains)])
    auc = [
        roc_auc_score(is_new, np.concatenate([getattr(unknown, of), getattr(known, of)]))
        for of in ("disagreement", "unlikeness")
    ]
    figures = [
        f"{unknown.abstains.mean():.3f}",
        f"{known.abstains.mean():.3f}",
        *(f"{one:.3f}" for one in auc),
    ]
    print(FORM.format(name, len(unknown.abstains), *figures), flush=True)


def _reshaped(events: Examples, shape: Callable[[np.ndarray], np.ndarray]) -> Examples:
    """Put another shape into the views of a transit, its noise left as it is."""
    views = dict(events.views)
    width = 10 ** events.scalars[:, 3]
    for name in ("global", "local", "primary", "odd", "even"):
        bins = VIEWS[name]
        at = (np.arange(bins) + 0.5) / bins - 0.5
        durations = at / width[:, None] if name == "global" else 4 * at[None].repeat(len(width), 0)
        dip = np.where(np.abs(durations) < 0.5, -1.0, 0.0)
        views[name] = (views[name] - dip + shape(durations)).astype(np.float32)
    return replace(events, views=views, stars=tuple(f"{star} reshaped" for star in events.stars))


#: Flux by durations from the middle, in units of the depth.
SHAPES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "brightening": lambda t: np.where(np.abs(t) < 0.5, 1.0, 0.0),
    "saw-tooth": lambda t: np.where((t > -0.5) & (t < 1.5), -(1.5 - t) / 2, 0.0),
    "two dips": lambda t: np.where((np.abs(t) > 0.25) & (np.abs(t) < 0.75), -1.0, 0.0),
    "flare": lambda t: np.where(t > -0.2, 3 * np.exp(-np.clip(t + 0.2, 0, 50) / 0.4), 0.0),
    "ringing": lambda t: np.cos(2 * np.pi * 2 * t) * np.exp(-(t**2)),
}


if __name__ == "__main__":
    sys.exit(main())
