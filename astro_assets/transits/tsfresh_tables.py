"""The table of folded views' features: what it reads, and the function that makes its rows.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from astro_assets.ledger.table import Config, Parent, Parents, Table
from astro_assets.transits.tables import FOLDED_VIEWS
from astro_assets.transits.tsfresh_schemas import TSFRESH_FEATURE_SCHEMA
from astro_assets.transits.view_features.features import view_features

__all__ = ["TABLES", "TSFRESH_FEATURES"]


def compute_tsfresh_features(
    keys: Sequence[str], parents: Sequence[Parents], config: Config
) -> list[list[dict[str, Any]]]:
    """Describe the folded views of the candidates ``keys``: for each one row."""
    return [
        [
            {
                "candidate_id": key,
                "search_id": row["search_id"],
                "target_id": row["target_id"],
                **view_features(row["views"]),
            }
            for row in of_candidate["folded_views"]
        ]
        for key, of_candidate in zip(keys, parents, strict=True)
    ]


#: Features of each candidate's folded views, by tsfresh.
TSFRESH_FEATURES: Final = Table(
    name="transits/tsfresh_features",
    schema=TSFRESH_FEATURE_SCHEMA,
    compute=compute_tsfresh_features,
    parents=(Parent(FOLDED_VIEWS, columns=("candidate_id", "search_id", "target_id", "views")),),
    key="candidate_id",
    libraries=("numpy", "tsfresh"),
    is_batched=True,
    is_on_demand=True,
)

TABLES: Final = (TSFRESH_FEATURES,)
