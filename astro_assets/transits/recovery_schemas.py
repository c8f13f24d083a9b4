"""Columns of the tables that compare the search with what is known."""

from __future__ import annotations

from typing import Final

from astro_assets.ledger.schema import Column, Schema

_EXPECTED: Final = (
    Column("signal_id", "string", "The star and the number of the signal, by period, as 'KIC 11446443#1'."),
    Column("search_id", "string", "What was searched: a target, or one file of a conflict."),
    Column("target_id", "string", "Canonical target id."),
    Column("catalog", "string", "Catalogue that lists the signal, or 'simulated_truth'."),
    Column("entry", "string", "Name of the signal there."),
    Column(
        "disposition", "string", "'confirmed_planet', 'eclipsing_binary', 'candidate' or 'false_positive'."
    ),
    Column("period_days", "float64", "Listed period.", "d"),
    Column("epoch_btjd", "float64", "Listed mid-time of a transit, BJD_TDB - 2457000; NaN if none.", "d"),
    Column("duration_hours", "float64", "Listed duration, or the assumed one.", "h"),
    Column("is_duration_assumed", "bool", "Whether no list gives a duration."),
    Column("depth_ppm", "float64", "Listed depth; NaN if none.", "1e-6"),
    Column("expected_snr", "float64", "Depth over noise, times the root of the transits covered."),
    Column("is_detectable", "bool", "Whether a search of these data should find it."),
)

EXPECTED_SIGNAL_SCHEMA: Final = Schema(
    (
        *_EXPECTED,
        Column("n_transits", "int32", "Transits of which the data cover at least half."),
        Column("noise_ppm", "float64", "Noise of the detrended curve over one duration.", "1e-6"),
        Column("baseline_days", "float64", "Time from the first to the last sample.", "d"),
        Column("shortcoming", "string", "Why it is not detectable; null if it is.", nullable=True),
    )
)

RECOVERED_SIGNAL_SCHEMA: Final = Schema(
    (
        *_EXPECTED,
        Column("is_strongest", "bool", "Whether no detectable signal of the star is expected stronger."),
        Column("is_found", "bool", "Whether a detected candidate has its period, half or twice of it."),
        Column("is_first", "bool", "Whether that is the star's first candidate."),
        Column("is_exact", "bool", "Whether it has the period itself."),
        Column("candidate_id", "string", "That candidate; null if there is none.", nullable=True),
        Column("found_period_days", "float64", "Its period; NaN if there is none.", "d"),
        Column("period_ratio", "string", "Its period over the listed one: '1', '1/2', '2'.", nullable=True),
        Column("snr_at_ephemeris", "float64", "SNR, with red noise, of the listed ephemeris in the data."),
        Column("cause", "string", "Why a detectable signal was not found; null otherwise.", nullable=True),
    )
)
