"""Lineage as a picture: boxes for tables from top to bottom, parents above children, with counts. SVG.

Drawn by hand: a graph of tables has a dozen boxes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

_WIDTH, _HEIGHT, _GAP_X, _GAP_Y, _EDGE = 176, 42, 18, 26, 2
_LETTERS: Final = 26


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
    levels = _levels(boxes, drawn)
    place = _places(levels, drawn)
    width = max(len(level) for level in levels) * (_WIDTH + _GAP_X) - _GAP_X + 2 * _EDGE
    height = len(levels) * (_HEIGHT + _GAP_Y) - _GAP_Y + 2 * _EDGE
    parts = [_path(place[a], place[b]) for a, b in drawn]
    parts += [_box(boxes[name], *place[name]) for level in levels for name in level]
    return (
        f'<svg role="img" aria-label="lineage" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">{"".join(parts)}</svg>'
    )


def _direct(edges: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Leave out edges beside which there is a longer way: the picture says the same without."""
    children: dict[str, set[str]] = {}
    for a, b in edges:
        children.setdefault(a, set()).add(b)

    def reaches(start: str, goal: str) -> bool:
        return any(one == goal or reaches(one, goal) for one in children.get(start, ()))

    return [(a, b) for a, b in edges if not any(reaches(other, b) for other in children[a] if other != b)]


def _levels(boxes: Mapping[str, Box], edges: list[tuple[str, str]]) -> list[list[str]]:
    """Put each box one level below the last of its parents, sources just above their first child."""
    depth = dict.fromkeys(boxes, 0)
    for _ in boxes:  # as often as the longest way can be long
        for a, b in edges:
            depth[b] = max(depth[b], depth[a] + 1)
    with_parents = {b for _, b in edges}
    for name in boxes:
        below = [depth[b] for a, b in edges if a == name]
        if name not in with_parents and below:
            depth[name] = min(below) - 1
    return [[name for name in boxes if depth[name] == level] for level in range(max(depth.values()) + 1)]


def _places(levels: list[list[str]], edges: list[tuple[str, str]]) -> dict[str, tuple[float, float]]:
    """Put the boxes of each level in a row, near their parents, the row centred."""
    widest = max(len(level) for level in levels)
    place: dict[str, tuple[float, float]] = {}
    for number, level in enumerate(levels):
        middle = {name: [place[a][0] for a, b in edges if b == name and a in place] for name in level}
        left = _EDGE + (widest - len(level)) * (_WIDTH + _GAP_X) / 2
        order = sorted(level, key=lambda name: sum(middle[name]) / max(len(middle[name]), 1))
        for line, name in enumerate(order):
            place[name] = (left + line * (_WIDTH + _GAP_X), _EDGE + number * (_HEIGHT + _GAP_Y))
    return place


def _path(start: tuple[float, float], end: tuple[float, float]) -> str:
    x0, y0 = start[0] + _WIDTH / 2, start[1] + _HEIGHT
    x1, y1 = end[0] + _WIDTH / 2, end[1]
    bend = max((y1 - y0) / 2, 14)
    return f'<path d="M{x0:g} {y0:g}C{x0:g} {y0 + bend:g} {x1:g} {y1 - bend:g} {x1:g} {y1:g}"/>'


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
