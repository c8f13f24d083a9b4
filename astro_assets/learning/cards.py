"""What the model cards of all models have in common: tables in Markdown, energy, hashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

_HASHES: Final = {
    "training recipe": "training_recipe",
    "Merkle root of the training rows": "training_root",
    "artefact, SHA-256": "artefact",
}


def table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def number(value: float | None) -> str:
    """Return a figure with three digits, or that it is unknown."""
    return "unknown" if value is None else f"{value:.3f}"


def energy_section(energy: Mapping[str, Any]) -> str:
    """Return the section about the energy of a training.

    Parameters
    ----------
    energy
        Fields of :class:`~astro_assets.learning.energy.Energy`, None where one was not measured.
    """
    if energy["kwh"] is None:
        return f"## Energy\n\n{energy['seconds']:.0f} s; {energy['method']}."
    return (
        f"## Energy\n\n{energy['seconds']:.0f} s, {energy['kwh'] * 1000:.2f} Wh, "
        f"{energy['co2e_kg'] * 1000:.2f} g CO2e ({energy['method']})."
    )


def hashes_section(model: Mapping[str, Any], **more: str) -> str:
    """Return the section of hashes.

    Parameters
    ----------
    model
        A row of ``ledger/models``.
    more
        Further hashes by what they are of.
    """
    found = {**{what: model[name] for what, name in _HASHES.items()}, **more}
    return "## Hashes\n\n" + table(("what", "hash"), [(what, f"`{value}`") for what, value in found.items()])
