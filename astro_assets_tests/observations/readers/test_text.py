"""Tables of text as people and programs write them: separators, titles, blank lines, encodings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from astro_assets.observations.readers import text
from astro_assets.observations.readers.text import layout_of, read_text, why_no_table
from astro_assets.observations.refusals import RefusalError

ROWS = "time,flux,flux_err\n1500.25,1.0,0.1\n1500.5,1.5,0.1\n1500.75,,0.1\n"
FLUX = [1.0, 1.5, float("nan")]


def _read(path: Path, content: str | bytes, name: str = "flux", *known: str) -> list[float]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    layout = layout_of(path.read_bytes()[:65536], known or (name,))
    assert layout is not None
    (column,) = read_text(path, layout, [layout.names.index(name)])
    return column.tolist()


@pytest.mark.parametrize(
    "content",
    [
        ROWS,
        ROWS.replace(",", ";"),
        ROWS.replace(",", ";").replace(".", ","),
        ROWS.replace(",", "\t"),
        ROWS.replace(",,", ",-,").replace(",", "   "),
        "# " + ROWS.replace(",,", ",none,").replace(",", " "),
        ROWS.replace("\n", "\r\n"),
        ROWS.replace("\n", "\r"),
        ROWS.replace("\n", "\n\n"),
        ROWS.replace(",", ", "),
        ROWS.replace("1.5,", "1.5D0,").replace("1.0,", "1.0D+00,"),
        "My light curve\n" + ROWS,
        "Light curve, TIC 42, of mine\n" + ROWS,
        "A title\n\n" + ROWS.replace(",,", ",-,").replace(",", " "),
        ROWS.replace("err\n", "err\nd,,\n"),
        "\ufeff" + ROWS,
        ROWS.replace("flux_err", "\u00b5").encode("cp1252"),
    ],
    ids=range(17),
)
def test_what_is_written_is_read(tmp_path: Path, content: str | bytes) -> None:
    np.testing.assert_array_equal(_read(tmp_path / "a.csv", content), FLUX)


def test_blank_lines_are_no_rows_in_any_column(tmp_path: Path) -> None:
    content = ROWS.replace("\n", "\n \n\n")
    for name, first in (("time", 1500.25), ("flux", 1.0), ("flux_err", 0.1)):
        column = _read(tmp_path / "a.csv", content, name)
        assert (len(column), column[0]) == (3, first)


def test_names_that_are_told_tell_the_line_of_names(tmp_path: Path) -> None:
    content = "my,own\ntime,flux\n1500,1\n1501,2\n"
    assert _read(tmp_path / "a.csv", content, "flux", "FLUX") == [1, 2]
    layout = layout_of(content.encode())
    assert layout is not None
    assert layout.names == ("my", "own")


@pytest.mark.parametrize(
    "content",
    [b"", b"prose\n", b"prose of 7 words\n", b"{1, 2}\n", b"SIMPLE  = 1, 2", b"\x00,1\n", b"# 1,2\n"],
)
def test_what_is_no_table(content: bytes) -> None:
    assert layout_of(content) is None


def test_names_may_be_more_or_fewer_than_the_cells_of_the_first_row(tmp_path: Path) -> None:
    assert _read(tmp_path / "a.csv", "time,flux,error\n1500,1\n1501,2,3\n") == [1, 2]
    assert _read(tmp_path / "a.csv", "time,flux\n1500,1,good\n", "flux") == [1]
    assert np.isnan(_read(tmp_path / "a.csv", "time,flux\n1500,1,good\n", "2")).all()


def test_text_that_is_no_table_is_told_as_text() -> None:
    assert "text without a row" in str(why_no_table(b"prose\n"))
    assert "UTF-16" in str(why_no_table("time,flux\n1,2\n".encode("utf-16")))
    assert why_no_table(b"\x00\x01") is why_no_table(b"") is None


def test_too_many_rows_are_refused_and_not_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text, "MAX_ROWS", 3)
    assert len(_read(tmp_path / "a.csv", ROWS)) == 3
    with pytest.raises(RefusalError, match="more than 3 rows"):
        _read(tmp_path / "a.csv", ROWS + "1501,1,1\n")
