"""What Dagster is told about tables: nothing is lost, and no event grows too large."""

from __future__ import annotations

import base64
import re
from collections import Counter
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from astro_assets.images.cutout_tables import CUTOUT_PLACES
from astro_assets.images.tables import FRAMES
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.update import Report, put_units
from astro_assets.orchestration.scrubbing import without_pictures
from astro_assets.orchestration.ui import (
    DRAWN_FROM,
    MAX_PICTURE_BYTES,
    counts_metadata,
    definition_metadata,
    draw,
    report_metadata,
)
from astro_assets.tables import TABLES


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return open_ledger(open_home(tmp_path / "home"), TABLES)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_column_is_shown_with_its_meaning_and_unit(table) -> None:
    shown = definition_metadata(table)["dagster/column_schema"]
    assert isinstance(shown, dg.TableSchema)
    assert [column.name for column in shown.columns] == list(table.schema.names)
    for ours, theirs in zip(table.schema, shown.columns, strict=True):
        assert theirs.type == ours.dtype
        assert theirs.description.startswith(ours.description)
        assert theirs.constraints.nullable == ours.nullable
        assert dict(theirs.tags) == ({"unit": ours.unit} if ours.unit else {})
        assert (f"[{ours.unit}]" in theirs.description) == bool(ours.unit)


def test_units_are_counted_by_what_became_of_them() -> None:
    counts = Counter(rows=5, empty=3, failed=2, reused=7, removed=1)
    assert counts_metadata(counts) == {
        "units_computed": 10, "units_reused": 7, "units_empty": 3, "units_failed": 2, "units_removed": 1,
    }  # fmt: skip


def test_a_picture_is_drawn_again_when_something_that_it_shows_has_changed(ledger: Ledger) -> None:
    drawn = []

    def picture(of: Ledger) -> bytes:
        drawn.append([of.open(CUTOUT_PLACES).version, of.open(FRAMES).version])
        return b"a picture" * 50

    def shown(before: dict[str, Any]) -> dict[str, Any]:
        return draw({"places": picture}, ledger, pytest.fail, before)

    first = shown({})
    again = shown(first)
    assert again == first
    assert len(drawn) == 1, "nothing has changed"
    put_units(ledger, CUTOUT_PLACES, {"place": []})
    later = shown(again)
    assert len(drawn) == 2
    assert later["places"] == first["places"]
    assert later[DRAWN_FROM] != first[DRAWN_FROM]
    changed = later[DRAWN_FROM].value["places"] | {"source": "of another version of the package"}
    shown(later | {DRAWN_FROM: dg.MetadataValue.json({"places": changed})})
    assert len(drawn) == 3
    shown({"places": first["places"]})
    assert len(drawn) == 4, "nobody knows what it was drawn from"
    forgotten = {"places": dg.MetadataValue.md(without_pictures(later["places"].value))}
    assert forgotten["places"] != later["places"]
    assert shown(later | forgotten)["places"] == later["places"]
    assert len(drawn) == 5, "a star was forgotten, and all pictures with it"


def test_a_report_is_summed_over_shards(tmp_path: Path) -> None:
    outcomes = {0: Counter(rows=2, reused=1), 3: Counter(rows=1, failed=1)}
    report = Report("wing/table", outcomes, version=8, bytes_written=2_500_000, seconds=1.23456)
    shown = report_metadata(report, tmp_path.as_uri())
    assert shown["units_computed"] == 4
    assert shown["units_failed"] == 1
    assert (shown["table_version"], shown["megabytes_of_arrays_written"], shown["seconds"]) == (8, 2.5, 1.235)
    assert shown["dagster/uri"] == tmp_path.as_uri()
    assert outcomes == {0: Counter(rows=2, reused=1), 3: Counter(rows=1, failed=1)}


def test_a_picture_is_shown_inline_unchanged(ledger: Ledger) -> None:
    png = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
    warned: list[str] = []
    shown = draw({"a fold": lambda _: png, "nothing": lambda _: None}, ledger, warned.append)
    match = re.fullmatch(r"!\[a fold\]\(data:image/png;base64,(.+)\)", shown["a fold"].value or "")
    assert match is not None
    assert base64.b64decode(match[1], validate=True) == png
    assert set(shown) == {"a fold"}
    assert not warned


def test_a_text_is_shown_as_markdown(ledger: Ledger) -> None:
    shown = draw({"a card": lambda _: "| a |\n| --- |"}, ledger, lambda _: None)
    assert shown == {"a card": dg.MetadataValue.md("| a |\n| --- |")}


def test_a_picture_that_fails_or_is_too_large_is_left_out_with_a_warning(ledger: Ledger) -> None:
    def fails(_: Ledger) -> bytes:
        raise ValueError("no stars")

    pictures = {
        "fails": fails,
        "large": lambda _: bytes(MAX_PICTURE_BYTES + 1),
        "fits": lambda _: bytes(MAX_PICTURE_BYTES),
    }
    warned: list[str] = []
    assert set(draw(pictures, ledger, warned.append)) == {"fits"}
    assert len(warned) == 2
    assert "no stars" in warned[0]
    assert str(MAX_PICTURE_BYTES + 1) in warned[1]
