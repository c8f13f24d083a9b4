"""The asset of what is fetched from archives: asked for by name, or what the home's settings follow."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field

from astro_assets.observations.light_curve_names import CADENCES
from astro_assets.observations.missions import MISSIONS
from astro_assets.observations.tables import ARCHIVE_PRODUCTS
from astro_assets.observations.targets import canonical_target_id
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.table_assets import asset_key, recorded
from astro_assets.orchestration.ui import definition_metadata

if TYPE_CHECKING:
    from astro_assets.observations.mast_products import Wanted

#: Files whose fault is told when a run fails; all are in its log.
_TOLD = 3


class FetchConfig(dg.Config):
    """What to fetch."""

    mission: str = Field(
        default="TESS",
        pattern="^(TESS|Kepler|K2)$",
        description="Of which mission, where something is named.",
    )
    segments: list[int] = Field(
        default=[], description="Sectors, quarters or campaigns; with no targets all that they have."
    )
    targets: list[str] = Field(default=[], description="Targets of the mission's catalogue, as TIC 25155310.")
    cadence_s: int | None = Field(
        default=None, description="Seconds: 120 or 20 of TESS, 1800 or 60 of Kepler and K2."
    )
    limit: int | None = Field(default=None, ge=1, description="Most light curves.")

    def wanted(self) -> "list[tuple[Wanted, int | None]]":
        """Return what is named, if anything is."""
        from astro_assets.observations.mast_products import Wanted

        if not self.segments and not self.targets:
            return []
        if self.cadence_s is not None and self.cadence_s not in CADENCES[self.mission]:
            raise ValueError(f"{self.mission} has no light curves of {self.cadence_s} s")
        targets = tuple(canonical_target_id(target) for target in self.targets)
        return [(Wanted(MISSIONS[self.mission], tuple(self.segments), targets, self.cadence_s), self.limit)]


class FetchFailedError(RuntimeError):
    """Some of what was wanted did not come; the rest did."""


@dg.asset(
    key=asset_key(ARCHIVE_PRODUCTS),
    description="Light curves and images that were fetched from MAST and SkyView into the home's inbox, and "
    "where each file is from. A run fetches what is named in its configuration, else what the home's "
    "settings follow in `[observations.archive_products]`: by default nothing, so that nothing leaves "
    "this machine.",
    group_name="observations",
    kinds={"python", "polars", "deltalake"},
    owners=["team:observations"],
    metadata=definition_metadata(ARCHIVE_PRODUCTS),
)
def archive_products(
    context: dg.AssetExecutionContext, config: FetchConfig, engine: dg.ResourceParam[Engine]
) -> Iterator[dg.MaterializeResult[None]]:
    """Fetch what is wanted and not here, file by file."""
    from astro_assets.observations.fetching import fetch_products, followed, listed

    ledger = engine.ledger()
    wanted = config.wanted() or followed(ledger)
    if not wanted:
        context.log.info("Nothing is named, and the home's settings follow nothing.")
    found = listed(ledger, wanted, told=context.log.info)
    for line in found.missing:
        context.log.info(line)
    fetched = fetch_products(
        ledger,
        found.products,
        run_id=context.run.run_id,
        progress=engine.progress_of(ARCHIVE_PRODUCTS.name),
        told=context.log.info,
    )
    for failure in fetched.failed:
        context.log.warning("%s: %s", failure.product.file_name, failure.why)
    yield recorded(
        context,
        {
            "files_fetched": len(fetched.new),
            "files_here_before": len(fetched.here),
            "files_failed": len(fetched.failed),
            "files_not_tried": len(fetched.untried),
            "targets_without_files": len(found.missing),
            "bytes_fetched": fetched.n_bytes,
        },
    )
    if fetched.failed:
        told = "; ".join(f"{one.product.file_name}: {one.why}" for one in fetched.failed[:_TOLD])
        n_failed = len(fetched.failed) + len(fetched.untried)
        raise FetchFailedError(f"{n_failed} of {len(found.products)} files did not come: {told}")
