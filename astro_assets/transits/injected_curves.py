"""Light curves with planets put in, detrended and searched as those of any other star.

Which planets, and the light they take, is in `injection`; what is made of what is found is somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from astro_assets.transits.injection import Planet, Star, transit_light
from astro_assets.transits.recovery import Found
from astro_assets.transits.tables import (
    DetrendedLightCurvesConfig,
    TransitCandidatesConfig,
    compute_detrended_light_curves,
    compute_transit_candidates,
)

Row = Mapping[str, Any]
#: Copies of curves that are searched together: two vectors of them.
_AT_ONCE: Final = 32


@dataclass(frozen=True, slots=True)
class Injection:
    """A planet for a copy of the light curves that are searched under one name.

    Attributes
    ----------
    files
        The rows of ``selected_files`` of ``search_id``.
    """

    search_id: str
    files: Sequence[Row]
    planet: Planet
    star: Star

    def observed(self) -> list[Row]:
        """Return the rows with the planet in the flux as it was observed.

        What detrending takes of a transit is part of what is lost.
        """
        return [self._with_planet(row) for row in self.files]

    def _with_planet(self, row: Row) -> Row:
        arrays = row["light_curve"]
        time = arrays["time"].astype(np.float64)
        light = transit_light(self.planet, self.star, time, row["cadence_s"] / 86400)
        return {**row, "light_curve": {**arrays, "flux": (arrays["flux"] * light).astype(np.float32)}}


def searched_copies(
    injections: Sequence[Injection], detrending: DetrendedLightCurvesConfig, search: TransitCandidatesConfig
) -> Iterator[tuple[Row, Sequence[Row]]]:
    """Yield of each copy its row of ``detrended_light_curves`` and its rows of ``transit_candidates``.

    What is found in one does not depend on the others.
    """
    for first in range(0, len(injections), _AT_ONCE):
        some = injections[first : first + _AT_ONCE]
        keys = [one.search_id for one in some]
        observed = [{"selected_files": one.observed()} for one in some]
        detrended = compute_detrended_light_curves(keys, observed, detrending)
        curves = [{"detrended_light_curves": of_one} for of_one in detrended]
        found = compute_transit_candidates(keys, curves, search)
        yield from ((curve, rows) for (curve,), rows in zip(detrended, found, strict=True))


def first_time(files: Sequence[Row]) -> float:
    """Return the time of the first sample of some rows of ``selected_files``, BTJD."""
    return min(float(row["light_curve"]["time"][0]) for row in files)


def with_epoch(candidate: Row) -> tuple[Found, float]:
    """Return a row of ``transit_candidates`` as it is compared with a planet, and its epoch, BTJD."""
    found = Found(
        candidate["candidate_id"], candidate["rank"], candidate["period_days"], candidate["is_detected"]
    )
    return found, candidate["epoch_btjd"]
