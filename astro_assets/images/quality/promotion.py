"""What speaks against a version of the assessor, and when one replaces another: by their figures alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from astro_assets.images.quality.settings import PARITY

Figures = Mapping[str, Any]

#: Agreement below which grades are of no use: here "moderate" begins (Landis & Koch 1977, Biometrics 33,
#: 159).
LEAST_KAPPA: Final = 0.4


def disagreements(figures: Figures) -> list[str]:
    """Say where an exported graph does not do what its network does."""
    parity = float(figures["parity"])
    return [] if parity < PARITY else [f"the exported graph is out by {parity:.2g} in a logit"]


def poor_grades(figures: Figures) -> list[str]:
    """Say if grades hardly agree with the truth of the test nights."""
    kappa = figures["kappa"]["value"]
    if kappa is None:
        return ["kappa of the test nights is not known: all of them, or all grades, are alike"]
    if kappa >= LEAST_KAPPA:
        return []
    return [f"kappa of the test nights is {kappa:.2f}; from {LEAST_KAPPA} on grades are of use"]


def replaces(figures: Figures, champion: Figures) -> str | None:
    """Say why a new version is to replace the promoted one; None if it is not.

    It has to be as good, and judged on no fewer nights: a quick training, whose few nights may have been easy
    ones, replaces no full one.
    """
    new, old = (of["kappa"]["value"] for of in (figures, champion))
    if new is None or old is None:
        return None
    if figures["nights"] < champion["nights"] or new < old:
        return None
    return f"kappa {new:.3f} on {figures['nights']} nights, {old:.3f} before on {champion['nights']}"
