"""Planets on purpose: what the search makes of planets that are put into quiet light curves, as examples.

Noise, gaps and instrument are the star's own, and so is what detrending does to a transit: an example differs
from that of a real planet only in who put it there (Christiansen et al. 2020, AJ 160, 159). What the search
does not keep gives no example.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pydantic import Field

from astro_assets.transits.completeness import found_at_its_period
from astro_assets.transits.feature_tables import TransitFeaturesConfig, compute_transit_features
from astro_assets.transits.injected_curves import Injection, Row, first_time, searched_copies, with_epoch
from astro_assets.transits.injection import InjectionSettings, Star, draw_planets
from astro_assets.transits.scorer.candidates import candidate_example
from astro_assets.transits.scorer.stars import INJECTED
from astro_assets.transits.tables import (
    DetrendedLightCurvesConfig,
    FoldedViewsConfig,
    TransitCandidatesConfig,
    compute_folded_views,
)

_SAID: Final = {"label": "injected_planet", "signal_catalog": INJECTED}


class InjectedTransitSettings(InjectionSettings):
    """Which planets are put into quiet light curves, and how these are searched."""

    # Of a few planets a star, every one may be anywhere in the range.
    n_periods: int = Field(1, ge=1, le=50, description="Parts of the range of periods, filled in turn.")
    n_radii: int = Field(1, ge=1, le=50, description="Parts of the range of radii, filled in turn.")
    per_star: int = Field(
        4, ge=1, le=100, description="Planets put into each quiet light curve, one copy of it each."
    )
    detrending: DetrendedLightCurvesConfig = Field(
        DetrendedLightCurvesConfig(), description="Settings of transits/detrended_light_curves."
    )
    search: TransitCandidatesConfig = Field(
        TransitCandidatesConfig(), description="Settings of transits/transit_candidates."
    )
    folding: FoldedViewsConfig = Field(FoldedViewsConfig(), description="Settings of transits/folded_views.")
    features: TransitFeaturesConfig = Field(
        TransitFeaturesConfig(), description="Settings of transits/transit_features."
    )


def injected_transits(
    quiet: Sequence[tuple[str, Sequence[Row], Star]], settings: InjectedTransitSettings
) -> list[list[dict[str, Any]]]:
    """Put planets into quiet light curves and search them.

    Parameters
    ----------
    quiet
        What each curve is searched as, which alone decides what is drawn, its rows of
        ``selected_files``, and the star.

    Returns
    -------
    list of list of dict
        For each the planets that the search keeps as examples, without their names; ``position`` is the
        number of the planet, from 1.
    """
    injections = [
        Injection(search_id, files, planet, star)
        for search_id, files, star in quiet
        for planet in draw_planets(search_id, settings.per_star, first_time(files), settings)
    ]
    copies = searched_copies(injections, settings.detrending, settings.search)
    examples = [
        _example(injection, curve, candidates, settings)
        for injection, (curve, candidates) in zip(injections, copies, strict=True)
    ]
    return [
        [
            {"position": number, **example}
            for number, example in enumerate(examples[first : first + settings.per_star], start=1)
            if example is not None
        ]
        for first in range(0, len(examples), settings.per_star)
    ]


def _example(
    injection: Injection, curve: Row, candidates: Sequence[Row], settings: InjectedTransitSettings
) -> dict[str, Any] | None:
    """Form the example of a planet as that of any candidate; None where the search kept nothing of it."""
    planet, star, key = injection.planet, injection.star, injection.search_id
    if planet.axis(star) <= 1 + planet.radius_ratio(star):  # inside a giant
        return None
    found = found_at_its_period(
        planet,
        planet.duration_days(star),
        curve["baseline_days"],
        [with_epoch(row) for row in candidates],
    )
    if found is None:
        return None
    # Each candidate is measured without the transits of those before it.
    up_to_it, detrended = candidates[: found.rank], [curve]
    candidate = up_to_it[-1]
    (folded,) = compute_folded_views(
        found.candidate_id,
        {"transit_candidates": [candidate], "detrended_light_curves": detrended},
        settings.folding,
    )
    of_star = {"detrended_light_curves": detrended, "selected_files": injection.files}
    ((*_, measures),) = compute_transit_features(
        [key], [{**of_star, "transit_candidates": up_to_it}], settings.features
    )
    return candidate_example(candidate, folded, measures, _SAID, [], curve)
