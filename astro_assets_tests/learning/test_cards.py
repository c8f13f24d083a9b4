"""Parts that all model cards share: tables, energy, hashes, and figures that nobody knows."""

from __future__ import annotations

from typing import Any

from astro_assets.learning.cards import energy_section, hashes_section, number, table

ENERGY: dict[str, Any] = {"kwh": 0.0005, "co2e_kg": 0.00023, "seconds": 147.2, "method": "estimated"}


def test_a_table_is_markdown() -> None:
    assert table(("a", "b"), [(1, "x"), (2.5, "y")]) == "| a | b |\n| --- | --- |\n| 1 | x |\n| 2.5 | y |"


def test_what_is_unknown_is_said() -> None:
    assert (number(0.12345), number(None)) == ("0.123", "unknown")


def test_energy_is_told_or_why_it_is_not() -> None:
    assert energy_section(ENERGY) == "## Energy\n\n147 s, 0.50 Wh, 0.23 g CO2e (estimated)."
    unknown = {**ENERGY, "kwh": None, "co2e_kg": None, "method": "not measured: no meter"}
    assert energy_section(unknown) == "## Energy\n\n147 s; not measured: no meter."


def test_hashes_are_the_ledgers_and_others() -> None:
    model = {"training_recipe": "r", "training_root": "m", "artefact": "a"}
    found = hashes_section(model, split="s")
    for line in ("| training recipe | `r` |", "| artefact, SHA-256 | `a` |", "| split | `s` |"):
        assert line in found.splitlines()
