"""The catalogues of stars that are understood: what they measured of each, and what else it is called.

Only declarations live here; reading is in `reading`.
"""

from __future__ import annotations

from typing import Final

from astro_assets.catalogs.columns import Number, Uncertainty, Word
from astro_assets.catalogs.format import Format
from astro_assets.catalogs.names import StarNames

#: TESS Input Catalog (Stassun et al. 2019), as MAST answers it. The numbers of Gaia are those of DR2.
TIC: Final = Format(
    "tic",
    "TESS Input Catalog",
    frozenset({"ID", "ra", "dec", "Tmag", "Teff", "logg", "rad", "mass", "KIC"}),
    StarNames(
        "TIC",
        "ID",
        {"KIC": "KIC ", "HIP": "HIP ", "TYC": "TYC ", "TWOMASS": "2MASS J", "GAIA": "Gaia DR2 "},
    ),
    {
        "star_temperature_k": Number("Teff", "K", positive=True),
        "star_temperature_uncertainty_k": Uncertainty(("e_Teff",)),
        "star_surface_gravity_dex": Number("logg", "cm/s**2"),
        "star_surface_gravity_uncertainty_dex": Uncertainty(("e_logg",)),
        "star_radius_sun": Number("rad", "Solar radii", positive=True),
        "star_radius_uncertainty_sun": Uncertainty(("e_rad",)),
        "star_mass_sun": Number("mass", "Solar mass", positive=True),
        "star_mass_uncertainty_sun": Uncertainty(("e_mass",)),
        "star_density_sun": Number("rho", positive=True),
        "star_metallicity_dex": Number("MH", "dex"),
        "distance_pc": Number("d", "pc", positive=True),
        "ra_deg": Number("ra", "deg"),
        "dec_deg": Number("dec", "deg"),
        "magnitude": Number("Tmag", "mag"),
        "updated": Word("version"),
    },
    optional=frozenset({"HIP", "TYC", "TWOMASS", "GAIA"}),
)

#: Stars of Kepler as its last pipeline took them to be (Mathur et al. 2017): table ``keplerstellar`` of the
#: NASA Exoplanet Archive, of which one delivery is asked for.
KIC: Final = Format(
    "kic",
    "Kepler stars, Q1-Q17 DR25",
    frozenset({"kepid", "teff", "logg", "radius", "mass", "kepmag", "st_delivname"}),
    StarNames("KIC", "kepid", {"tm_designation": ""}),
    {
        "star_temperature_k": Number("teff", "K", positive=True),
        "star_temperature_uncertainty_k": Uncertainty(("teff_err1", "teff_err2")),
        "star_surface_gravity_dex": Number("logg", "cm/s**2"),
        "star_surface_gravity_uncertainty_dex": Uncertainty(("logg_err1", "logg_err2")),
        "star_radius_sun": Number("radius", "Solar radii", positive=True),
        "star_radius_uncertainty_sun": Uncertainty(("radius_err1", "radius_err2")),
        "star_mass_sun": Number("mass", "Solar mass", positive=True),
        "star_mass_uncertainty_sun": Uncertainty(("mass_err1", "mass_err2")),
        "star_metallicity_dex": Number("feh", "dex"),
        "distance_pc": Number("dist", "pc", positive=True),
        "ra_deg": Number("ra", "deg"),
        "dec_deg": Number("dec", "deg"),
        "magnitude": Number("kepmag", "mag"),
        "updated": Word("st_delivname"),
    },
    optional=frozenset({"tm_designation"}),
)

#: Stars of K2 (Huber et al. 2016): table ``k2targets`` of the NASA Exoplanet Archive.
EPIC: Final = Format(
    "epic",
    "K2 stars",
    frozenset({"epic_number", "k2_teff", "k2_logg", "k2_rad", "k2_mass", "k2_kepmag"}),
    StarNames("EPIC", "epic_number", {"tm_name": ""}),
    {
        "star_temperature_k": Number("k2_teff", "K", positive=True),
        "star_temperature_uncertainty_k": Uncertainty(("k2_tefferr1", "k2_tefferr2")),
        "star_surface_gravity_dex": Number("k2_logg", "cm/s**2"),
        "star_surface_gravity_uncertainty_dex": Uncertainty(("k2_loggerr1", "k2_loggerr2")),
        "star_radius_sun": Number("k2_rad", "Solar radii", positive=True),
        "star_radius_uncertainty_sun": Uncertainty(("k2_raderr1", "k2_raderr2")),
        "star_mass_sun": Number("k2_mass", "Solar mass", positive=True),
        "star_mass_uncertainty_sun": Uncertainty(("k2_masserr1", "k2_masserr2")),
        "star_metallicity_dex": Number("k2_metfe", "dex"),
        "distance_pc": Number("k2_dist", "pc", positive=True),
        "ra_deg": Number("ra", "deg"),
        "dec_deg": Number("dec", "deg"),
        "magnitude": Number("k2_kepmag", "mag"),
    },
    optional=frozenset({"tm_name"}),
)

STAR_FORMATS: Final = (TIC, KIC, EPIC)
