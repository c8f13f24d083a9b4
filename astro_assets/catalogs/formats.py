"""The catalogues that are understood: how each is recognised, and which of its columns become which of ours.

Only declarations live here, with the facts about each catalogue that decide them; reading is in `reading`.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from astro_assets.catalogs.binaries import binary_readings
from astro_assets.catalogs.columns import Flag, Number, Reading, Uncertainty, Word
from astro_assets.catalogs.format import (
    BINARY,
    CANDIDATE,
    CONFIRMED,
    DELIVERY,
    FALSE_ALARM,
    FALSE_POSITIVE,
    UNKNOWN,
    Format,
)
from astro_assets.catalogs.names import (
    alias_lines,
    binary,
    kepler_object,
    planet,
    tess_object,
    threshold_crossing_event,
)
from astro_assets.catalogs.star_formats import STAR_FORMATS
from astro_assets.catalogs.times import BJD_TO_BTJD, BKJD_TO_BTJD

#: Kepler Objects of Interest, cumulative table of the NASA Exoplanet Archive (Thompson et al. 2018).
KOI: Final = Format(
    "koi",
    "Kepler Objects of Interest",
    frozenset({"kepid", "kepoi_name", "koi_disposition", "koi_period", "koi_time0bk"}),
    kepler_object,
    {
        "planet_name": Word("kepler_name"),
        "period_days": Number("koi_period", "days", positive=True),
        "period_uncertainty_days": Uncertainty(("koi_period_err1", "koi_period_err2")),
        "epoch_btjd": Number("koi_time0bk", "BKJD", offset=BKJD_TO_BTJD),
        "epoch_uncertainty_days": Uncertainty(("koi_time0bk_err1", "koi_time0bk_err2")),
        "duration_hours": Number("koi_duration", "hrs", positive=True),
        "duration_uncertainty_hours": Uncertainty(("koi_duration_err1", "koi_duration_err2")),
        "depth_ppm": Number("koi_depth", "ppm"),
        "depth_uncertainty_ppm": Uncertainty(("koi_depth_err1", "koi_depth_err2")),
        "planet_radius_earth": Number("koi_prad", "Earth radii"),
        "snr": Number("koi_model_snr"),
        "score": Number("koi_score"),
        "is_not_transit_like": Flag("koi_fpflag_nt"),
        "is_stellar_eclipse": Flag("koi_fpflag_ss"),
        "is_centroid_offset": Flag("koi_fpflag_co"),
        "is_ephemeris_match": Flag("koi_fpflag_ec"),
        "star_temperature_k": Number("koi_steff", "K"),
        "star_radius_sun": Number("koi_srad", "Solar radii"),
        "ra_deg": Number("ra", "decimal degrees"),
        "dec_deg": Number("dec", "decimal degrees"),
        "magnitude": Number("koi_kepmag", "mag"),
    },
    "koi_disposition",
    {
        "CONFIRMED": CONFIRMED,
        "CANDIDATE": CANDIDATE,
        "FALSE POSITIVE": FALSE_POSITIVE,
        "NOT DISPOSITIONED": UNKNOWN,
    },
)

#: What tables of threshold-crossing events have. Where the pipeline's fit failed all its errors are 0 and its
#: SNR is -1.
_CROSSINGS: Final[dict[str, Reading]] = {
    "period_days": Number("tce_period", "days", positive=True),
    "period_uncertainty_days": Uncertainty(("tce_period_err",)),
    "epoch_btjd": Number("tce_time0bk", "BKJD", offset=BKJD_TO_BTJD),
    "epoch_uncertainty_days": Uncertainty(("tce_time0bk_err",)),
    "duration_hours": Number("tce_duration", "hrs", positive=True),
    "duration_uncertainty_hours": Uncertainty(("tce_duration_err",)),
    "depth_ppm": Number("tce_depth", "ppm"),
    "depth_uncertainty_ppm": Uncertainty(("tce_depth_err",)),
    "planet_radius_earth": Number("tce_prad", "Earth radii"),
    "snr": Number("tce_model_snr", missing=(-1.0,)),
    "star_temperature_k": Number("tce_steff", "K"),
    "star_radius_sun": Number("tce_sradius", "Solar radii"),
}
_CROSSING_COLUMNS: Final = frozenset({"kepid", "tce_plnt_num", "tce_period", "tce_time0bk"})

#: Threshold-crossing events of Kepler Q1-Q17 DR24 with the training labels of the autovetter (Coughlin et al.
#: 2016; Catanzarite 2015).
DR24_TCE: Final = Format(
    "dr24_tce",
    "Kepler Q1-Q17 DR24 threshold-crossing events",
    _CROSSING_COLUMNS | {"av_training_set"},
    threshold_crossing_event,
    _CROSSINGS,
    "av_training_set",
    # Astrophysical false positives; non-transiting phenomena: instrumental noise and variable stars.
    {"PC": CANDIDATE, "AFP": FALSE_POSITIVE, "NTP": FALSE_ALARM, "UNK": UNKNOWN},
    optional=frozenset({DELIVERY}),
    delivery="q1_q17_dr24_tce",
)

#: Threshold-crossing events of Kepler Q1-Q17 DR25 (Twicken et al. 2016), which nobody has judged here: the
#: KOI table says of those that became objects of interest what they are.
DR25_TCE: Final = Format(
    "dr25_tce",
    "Kepler Q1-Q17 DR25 threshold-crossing events",
    _CROSSING_COLUMNS | {DELIVERY},
    threshold_crossing_event,
    _CROSSINGS,
    dispositions={"": UNKNOWN},
    delivery="q1_q17_dr25_tce",
)

#: TESS Objects of Interest, table of the NASA Exoplanet Archive (Guerrero et al. 2021).
TOI: Final = Format(
    "toi",
    "TESS Objects of Interest",
    frozenset({"toi", "tid", "tfopwg_disp", "pl_tranmid", "pl_orbper"}),
    tess_object,
    {
        "period_days": Number("pl_orbper", "days", positive=True, limit_flag="pl_orbperlim"),
        "period_uncertainty_days": Uncertainty(("pl_orbpererr1", "pl_orbpererr2")),
        "epoch_btjd": Number("pl_tranmid", "BJD", offset=BJD_TO_BTJD, limit_flag="pl_tranmidlim"),
        "epoch_uncertainty_days": Uncertainty(("pl_tranmiderr1", "pl_tranmiderr2")),
        "duration_hours": Number("pl_trandurh", "hours", positive=True, limit_flag="pl_trandurhlim"),
        "duration_uncertainty_hours": Uncertainty(("pl_trandurherr1", "pl_trandurherr2")),
        "depth_ppm": Number("pl_trandep", "ppm", limit_flag="pl_trandeplim"),
        "depth_uncertainty_ppm": Uncertainty(("pl_trandeperr1", "pl_trandeperr2")),
        "planet_radius_earth": Number("pl_rade", "R_Earth", limit_flag="pl_radelim"),
        "star_temperature_k": Number("st_teff", "K", limit_flag="st_tefflim"),
        "star_radius_sun": Number("st_rad", "R_Sun", limit_flag="st_radlim"),
        "ra_deg": Number("ra", "deg"),
        "dec_deg": Number("dec", "deg"),
        "magnitude": Number("st_tmag", limit_flag="st_tmaglim"),
        "updated": Word("rowupdate"),
    },
    "tfopwg_disp",
    # Known and confirmed planets; planet candidates, ambiguous ones too; false positives; false alarms.
    {
        "KP": CONFIRMED,
        "CP": CONFIRMED,
        "PC": CANDIDATE,
        "APC": CANDIDATE,
        "FP": FALSE_POSITIVE,
        "FA": FALSE_ALARM,
    },
)

_BINARY_COLUMNS: Final = frozenset({"period", "bjd0", "pdepth", "pwidth", "morph"})

#: Kepler eclipsing binaries (Prsa et al. 2011; Kirk et al. 2016).
KEPLER_BINARIES: Final = Format(
    "kepler_eb",
    "Kepler eclipsing binaries",
    _BINARY_COLUMNS | {"KIC"},
    binary("KIC"),
    binary_readings(),
    dispositions={"": BINARY},
    repeats=True,  # several eclipsing pairs in one star
)

#: K2 eclipsing binaries, of the same authors and columns.
K2_BINARIES: Final = Format(
    "k2_eb",
    "K2 eclipsing binaries",
    _BINARY_COLUMNS | {"EPIC"},
    binary("EPIC"),
    binary_readings(),
    dispositions={"": BINARY},
    repeats=True,
)

#: What both tables of planets have. Mid-times are Julian dates of several systems, which differ by a minute
#: at most.
_PLANET: Final[dict[str, Reading]] = {
    "period_days": Number("pl_orbper", "days", positive=True, limit_flag="pl_orbperlim"),
    "period_uncertainty_days": Uncertainty(("pl_orbpererr1", "pl_orbpererr2")),
    "epoch_btjd": Number("pl_tranmid", "days", offset=BJD_TO_BTJD, limit_flag="pl_tranmidlim"),
    "epoch_uncertainty_days": Uncertainty(("pl_tranmiderr1", "pl_tranmiderr2")),
    "duration_hours": Number("pl_trandur", "hours", positive=True, limit_flag="pl_trandurlim"),
    "duration_uncertainty_hours": Uncertainty(("pl_trandurerr1", "pl_trandurerr2")),
    "depth_ppm": Number("pl_trandep", "%", scale=1e4, limit_flag="pl_trandeplim"),
    "depth_uncertainty_ppm": Uncertainty(("pl_trandeperr1", "pl_trandeperr2"), scale=1e4),
    "planet_radius_earth": Number("pl_rade", "Earth Radius", limit_flag="pl_radelim"),
    "planet_mass_earth": Number("pl_bmasse", "Earth Mass", limit_flag="pl_bmasselim"),
    "eccentricity": Number("pl_orbeccen", limit_flag="pl_orbeccenlim"),
    "equilibrium_temperature_k": Number("pl_eqt", "K", limit_flag="pl_eqtlim"),
    "star_temperature_k": Number("st_teff", "K", limit_flag="st_tefflim"),
    "star_radius_sun": Number("st_rad", "Solar Radius", limit_flag="st_radlim"),
    "ra_deg": Number("ra", "deg"),
    "dec_deg": Number("dec", "deg"),
    "updated": Word("rowupdate"),
}

#: Planetary Systems, table of the NASA Exoplanet Archive: one line a planet and reference. A file has the
#: columns that somebody asked for: without mid-times, or without TIC numbers, too.
PLANETARY_SYSTEMS: Final = Format(
    "planetary_systems",
    "confirmed planets, one row a publication",
    frozenset({"pl_name", "hostname", "default_flag", "soltype", "pl_orbper"}),
    planet,
    {
        "planet_name": Word("pl_name"),
        "reference": Word("pl_refname"),
        "is_default": Flag("default_flag"),
        **_PLANET,
    },
    "soltype",
    {
        "Published Confirmed": CONFIRMED,
        "Published Candidate": CANDIDATE,
        "Kepler Project Candidate": CANDIDATE,
        "TESS Project Candidate": CANDIDATE,
    },
    repeats=True,
    optional=frozenset({"tic_id"}),
)

#: Planetary Systems Composite Parameters, table of the archive: one line a planet, each value from the
#: publication that the archive prefers for it; they need not agree with each other.
COMPOSITE_PLANETS: Final = Format(
    "composite_planets",
    "confirmed planets, one row a planet, values of several publications",
    frozenset({"pl_name", "hostname", "pl_orbper", "pl_orbper_reflink"}),
    planet,
    {
        "planet_name": Word("pl_name"),
        "reference": Word("pl_orbper_reflink"),
        **_PLANET,
    },
    dispositions={"": CONFIRMED},
    optional=frozenset({"tic_id"}),
)

#: Names of stars, listed by whoever keeps the home.
ALIASES: Final = Format(
    "aliases", "listed names of stars", frozenset({"alias", "target_id"}), alias_lines, repeats=True
)

FORMATS: Final = {
    form.name: form
    for form in (
        KOI,
        DR24_TCE,
        DR25_TCE,
        TOI,
        KEPLER_BINARIES,
        K2_BINARIES,
        PLANETARY_SYSTEMS,
        COMPOSITE_PLANETS,
        *STAR_FORMATS,
        ALIASES,
    )
}


def sources_of(column: str, catalogs: Collection[str]) -> str:
    """Return where some catalogues have a column of ours from: ``koi_period (koi), pl_orbper (toi)``."""
    found = (
        f"{', '.join(form.readings[column].sources)} ({form.name})"
        for form in FORMATS.values()
        if form.name in catalogs and column in form.readings
    )
    return "; ".join(found)
