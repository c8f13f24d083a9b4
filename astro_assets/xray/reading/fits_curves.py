"""Light curves in FITS: eROSITA's srctool, Chandra's dmextract, and OGIP's form (XMM, RXTE, LAXPC, others).

What the columns of each mean lives here; which table they are in is found in `fits_tables`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from astro_assets.xray.reading.assembly import Columns
from astro_assets.xray.reading.cards import Cards, Clock, bands_of, clock_of, time_unit_s
from astro_assets.xray.reading.fits_tables import RateTable, check_size
from astro_assets.xray.reading.told import Told
from astro_assets.xray.refusals import XrayRefusedError

if TYPE_CHECKING:
    from astro_assets.xray.light_curve import Floats

#: Names of the forms, as in the table.
SRCTOOL: Final = "erosita_srctool"
DMEXTRACT: Final = "chandra_dmextract"
OGIP: Final = "ogip_rate"
#: What HDUCLAS2 says of rates of the background alone (OGIP/93-003).
_OF_BACKGROUND: Final = ("BKG", "BACKGROUND")
#: Columns by which each is known.
_OF_SRCTOOL: Final = {"COUNTS", "BACK_COUNTS", "BACKRATIO", "FRACEXP", "TIMEDEL"}
_OF_DMEXTRACT: Final = {"COUNTS", "EXPOSURE", "TIME"}
#: Names of columns of rates.
_RATES: Final = ("RATE", "NET_RATE", "COUNT_RATE")
#: Names of columns of errors, those down and up first.
_DOWN: Final = ("RATE_ERRM", "ERRM", "RATE_ERR_M", "ERROR_LO", "RATE_LOERR")
_UP: Final = ("RATE_ERRP", "ERRP", "RATE_ERR_P", "ERROR_HI", "RATE_UPERR")
_BOTH: Final = ("RATE_ERR", "ERROR", "ERR", "RATE_ERROR", "ERR_RATE", "COUNT_RATE_ERR")


def read_fits(table: RateTable) -> Told:
    """Return what a table of rates tells.

    Raises
    ------
    XrayRefusedError
        If columns are missing, times, lengths or energies are not told, or the rates are of background.
    """
    if (table.cards.text("HDUCLAS2") or "").upper() in _OF_BACKGROUND:
        raise XrayRefusedError(
            "no_light_curve",
            f"{table.where}: rates of the background, says HDUCLAS2; give the source's",
        )
    names = set(table.names)
    if names >= _OF_SRCTOOL:
        form = SRCTOOL
    elif names >= _OF_DMEXTRACT and table.first("NET_RATE", "COUNT_RATE"):
        form = DMEXTRACT
    else:
        form = OGIP
    rate = table.first(*_RATES)
    measured = rate or table.first("COUNTS")
    if measured is None:
        raise XrayRefusedError(
            "no_column", f"{table.where}: no column RATE or COUNTS; there are {', '.join(table.names)[:150]}"
        )
    n_bands = table.width(measured)
    check_size(table, n_bands)
    bands = bands_of(table.cards, n_bands, table.where)
    time_unit = table.unit("TIME") if "TIME" in table.names else None
    clock = clock_of(table.cards, time_unit, table.where)
    width = _width(table, clock)
    cards = table.cards
    return Told(
        form,
        bands,
        clock,
        _SHAPES[form](table, _time(table, clock, width), width),
        hdu=table.hdu,
        telescope=cards.text("TELESCOP"),
        instrument=cards.text("INSTRUME"),
        object_name=cards.text("OBJECT"),
        ra_deg=_degrees(cards, 0, 360, "RA_OBJ", "RA_TARG", "RA"),
        dec_deg=_degrees(cards, -90, 90, "DEC_OBJ", "DEC_TARG", "DEC"),
        rate_unit=rate_unit(None if rate is None else table.unit(rate), table.where),
        is_net=_is_net(table, form),
        is_simulated=cards.is_true("SIMULATE") or "sixte" in (cards.text("CREATOR") or "").lower(),
    )


def _srctool(table: RateTable, time: Floats, width: Floats) -> Columns:
    return Columns(
        table.where,
        time,
        width,
        fractional_exposure=table.numbers("FRACEXP"),
        counts=table.numbers("COUNTS"),
        background_counts=table.numbers("BACK_COUNTS"),
        background_ratio=table.numbers("BACKRATIO"),
        rate=table.numbers("RATE"),
        error_minus=_down(table),
        error_plus=_up(table),
    )


def _dmextract(table: RateTable, time: Floats, width: Floats) -> Columns:
    exposure, background = table.numbers("EXPOSURE"), table.numbers("BG_COUNTS")
    ratio = None
    if background is not None:
        area, of_background = table.numbers("AREA"), table.numbers("BG_AREA")
        if area is None or of_background is None or exposure is None:
            raise XrayRefusedError(
                "no_column", f"{table.where}: BG_COUNTS without AREA and BG_AREA; run dmextract with bkg="
            )
        longer = table.numbers("BG_EXPOSURE")
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = area / of_background * (1.0 if longer is None else exposure / longer)
        ratio[~np.isfinite(ratio)] = np.nan
    net = table.first("NET_RATE")
    return Columns(
        table.where,
        time,
        width,
        fractional_exposure=None if exposure is None else exposure / width,
        counts=table.numbers("COUNTS"),
        background_counts=background,
        background_ratio=ratio,
        rate=table.numbers("NET_RATE", "COUNT_RATE"),
        error_minus=table.numbers("ERR_RATE" if net else "COUNT_RATE_ERR"),
        error_plus=table.numbers("ERR_RATE" if net else "COUNT_RATE_ERR"),
    )


def _ogip(table: RateTable, time: Floats, width: Floats) -> Columns:
    rate = table.numbers(*_RATES)
    return Columns(
        table.where,
        time,
        width,
        fractional_exposure=table.numbers("FRACEXP"),
        counts=table.numbers("COUNTS"),
        background_counts=table.numbers("BACK_COUNTS"),
        background_ratio=table.numbers("BACKRATIO"),
        rate=rate,
        error_minus=None if rate is None else _down(table),
        error_plus=None if rate is None else _up(table),
    )


_SHAPES: Final = {SRCTOOL: _srctool, DMEXTRACT: _dmextract, OGIP: _ogip}


def _down(table: RateTable) -> Floats | None:
    return table.numbers(*_DOWN, *_BOTH)


def _up(table: RateTable) -> Floats | None:
    return table.numbers(*_UP, *_BOTH)


def _width(table: RateTable, clock: Clock) -> Floats:
    begin, end = table.numbers("TIME_MIN"), table.numbers("TIME_MAX")
    told = table.numbers("TIMEDEL", "DT")
    if told is not None and told.ndim == 1:
        return told * (time_unit_s(table.unit(str(table.first("TIMEDEL", "DT")))) or clock.card_unit_s)
    if begin is not None and end is not None:
        return (end - begin) * clock.unit_s
    half = table.numbers("XAX_E")
    if half is not None and half.ndim == 1:
        return 2 * half * clock.unit_s
    one = table.cards.number("TIMEDEL")
    if one is None or one <= 0:
        raise XrayRefusedError(
            "width_unknown",
            f"{table.where}: the length of the bins is not told; add a column TIMEDEL or a card TIMEDEL",
        )
    return np.full(table.n_rows, one * clock.card_unit_s)


def _time(table: RateTable, clock: Clock, width: Floats) -> Floats:
    """Return the middles of the bins, in seconds since the file's reference."""
    time = table.numbers("TIME")
    if time is not None and time.ndim == 1:
        return time * clock.unit_s + clock.zero_s + (0.5 - clock.place) * width
    begin, one = table.cards.number("TSTART"), table.cards.number("TIMEDEL")
    if begin is None or one is None:
        raise XrayRefusedError(
            "time_unknown", f"{table.where}: no column TIME of one number a row, and no TSTART and TIMEDEL"
        )
    return begin * clock.card_unit_s + clock.zero_s + (np.arange(table.n_rows) + 0.5) * width


def rate_unit(unit: str | None, where: str) -> str:
    """Return a unit of rates as astropy writes it: counts a second, or a flux of energy.

    Raises
    ------
    XrayRefusedError
        If it is another.
    """
    plain = (unit or "count/s").lower().replace(" ", "").replace("**", "").replace("^", "")
    if plain in _COUNTS_A_SECOND:
        return "ct / s"
    if plain in _FLUXES:
        return "erg / (s cm2)"
    raise XrayRefusedError(
        "no_column", f"{where}: rates in {unit!r}; counts a second or erg/s/cm2 are understood"
    )


_COUNTS_A_SECOND: Final = frozenset(
    f"{one}{of}" for one in ("count", "counts", "ct", "cts", "c") for of in ("/s", "/sec", "/second", "s-1")
)
_FLUXES: Final = frozenset({"erg/s/cm2", "erg/cm2/s", "ergs-1cm-2", "ergcm-2s-1", "ergs/s/cm2", "erg/(scm2)"})


def _is_net(table: RateTable, form: str) -> bool:
    """Whether the background is subtracted from the rates."""
    if form == SRCTOOL:
        return True
    if form == DMEXTRACT:
        return "NET_RATE" in table.names
    rate = table.first(*_RATES)
    if rate == "NET_RATE":
        return True
    if rate is None and {"BACK_COUNTS", "BACKRATIO"} <= set(table.names):  # made of the counts here
        return True
    return (table.cards.text("HDUCLAS2") or "").upper() == "NET" or table.cards.is_true("BACKAPP")


def _degrees(cards: Cards, least: float, most: float, *names: str) -> float | None:
    for name in names:
        number = cards.number(name)
        if number is not None and least <= number <= most:
            return number
    return None
