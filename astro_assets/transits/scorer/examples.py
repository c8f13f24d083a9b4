"""Events in the form that is trained on and scored: folded views of fixed geometry, scalars, labels.

Everything comes to this form, an event set of somebody else and our own candidates alike; what a source does
not have is missing (NaN), not invented.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.scorer.classes import is_eclipse, label_matrix

Floats32 = NDArray[np.float32]

#: Bins of each view. Depths are in units of the transit's: 0 is the flux beside it, -1 the lowest bin.
#: ``global`` spans one period with the transit in its middle, ``shifted`` the same with it at the edges; the
#: others span two durations on both sides of the transit, of that at another phase, of all odd, of all even.
VIEWS: Final[Mapping[str, int]] = {
    "global": 201,
    "shifted": 201,
    "local": 81,
    "primary": 81,
    "secondary": 81,
    "odd": 81,
    "even": 81,
}
#: Half width of the views of 81 bins, in durations.
HALF_WIDTH_DURATIONS: Final = 2.0
#: Scatter in a bin, in units of the depth, where the source tells it.
SPREADS: Final = tuple(f"{name}_spread" for name in ("global", "local", "secondary", "odd", "even"))
#: One number an event; NaN where the source has none.
SCALARS: Final[Mapping[str, str]] = {
    "log10_depth": "of the relative flux",
    "log10_period": "of days",
    "log10_duration": "of days",
    "log10_duty_cycle": "of duration over period",
    "log10_snr": "of depth over error",
    "sde": "signal detection efficiency",
    "n_transits": "transits observed",
    "radius_ratio": "radius of the planet over that of the star",
    "odd_even_depth": "depth of odd less even transits, relative flux",
    "odd_even_over_depth": "that over the depth",
    "odd_even_sigma": "that over its error, or in units of depth over half the snr",
    "depth_over_radius_ratio_squared": "1 for a small dark body that crosses the middle",
    "snr_of_one_transit": "snr over the root of the transits",
    "surface_gravity": "of the star, as the source scales it",
    "luminosity": "likewise",
    "mass": "likewise",
    "temperature": "likewise",
    "density": "likewise",
    "radius": "likewise",
    "distance": "likewise",
    "magnitude": "of the star",
    "weak_secondary_sigma": "transit_features",
    "weak_secondary_over_depth": "transit_features",
    "half_period_sigma": "transit_features",
    "bottom_over_mean_depth": "transit_features",
    "asymmetry_sigma": "transit_features",
    "event_chi_square": "transit_features",
    "largest_over_multiple": "transit_features",
    "near_gap_fraction": "transit_features",
    "transit_coverage": "transit_features",
    "primary_beyond_noise": "transit_features",
    "primary_beyond_positive": "transit_features",
    "sine_over_depth": "transit_features",
    "centroid_shift_sigma": "transit_features",
    "red_noise": "transit_features",
    "duration_over_star": "transit_features",
}
#: Scalars that are of the star, from its catalogue or a header, or are missing without that.
STELLAR: Final = (
    "surface_gravity",
    "luminosity",
    "mass",
    "temperature",
    "density",
    "radius",
    "distance",
    "magnitude",
    "duration_over_star",
)


@dataclass(frozen=True, slots=True)
class Examples:
    """Events, one a row, with or without labels.

    Attributes
    ----------
    ids
        A name for each, unique.
    stars
        Of which star each is: the group of every split.
    light_curves
        Which light curve each was folded from, or made of; empty where that is not known.
    views
        Arrays of shape (n, bins) by name, of :data:`VIEWS` and :data:`SPREADS`; float32, NaN where a bin or
        the whole view is missing.
    scalars
        Shape (n, len(SCALARS)), float64, NaN where missing.
    labels
        Shape (n, 5) bool: the classes each may be; no class for an unlabelled event.
    strata
        The disposition as its source words it; splits deal these evenly.
    provenance
        Where each comes from, by kind (listed_in, mission, segment, cadence): what a model must not learn by.
    ephemerides
        Period, epoch and duration in days, shape (n, 3); NaN where unknown.
    """

    ids: tuple[str, ...]
    stars: tuple[str, ...]
    light_curves: tuple[str, ...]
    views: Mapping[str, Floats32]
    scalars: NDArray[np.float64]
    labels: NDArray[np.bool_]
    strata: tuple[str, ...]
    provenance: Mapping[str, tuple[str, ...]]
    ephemerides: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def is_labelled(self) -> NDArray[np.bool_]:
        """Which events have a label, shape (n,)."""
        return np.asarray(self.labels.any(axis=1))

    @property
    def is_eclipse(self) -> NDArray[np.bool_]:
        """Which are labelled planet or binary, shape (n,)."""
        return is_eclipse(self.labels)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Examples:
        """Return some of the events, by position or mask."""
        at = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        return Examples(
            ids=tuple(self.ids[i] for i in at),
            stars=tuple(self.stars[i] for i in at),
            light_curves=tuple(self.light_curves[i] for i in at),
            views={name: values[at] for name, values in self.views.items()},
            scalars=self.scalars[at],
            labels=self.labels[at],
            strata=tuple(self.strata[i] for i in at),
            provenance={kind: tuple(values[i] for i in at) for kind, values in self.provenance.items()},
            ephemerides=self.ephemerides[at],
        )


def examples_of(rows: Sequence[Mapping[str, Any]]) -> Examples:
    """Gather rows of ``training_examples`` or of an event set, in their order.

    Parameters
    ----------
    rows
        With the columns of ``EXAMPLE_SCHEMA``; a view of None is missing.
    """
    n = len(rows)
    views = {
        name: np.full((n, bins), np.nan, np.float32)
        for name, bins in (*VIEWS.items(), *((name, VIEWS[name[: -len("_spread")]]) for name in SPREADS))
    }
    for name, values in views.items():
        for i, row in enumerate(rows):
            if row[f"{name}_view"] is not None:
                values[i] = row[f"{name}_view"]
    kinds = ("listed_in", "mission", "segment", "cadence")
    ephemeris = ("period_days", "epoch_btjd", "duration_days")
    return Examples(
        ids=tuple(str(row["example_id"]) for row in rows),
        stars=tuple(str(row["target_id"]) for row in rows),
        light_curves=tuple(str(row["light_curve"] or "") for row in rows),
        views=views,
        scalars=np.array([[_number(row[name]) for name in SCALARS] for row in rows]).reshape(n, len(SCALARS)),
        labels=label_matrix(row["label_set"] for row in rows),
        strata=tuple(str(row["disposition"] or "") for row in rows),
        provenance={kind: tuple(str(row[kind] or "") for row in rows) for kind in kinds},
        ephemerides=np.array([[_number(row[name]) for name in ephemeris] for row in rows]).reshape(n, 3),
    )


def _number(value: Any) -> float:
    return np.nan if value is None else float(value)
