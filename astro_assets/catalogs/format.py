"""What a kind of catalogue is: how it is recognised, and which of its columns become which of ours.

The catalogues that are understood are declared in `formats` and `star_formats`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from astro_assets.catalogs.columns import Number, Reading
from astro_assets.catalogs.names import Identity
from astro_assets.catalogs.text_tables import Line

#: What a signal is, whatever the words of its catalogue.
CONFIRMED, CANDIDATE, BINARY = "confirmed_planet", "candidate", "eclipsing_binary"
FALSE_POSITIVE, FALSE_ALARM, UNKNOWN = "false_positive", "false_alarm", "unknown"


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of catalogue.

    Parameters
    ----------
    name
        As in the column ``catalog``.
    title
        For people.
    required
        Columns by which the file is recognised; all must be there.
    identify
        Says which star and which entry a line is about; several where a line works both ways.
    readings
        Our columns, and how each is read.
    disposition_column
        Where the catalogue says what the entry is; empty where the catalogue itself says it.
    dispositions
        What it says, in our words; a word that is not here is an error. What it adds in brackets, such as
        which list a candidate was in, does not count.
    repeats
        Whether several lines may be about one thing; they are numbered then.
    optional
        Columns that are read besides, where the file has them.
    delivery
        What the column ``tce_delivname`` must say where the file has it: deliveries of one kind of table have
        the same columns.
    """

    name: str
    title: str
    required: frozenset[str]
    identify: Callable[[Line], tuple[Identity, ...]]
    readings: Mapping[str, Reading] = field(default_factory=dict)
    disposition_column: str = ""
    dispositions: Mapping[str, str] = field(default_factory=dict)
    repeats: bool = False
    optional: frozenset[str] = frozenset()
    delivery: str = ""

    @property
    def columns(self) -> frozenset[str]:
        """All columns that are read of a file, where it has them."""
        read = {column for reading in self.readings.values() for column in reading.sources}
        limits = {one.limit_flag for one in self.readings.values() if isinstance(one, Number)}
        return frozenset({*self.required, *self.optional, *read, *limits, self.disposition_column} - {""})


#: The column that tells deliveries of tables of threshold-crossing events apart.
DELIVERY: Final = "tce_delivname"
