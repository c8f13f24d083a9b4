"""Why an X-ray light curve cannot be used: the codes, what each means, and the error that carries one.

Only the vocabulary lives here; who finds what is wrong is in `reading`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from astro_assets.xray.light_curve import LightCurveFormError

#: Every value of ``reason_code`` in ``xray_light_curves``, with its meaning.
REASONS: Final = {
    "damaged": "The file contradicts itself or its format.",
    "too_large": "More bins, bands or bytes than any light curve has; it is not read.",
    "no_light_curve": "No table of rates or counts over time, as in a file of events, images or spectra.",
    "no_column": "A column that is needed is missing or holds no plain numbers.",
    "time_unknown": "Times are missing or no numbers, or their unit is not told.",
    "width_unknown": "The lengths of the bins are not told.",
    "bands_unknown": "Neither the file nor its telescope tells the energy bands.",
    "values_impossible": "Negative counts or errors, exposures above 1, or values that are infinite.",
    "nothing_measured": "No bin has counts or a rate.",
    "description_invalid": "What targets.csv says of the table is incomplete, contradictory or unknown.",
}


class XrayRefusedError(ValueError):
    """A light curve cannot be used.

    Parameters
    ----------
    code
        A key of `REASONS`.
    text
        What is wrong and what to do, one line for people; it names HDU, column and row where there are.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@contextmanager
def damage_is_refused() -> Iterator[None]:
    """Turn an error that nobody foresaw into a refusal: the file is at fault, and no run is to fail for it.

    Errors of the machine pass.

    Raises
    ------
    XrayRefusedError
        With the code ``values_impossible`` for what is no light curve, else ``damaged`` and the kind of the
        error.
    """
    try:
        yield
    except (XrayRefusedError, MemoryError):
        raise
    except LightCurveFormError as error:
        raise XrayRefusedError("values_impossible", one_line(error)) from error
    except OSError as error:
        if error.errno is not None:  # of the machine; what astropy finds wrong in a file has no number
            raise
        raise XrayRefusedError("damaged", _said(error)) from error
    except Exception as error:
        raise XrayRefusedError("damaged", _said(error)) from error


def one_line(said: object) -> str:
    """Return what is said as one bounded line of printable ASCII."""
    text = str(said)[:1000].encode("ascii", "replace").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:300]


def _said(error: Exception) -> str:
    return one_line(f"damaged: {type(error).__name__}: {error}")
