"""Values are translated into our units, and what stands for "nothing" becomes nothing."""

from __future__ import annotations

import pytest

from astro_assets.catalogs.columns import Derived, Flag, Number, Uncertainty, Word
from astro_assets.catalogs.text_tables import CatalogError, Line

LINE = Line(5, {"x": "2", "up": "0.1", "low": "-0.3", "zero": "0.0", "lim": "1", "w": "<b>A</b> & B"})


def test_numbers() -> None:
    assert Number("x", scale=3, offset=-1).read(LINE) == 5
    assert Number("x", missing=(2.0,)).read(LINE) is None
    assert Number("x", limit_flag="zero").read(LINE) == 2
    assert Number("x", limit_flag="lim").read(LINE) is None, "a limit is no measurement"
    with pytest.raises(CatalogError, match=r"line 5, column low: -0\.3 is not positive"):
        Number("low", positive=True).read(LINE)


def test_uncertainties() -> None:
    assert Uncertainty(("up", "low"), scale=2).read(LINE) == 0.6
    assert Uncertainty(("zero",)).read(LINE) is None, "zero says that none is known"
    assert Uncertainty(("absent",)).read(LINE) is None


def test_words_flags_and_what_is_derived() -> None:
    assert Word("w").read(LINE) == "A & B"
    assert Flag("lim").read(LINE) is True
    derived = Derived(("x", "lim"), lambda line: line.number)
    assert (derived.read(LINE), derived.sources) == (5, ("x", "lim"))
