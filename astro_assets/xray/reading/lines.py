"""Lines of a text by their numbers, within bounds of bytes and lines.

What they say is in the modules that read them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from astro_assets.xray.reading.assembly import MOST_BINS
from astro_assets.xray.refusals import XrayRefusedError

#: The longest known text of an X-ray light curve has 10,000 lines and 900 kB.
MOST_BYTES: Final = 16 * 1024**2
_LONGEST_LINE: Final = 4096


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the lines of a text, counted from 1, without their ends.

    Raises
    ------
    XrayRefusedError
        If the file or a line is too long.
    """
    check_size(path)
    with path.open("rb") as file:
        number = 0
        while line := file.readline(_LONGEST_LINE + 1):
            number += 1
            if len(line) > _LONGEST_LINE or number > MOST_BINS:
                raise XrayRefusedError(
                    "too_large", f"line {number}: more than {_LONGEST_LINE} bytes, or lines"
                )
            yield number, line.decode("utf-8", "replace").rstrip("\r\n")


def check_size(path: Path) -> None:
    """Refuse a text that is larger than any light curve's.

    Raises
    ------
    XrayRefusedError
        If it is.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise XrayRefusedError("too_large", f"{size} bytes; at most {MOST_BYTES} are read")
