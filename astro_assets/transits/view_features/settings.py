"""Which features of tsfresh are computed of which folded views, and what their columns are called.

Settings only: tsfresh takes seconds to import and is not needed here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

#: The views of which features are computed. Those of odd and of even transits are the local one with half of
#: its data: how they differ is a measure of its own (``events_odd_even_sigma``).
FEATURE_VIEWS: Final = ("global", "local", "secondary")


@dataclass(frozen=True, slots=True)
class Calculator:
    """A function of ``tsfresh.feature_extraction.feature_calculators``.

    Parameters
    ----------
    name
        Of the function.
    meaning
        What it is, for people; parameters stand in braces.
    parameters
        A feature for each, one for none.
    """

    name: str
    meaning: str
    parameters: tuple[Mapping[str, Any], ...] = ()

    def names(self) -> Iterator[str]:
        """Yield the names of the features as tsfresh writes them, without the kind of series."""
        for parameters in self.parameters:
            written = (
                f'{key}_"{value}"' if isinstance(value, str) else f"{key}_{value}"
                for key, value in sorted(parameters.items())
            )
            yield "__".join((self.name, *written))
        if not self.parameters:
            yield self.name

    def meanings(self) -> Iterator[str]:
        """Yield what each feature means."""
        for parameters in self.parameters or ({},):
            yield self.meaning.format(**parameters)


def _each(name: str, *values: Any, **others: Any) -> tuple[Mapping[str, Any], ...]:
    return tuple({name: value, **others} for value in values)


#: Cheap ones, each with a meaning for a light curve: all together take about a millisecond a view. Each of
#: those that compare all pairs of bins or fit models (sample entropy, wavelets) takes as long alone.
FOLDED_VIEW_FEATURES: Final = (
    Calculator("mean", "Mean."),
    Calculator("standard_deviation", "Standard deviation."),
    Calculator("skewness", "Skewness: negative for dips."),
    Calculator("kurtosis", "Excess kurtosis: large where few bins are far from the others."),
    Calculator("minimum", "Minimum."),
    Calculator("maximum", "Maximum."),
    Calculator("quantile", "Quantile {q}.", _each("q", 0.05, 0.25, 0.75, 0.95)),
    Calculator(
        "mean_n_absolute_max",
        "Mean of the {number_of_maxima} bins farthest from the level.",
        _each("number_of_maxima", 5),
    ),
    Calculator("first_location_of_minimum", "Place of the minimum, 0 to 1."),
    Calculator("first_location_of_maximum", "Place of the maximum, 0 to 1."),
    Calculator(
        "index_mass_quantile",
        "Place before which there is {q} of all distance from the level: symmetric for symmetric dips.",
        _each("q", 0.25, 0.5, 0.75),
    ),
    Calculator(
        "energy_ratio_by_chunks",
        "Part of the sum of squares in part {segment_focus} of {num_segments}, counted from 0.",
        _each("segment_focus", 0, 1, 2, 3, 4, num_segments=5),
    ),
    Calculator(
        "symmetry_looking", "1 where mean and median differ by less than {r} of the range.", _each("r", 0.1)
    ),
    Calculator(
        "time_reversal_asymmetry_statistic",
        "Mean of x(i + 2 l)^2 x(i + l) - x(i + l) x(i)^2, l = {lag} bins: 0 for a series like its mirror "
        "image.",
        _each("lag", 1, 3),
    ),
    Calculator(
        "c3",
        "Mean of x(i + 2 l) x(i + l) x(i), l = {lag} bins (Schreiber & Schmitz 1997).",
        _each("lag", 1, 3),
    ),
    Calculator(
        "cid_ce",
        "Complexity: root of the sum of squared steps, in standard deviations (Batista et al. 2014).",
        _each("normalize", True),
    ),
    Calculator("autocorrelation", "Autocorrelation at a lag of {lag} bins.", _each("lag", 1, 2, 5, 10)),
    Calculator("mean_abs_change", "Mean absolute step from bin to bin."),
    Calculator("number_peaks", "Bins higher than the {n} on each side.", _each("n", 3, 5)),
    Calculator("number_crossing_m", "Crossings of {m}.", _each("m", 0, -0.5)),
    Calculator("count_below_mean", "Bins below the mean."),
    Calculator(
        "ratio_beyond_r_sigma",
        "Part of the bins more than {r} standard deviations from the mean.",
        _each("r", 1, 2, 3),
    ),
    Calculator(
        "fft_coefficient",
        "Modulus of the Fourier coefficient of {coeff} waves in the view.",
        _each("coeff", 1, 2, 3, 4, attr="abs"),
    ),
    Calculator(
        "fft_aggregated",
        "The {aggtype} of the moduli of all Fourier coefficients over their number.",
        _each("aggtype", "centroid", "variance", "skew", "kurtosis"),
    ),
    Calculator(
        "linear_trend", "The {attr} of a straight line fitted to the view.", _each("attr", "slope", "rvalue")
    ),
    Calculator(
        "permutation_entropy",
        "Entropy of the orders of {dimension} bins in a row (Bandt & Pompe 2002).",
        _each("dimension", 3, tau=1),
    ),
    Calculator("binned_entropy", "Entropy of the histogram of {max_bins} intervals.", _each("max_bins", 10)),
)


def tsfresh_settings() -> dict[str, list[dict[str, Any]] | None]:
    """Return the settings as ``tsfresh.extract_features`` takes them."""
    return {
        calculator.name: [dict(one) for one in calculator.parameters] or None
        for calculator in FOLDED_VIEW_FEATURES
    }


def column_name(view: str, feature: str) -> str:
    """Return the column of a feature: the name that tsfresh gives it, as a lower-case identifier.

    Parameters
    ----------
    view
        Of :data:`FEATURE_VIEWS`.
    feature
        As of :meth:`Calculator.names`.
    """
    plain = feature.replace('"', "").replace("-", "minus_").lower()
    return re.sub(r"[^a-z0-9]+", "_", f"{view}_{plain}")


#: The columns, view by view, in the order of the settings.
FEATURE_COLUMNS: Final = tuple(
    column_name(view, feature)
    for view in FEATURE_VIEWS
    for calculator in FOLDED_VIEW_FEATURES
    for feature in calculator.names()
)
