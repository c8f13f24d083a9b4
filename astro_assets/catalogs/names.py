"""Which star and which entry a line of a catalogue is about, and what else the star is called.

Only names are made here; values are read elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from astro_assets.catalogs.text_tables import Line

_CANONICAL: Final = re.compile(r"(TIC|KIC|EPIC) [1-9][0-9]{0,17}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a line is about.

    Attributes
    ----------
    entry
        Name of the entry within its catalogue.
    star
        The star: its canonical id where the catalogue gives one, else its name.
    alias
        Another name of the star that the line lists.
    listed_id
        The star's canonical id where the line has one beside the name in ``star``.
    is_name
        Whether this says nothing but a name: the line's values are told with another of its identities.
    """

    entry: str
    star: str
    alias: str | None = None
    listed_id: str | None = None
    is_name: bool = False

    @property
    def target_id(self) -> str | None:
        """The star's canonical id, None where only a name is known."""
        return self.star if is_canonical(self.star) else self.listed_id


def is_canonical(name: str) -> bool:
    """Return whether a name is a canonical target id such as ``KIC 11446443``."""
    return _CANONICAL.fullmatch(name) is not None


def host_of(planet_name: str) -> str:
    """Return the star of a planet: ``Kepler-410 A`` of ``Kepler-410 A b``."""
    return re.sub(r"\s+[a-z]$", "", planet_name)


def kepler_object(line: Line) -> tuple[Identity, ...]:
    """Return whom a line of the KOI table is about; a named planet lists its star's name."""
    planet_name = line.text("kepler_name")
    return (
        Identity(
            line.required("kepoi_name"),
            f"KIC {line.whole('kepid')}",
            None if planet_name is None else host_of(planet_name),
        ),
    )


def threshold_crossing_event(line: Line) -> tuple[Identity, ...]:
    """Return whom a line of the DR24 table is about, named as the archive does: ``011904151-02``."""
    kic = line.whole("kepid")
    return (Identity(f"{kic:09d}-{line.whole('tce_plnt_num'):02d}", f"KIC {kic}"),)


def tess_object(line: Line) -> tuple[Identity, ...]:
    """Return whom a line of the TOI table is about: ``TOI-700.01`` of ``TOI-700``."""
    number = line.required("toi")
    if re.fullmatch(r"[1-9][0-9]*\.[0-9]", number, re.ASCII):
        number += "0"  # where it was written as a number: 700.1 is 700.10
    if not re.fullmatch(r"[1-9][0-9]*\.[0-9]{2}", number, re.ASCII):
        raise line.error("toi", f"{number[:40]!r} is not a number such as 700.01")
    star = f"TOI-{number.partition('.')[0]}"
    return (Identity(f"TOI-{number}", f"TIC {line.whole('tid')}", star),)


def binary(column: str) -> Callable[[Line], tuple[Identity, ...]]:
    """Return what tells whom a line is about where a column holds the numbers of the catalogue it names."""

    def identify(line: Line) -> tuple[Identity, ...]:
        star = f"{column} {line.whole(column)}"
        return (Identity(star, star),)

    return identify


def planet(line: Line) -> tuple[Identity, ...]:
    """Return whom a line of the Planetary Systems table is about: the planet, by its host's name.

    Where the file has TIC numbers, that name is listed for one.
    """
    name, star, tic = line.required("pl_name"), line.required("hostname"), line.text("tic_id")
    if tic is None:
        return (Identity(name, star),)
    if not is_canonical(tic):
        raise line.error("tic_id", f"{tic[:40]!r} is not a canonical id such as 'TIC 377780790'")
    return (Identity(name, star, star, tic),)


@dataclass(frozen=True, slots=True)
class StarNames:
    """Says whom a line of a catalogue of stars is about, and each other name that it lists of the star.

    Parameters
    ----------
    mission
        Whose number it is: TIC, KIC or EPIC.
    column
        Where the number is.
    names
        What precedes the name that a column holds; nothing where the column has all of it.
    """

    mission: str
    column: str
    names: Mapping[str, str]

    def __call__(self, line: Line) -> tuple[Identity, ...]:
        """Return the star and its names; those that are ids of another mission, both ways."""
        star = f"{self.mission} {line.whole(self.column)}"
        found = [Identity(star, star)]
        for column, before in self.names.items():
            if (text := line.text(column)) is None:
                continue
            name = f"{before}{line.whole(column) if before == 'KIC ' else text}"
            found.append(Identity(f"{name} of {star}", star, name, is_name=True))
            if is_canonical(name):
                found.append(Identity(f"{star} of {name}", name, star, is_name=True))
        return tuple(found)


def alias_lines(line: Line) -> tuple[Identity, ...]:
    """Return what a line of names says; of two canonical ids, both ways."""
    alias, target = line.required("alias"), line.required("target_id")
    if not is_canonical(target):
        raise line.error("target_id", f"{target[:40]!r} is not a canonical id such as 'KIC 11446443'")
    if alias == target:
        raise line.error("alias", f"{alias!r} is a name for itself")
    there = Identity(alias, target, alias)
    return (there, Identity(target, alias, target)) if is_canonical(alias) else (there,)
