"""What files tell of a packet, by the survey's own names, turned into a packet in standard form.

What a name means is listed in `fields`; files are read elsewhere, and stamps are decoded in `stamps`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite, nan
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.alerts.errors import PacketError
from astro_assets.images.alerts.fields import (
    FIELD_NAMES,
    LATEST_MJD,
    MJD_OFFSET,
    SURVEYS,
    UNKNOWN,
    ZTF_BANDS,
    Survey,
)
from astro_assets.images.alerts.packets import ForcedPhotometry, History, PackedStamps, Packet, Schema

Floats = NDArray[np.float64]

#: How packets write the sign of a difference.
SIGNS: Final = {"t": 1.0, "f": 0.0, "1": 1.0, "0": 0.0, "true": 1.0, "false": 0.0}
#: Flux may be -99 and even -999.
_FAILED: Final = -99999.0
_NOT_TOLD: Final = frozenset({"null", "none", "nan", ""})
_LONGEST_NAME: Final = 100
_BAND: Final = "U12"
_BAND_OF_NUMBER: Final = np.array(["", *ZTF_BANDS.values(), ""], dtype=_BAND)
_IS_FLUX: Final = np.isin(FIELD_NAMES, ("flux", "flux_err"))
#: Those of the survey, between 0 and 1; what is beyond says nothing.
_SCORES: Final = ("real_bogus", "deep_real_bogus")
_MJD, _FIRST = FIELD_NAMES.index("mjd_utc"), FIELD_NAMES.index("first_detection_mjd_utc")
_RA, _DEC = FIELD_NAMES.index("ra_deg"), FIELD_NAMES.index("dec_deg")


@dataclass(frozen=True, slots=True)
class Told:
    """What a file tells of one packet, numbers as it writes them.

    Parameters
    ----------
    texts
        By the names of `fields.TEXT_SPELLINGS` and `fields.PACKET_SPELLINGS`, where there are any.
    numbers
        In the order of `fields.FIELDS`, NaN where there is none; None where there is no candidate at all.
    is_mjd
        Whether its times are MJD rather than JD.
    history, forced
        Columns in the order of `fields.HISTORY_SPELLINGS` and `fields.FORCED_SPELLINGS` but for the last,
        shape (names, n).
    history_bands, forced_bands
        Shape (n,): numbers of filters, or their names.
    stamps
        As they are packed.
    """

    texts: Mapping[str, str]
    numbers: Floats | None
    is_mjd: bool
    history: Floats
    history_bands: NDArray[np.generic]
    forced: Floats
    forced_bands: NDArray[np.generic]
    stamps: PackedStamps | None


@dataclass(frozen=True, slots=True)
class StandardForm:
    """Turns what one file tells into packets.

    Parameters
    ----------
    file
        Its name.
    schema_name, version
        As the file says; of the version the packet's own word counts more.
    """

    file: str
    schema_name: str
    version: str | None

    def packet(self, told: Told, number: int) -> Packet:
        """Turn what is told of one packet into a packet.

        Parameters
        ----------
        number
            In the file, from 0.

        Raises
        ------
        PacketError
            If it has no identifier, or a candidate without time or place.
        """
        survey, texts = SURVEYS.get(self.schema_name), told.texts
        version = _text(texts.get("schemavsn")) or self.version or ""
        alert_id = _text(texts.get("candid")) or _text(texts.get("alertId"))
        if not alert_id:
            raise PacketError("it has no identifier")
        if told.numbers is None:
            values = dict.fromkeys(FIELD_NAMES, nan)
        else:
            values = _values(told.numbers, is_mjd=told.is_mjd)
            if survey is not None and survey.has_forced_candidates:
                values["is_positive"] = float(values["flux"] > 0) if isfinite(values["flux"]) else nan
        return Packet(
            file=self.file,
            record=number,
            survey=self.schema_name if survey is None else survey.name,
            schema=Schema(self.schema_name, version, survey is not None and version in survey.versions),
            alert_id=alert_id,
            object_id=_text(texts.get("objectId")),
            band=_band(texts, survey),
            values=values,
            solar_system_name=_text(texts.get("ssnamenr")),
            history=_history(told, survey),
            forced=_forced(told),
            stamps=told.stamps,
        )


def _values(numbers: Floats, *, is_mjd: bool) -> dict[str, float]:
    is_unknown = (numbers == UNKNOWN[0]) | (numbers == UNKNOWN[1])
    known = np.where((is_unknown & ~_IS_FLUX) | (numbers == _FAILED), nan, numbers)
    known[_FIRST] -= MJD_OFFSET
    if not is_mjd:
        known[_MJD] -= MJD_OFFSET
    values = dict(zip(FIELD_NAMES, known.tolist(), strict=True))
    if not isfinite(values["mjd_utc"]):
        raise PacketError("its candidate has no time")
    if not 0 <= values["mjd_utc"] <= LATEST_MJD:
        raise PacketError(f"its candidate is of no possible time: MJD {values['mjd_utc']:g}")
    for name in _SCORES:
        if not 0 <= values[name] <= 1:
            values[name] = nan
    ra, dec = values["ra_deg"], values["dec_deg"]
    if not (0 <= ra <= 360 and -90 <= dec <= 90):
        raise PacketError(f"its candidate is nowhere on the sky: ra {ra}, dec {dec}")
    return values


def _text(told: str | None) -> str:
    if not told:
        return ""
    text = told[:_LONGEST_NAME].strip()
    return "" if text.lower() in _NOT_TOLD else text


def _band(texts: Mapping[str, str], survey: Survey | None) -> str:
    if band := texts.get("band") or texts.get("fid"):
        return ZTF_BANDS.get(band, band)[:12]
    return survey.band if survey is not None else ""


def _bands(told: NDArray[np.generic], otherwise: str) -> NDArray[np.str_]:
    if told.dtype.kind == "U":
        return told.astype(_BAND)
    if otherwise:
        return np.full(told.size, otherwise, dtype=_BAND)
    numbers = told.astype(np.float64)
    at = np.where((numbers > 0) & (numbers < len(_BAND_OF_NUMBER)), numbers, 0).astype(np.int64)
    return _BAND_OF_NUMBER[at]


def _history(told: Told, survey: Survey | None) -> History:
    order = np.argsort(told.history[0], kind="stable")
    columns = told.history[:, order]
    columns[(columns == UNKNOWN[0]) | (columns == UNKNOWN[1])] = nan
    jd, magnitude, magnitude_err, limit, rb, drb, sign = columns
    return History(
        mjd_utc=jd - MJD_OFFSET,
        band=_bands(told.history_bands[order], "" if survey is None else survey.band),
        magnitude=magnitude,
        magnitude_err=magnitude_err,
        limiting_magnitude=limit,
        is_positive=np.where(np.isnan(magnitude), nan, sign),
        real_bogus=np.where(np.isnan(rb), drb, rb),
    )


def _forced(told: Told) -> ForcedPhotometry:
    jd, mjd = told.forced[:2]
    time = np.where(np.isnan(mjd), jd - MJD_OFFSET, mjd)
    order = np.argsort(time, kind="stable")
    columns = told.forced[2:, order]
    columns[columns == _FAILED] = nan
    return ForcedPhotometry(time[order], _bands(told.forced_bands[order], ""), *columns)
