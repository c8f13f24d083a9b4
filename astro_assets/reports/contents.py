"""What pages show of a home, read from its tables at once and handed out by target."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from astro_assets.images.cutout_tables import CUTOUTS
from astro_assets.images.photometry_tables import PHOTOMETRIC_LIGHT_CURVES
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.table import Table
from astro_assets.ledger.worker import resolve_references
from astro_assets.observations.tables import OBSERVATION_FILES, SELECTED_FILES
from astro_assets.reports.rendering import natural
from astro_assets.transits.cluster_tables import CLUSTER_LABELS
from astro_assets.transits.feature_tables import TRANSIT_FEATURES
from astro_assets.transits.scorer_tables import TRANSIT_SCORES
from astro_assets.transits.single_transit_tables import SINGLE_TRANSITS
from astro_assets.transits.tables import (
    DETRENDED_LIGHT_CURVES,
    FOLDED_VIEWS,
    LABELLED_CANDIDATES,
    TRANSIT_CANDIDATES,
    VARIABILITY,
)

#: Tables whose rows are shown.
SHOWN: Final[tuple[Table, ...]] = (
    OBSERVATION_FILES,
    SELECTED_FILES,
    CUTOUTS,
    PHOTOMETRIC_LIGHT_CURVES,
    DETRENDED_LIGHT_CURVES,
    VARIABILITY,
    TRANSIT_CANDIDATES,
    FOLDED_VIEWS,
    LABELLED_CANDIDATES,
    SINGLE_TRANSITS,
    TRANSIT_FEATURES,
    CLUSTER_LABELS,
    TRANSIT_SCORES,
)
#: By what rows and units of files name their target: their units have none before they are read.
_TARGET: Final = "target_id"
_NOT_READ: Final = ("column_digests", "hashed_columns")
_OF_REFUSED: Final = ("file_name", "sha256", "status", "reason_code", "refusal_reason", "target_id")
RowOf = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Contents:
    """Rows by table and target.

    Attributes
    ----------
    rows
        Of each table the rows of each target, in order of their keys.
    units
        Of each target what identifies its units: table, key, recipe, outcome.
    refused
        Rows of all files that cannot be used, also of those of no known target.
    """

    ledger: Ledger
    rows: Mapping[str, Mapping[str, Sequence[RowOf]]]
    units: Mapping[str, list[str]] = field(default_factory=dict)
    refused: Sequence[RowOf] = ()

    @property
    def targets(self) -> list[str]:
        """All targets that have a page, in order."""
        found = set(self.rows[OBSERVATION_FILES.name]) | set(self.rows[TRANSIT_CANDIDATES.name])
        return sorted(found, key=natural)

    def of(self, table: Table, target: str) -> Sequence[RowOf]:
        """Return a target's rows of a table; arrays are references."""
        return self.rows[table.name].get(target, ())

    def of_candidate(self, table: Table, candidate: RowOf, name: str = "candidate_id") -> RowOf | None:
        """Return the row that a table has of a candidate."""
        rows = self.of(table, candidate[_TARGET])
        return next((row for row in rows if row[name] == candidate["candidate_id"]), None)

    def arrays(self, table: Table, row: RowOf, name: str) -> Mapping[str, Any]:
        """Return a row's arrays, read now."""
        return dict(resolve_references(row, table, self.ledger.objects)[name])


def read_contents(ledger: Ledger, targets: Collection[str] | None = None) -> Contents:
    """Read what pages show, of some targets or of all."""
    rows: dict[str, dict[str, list[RowOf]]] = {}
    units: dict[str, list[str]] = {}
    for table in SHOWN:
        handle = ledger.open(table)
        frame = handle.rows().drop(_NOT_READ)
        wanted = handle.units(["key", "target", "recipe_hash", "outcome"])
        if targets is not None:
            frame = frame.filter(pl.col(_TARGET).is_in(list(targets)))
            if table.target is not None:
                wanted = wanted.filter(pl.col("target").is_in(list(targets)))
        rows[table.name] = _by_target(frame.collect().sort("key", maintain_order=True).iter_rows(named=True))
        lines = (
            (
                (row[_TARGET], row["key"], row["recipe_hash"], "")
                for of in rows[table.name].values()
                for row in of
            )
            if table.target is None
            else wanted.sort("key").select("target", "key", "recipe_hash", "outcome").collect().iter_rows()
        )
        for target, *identity in lines:
            if target is not None:
                units.setdefault(target, []).append("\t".join((table.name, *identity)))
    bad = ledger.open(OBSERVATION_FILES).rows(list(_OF_REFUSED)).filter(pl.col("status") == "refused")
    refused = bad.sort("reason_code", "file_name", "sha256").collect().to_dicts()
    return Contents(ledger, rows, units, refused)


def _by_target(rows: Iterable[RowOf]) -> dict[str, list[RowOf]]:
    found: dict[str, list[RowOf]] = {}
    for row in rows:
        if row[_TARGET] is not None:
            found.setdefault(row[_TARGET], []).append(row)
    return found
