"""Columns of the transit wing's tables, with their units and meanings.

Only declarations live here; how rows are computed is in the pure modules, who reads whom in ``tables.py``.
"""

from __future__ import annotations

from typing import Final

from astro_assets.ledger.schema import Column, Schema

_TARGET: Final = Column(
    "target_id", "string", "Canonical id of the target: the mission's, as 'TIC 100100827'."
)
_SEARCH: Final = Column(
    "search_id",
    "string",
    "What is searched: the target; where files claim one target but show different stars each of them alone, "
    "as 'KIC 10858720~1b2c3d4e'; its nights of photometry from frames as 'TIC 292152376~photometry'.",
)

DETRENDED_LIGHT_CURVE_SCHEMA: Final = Schema(
    (
        _SEARCH,
        _TARGET,
        Column("mission", "string", "Mission of the light curves; 'ground' of photometry from frames."),
        Column(
            "segments",
            "list[int32]",
            "Sectors, quarters or campaigns used, in order of time; -1: not known; nights from 0.",
        ),
        Column("n_segments", "int32", "Number of segments used."),
        Column("n_points", "int32", "Number of samples kept."),
        Column("n_clipped", "int32", "Samples removed because they are too bright: flares, cosmic rays."),
        Column("n_edge", "int32", "Samples removed at edges of the data, where the trend is uncertain."),
        Column("baseline_days", "float64", "Time from the first to the last sample.", "d"),
        Column("cadence_s", "float64", "Length of one sample; the median when segments differ.", "s"),
        Column(
            "scatter_ppm",
            "float64",
            "White noise of one sample: 1.4826 MAD of differences of neighbours over sqrt(2).",
            "1e-6",
        ),
        Column(
            "cdpp_1h_ppm",
            "float64",
            "Proxy of the combined differential photometric precision in 1 h: 1.4826 MAD of the means of all "
            "boxes that are at least 3/4 full (Christiansen et al. 2012; Gilliland et al. 2011). NaN where "
            "there are fewer than 10 such boxes.",
            "1e-6",
        ),
        Column("cdpp_2h_ppm", "float64", "The same in 2 h.", "1e-6"),
        Column("cdpp_6h_ppm", "float64", "The same in 6 h.", "1e-6"),
        Column(
            "variability_ppm",
            "float64",
            "What was removed: half the range of the trend between its 5th and 95th percentile.",
            "1e-6",
        ),
        Column(
            "light_curve",
            "arrays",
            "One value a sample: time (float64, BTJD, TDB), flux (float32, relative, trend divided out), "
            "flux_err (float32, white noise, scaled to the segment's scatter), trend (float32, relative to "
            "the segment's median), segment (int32, position in the column segments).",
        ),
    )
)

VARIABILITY_SCHEMA: Final = Schema(
    (
        _SEARCH,
        _TARGET,
        Column("n_points", "int32", "Number of samples, of all segments that do not overlap."),
        Column("baseline_days", "float64", "Time from the first to the last sample.", "d"),
        Column("period_days", "float64", "Period of the curve of harmonics that fits best.", "d"),
        Column("amplitude_ppm", "float64", "Half the range of that curve.", "1e-6"),
        Column("n_harmonics", "int32", "Harmonics of that curve: 1, 2 or 4."),
        Column("explained", "float64", "Share of the variance that it explains, 0 to 1."),
        Column(
            "second_harmonic",
            "float64",
            "Amplitude at half the period over that at the period; 0 for a sinusoid.",
        ),
        Column("sinusoid_period_days", "float64", "Period of the sinusoid that fits best.", "d"),
        Column("sinusoid_power", "float64", "Share of the variance that it explains, 0 to 1."),
        Column(
            "log10_false_alarm",
            "float64",
            "Logarithm of the probability that white noise has such a peak at any period (Baluev 2008). "
            "Stellar noise is correlated: a small value says that a star varies, not that it is periodic.",
        ),
        Column("scatter_ppm", "float64", "Standard deviation of the stitched flux.", "1e-6"),
        Column("skewness", "float64", "Its third moment over its cube: negative where dips are deepest."),
    )
)

TRANSIT_CANDIDATE_SCHEMA: Final = Schema(
    (
        Column("candidate_id", "string", "Target id and rank: 'TIC 100100827.01'."),
        _SEARCH,
        _TARGET,
        Column(
            "rank",
            "int32",
            "Order within the star: by detection statistic from 14 on, then most likely first.",
        ),
        Column("period_days", "float64", "Period.", "d"),
        Column(
            "period_uncertainty_days",
            "float64",
            "Standard deviation of the period, NaN if the fit failed.",
            "d",
        ),
        Column(
            "epoch_btjd",
            "float64",
            "Middle of the observed transit nearest to the middle of the data (BJD_TDB - 2457000).",
            "d",
        ),
        Column(
            "epoch_uncertainty_days",
            "float64",
            "Standard deviation of that time, NaN if the fit failed.",
            "d",
        ),
        Column("duration_hours", "float64", "First to last contact of the fitted trapezoid.", "h"),
        Column(
            "ingress_fraction",
            "float64",
            "Part of the duration that ingress takes: 0.5 is a V, near 0 a box; NaN if the fit failed.",
        ),
        Column(
            "depth_ppm",
            "float64",
            "Depth of the fitted trapezoid, of the best box if the fit failed.",
            "1e-6",
        ),
        Column("snr", "float64", "Depth of the best box over its error, red noise at its duration included."),
        Column(
            "snr_without_strongest",
            "float64",
            "The same without the transit that adds most, scaled to all, and without what chance gives the "
            "strongest of equals: near snr for equal transits, near 0 for one dip; 0 when there is only one.",
        ),
        Column(
            "snr_beyond_sinusoid",
            "float64",
            "The same below a sinusoid of this period and its half fitted to the rest of the curve: near snr "
            "for transits, near 0 for a variable star.",
        ),
        Column("brightening_snr", "float64", "The same of the strongest brightening at this period."),
        Column(
            "depth_constancy",
            "float64",
            "Mean depth of single transits over their scatter (1.4826 MAD, odd and even transits apart); NaN "
            "with less than 3 odd or even ones.",
        ),
        Column(
            "is_contact_binary",
            "bool",
            "Whether a sinusoid explains the dip (snr_beyond_sinusoid is below the statistic's threshold), "
            "but two unlike minima took turns at least 200 times with a depth_constancy of 8 or more.",
        ),
        Column(
            "sde",
            "float64",
            "Signal detection efficiency of the peak in the periodogram (Kovacs et al. 2002).",
        ),
        Column(
            "log10_false_alarm",
            "float64",
            "Logarithm of the probability that noise makes such a peak, less what its shape takes from snr, "
            "anywhere in the spectrum: extreme values of that in which the candidate was found, of strong "
            "ones of the star's last. NaN where less than 64 periods are tried.",
        ),
        Column(
            "detection_statistic",
            "float64",
            "How strong it is beyond doubt: the smallest of snr, snr_without_strongest and "
            "snr_beyond_sinusoid, less by what brightening_snr exceeds 3.5. Of two unlike minima that took "
            "turns at least 200 times with a depth_constancy of 8 or more, the smaller of the former two.",
        ),
        Column(
            "is_detected",
            "bool",
            "Whether the detection statistic or the false-alarm probability reaches its threshold.",
        ),
        Column("n_transits", "int32", "Transits observed, each at least half covered."),
        Column("n_points_in_transit", "int32", "Samples inside transits."),
        Column(
            "depth_odd_ppm", "float64", "Mean depth of transits 1, 3, ... counted from the epoch.", "1e-6"
        ),
        Column("depth_odd_err_ppm", "float64", "Its standard deviation.", "1e-6"),
        Column(
            "depth_even_ppm", "float64", "Mean depth of transits 0, 2, ... counted from the epoch.", "1e-6"
        ),
        Column("depth_even_err_ppm", "float64", "Its standard deviation.", "1e-6"),
        Column(
            "odd_even_sigma",
            "float64",
            "Their difference over its error; NaN when either has no transit observed.",
        ),
        Column("secondary_depth_ppm", "float64", "Depth of the deepest dip away from the transit.", "1e-6"),
        Column("secondary_phase", "float64", "Its phase, 0 to 1, the transit being at 0."),
        Column(
            "secondary_snr", "float64", "Its depth over its error; about 3 for the best phase of pure noise."
        ),
        Column(
            "harmonic_of", "string", "Stronger signal of the star with a commensurable period.", nullable=True
        ),
        Column("harmonic_ratio", "string", "This period over that one, as '1/2'.", nullable=True),
        Column("baseline_days", "float64", "Time from the first to the last sample.", "d"),
        Column(
            "periodogram",
            "arrays",
            "The spectrum in which the signal was found, the highest of each group of neighbouring trials: "
            "period_days (float32), power (float32, SNR with the red noise of its duration).",
        ),
    )
)

FOLDED_VIEW_SCHEMA: Final = Schema(
    (
        Column("candidate_id", "string", "The candidate that is folded."),
        _SEARCH,
        _TARGET,
        Column("period_days", "float64", "Period of the fold.", "d"),
        Column("epoch_btjd", "float64", "Time of phase 0 (BJD_TDB - 2457000).", "d"),
        Column("duration_hours", "float64", "Duration that sets the width of the local views.", "h"),
        Column("secondary_phase", "float64", "Phase of the transit at which the secondary view is centred."),
        Column("n_points", "int32", "Samples in the global view."),
        Column("n_empty_global", "int32", "Empty bins of the global view."),
        Column("n_empty_local", "int32", "Empty bins of the local view."),
        Column(
            "views",
            "arrays",
            "One value a bin, views one after the other: view (int32: 0 global, 1 local, 2 odd, 3 even, "
            "4 secondary), bin (int32), phase (float64, cycles of the period from the view's centre to the "
            "bin's), median (float32, relative flux), spread (float32, 1.4826 MAD), count (int32). A bin "
            "with count 0 is empty: median and spread are NaN.",
        ),
    )
)

LABELLED_CANDIDATE_SCHEMA: Final = Schema(
    (
        Column("candidate_id", "string", "The candidate that is compared with known signals."),
        _TARGET,
        Column(
            "label",
            "string",
            "Disposition of the known signal that the candidate is: 'confirmed_planet', 'eclipsing_binary', "
            "'false_positive', 'false_alarm', 'candidate', 'unknown'; null where it is none.",
            nullable=True,
        ),
        Column("signal_catalog", "string", "Catalogue that lists that signal.", nullable=True),
        Column("signal_entry", "string", "Name of the signal there.", nullable=True),
        Column("signal_star", "string", "Star under which it is listed there.", nullable=True),
        Column(
            "period_ratio",
            "string",
            "Candidate's period over the signal's: '1', '1/2', '2', '1/3', '3'.",
            nullable=True,
        ),
        Column(
            "period_offset_days",
            "float64",
            "Candidate's period less ratio times the signal's.",
            "d",
            nullable=True,
        ),
        Column("period_tolerance_days", "float64", "How large that may be.", "d", nullable=True),
        Column(
            "epoch_offset_days",
            "float64",
            "Candidate's epoch less the signal's nearest transit; NaN where the signal has no epoch.",
            "d",
            nullable=True,
        ),
        Column("epoch_tolerance_days", "float64", "How large that may be.", "d", nullable=True),
        Column(
            "is_epoch_decisive",
            "bool",
            "Whether epochs could have disagreed; if not, the match is by target and period alone.",
            nullable=True,
        ),
        Column("is_at_secondary", "bool", "Whether it is the signal's secondary eclipse.", nullable=True),
        Column("matching_labels", "list[string]", "Dispositions of all signals that match, each once."),
        Column("n_matching_signals", "int32", "Known signals that match, the same of several catalogues."),
        Column("n_known_signals", "int32", "Known signals of the target."),
    )
)
