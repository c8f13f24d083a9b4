"""Lineage as a picture: boxes for tables from top to bottom, parents above children, with counts. SVG.

Drawn by hand: a graph of tables has a dozen boxes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Final

_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _EDGE = 176, 42, 18, 26, 2
_LETTERS: Final = 26
#: How names of gaps begin that lines pass through.
_GAP: Final = "\0"


@dataclass(frozen=True, slots=True)
class Box:
    """A box of the picture.

    Attributes
    ----------
    name
        What is in it.
    count
        What is said below that.
    is_end
        Whether it is what the picture is about.
    is_old
        Whether something in it was replaced since.
    href
        Where it leads.
    """

    name: str
    count: str = ""
    is_end: bool = False
    is_old: bool = False
    href: str | None = None


def lineage_picture(boxes: Mapping[str, Box], edges: Iterable[tuple[str, str]]) -> str:
    """Draw boxes and what leads to what.

    Parameters
    ----------
    boxes
        By name, as edges name them.
    edges
        Parent and child of each, without cycles.
    """
    drawn = sorted({(a, b) for a, b in edges if a in boxes and b in boxes and a != b})
    drawn = _direct(drawn)
    levels, ways = _levels(boxes, drawn)
    place = _places(levels, [step for way in ways for step in pairwise(way)])
    width = max(x + _width(name) for level in levels for name in level for x in (place[name][0],)) + _EDGE
    height = len(levels) * (_HEIGHT + _GAP_Y) - _GAP_Y + 2 * _EDGE
    parts = [_path([place[name] for name in way], [_width(name) for name in way]) for way in ways]
    parts += [_box(boxes[name], *place[name]) for level in levels for name in level if name in boxes]
    return (
        f'<svg role="img" aria-label="lineage" width="{width:g}" height="{height}" '
        f'viewBox="0 0 {width:g} {height}">{"".join(parts)}</svg>'
    )


def _direct(edges: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Leave out edges beside which there is a longer way: the picture says the same without."""
    children: dict[str, set[str]] = {}
    for a, b in edges:
        children.setdefault(a, set()).add(b)

    def reaches(start: str, goal: str) -> bool:
        return any(one == goal or reaches(one, goal) for one in children.get(start, ()))

    return [(a, b) for a, b in edges if not any(reaches(other, b) for other in children[a] if other != b)]


def _levels(
    boxes: Mapping[str, Box], edges: list[tuple[str, str]]
) -> tuple[list[list[str]], list[list[str]]]:
    """Put each box one level below the last of its parents, sources just above their first child.

    Returns
    -------
    tuple
        The names in each level, and of each edge the names along its way: where it passes a level, a gap is
        kept for it, whose name is none of a box.
    """
    depth = dict.fromkeys(boxes, 0)
    for _ in boxes:  # as often as the longest way can be long
        for a, b in edges:
            depth[b] = max(depth[b], depth[a] + 1)
    with_parents = {b for _, b in edges}
    for name in boxes:
        below = [depth[b] for a, b in edges if a == name]
        if name not in with_parents and below:
            depth[name] = min(below) - 1
    levels = [[name for name in boxes if depth[name] == level] for level in range(max(depth.values()) + 1)]
    ways = []
    for a, b in edges:
        gaps = {level: f"{_GAP}{a} {b} {level}" for level in range(depth[a] + 1, depth[b])}
        for level, gap in gaps.items():
            levels[level].append(gap)
        ways.append([a, *gaps.values(), b])
    return levels, ways


def _places(levels: list[list[str]], steps: list[tuple[str, str]]) -> dict[str, tuple[float, float]]:
    """Put the boxes of each level in a row, near their parents, the rows centred on each other."""
    wide = [sum(map(_width, level)) + _GAP_X * (len(level) - 1) for level in levels]
    place: dict[str, tuple[float, float]] = {}
    for number, level in enumerate(levels):
        middle = {
            name: [place[a][0] + _width(a) / 2 for a, b in steps if b == name and a in place]
            for name in level
        }
        left = _EDGE + (max(wide) - wide[number]) / 2
        for name in sorted(level, key=lambda one, of=middle: sum(of[one]) / max(len(of[one]), 1)):  # type: ignore[misc]
            place[name] = (left, _EDGE + number * (_HEIGHT + _GAP_Y))
            left += _width(name) + _GAP_X
    return place


def _width(name: str) -> float:
    return 0 if name.startswith(_GAP) else _WIDTH


def _path(places: list[tuple[float, float]], widths: list[float]) -> str:
    """Draw a line from the bottom of the first box to the top of the last, straight through gaps."""
    middles = [(x + width / 2, y) for (x, y), width in zip(places, widths, strict=True)]
    (x, y), parts = (middles[0][0], middles[0][1] + _HEIGHT), []
    for to_x, to_y in middles[1:]:
        bend = (to_y - y) / 2
        parts.append(f"C{x:g} {y + bend:g} {to_x:g} {to_y - bend:g} {to_x:g} {to_y:g}V{to_y + _HEIGHT:g}")
        x, y = to_x, to_y + _HEIGHT
    end = parts[-1].rpartition("V")[0]
    return f'<path d="M{middles[0][0]:g} {middles[0][1] + _HEIGHT:g}{"".join(parts[:-1])}{end}"/>'


def _box(box: Box, x: float, y: float) -> str:
    kind = " ".join(name for name, holds in (("end", box.is_end), ("old", box.is_old)) if holds)
    name = box.name if len(box.name) <= _LETTERS else f"{box.name[: _LETTERS - 1]}…"
    inner = (
        f'<g class="{kind}"><title>{escape(box.name)}</title>'
        f'<rect x="{x:g}" y="{y:g}" width="{_WIDTH}" height="{_HEIGHT}" rx="3"/>'
        f'<text x="{x + 10:g}" y="{y + 17:g}">{escape(name)}</text>'
        f'<text class="count" x="{x + 10:g}" y="{y + 33:g}">{escape(box.count)}</text></g>'
    )
    return inner if box.href is None else f'<a href="{escape(box.href)}">{inner}</a>'
