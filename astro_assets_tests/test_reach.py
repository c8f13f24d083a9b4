"""No code version of a table reaches pages, commands, archives or object stores: or all went stale."""

from __future__ import annotations

import pytest

from astro_assets.ledger.code import reached
from astro_assets.tables import MODEL_SPECS, TABLES

COMPUTED = {
    **{table.name: table.compute for table in TABLES if table.compute is not None},
    **{spec.name: spec.fit for spec in MODEL_SPECS},
}


@pytest.mark.parametrize("name", sorted(COMPUTED))
def test_results_do_not_hang_on_how_they_are_shown(name: str) -> None:
    """Data files count as well: a style sheet that is reached would make every star stale."""
    covered = reached(COMPUTED[name])
    shown = [
        part for pair in covered for part in pair if part.startswith(("reports", "astro_assets.reports"))
    ]
    shown += [
        module for module, _ in covered if module.startswith(("astro_assets.cli", "astro_assets.archives"))
    ]
    assert not shown
