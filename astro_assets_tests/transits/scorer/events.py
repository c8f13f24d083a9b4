"""Made-up events in the column layout of event sets: what tells them apart is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from astro_assets.transits.scorer.event_files import read_events
from astro_assets.transits.scorer.examples import Examples, examples_of

KINDS = ("PC", "EB", "V", "J")


def event_frame(n_stars: int, seed: int = 0, *, events_per_star: int = 1) -> pl.DataFrame:
    """Make events: planets with a flat bottom, binaries with a secondary, waves, noise; in turn."""
    random = np.random.default_rng(seed)
    rows = [
        _event(star, KINDS[star % len(KINDS)], random)
        for star in range(n_stars)
        for _ in range(events_per_star)
    ]
    return pl.DataFrame(rows)


def write_events(path: Path, frame: pl.DataFrame) -> Path:
    """Write events to a file."""
    frame.write_parquet(path)
    return path


def examples(folder: Path, n_stars: int, seed: int = 0, *, events_per_star: int = 1) -> Examples:
    """Make events and read them as examples."""
    frame = event_frame(n_stars, seed, events_per_star=events_per_star)
    return examples_of(read_events(write_events(folder / f"events-{n_stars}-{seed}.parquet", frame)))


def _event(star: int, kind: str, random: np.random.Generator) -> dict[str, Any]:
    period, duration = random.uniform(1, 10), random.uniform(1, 4) / 24
    duty = duration / period
    noise = random.uniform(0.05, 0.2)

    def flux(phase: np.ndarray) -> np.ndarray:
        phase = np.remainder(phase + 0.5, 1) - 0.5
        x = np.abs(phase) / duty
        second = np.abs(np.remainder(phase, 1) - 0.5) / duty
        shape = {
            "PC": -np.clip((0.55 - x) / 0.1, 0, 1),
            "EB": -np.clip(1 - x / 0.5, 0, 1) - 0.5 * np.clip(1 - second / 0.5, 0, 1),
            "V": -0.5 * (1 + np.cos(2 * np.pi * phase)),
            "J": 0 * x,
        }[kind]
        return shape + (1.0 if kind == "J" else noise) * random.normal(size=phase.size)

    whole = (np.arange(201) + 0.5) / 201
    near = ((np.arange(81) + 0.5) / 81 * 4 - 2) * duty
    depth = 10 ** random.uniform(-3.5, -1.5)
    odd_even = np.concatenate([flux(near + 0.5), flux(near)])
    return {
        "TIC_ID": 1000 + star,
        "Period": period,
        "T0": 1325 + random.uniform(0, period),
        "Duration": duration * 24,
        "Depth": 1 - depth,
        "DepthOdd": 1 - depth,
        "DepthEven": 1 - depth * random.normal(1, 0.02),
        "snr": 10 ** random.uniform(0.8, 1.8),
        "sde": random.uniform(5, 20),
        "NumTransits": float(int(27 / period)),
        "rp_rs": np.sqrt(depth),
        **{name: random.normal() for name in ("logg", "lum", "Mass", "Teff", "rho", "Radius", "distance")},
        "TMag": random.uniform(8, 13),
        "global_view": _scaled(flux(whole - 0.5)),
        "shifted_global_view": _scaled(flux(whole)),
        "local_view": _scaled(flux(near)),
        "odd_even_view": _scaled(odd_even),
        "disposition": kind,
        "src": "made-up.parquet",
    }


def _scaled(values: np.ndarray) -> list[float]:
    """Bring a view to 1 beside the transit and -1 at its lowest bin, as event sets have it."""
    return [float(value) for value in 2 * values / max(-values.min(), 1e-3) + 1]
