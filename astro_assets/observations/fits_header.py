"""A FITS header whose cards are parsed when they are asked for.

Only keywords and values live here; what a card should hold is asked in `fits_cards`.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from astropy.io.fits import Header as AstropyHeader

CARD: Final = 80
_KEYWORD: Final = 8
#: Cards of text, which have no value.
_COMMENTARY: Final = frozenset(("COMMENT ", "HISTORY ", " " * _KEYWORD))
_END: Final = "END".ljust(_KEYWORD)
#: Keywords in the first 8 columns, as the standard has them; one a line.
_USUAL: Final = re.compile(r"(?:[A-Z0-9_-]+ *(?:\n|\Z))*")
#: A text without quotes inside, a logical value, a whole number, another number, or nothing; then a comment.
#: Behind an empty text another quote is unusual: astropy may take it for the text's end.
_VALUE: Final = re.compile(
    r" *(?:(?!''.*')'((?:[^' ][^']*)?)'(?=[ /]|\Z)"
    r"|([TF])|([+-]?[0-9]+)|([+-]?[0-9]+\.[0-9]*(?:E[+-]?[0-9]+)?))?"
    r" *(?:/.*)?"
)

#: What each group of a value is read with.
_KINDS: Final[dict[int, Callable[[str], object]]] = {1: str.rstrip, 2: "T".__eq__, 3: int, 4: float}


class Header:
    """Values of cards by keyword, those that astropy would find, for a hundredth of its time.

    Cards in the layout of all pipelines are parsed here. Where a header has another, or a card asked for
    holds anything else (a text with quotes or continued, a number as ``1.D5``), astropy decides.

    Parameters
    ----------
    image
        Whole blocks of printable ASCII, up to the card END at least.
    """

    def __init__(self, image: bytes) -> None:
        self._image = image.decode("ascii")
        self._values: dict[str, object] = {}

    @property
    def image(self) -> bytes:
        """All cards and what pads them."""
        return self._image.encode("ascii")

    def __contains__(self, keyword: str) -> bool:
        """Whether there is such a card, with or without a value."""
        if self._places is None:
            return keyword in self._by_astropy
        return keyword.ljust(_KEYWORD) in self._places

    def get(self, keyword: str) -> object:
        """Return a card's text, logical value or number; None when it is missing, blank or not parsable."""
        if keyword not in self._values:
            self._values[keyword] = self._parsed(keyword)
        return self._values[keyword]

    def only(self, *beginnings: str) -> bytes:
        """Return an image of the cards whose keywords begin so; of all where the layout is unusual."""
        if self._places is None:
            return self.image
        starts = [start for keyword, start in self._places.items() if keyword.startswith(beginnings)]
        cards = [self._image[start : start + CARD] for start in starts]
        return "".join((*cards, _END.ljust(CARD))).encode("ascii")

    @cached_property
    def _places(self) -> dict[str, int] | None:
        """Where the first card of each keyword begins; None where a card has an unusual layout."""
        image = self._image
        keywords = [image[start : start + _KEYWORD] for start in range(0, len(image), CARD)]
        if _END not in keywords:
            return None
        n = keywords.index(_END)
        layout = zip(keywords[:n], image[8::CARD], image[9::CARD], strict=False)
        without_value = [keyword for keyword, sign, space in layout if sign != "=" or space != " "]
        places = dict(
            zip(keywords[n::-1], range(CARD * n, -1, -CARD), strict=True)
        )  # the first of each counts
        for keyword in (*_COMMENTARY, _END):
            places.pop(keyword, None)
        is_usual = _COMMENTARY.issuperset(without_value) and _USUAL.fullmatch("\n".join(places))
        return places if is_usual else None

    @cached_property
    def _by_astropy(self) -> AstropyHeader:
        from astropy.io.fits import Header as AstropyHeader

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what matters is checked card by card
            return AstropyHeader.fromstring(self._image)

    def _parsed(self, keyword: str) -> object:
        if self._places is None:
            return self._unusual(keyword)
        start = self._places.get(keyword.ljust(_KEYWORD))
        if start is None:
            return None
        match = _VALUE.fullmatch(self._image, start + 10, start + CARD)
        if match is None or ": " in (match[1] or ""):  # 'AXIS.1: 2' is a record of astropy's
            return self._unusual(keyword)
        kind = match.lastindex
        return None if kind is None else _KINDS[kind](match[kind])

    def _unusual(self, keyword: str) -> object:
        from astropy.io.fits import VerifyError
        from astropy.io.fits.card import Undefined

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a card that breaks the standard counts as missing
            try:
                value: object = self._by_astropy.get(keyword)
            except (VerifyError, ValueError):
                return None
        return None if isinstance(value, Undefined) else value
