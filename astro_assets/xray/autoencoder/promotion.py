"""What speaks against a version of the autoencoder, and when one replaces another: by their figures alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from astro_assets.xray.autoencoder.alarms import LEVEL
from astro_assets.xray.comparison import CONSTANT_RATE, EXCESS_VARIANCE, VISIT_VARIANCE

Figures = Mapping[str, Any]
#: Of the nominal rate of false alarms, from which on a version is not believed.
_MOST_ALARMS: Final = 2.0
_BASELINES: Final = (CONSTANT_RATE, EXCESS_VARIANCE, VISIT_VARIANCE)


def gain_over(figures: Figures, baseline: str, least_bins: int = 1, end: str = "value") -> float | None:
    """Return by how much test curves are more probable than to a baseline, nats a count; None if unknown.

    Parameters
    ----------
    least_bins
        The shortest curves that count; 1 for all.
    end
        ``value``, or an end of its interval: ``low`` or ``high``.
    """
    strata = (one for one in figures["strata"] if one["bins"][0] == least_bins)
    of_all = next(strata, None)  # the first of a length is of all
    return None if of_all is None or baseline not in of_all else float(of_all[baseline]["gain"][end])


def collapsed(figures: Figures) -> list[str]:
    """Say that the latent tells nothing of a curve."""
    return [f"{figures['active_units']} latents are in use"] if figures["is_collapsed"] else []


def too_many_alarms(figures: Figures) -> list[str]:
    """Say which p-values are small too often."""
    return [
        f"{name} is at most {LEVEL} for {rate['value']:.3f} of {told['n']} usual sources"
        for name, told in figures["alarms"].items()
        for rate in told["rates"]
        if rate["level"] == LEVEL and rate["low"] > _MOST_ALARMS * LEVEL
    ]


def worse_than_constant(figures: Figures) -> list[str]:
    """Say that a constant rate explains curves better, beyond its interval, or that this is not known."""
    highest = gain_over(figures, CONSTANT_RATE, end="high")
    if highest is None:
        return ["it was judged on too few sources to be compared: simulate more curves"]
    if highest >= 0:
        return []
    return [f"a constant rate explains test curves better, by {-highest:.4f} nats a count at least"]


def replaces(figures: Figures, champion: Figures) -> str | None:
    """Say why a new version is to replace the promoted one; None if it is not.

    It has to explain as much beside the best baseline, within the champion's interval, on no fewer sources of
    the same simulation: a quick training replaces no full one, and gains on other sources are no better.
    """
    if figures["simulation"] != champion["simulation"]:
        return None
    new, old, least = (
        [gain_over(of, baseline, end=end) for baseline in _BASELINES]
        for of, end in ((figures, "value"), (champion, "value"), (champion, "low"))
    )
    ours, theirs, wanted = (
        min((one for one in gains if one is not None), default=None) for gains in (new, old, least)
    )
    if ours is None or theirs is None or wanted is None:
        return None
    if figures["curves"]["judged"] < champion["curves"]["judged"] or ours < wanted:
        return None
    return f"gains {ours:.4f} nats a count over the best baseline, {theirs:.4f} before"
