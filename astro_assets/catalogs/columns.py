"""How one column of a catalogue becomes one of ours: name, unit, and what stands for "nothing".

Only the kinds of translation are here; which column is translated how is declared in `formats`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from astro_assets.catalogs.text_tables import Line

Value = str | float | bool | None
#: Spellings of one unit: files that people download and the archive's tables call it differently. Where an
#: epoch is said to be in days, the column's name says since when.
_SPELLINGS: Final = (
    {"days", "day", "d", "BJD"},
    {"days", "day", "d", "BKJD"},
    {"hours", "hour", "hrs", "hr", "h"},
    {"deg", "degrees", "degree", "decimal degrees"},
    {"K", "kelvin", "Kelvin"},
    {"mag", "mags"},
    {"%", "percent", "perc"},
    {"Earth radii", "Earth Radius", "R_Earth", "R_earth", "Rearth", "earthRad", "earth"},
    {"Earth Mass", "Earth mass", "M_Earth", "M_earth", "M_E", "Mearth", "earthMass"},
    {"Solar radii", "Solar Radius", "R_Sun", "R_sun", "Rsun", "solRad", "solar", "solarradius"},
    {"Solar mass", "Solar masses", "M_Sun", "M_sun", "Msun", "solMass", "solar"},
    {"cm/s**2", "cm/s**", "log10(cm/s**2)", "log(cm/s**2)", "dexincgs", "dex"},
)


class Reading(Protocol):
    """Reads one value of ours from a line."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Columns of the file that it reads."""
        ...

    def read(self, line: Line) -> Value:
        """Return the value, None where the catalogue has none."""
        ...


def is_same_unit(stated: str, expected: str) -> bool:
    """Return whether two spellings mean one unit."""
    return stated == expected or any({stated, expected} <= spellings for spellings in _SPELLINGS)


@dataclass(frozen=True, slots=True)
class Number:
    """``scale * value + offset``.

    Parameters
    ----------
    unit
        What the file must state where it states a unit; anything goes when empty.
    missing
        Numbers that mean "none".
    positive
        Whether a value of zero or less is an error.
    limit_flag
        Column that is not 0 where the value is only a limit: then there is none.
    """

    column: str
    unit: str = ""
    scale: float = 1.0
    offset: float = 0.0
    missing: tuple[float, ...] = ()
    positive: bool = False
    limit_flag: str = ""

    @property
    def sources(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    def read(self, line: Line) -> float | None:
        """Return the number in our unit."""
        value = line.number_in(self.column, self.missing)
        if value is None or (self.limit_flag and line.number_in(self.limit_flag)):
            return None
        if self.positive and value <= 0:
            raise line.error(self.column, f"{value:g} is not positive")
        return self.scale * value + self.offset


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """The larger of an upper and a lower error; one of zero is no error but its absence."""

    columns: tuple[str, ...]
    scale: float = 1.0
    missing: tuple[float, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns."""
        return self.columns

    def read(self, line: Line) -> float | None:
        """Return the positive uncertainty in our unit."""
        values = [abs(line.number_in(column, self.missing) or 0.0) for column in self.columns]
        return self.scale * max(values) or None


@dataclass(frozen=True, slots=True)
class Word:
    """A text as it stands; of HTML what is shown."""

    column: str

    @property
    def sources(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    def read(self, line: Line) -> str | None:
        """Return the text."""
        text = line.text(self.column)
        return None if text is None else re.sub(r"<[^>]*>", "", text).strip()


@dataclass(frozen=True, slots=True)
class Flag:
    """A 0 or 1."""

    column: str

    @property
    def sources(self) -> tuple[str, ...]:
        """The column."""
        return (self.column,)

    def read(self, line: Line) -> bool | None:
        """Return whether it is 1."""
        return line.flag(self.column)


@dataclass(frozen=True, slots=True)
class Derived:
    """A value made from several columns by a function of the line."""

    sources: tuple[str, ...]
    function: Callable[[Line], Value]

    def read(self, line: Line) -> Value:
        """Return what the function makes of the line."""
        return self.function(line)
