"""Columns of the table of candidates' measures."""

from __future__ import annotations

from typing import Final

from astro_assets.ledger.schema import Column, Schema

_SIGMA: Final = "over its standard deviation, red noise included."

TRANSIT_FEATURE_SCHEMA: Final = Schema(
    (
        Column("candidate_id", "string", "The candidate that is measured."),
        Column("search_id", "string", "What was searched, as in transit_candidates."),
        Column("target_id", "string", "Canonical id of the target."),
        Column(
            "mean_depth_ppm",
            "float64",
            "Mean depth between first and last contact of the transits, below what is beside each: of a "
            "trapezoid less than depth_ppm of transit_candidates.",
            "1e-6",
        ),
        Column("mean_depth_err_ppm", "float64", "Its standard deviation, red noise included.", "1e-6"),
        Column("multiple_event_statistic", "float64", "Their ratio (Jenkins 2002)."),
        Column(
            "red_noise",
            "float64",
            "Scatter of boxes as long as the transit, out of it, over that of white noise (Pont et al. "
            "2006); at least 1; 1 if fewer than 10 are there.",
        ),
        Column("n_transits_expected", "int32", "Transits whose middle is within the data."),
        Column(
            "n_transits_measured",
            "int32",
            "Those of which at least half was observed and is in no transit of an earlier candidate.",
        ),
        Column("transit_coverage", "float64", "Part of the time of all transits expected that was observed."),
        Column(
            "near_gap_fraction",
            "float64",
            "Part of the observed transits that lacks half of the data before or after it (from 0.75 to 2 "
            "durations, less for short periods): momentum dumps, ends of orbits.",
        ),
        Column(
            "mean_over_median_depth",
            "float64",
            "Mean depth of transits over the median one (DMM of Thompson et al. 2018): far from 1 where few "
            "make the depth. NaN if the median is not positive.",
        ),
        Column("largest_single_event", "float64", f"Largest depth of a single transit {_SIGMA}"),
        Column(
            "largest_over_multiple",
            "float64",
            "That over multiple_event_statistic: 1 over the root of the number of equal transits; NaN if the "
            "depth is not positive.",
        ),
        Column(
            "event_chi_square",
            "float64",
            "Reduced chi-square of single transits about the mean transit, red noise included; NaN for one. "
            "Of deep transits of few samples it counts, too, how much of the ingress each shows.",
        ),
        Column(
            "chi",
            "float64",
            "multiple_event_statistic over the root of event_chi_square (Seader et al. 2013).",
        ),
        Column(
            "events_odd_even_sigma",
            "float64",
            f"Difference of odd and even transits, each below what is beside it, {_SIGMA}",
        ),
        Column(
            "step_sigma",
            "float64",
            f"Mean flux after the transits less flux before {_SIGMA}",
        ),
        Column(
            "step_chi_square",
            "float64",
            "Reduced chi-square of these differences about none: rises do not make up for falls.",
        ),
        Column(
            "bottom_over_mean_depth",
            "float64",
            "Mean depth of the transit's middle third over that of all of it: 1 for a box, 1.67 for a V; NaN "
            "if the depth is not positive.",
        ),
        Column("asymmetry_sigma", "float64", f"Depth of the first half less depth of the second {_SIGMA}"),
        Column(
            "duration_over_solar",
            "float64",
            "Duration over that of a central transit of the Sun with this period. On a circular orbit the "
            "star has at most the inverse cube of the Sun's density, and just that for a central transit "
            "(Seager & Mallen-Ornelas 2003). What the files say of the star is in duration_over_star.",
        ),
        Column(
            "star_density_sun",
            "float64",
            "Mean density of the star in units of the Sun's, by gravity and radius in the newest of its "
            "files that has both; NaN if none has.",
        ),
        Column(
            "duration_over_star",
            "float64",
            "Duration over that of a central transit of this star with this period, by its density and on a "
            "circular orbit: 1 + radius ratio at most, beyond that the eccentricity, or another star that is "
            "eclipsed. NaN if the density is not known.",
        ),
        Column("duty_cycle", "float64", "Duration over period."),
        Column(
            "phase_noise",
            "float64",
            "Scatter of boxes at all phases away from transit and weak secondary over that of white noise "
            "(F_red of Coughlin et al. 2016), or red_noise where that is larger or where fewer than 10 boxes "
            "are there.",
        ),
        Column(
            "primary_beyond_noise",
            "float64",
            "Depth of the transit in units of phase_noise, less the highest that noise has in a survey of "
            "20,000 (model-shift test 1 of Thompson et al. 2018: a planet's is above 0).",
        ),
        Column(
            "primary_beyond_tertiary",
            "float64",
            "Depth of the transit less that of the third deepest dip in units of white noise, less what "
            "chance allows (test 2).",
        ),
        Column("primary_beyond_positive", "float64", "The same of the strongest brightening (test 3)."),
        Column(
            "secondary_beyond_noise",
            "float64",
            "As primary_beyond_noise, of the deepest dip two durations or more off the transit (test 4).",
        ),
        Column("secondary_beyond_tertiary", "float64", "As primary_beyond_tertiary (test 5)."),
        Column("secondary_beyond_positive", "float64", "As primary_beyond_positive (test 6)."),
        Column("weak_secondary_phase", "float64", "Phase of that dip, 0 to 1, the transit being at 0."),
        Column("weak_secondary_over_depth", "float64", "Its depth over the transit's, below one level."),
        Column("weak_secondary_sigma", "float64", "Its depth in units of phase_noise."),
        Column(
            "half_period_sigma", "float64", "Depth half a period off the transit in units of phase_noise."
        ),
        Column(
            "half_period_unlike_sigma",
            "float64",
            "Depth of the transit less that depth in the same units: near 0 where the period is half "
            "of this.",
        ),
        Column(
            "brightening_over_dip",
            "float64",
            "Ratio of the strongest brightening over its sum with that of the transit (the shape metric of "
            "the model-shift test, which fails above 0.3): near 0 for transits, 0.5 for a sinusoid.",
        ),
        Column(
            "sine_half_period_sigma",
            "float64",
            "Amplitude of a sine wave of half the period in the flux before detrending, out of transit, over "
            "its standard deviation, all else being white noise (SWEET, Thompson et al. 2018).",
        ),
        Column("sine_period_sigma", "float64", "The same at the period."),
        Column("sine_twice_period_sigma", "float64", "The same at twice the period."),
        Column("sine_over_depth", "float64", "Amplitude of the most significant of them over the depth."),
        Column(
            "centroid_shift_pixels",
            "float64",
            "Motion of the star's light in transit, root mean square over segments less what noise makes of "
            "it; NaN where the files have no centroids on both sides of a transit.",
            "pixel",
        ),
        Column(
            "centroid_shift_sigma",
            "float64",
            "Its significance: the normal deviate as unlikely as the shifts of all segments without motion; "
            "noise is that of such shifts out of transit, or the scatter of transits where that is more.",
        ),
        Column(
            "source_offset_pixels",
            "float64",
            "How far from the centre of light the dimmed source is: the shift times 1 / depth - 1 (Bryson et "
            "al. 2013); the target itself is off it in a crowded aperture.",
            "pixel",
        ),
    )
)
