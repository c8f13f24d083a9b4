"""The picture of a lineage."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from astro_assets.reports.lineage_picture import Box, lineage_picture

SVG = "{http://www.w3.org/2000/svg}"


def parsed(drawn: str) -> ET.Element:
    return ET.fromstring(drawn.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1))  # noqa: S314


def rectangles(drawn: str) -> dict[str, tuple[float, float, float, float]]:
    found = {}
    for group in parsed(drawn).iter(f"{SVG}g"):
        box, title = group.find(f"{SVG}rect"), group.find(f"{SVG}title")
        found[title.text] = tuple(float(box.get(name)) for name in ("x", "y", "width", "height"))
    return found


@given(st.integers(1, 9).flatmap(lambda n: st.tuples(st.just(n), st.sets(
    st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)).filter(lambda pair: pair[0] < pair[1])
))))  # fmt: skip
def test_boxes_do_not_overlap_and_parents_are_above(of: tuple[int, set[tuple[int, int]]]) -> None:
    n, edges = of
    drawn = lineage_picture({str(i): Box(str(i)) for i in range(n)}, {(str(a), str(b)) for a, b in edges})
    places = rectangles(drawn)
    assert len(places) == n
    for a, b in edges:
        assert places[str(a)][1] + places[str(a)][3] < places[str(b)][1]
    for one, (x, y, width, height) in places.items():
        for other, (x2, y2, _, _) in places.items():
            assert one == other or abs(x - x2) >= width or abs(y - y2) >= height
    size = parsed(drawn)
    assert all(x >= 0 and x + width <= float(size.get("width")) for x, _, width, _ in places.values())


def test_a_way_beside_a_longer_one_is_not_drawn() -> None:
    boxes = {name: Box(name) for name in "abc"}
    drawn = lineage_picture(boxes, [("a", "b"), ("b", "c"), ("a", "c")])
    assert drawn.count("<path") == 2


def test_texts_are_escaped() -> None:
    drawn = lineage_picture({"x": Box("<script>&", "<b>", href='"><script>')}, [])
    assert "<script" not in drawn
    assert list(rectangles(drawn)) == ["<script>&"]
