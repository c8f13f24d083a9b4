"""The signals listed for the real light curves, and what each curve should show of them.

Blind to the search: nothing of it, and nothing that it found, is imported or handed in here.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from astro_assets.observations.targets import target_id
from astro_assets.transits.expectations import (
    DISPOSITIONS,
    Expectation,
    ExpectationSettings,
    KnownSignal,
    expected,
    unique_signals,
)
from astro_assets.transits.noise import Floats

#: A period measured in the file, of what no catalogue lists.
MEASURED = "measured here"
#: BTJD less the time of each system.
_OFFSETS = {"BKJD": 2454833.0 - 2457000.0, "BTJD": 0.0}
_CATALOGUES = {"Kepler": "KIC", "K2": "EPIC", "TESS": "TIC"}


@dataclass(frozen=True)
class Label:
    """A signal listed for a file: the file, its star, the signal, and why it is left out, if it is."""

    file: Path
    target: str
    signal: KnownSignal
    exclusion: str | None


@dataclass(frozen=True)
class Light:
    """A detrended light curve: BTJD in days, relative flux, and the length of one sample in days."""

    time: Floats
    flux: Floats
    cadence_days: float


def listed_labels(shared: Path) -> list[Label]:
    """Return every line of the list of labels that says anything of a star."""
    with (shared / "labels_lightcurves.csv").open(newline="") as text:
        rows = [row for row in csv.DictReader(text) if row["label"] != "unlabelled"]
    return [
        Label(
            shared / row["file"],
            target_id(_CATALOGUES[row["mission"]], int(row["target_id"])),
            signal := _signal(row),
            _exclusion(row, signal),
        )
        for row in rows
    ]


def _signal(row: Mapping[str, str]) -> KnownSignal:
    is_measured = row["label_source"].startswith(MEASURED)
    return KnownSignal(
        source=row["label_source"],
        entry=row["name"] or MEASURED,
        disposition="candidate" if is_measured else row["label"],
        period=float(row["period_d"] or "nan"),
        epoch=float(row["epoch"] or "nan") + _OFFSETS.get(row["epoch_system"], math.nan),
        duration=float(row["duration_h"] or "nan") / 24,
        depth=float(row["depth_ppm"] or "nan") / 1e6,
    )


def _exclusion(row: Mapping[str, str], signal: KnownSignal) -> str | None:
    if row["quarter_sector"] == "folded":
        return "the file is a folded table"
    if "ID uncertain" in row["note"]:
        return "it is uncertain whose light the file shows"
    if math.isnan(signal.period):
        return "no period is listed"
    if signal.disposition not in DISPOSITIONS:
        return f"{signal.disposition}: nothing transits"
    return None


def expectations(
    lights: Mapping[str, Light], listed: Mapping[str, Sequence[KnownSignal]], settings: ExpectationSettings
) -> dict[str, list[Expectation]]:
    """Work out what each curve should show of the signals listed for it, each once.

    Parameters
    ----------
    lights, listed
        By what is searched: a target, or one of the files that disagree about it.
    """
    return {
        name: [
            expected(signal, light.time, light.flux, light.cadence_days, settings)
            for signal in unique_signals(listed.get(name, []))
        ]
        for name, light in lights.items()
    }
