"""What pages show of the units above something: the picture of their tables, and all of them in a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from astro_assets.reports.lineage_picture import Box, lineage_picture
from astro_assets.reports.lines_above import Above, Unit
from astro_assets.reports.rendering import HASH, LINE, NAME, TableShown, drawing, plain, table


def lineage_shown(found: Sequence[Unit], above: Above, end: str) -> dict[str, Any]:
    """Return what a page shows of units: ``picture`` and ``units``.

    Parameters
    ----------
    found
        The units, children before parents.
    end
        Name of the table that the page is about.
    """
    counts = Counter(one[0] for one in found)
    old = {one[0] for one in found if not above.units[one]["is_current"]}
    boxes = {
        name: Box(name.partition("/")[2], _count(found, name, counts[name]), name == end, name in old)
        for name in sorted(counts)
    }
    return {
        "picture": drawing(lineage_picture(boxes, above.edges(found))),
        "units": _units(found, above),
    }


def _count(found: Sequence[Unit], name: str, n: int) -> str:
    if n > 1:
        return f"{n} units"
    key = next(one[1] for one in found if one[0] == name)
    return plain(key)[:16]


def _units(found: Sequence[Unit], above: Above) -> TableShown:
    def shown(one: Unit) -> tuple[Any, ...]:
        held: Mapping[str, Any] = above.units[one]
        return (
            one[0],
            plain(one[1]),
            one[2][:16],
            f"{held['computed_at']:%Y-%m-%d %H:%M}",
            "" if held["is_current"] else "replaced since",
        )

    return table(
        [("Table", LINE), ("Unit", NAME), ("Recipe", HASH), ("Made", LINE), ("", LINE)], map(shown, found)
    )
