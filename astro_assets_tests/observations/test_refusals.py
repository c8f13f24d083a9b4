"""Every code that a reader raises is one of those documented, and every documented one is raised by some."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import astro_assets.observations
from astro_assets.observations.refusals import REASONS, RefusalError
from astro_assets.observations.selection import CHOICE_REASONS

PAGE = Path(__file__).parents[2] / "docs" / "readers" / "README.md"


def test_an_error_carries_code_and_text() -> None:
    error = RefusalError("truncated", "it ends early")
    assert (error.code, str(error)) == ("truncated", "it ends early")


def test_the_codes_in_use_are_those_documented() -> None:
    texts = set()
    folder = Path(astro_assets.observations.__file__).parent
    for path in folder.rglob("*.py"):
        if path.name == "refusals.py":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.add(node.value)
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "RefusalError":
                code = node.args[0]
                assert not isinstance(code, ast.Constant) or code.value in REASONS, path.name
    assert texts >= set(REASONS)


def test_the_page_of_readers_has_every_code_with_its_meaning() -> None:
    rows = re.findall(r"^\| `(\w+)` \|(?: \w+ \|)? (.+) \|$", PAGE.read_text(), flags=re.MULTILINE)
    documented = {code: meaning for code, meaning in rows if code in {**REASONS, **CHOICE_REASONS}}
    assert documented == {**REASONS, **CHOICE_REASONS}
