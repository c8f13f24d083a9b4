"""Pictures of a scorer."""

from __future__ import annotations

from typing import Any

import numpy as np

from astro_assets.orchestration.ui import MAX_PICTURE_BYTES
from astro_assets.transits.scorer_plots import hardest_plot


def noise(n: int, **changes: Any) -> dict[str, Any]:
    """Make figures with hard events that are noise, whose names are as long as any."""
    random = np.random.default_rng(2)
    views = [{"global": random.normal(size=201), "local": random.normal(size=81)} for _ in range(n)]
    events = [
        {
            "event": f"TIC 10010082{i}~1b2c3d4e inverted.01",
            "disposition": "simulated_variability",
            "is_eclipse": False,
            "probability": 0.9 - i / 100,
            "views": {name: view.round(3).tolist() for name, view in of_event.items()},
            **changes,
        }
        for i, of_event in enumerate(views)
    ]
    return {"hardest": events}


def test_the_hardest_events_are_drawn_in_few_bytes() -> None:
    pictures = [hardest_plot(noise(n)) for n in (1, 4, 12)]
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    assert len(pictures[0]) < len(pictures[1]) < len(pictures[2]) < MAX_PICTURE_BYTES


def test_label_probability_and_views_are_seen() -> None:
    gap = {"global": [None] * 201, "local": [None] * 40 + [-1.0] + [None] * 40}
    changes: list[dict[str, Any]] = [
        {}, {"is_eclipse": True}, {"disposition": "EB"}, {"probability": 0.5}, {"event": "KIC 1.01"},
        {"views": gap},
    ]  # fmt: skip
    assert len({hardest_plot(noise(1, **change)) for change in changes}) == len(changes)
