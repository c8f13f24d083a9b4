"""What is wrong with a file of alerts, with one of its packets, or with a packet's stamps.

Only the names of these faults live here::

    ValueError
      AlertFileError    the file as a whole cannot be read
      PacketError       one packet cannot
      StampError        the packet can, its stamps cannot
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

_LONGEST_REASON: Final = 300


class AlertFileError(ValueError):
    """A file is none of alerts, or one that is not read: its message names the file."""


class PacketError(ValueError):
    """A packet lacks what every packet has, or holds what no packet can."""


class StampError(ValueError):
    """The stamps of a packet cannot be decoded: the message names the packet."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Packets of a file that were not read.

    Parameters
    ----------
    file
        Its name.
    record
        Number of the first of them in the file, from 0, counted as the file counts them; where a damaged file
        no longer tells how many there were, the numbers after it are too small.
    reason
        For people.
    n_records
        How many were lost; 0 where the file no longer tells.
    """

    file: str
    record: int
    reason: str
    n_records: int = 1

    def __str__(self) -> str:
        return f"{self.file}, record {self.record}: {self.reason}"


def one_line(reason: str) -> str:
    """Return a reason as a line that can be shown anywhere: of printable ASCII, and not too long."""
    said = " ".join(reason[:_LONGEST_REASON].encode("ascii", "replace").decode().split())
    return "".join(c if c.isprintable() else "?" for c in said)
