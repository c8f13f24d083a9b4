"""The asset that keeps the report's pages up to date once somebody asked for them."""

from collections.abc import Collection, Sequence
from typing import Any, Final

import dagster as dg

from astro_assets.images.alert_tables import ALERT_DECISIONS, ALERTS
from astro_assets.images.change_tables import ANOMALIES
from astro_assets.images.cutout_tables import CUTOUTS
from astro_assets.images.photometry_tables import PHOTOMETRIC_LIGHT_CURVES
from astro_assets.images.quality_tables import FRAME_QUALITY
from astro_assets.images.real_bogus_tables import REAL_BOGUS_SCORES
from astro_assets.images.tables import FRAMES
from astro_assets.ledger.model_tables import MODEL_AUDITS
from astro_assets.ledger.models import ModelSpec
from astro_assets.orchestration.check_results import latest_checks
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.table_assets import asset_key, recorded
from astro_assets.reports.page_store import asked_for, is_asked_for
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
from astro_assets.xray.autoencoder_tables import XRAY_SCORES
from astro_assets.xray.tables import XRAY_LIGHT_CURVES

#: The asset's key.
CANDIDATE_REPORTS: Final = dg.AssetKey(["transits", "candidate_reports"])
_READ: Final = (
    FRAMES,
    CUTOUTS,
    ALERTS,
    ALERT_DECISIONS,
    REAL_BOGUS_SCORES,
    PHOTOMETRIC_LIGHT_CURVES,
    FRAME_QUALITY,
    ANOMALIES,
    XRAY_LIGHT_CURVES,
    XRAY_SCORES,
    DETRENDED_LIGHT_CURVES,
    VARIABILITY,
    TRANSIT_CANDIDATES,
    FOLDED_VIEWS,
    LABELLED_CANDIDATES,
    SINGLE_TRANSITS,
    TRANSIT_FEATURES,
    TRANSIT_SCORES,
    MODEL_AUDITS,
)


def reports_asset(specs: Sequence[ModelSpec], checks: Collection[dg.AssetCheckKey]) -> dg.AssetsDefinition:
    """Return the asset of the report's pages.

    Parameters
    ----------
    specs
        How models are made.
    checks
        Whose last results belong to an audit.
    """

    @dg.asset(
        key=CANDIDATE_REPORTS,
        deps=[asset_key(table) for table in _READ],
        description="Pages of stars, candidates and models in the home's folder `report`, to be read without "
        "network. They are kept up to date once `astro-assets report` was run; only what changed is written.",
        group_name="transits",
        kinds={"python", "bokeh"},
        owners=["team:transits"],
    )
    def candidate_reports(
        context: dg.AssetExecutionContext, engine: dg.ResourceParam[Engine]
    ) -> dg.MaterializeResult[None]:
        ledger = engine.ledger()
        if not is_asked_for(ledger.home):
            context.log.info("no report was asked for: `astro-assets report` writes one")
            return recorded(context, {"pages": 0})
        from astro_assets.reports.site import refresh_site

        def checks_of(tables: Collection[str]) -> list[dict[str, Any]]:
            return latest_checks(context.instance, checks, tables)

        done = refresh_site(ledger, specs, asked_for(ledger.home), checks_of=checks_of)
        return recorded(
            context,
            {
                "pages": len(done.written) + len(done.unchanged),
                "written": len(done.written),
                "unchanged": len(done.unchanged),
                "removed": len(done.removed),
                "report": dg.MetadataValue.url(done.index.as_uri()),
            },
        )

    return candidate_reports
