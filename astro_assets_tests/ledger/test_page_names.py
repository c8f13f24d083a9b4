"""Pages get names that are safe wherever they lie, and no two the same."""

from __future__ import annotations

import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from astro_assets.ledger.home import Home
from astro_assets.ledger.page_names import (
    candidate_page,
    model_page,
    page_name,
    target_page,
    xray_source_page_name,
)


def test_plain_names_stay_readable() -> None:
    assert page_name("TIC 100100827") == "TIC-100100827"
    assert page_name("../../etc/passwd").startswith("etc-passwd_")


@given(st.text(max_size=80), st.text(max_size=80))
def test_names_are_safe_and_differ(one: str, other: str) -> None:
    assert re.fullmatch(r"[A-Za-z0-9-]*(_[0-9a-f]{16})?", page_name(one))
    assert (page_name(one) == page_name(other)) == (one == other)
    assert page_name(page_name(one).replace("_", " ")) != page_name(one) or "_" not in page_name(one)


@given(st.sampled_from(["TIC 1", "TIC-1", "TIC  1", "TIC 1 ", " TIC 1", "TIC.1", "SIM 1.01", "SIM 1 01"]))
def test_a_page_lies_in_its_folder(name: str) -> None:
    page = model_page(Home(Path("/home")), name, "ab")
    assert page.parent == Path("/home/report/models")
    assert target_page(Home(Path("/home")), name).parent == Path("/home/report/targets")
    assert candidate_page(Home(Path("/home")), name).parent == Path("/home/report/candidates")


def test_the_page_of_an_xray_light_curve_has_the_name_of_its_file() -> None:
    sha256 = "0f" * 32
    assert xray_source_page_name(sha256) == f"xray/{sha256}.html"
    assert re.fullmatch(r"xray/[A-Za-z0-9-]*_[0-9a-f]{16}\.html", xray_source_page_name("../../etc/passwd"))
