"""Files of labels are read, and what is wrong with one is told with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.images.alerts.labels import MOST_LABELS, Label, LabelFileError, labels_of

NAMES = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=20)


def test_a_file_is_read() -> None:
    data = "object_id,wanted,labelled_by\nZTF1, yes ,ana\n\nZTF2,No,\nZTF1,true,ben\n".encode("utf-8-sig")
    assert labels_of(data, "mine.csv") == {"ZTF1": Label(True, "ana"), "ZTF2": Label(False)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column object_id"),
        ("object_id\nZTF1\n", "no column wanted"),
        ("object_id,wanted,class\n", "no column 'class' is known"),
        ("object_id,wanted\nZTF1,maybe\n", "line 2: wanted is 'maybe'; it is yes or no"),
        ("object_id,wanted\nZTF1\n", "line 2: 1 values for 2 columns"),
        ("object_id,wanted\nZTF1,yes\nZTF1,no\n", "line 3: ZTF1 is wanted and not wanted"),
        ("object_id,wanted\n,yes\n", "line 2: an object needs an identifier"),
        ('object_id,wanted\n"ZTF1,yes\n', "holds no comma-separated values"),
    ],
)
def test_what_is_wrong_is_told(text: str, said: str) -> None:
    with pytest.raises(LabelFileError, match=said) as error:
        labels_of(text.encode(), "mine.csv")
    assert "mine.csv" in str(error.value)


def test_more_labels_than_can_be_put_in_at_once_are_refused() -> None:
    lines = "".join(f"ZTF{number},yes\n" for number in range(MOST_LABELS))
    text = f"object_id,wanted\n{lines}"
    assert len(labels_of(text.encode(), "mine.csv")) == MOST_LABELS
    with pytest.raises(LabelFileError, match="more than 10000 labels"):
        labels_of(f"{text}one,no\n".encode(), "mine.csv")


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(LabelFileError, match="no comma-separated values"):
        labels_of(b"\xff\xfe\x00", "mine.csv")


@given(labels=st.dictionaries(NAMES, st.booleans()))
def test_what_is_written_is_read(labels: dict[str, bool]) -> None:
    lines = ["object_id,wanted", *(f"{name},{'yes' if is_in else 'no'}" for name, is_in in labels.items())]
    found = labels_of("\n".join(lines).encode(), "mine.csv")
    assert {name: label.is_wanted for name, label in found.items()} == labels
