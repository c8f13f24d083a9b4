"""Why a file cannot be used: the codes, what each means, and the error that carries one.

Only the vocabulary lives here; who finds what is wrong is in the readers.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

#: Every value of ``reason_code`` in ``observation_files``, with its meaning.
REASONS: Final = {
    "truncated": "The file ends before what it announces.",
    "damaged": "The file contradicts itself or its format.",
    "checksum_mismatch": "A CHECKSUM or DATASUM does not fit the bytes: the file has changed since.",
    "too_large": "A table that is larger than any light curve; it is not read.",
    "compressed": "A gzip file of no images or X-ray rates, or a FITS table in tiles; it has to be unpacked.",
    "unreadable": "The file cannot be opened, or is no regular file.",
    "not_fits": "Neither FITS nor Parquet nor Avro nor a table of text.",
    "unsupported_product": "FITS or Avro of a kind that no reader knows.",
    "identity_missing": "The file does not say whose light curve it is, or of which segment.",
    "identity_unclear": "What the file says of its target contradicts itself, or names no target.",
    "time_system_unknown": "The times cannot be turned into BJD_TDB: their scale, unit or zero is not told.",
    "dates_impossible": "The times are not of the mission's years: their zero or unit is another one.",
    "times_disordered": "Times repeat or run backwards.",
    "no_time_range": "Start, end or cadence are missing or absurd.",
    "no_column": "A column that the product must have is missing or holds no plain numbers.",
    "no_flux_column": "There is no column of fluxes.",
    "magnitudes": "The column of fluxes holds magnitudes, in which a dimming is a rise.",
    "flux_not_positive": "The median flux is not positive, so that no flux can be relative to it.",
    "no_finite_cadence": "No unflagged cadence has a finite time, flux and error.",
    "too_few_finite": "Too few of the unflagged cadences have a finite time, flux and error.",
    "phase_folded": "Phases, or times from mid-transit, in place of dates: nothing is left to search.",
    "not_described": "A plain table without an entry in a targets.csv beside or above it.",
    "description_invalid": "What targets.csv says of the table is incomplete, contradictory or unreadable.",
    "not_an_observation": "A targets.csv: it describes other files.",
}  # fmt: skip


class RefusalError(ValueError):
    """A file cannot be used.

    Parameters
    ----------
    code
        A key of `REASONS`.
    text
        What is wrong with this file, one line for people.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@contextmanager
def damage_is_refused() -> Iterator[None]:
    """Turn an error that no reader foresaw into a refusal: the file is at fault, no run is to fail for it.

    Errors of the machine pass, and warnings, which are ours to mend where they are made errors.

    Raises
    ------
    RefusalError
        With the code ``damaged`` and the kind of the error.
    """
    try:
        yield
    except (RefusalError, OSError, MemoryError, Warning):
        raise
    except Exception as error:
        text = f"damaged: {type(error).__name__}: {error}".encode("ascii", "replace").decode()
        raise RefusalError("damaged", "".join(c if c.isprintable() else " " for c in text)) from error
