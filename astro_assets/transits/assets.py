"""The transit wing's assets: from light curves to candidates and their folded views."""

from collections.abc import Iterator

import dagster as dg
from pydantic import Field

from astro_assets.ledger.home import Home
from astro_assets.ledger.update import put_units
from astro_assets.observations.tables import SELECTED_FILES
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.model_assets import model_asset
from astro_assets.orchestration.table_assets import asset_key, materialized, table_asset
from astro_assets.orchestration.ui import definition_metadata
from astro_assets.transits import cluster_pictures, pictures
from astro_assets.transits.cluster_tables import CLUSTER_LABELS, CLUSTER_MODEL, why_promoted
from astro_assets.transits.completeness import asked_for
from astro_assets.transits.completeness_tables import COMPLETENESS_MAP, COMPLETENESS_TARGETS
from astro_assets.transits.feature_tables import TRANSIT_FEATURES
from astro_assets.transits.injection import Star
from astro_assets.transits.recovery_tables import EXPECTED_SIGNALS, RECOVERED_SIGNALS
from astro_assets.transits.single_transit_tables import SINGLE_TRANSITS
from astro_assets.transits.tables import (
    DETRENDED_LIGHT_CURVES,
    FOLDED_VIEWS,
    LABELLED_CANDIDATES,
    TRANSIT_CANDIDATES,
    VARIABILITY,
)
from astro_assets.transits.tsfresh_tables import TSFRESH_FEATURES


class CompletenessConfig(dg.Config):
    """Whose completeness is asked for."""

    targets: list[str] = Field(default=[], description="Targets into whose light curves planets are put.")
    n_injected: int = Field(
        default=2000, ge=0, le=10**6, description="Planets put into each; 0 takes a map back."
    )
    star_radius_sun: float = Field(default=1.0, gt=0, description="Radius of these stars, of the Sun's.")
    star_mass_sun: float = Field(default=1.0, gt=0, description="Mass of these stars, of the Sun's.")


def assets(home: Home) -> list[dg.AssetsDefinition]:
    """Return the wing's assets for a home."""
    return [
        table_asset(
            home,
            DETRENDED_LIGHT_CURVES,
            description="One curve a target: its segments stitched, slow variability removed with a biweight "
            "(Hippke et al. 2019), precision measured at 1, 2 and 6 h.",
            pictures={"most variable star": pictures.most_variable_star},
        ),
        table_asset(
            home,
            VARIABILITY,
            description="The strongest period of each target before detrending, its amplitude and its "
            "false-alarm probability: Lomb-Scargle, peaks fitted with up to four harmonics.",
        ),
        table_asset(
            home,
            TRANSIT_CANDIDATES,
            description="Periodic transit-like signals, the most certain first: box least squares (Kovacs et "
            "al. 2002) on a uniform grid by direct and fast folding (Staelin 1969), up to five signals a "
            "target, found by masking and searching again.",
            pictures={"strength of the candidates": pictures.detection_statistics, "sky": pictures.sky},
        ),
        table_asset(
            home,
            SINGLE_TRANSITS,
            description="Dips that happened once, without a period: an adaptive matched filter (Jenkins "
            "2002) of 1.5 to 16 h on what the candidates leave, with what speaks against each dip.",
            pictures={"strongest single transits": pictures.single_transits},
        ),
        table_asset(
            home,
            FOLDED_VIEWS,
            description="Each candidate folded on its ephemeris: global, local, odd, even and secondary "
            "views with median, spread and count of every bin.",
            pictures={"best candidate": pictures.best_candidate},
        ),
        table_asset(
            home,
            TRANSIT_FEATURES,
            description="What tells planets from what looks like them, for each candidate: depth transit by "
            "transit, secondary eclipse, odd and even, shape, uniqueness in the fold (model-shift), sine "
            "waves (SWEET), gaps, motion of the light, duration for the star's density.",
            pictures={"measures of the candidates": pictures.measures},
        ),
        table_asset(
            home,
            TSFRESH_FEATURES,
            description="The global, local and secondary views of each candidate described as series by "
            "tsfresh (Christ et al. 2018): moments, quantiles, autocorrelations, complexity, spectrum, "
            "trend, symmetry. On a scale on which every transit is as deep.",
        ),
        model_asset(
            home,
            CLUSTER_MODEL,
            description="Groups of candidates that look alike: K-means on the shape of their dips, as many "
            "groups as come out again from other samples. Fitted once there are 50 candidates, and again "
            "only on purpose; then groups that are still there keep number and name.",
            pictures={"the candidate in the middle of each cluster": cluster_pictures.medoids},
            promote_when=why_promoted,
        ),
        table_asset(
            home,
            CLUSTER_LABELS,
            description="The group of each candidate by the promoted model. It describes and orders, and is "
            "no gate: what a gate at each group would have cost is shown.",
            pictures={
                "clusters": cluster_pictures.clusters,
                "cost of gating": cluster_pictures.gating,
            },
        ),
        table_asset(
            home,
            LABELLED_CANDIDATES,
            description="Each candidate beside the known signal that it is, by target, period (half, double, "
            "third and triple counted) and epoch; without a label where no catalogue lists it.",
        ),
        table_asset(
            home,
            EXPECTED_SIGNALS,
            description="The signals that catalogues list for each target, or that a simulation put in, with "
            "what its data should show of them: transits covered, signal-to-noise ratio, whether a search "
            "should find it. Blind to what was found.",
        ),
        table_asset(
            home,
            RECOVERED_SIGNALS,
            description="What the search made of each expected signal: found or not, first or not, at its "
            "period or at half or twice of it; the cause of every miss.",
            pictures={
                "known signals": pictures.known_signals,
                "strongest of those missed": pictures.missed_signals,
            },
        ),
        completeness_targets,
        table_asset(
            home,
            COMPLETENESS_MAP,
            description="What the search finds of planets put into a target's own light curves, by period "
            "and radius: the whole of detrending and search for each of them.",
            pictures={"completeness": pictures.completeness},
        ),
    ]


@dg.asset(
    key=asset_key(COMPLETENESS_TARGETS),
    deps=[asset_key(SELECTED_FILES)],
    description="The targets whose completeness is asked for, in the run's configuration or by "
    "`astro-assets completeness`. They are kept up to date from then on.",
    group_name="transits",
    kinds={"python", "polars", "deltalake"},
    owners=["team:transits"],
    metadata=definition_metadata(COMPLETENESS_TARGETS),
)
def completeness_targets(
    context: dg.AssetExecutionContext, config: CompletenessConfig, engine: dg.ResourceParam[Engine]
) -> Iterator[dg.MaterializeResult[None]]:
    """Add what is asked for, or take it back."""
    ledger = engine.ledger()
    rows = ledger.open(SELECTED_FILES).rows(["search_id", "target_id"]).drop_nulls("search_id").collect()
    star = Star(config.star_radius_sun, config.star_mass_sun)
    asked = asked_for(
        rows.select("search_id", "target_id").iter_rows(), config.targets, config.n_injected, star
    )
    wanted = {key: [row] for key, row in asked.items()} if config.n_injected else {}
    report = put_units(ledger, COMPLETENESS_TARGETS, wanted, remove=asked, run_id=context.run.run_id)
    yield from materialized(context, engine, COMPLETENESS_TARGETS, report)
