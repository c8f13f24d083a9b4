"""What the rows of the catalogue tables look like.

Only declarations live here. Which column of which catalogue fills a column is taken from `formats`.
"""

from __future__ import annotations

from typing import Final

from astro_assets.catalogs.formats import FORMATS, sources_of
from astro_assets.catalogs.reading import VALUES
from astro_assets.catalogs.star_formats import STAR_FORMATS
from astro_assets.ledger.schema import Column, Schema

_LIST: Final = ", ".join(repr(name) for name in FORMATS)
_CATALOG: Final = Column("catalog", "string", f"Which catalogue: one of {_LIST}.")
_ENTRY: Final = Column(
    "entry", "string", "Name of the entry in its catalogue, as 'K00072.01' or 'TOI-700.01'."
)
_STAR: Final = Column(
    "star", "string", "The star as the catalogue has it: its canonical id, else its name, as 'K2-3'."
)
_TARGET: Final = Column("target_id", "string", "Canonical id of the target.")
_KNOWN_TARGET: Final = Column(
    "target_id",
    "string",
    "Canonical id of the target, null where only the star's name is known.",
    nullable=True,
)
_DISPOSITION: Final = Column(
    "disposition",
    "string",
    "What the entry is, in one vocabulary: 'confirmed_planet', 'candidate', 'eclipsing_binary', "
    "'false_positive' (astrophysical), 'false_alarm' (no transits), 'unknown'.",
)
_LISTED: Final = Column(
    "listed_disposition", "string", "The same in the catalogue's own words.", nullable=True
)

_UNCERTAINTY: Final = "the larger of upper and lower, null where none is given"
_MEANINGS: Final[dict[str, tuple[str, str, str]]] = {
    "planet_name": ("string", "", "Name of the planet."),
    "period_days": ("float64", "d", "Orbital period."),
    "period_uncertainty_days": ("float64", "d", f"Its uncertainty, {_UNCERTAINTY}."),
    "epoch_btjd": ("float64", "d", "Mid-time of a (primary) transit, BJD_TDB - 2457000."),
    "epoch_uncertainty_days": ("float64", "d", f"Its uncertainty, {_UNCERTAINTY}."),
    "epoch_system": (
        "string",
        "",
        "How a catalogue that mixes systems writes this epoch: 'BJD', 'BJD-2400000' or 'BKJD'.",
    ),
    "duration_hours": ("float64", "h", "First to last contact of the (primary) transit."),
    "duration_uncertainty_hours": ("float64", "h", f"Its uncertainty, {_UNCERTAINTY}."),
    "depth_ppm": ("float64", "1e-6", "Depth of the (primary) transit."),
    "depth_uncertainty_ppm": ("float64", "1e-6", f"Its uncertainty, {_UNCERTAINTY}."),
    "secondary_depth_ppm": ("float64", "1e-6", "Depth of the secondary eclipse."),
    "secondary_phase": ("float64", "", "Phase of the secondary eclipse, the primary being at 0."),
    "morphology": ("float64", "", "0 for detached, 1 for contact binaries (Matijevic et al. 2012)."),
    "planet_radius_earth": ("float64", "earthRad", "Radius of the planet."),
    "planet_mass_earth": ("float64", "earthMass", "Mass of the planet, or its lower limit M sin i."),
    "eccentricity": ("float64", "", "Eccentricity of the orbit."),
    "equilibrium_temperature_k": ("float64", "K", "Equilibrium temperature of the planet."),
    "snr": ("float64", "", "Signal-to-noise ratio of the pipeline's transit model."),
    "score": ("float64", "", "How sure the archive's vetting is that this is a planet candidate, 0 to 1."),
    "is_not_transit_like": ("bool", "", "Flagged: the light curve is not like that of a transiting planet."),
    "is_stellar_eclipse": (
        "bool",
        "",
        "Flagged: a significant secondary, or the shape of an eclipsing binary.",
    ),
    "is_centroid_offset": ("bool", "", "Flagged: the signal comes from a nearby star."),
    "is_ephemeris_match": ("bool", "", "Flagged: period and epoch of another object, hence contamination."),
    "star_temperature_k": ("float64", "K", "Effective temperature of the star."),
    "star_temperature_uncertainty_k": ("float64", "K", f"Its uncertainty, {_UNCERTAINTY}."),
    "star_surface_gravity_dex": ("float64", "dex", "Surface gravity of the star, log10 of cm/s2."),
    "star_surface_gravity_uncertainty_dex": ("float64", "dex", f"Its uncertainty, {_UNCERTAINTY}."),
    "star_radius_sun": ("float64", "solRad", "Radius of the star."),
    "star_radius_uncertainty_sun": ("float64", "solRad", f"Its uncertainty, {_UNCERTAINTY}."),
    "star_mass_sun": ("float64", "solMass", "Mass of the star."),
    "star_mass_uncertainty_sun": ("float64", "solMass", f"Its uncertainty, {_UNCERTAINTY}."),
    "star_density_sun": ("float64", "", "Mean density of the star, that of the Sun being 1."),
    "star_metallicity_dex": ("float64", "dex", "Metallicity of the star, [M/H] or [Fe/H]."),
    "distance_pc": ("float64", "pc", "Distance of the star."),
    "ra_deg": ("float64", "deg", "Right ascension, ICRS."),
    "dec_deg": ("float64", "deg", "Declination, ICRS."),
    "magnitude": ("float64", "mag", "Brightness in the mission's band, Kp or T."),
    "reference": ("string", "", "Publication that the values are from."),
    "is_default": ("bool", "", "Whether the archive prefers this publication's values."),
    "updated": ("string", "", "When the catalogue last changed the entry."),
}


def _values(*catalogs: str) -> tuple[Column, ...]:
    """Return the columns that some catalogues fill, each with where it comes from."""
    filled = {name for catalog in catalogs for name in FORMATS[catalog].readings}
    columns = []
    for name in VALUES:
        if name in filled:
            dtype, unit, meaning = _MEANINGS[name]
            columns.append(
                Column(name, dtype, f"{meaning} From {sources_of(name, catalogs)}.", unit, nullable=True)
            )
    return tuple(columns)


CATALOG_FILES_SCHEMA: Final = Schema(
    (
        _CATALOG,
        Column("sha256", "file", "The file, kept unchanged under its SHA-256."),
        Column("date", "string", "When it was made by its own account, ISO 8601.", nullable=True),
        Column("file_name", "string", "Name under which it came in.", context=True),
        Column("size_bytes", "int64", "Size of the file.", unit="byte", context=True),
        Column(
            "archive",
            "string",
            "Archive that it was fetched from; null of a file.",
            context=True,
            nullable=True,
        ),
        Column("query", "string", "What the archive was asked.", context=True, nullable=True),
        Column(
            "retrieved_at",
            "string",
            "When this state of it was first fetched, ISO 8601, UTC.",
            context=True,
            nullable=True,
        ),
        Column("row_count", "int64", "Rows of the answer.", context=True, nullable=True),
        Column(
            "archive_version",
            "string",
            "The archive's own version of the answer: its newest change of a row, or its delivery.",
            context=True,
            nullable=True,
        ),
    )
)

CATALOG_ENTRIES_SCHEMA: Final = Schema(
    (
        _CATALOG,
        _ENTRY,
        _STAR,
        _KNOWN_TARGET,
        Column("alias", "string", "Another name of the star that the entry lists.", nullable=True),
        Column("disposition", "string", _DISPOSITION.description, nullable=True),
        _LISTED,
        *_values(*FORMATS),
        Column("line_number", "int64", "Line of the file, from 1, comments included.", context=True),
    )
)

TARGET_ALIASES_SCHEMA: Final = Schema(
    (
        Column("star", "string", "A name of a star, or its canonical id in another mission's catalogue."),
        _TARGET,
        Column("sources", "list[string]", "The catalogues that list the match."),
    )
)

#: Catalogues that each table of objects holds.
PLANET_CATALOGS: Final = ("planetary_systems", "composite_planets")
KEPLER_CATALOGS: Final = ("koi", "dr24_tce", "dr25_tce")
TESS_CATALOGS: Final = ("toi",)
BINARY_CATALOGS: Final = ("kepler_eb", "k2_eb")
STAR_CATALOGS: Final = tuple(form.name for form in STAR_FORMATS)

_OF_TARGET: Final = (_CATALOG, _ENTRY, _TARGET, _DISPOSITION, _LISTED)
PLANETS_SCHEMA: Final = Schema(
    (_CATALOG, _ENTRY, _STAR, _KNOWN_TARGET, _DISPOSITION, _LISTED, *_values(*PLANET_CATALOGS))
)
KEPLER_OBJECTS_SCHEMA: Final = Schema((*_OF_TARGET, *_values(*KEPLER_CATALOGS)))
TESS_OBJECTS_SCHEMA: Final = Schema((*_OF_TARGET, *_values(*TESS_CATALOGS)))
ECLIPSING_BINARIES_SCHEMA: Final = Schema((*_OF_TARGET, *_values(*BINARY_CATALOGS)))
STELLAR_PARAMETERS_SCHEMA: Final = Schema((_CATALOG, _TARGET, *_values(*STAR_CATALOGS)))

#: What of an entry is known of its signal.
SIGNAL_COLUMNS: Final = (
    "planet_name",
    "period_days",
    "period_uncertainty_days",
    "epoch_btjd",
    "epoch_uncertainty_days",
    "duration_hours",
    "duration_uncertainty_hours",
    "depth_ppm",
    "depth_uncertainty_ppm",
    "secondary_phase",
)
KNOWN_SIGNALS_SCHEMA: Final = Schema(
    (
        _TARGET,
        _CATALOG,
        _ENTRY,
        _STAR,
        _DISPOSITION,
        _LISTED,
        *(column for column in _values(*FORMATS) if column.name in SIGNAL_COLUMNS),
    )
)
