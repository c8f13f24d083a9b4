"""The standard fields of a packet, and by which names surveys and brokers call them.

Names, units and what stands for "unknown" live here; records are turned into packets in `standard_form`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

#: Of Julian Dates.
MJD_OFFSET: Final = 2400000.5
#: What ZTF, PGIR and forced photometry write where there is no match and no measurement.
UNKNOWN: Final = (-999.0, -99.0, -99999.0)
#: ZTF's filters by number.
ZTF_BANDS: Final = {"1": "g", "2": "r", "3": "i"}

#: Times of packets are from 1858 on, until 2132.
LATEST_MJD: Final = 100_000.0


@dataclass(frozen=True, slots=True)
class Field:
    """A number that packets tell of a candidate.

    Parameters
    ----------
    name
        With its unit where it has one.
    description
        For people.
    spellings
        Names in packets; the first that a packet has counts.
    """

    name: str
    description: str
    spellings: tuple[str, ...]


#: All float64, NaN where a packet does not tell. Times and signs are turned into these by `standard_form`.
FIELDS: Final = (
    Field(
        "mjd_utc", "Start of the exposure, MJD on the UTC scale (DECam: as the packet says)", ("jd", "mjd")
    ),
    Field("ra_deg", "Right ascension, ICRS", ("ra",)),
    Field("dec_deg", "Declination, ICRS", ("dec",)),
    Field("magnitude", "Of the difference, fitted with the PSF", ("magpsf", "forcediffimmag")),
    Field("magnitude_err", "Standard deviation of it", ("sigmapsf", "forcediffimmagunc")),
    Field("limiting_magnitude", "5 sigma, of the difference image", ("diffmaglim",)),
    Field("aperture_magnitude", "Of the difference, in an aperture of 14 pixels (ZTF)", ("magap",)),
    Field("aperture_magnitude_err", "Standard deviation of it", ("sigmagap",)),
    Field("is_positive", "1 if brighter than the template, 0 if fainter", ("isdiffpos",)),
    Field("flux", "Forced, of the difference, in the survey's unit", ("forcediffimflux", "fluxpsf")),
    Field("flux_err", "Standard deviation of it", ("forcediffimfluxunc", "sigmafluxpsf")),
    Field("real_bogus", "Score of ZTF's random forest, 1 is real: a machine's opinion, no label", ("rb",)),
    Field("deep_real_bogus", "Score of braai (Duev et al. 2019), or of the survey's own network", ("drb",)),
    Field("star_galaxy_score", "Of the nearest PS1 source, 1 is a star", ("sgscore1", "sgscore")),
    Field(
        "nearest_source_arcsec", "Distance of the nearest PS1 (PGIR: 2MASS) source", ("distpsnr1", "tmdist1")
    ),
    Field("nearest_source_magnitude", "r of PS1, J of 2MASS", ("srmag1", "tmmag1")),
    Field("template_source_pixels", "Distance of the nearest source of the template", ("distnr",)),
    Field("template_source_magnitude", "Of that source", ("magnr",)),
    Field("gaia_distance_arcsec", "Of the nearest Gaia source", ("neargaia",)),
    Field("gaia_magnitude", "Of that source, G", ("maggaia",)),
    Field("bright_gaia_distance_arcsec", "Of the nearest Gaia source brighter than 14", ("neargaiabright",)),
    Field("solar_system_arcsec", "Distance of the nearest known body of the solar system", ("ssdistnr",)),
    Field("solar_system_magnitude", "Of that body, V", ("ssmagnr",)),
    Field("n_detections", "At this place since the survey began, 3 sigma", ("ndethist",)),
    Field("n_exposures", "Of this place since the survey began", ("ncovhist",)),
    Field("first_detection_mjd_utc", "Of this place, MJD", ("jdstarthist",)),
    Field("fwhm_pixels", "Of the candidate, assuming a Gaussian", ("fwhm",)),
    Field("elongation", "Ratio of its axes", ("elong",)),
    Field("star_like", "SExtractor's star/galaxy score of the candidate", ("classtar",)),
    Field("edge_distance_pixels", "To the nearest edge of the image", ("mindtoedge",)),
    Field("n_negative_pixels", "In 5x5 about the candidate", ("nneg",)),
    Field("n_bad_pixels", "In 5x5 about the candidate", ("nbad",)),
    Field("sum_ratio", "Sum of the pixels over sum of their absolute values", ("sumrat",)),
    Field("chi", "Reduced chi of the fit with the PSF", ("chipsf",)),
    Field("sharpness", "Of the nearest source of the template", ("sharpnr",)),
    Field("aperture_excess", "Aperture magnitude less the PSF's", ("magdiff",)),
    Field("peak_snr", "Of the matched filter at its peak", ("scorr",)),
    Field("seeing_ratio", "Of the difference image to the science image", ("seeratio",)),
    Field("zero_point_magnitude", "Of the science image", ("magzpsci",)),
    Field("exposure_s", "Of the science image", ("exptime",)),
    Field("x_pixels", "On the readout channel, the first pixel is 1", ("xpos",)),
    Field("y_pixels", "On the readout channel, the first pixel is 1", ("ypos",)),
    Field("programme", "1 public, 2 partnership, 3 Caltech (ZTF)", ("programid",)),
)
FIELD_NAMES: Final = tuple(one.name for one in FIELDS)

#: Of the records of earlier detections and limits, and of forced photometry, in packets of any survey.
#: The last of each are those of the filter.
HISTORY_SPELLINGS: Final = ("jd", "magpsf", "sigmapsf", "diffmaglim", "rb", "drb", "isdiffpos", "fid")
FORCED_SPELLINGS: Final = (
    *("jd", "mjd", "forcediffimflux", "forcediffimfluxunc", "magzpsci", "diffmaglim"),
    *("fid", "band"),
)
#: What of a candidate is no number but belongs to the standard form.
TEXT_SPELLINGS: Final = ("candid", "fid", "band", "ssnamenr")
#: Of the packet itself.
PACKET_SPELLINGS: Final = ("objectId", "candid", "alertId", "schemavsn")
CANDIDATE, HISTORY, FORCED = "candidate", "prv_candidates", "fp_hists"
STAMPS: Final = ("cutoutScience", "cutoutTemplate", "cutoutDifference")
STAMP_DATA: Final = "stampData"

_WANTED: Final = frozenset(
    [
        *((name,) for name in (*PACKET_SPELLINGS, CANDIDATE, HISTORY, FORCED)),
        *((CANDIDATE, name) for one in FIELDS for name in one.spellings),
        *((CANDIDATE, name) for name in TEXT_SPELLINGS),
        *((HISTORY, name) for name in HISTORY_SPELLINGS),
        *((FORCED, name) for name in FORCED_SPELLINGS),
    ]
)


def is_wanted(path: tuple[str, ...], *, with_stamps: bool) -> bool:
    """Tell whether the value at a path of names in a packet belongs to the standard form."""
    is_stamp = path[0] in STAMPS and path[1:] in {(), (STAMP_DATA,)}
    return path in _WANTED or (with_stamps and is_stamp)


@dataclass(frozen=True, slots=True)
class Survey:
    """What a survey's packets do not say themselves.

    Parameters
    ----------
    name
        As people call it.
    versions
        Of its schema, that were seen and are read in full.
    pixel_arcsec
        Scale of its stamps.
    band
        Of all its exposures, where packets do not say.
    has_forced_candidates
        Whether the candidate is forced photometry, its sign that of the flux.
    stamp_pixels
        Side of a whole stamp.
    columns, rows
        Size of a readout channel in pixels, on which stamps are cut off; None where packets do not say where
        on it they are.
    """

    name: str
    versions: frozenset[str]
    pixel_arcsec: float
    band: str = ""
    has_forced_candidates: bool = False
    stamp_pixels: int = 63
    columns: int | None = None
    rows: int | None = None


#: ZTF: Masci et al. (2019, PASP 131, 018003).
ZTF: Final = Survey(
    "ZTF",
    frozenset({"", "1.1", "1.7", "1.8", "2.0", "3.1", "3.2", "3.3", "3.5", "4.01", "4.02"}),
    1.01,
    columns=3072,
    rows=3080,
)
#: Gattini: De et al. (2020, PASP 132, 025001).
PGIR: Final = Survey("PGIR", frozenset({"0.1"}), 8.7, band="J", stamp_pixels=61)
#: The difference imaging of DESIRT on DECam.
DECAM: Final = Survey("DECam", frozenset({"0.1.0"}), 0.263, has_forced_candidates=True, stamp_pixels=121)
#: By the full name of a schema's record.
SURVEYS: Final = {"ztf.alert": ZTF, "pgir.alert": PGIR, "desirt.alert": DECAM, "fink": ZTF}
SURVEY_OF_NAME: Final = {survey.name: survey for survey in SURVEYS.values()}
