"""How long an archive asks to be left alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.archives.patience import asked_wait


@pytest.mark.parametrize(
    ("header", "seconds"),
    [(None, 0), ("0", 0), (" 7 ", 7), ("soon", 0), ("²", 0), ("Fri, 31 Dec 1999 23:59:59 GMT", 0)],
)
def test_a_number_or_a_date(header: str | None, seconds: float) -> None:
    assert asked_wait(header) == seconds


def test_a_date_to_come() -> None:
    then = datetime.now(UTC) + timedelta(seconds=100)
    assert 90 < asked_wait(format_datetime(then, usegmt=True)) <= 100


@given(st.text(max_size=60))
def test_whatever_is_said_is_a_wait_or_none(header: str) -> None:
    assert asked_wait(header) >= 0
