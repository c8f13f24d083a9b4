"""The transit wing's assets: from light curves to candidates and their folded views."""

import dagster as dg

from astro_assets.ledger.home import Home
from astro_assets.orchestration.table_assets import table_asset
from astro_assets.transits import pictures
from astro_assets.transits.recovery_tables import EXPECTED_SIGNALS, RECOVERED_SIGNALS
from astro_assets.transits.tables import (
    DETRENDED_LIGHT_CURVES,
    FOLDED_VIEWS,
    LABELLED_CANDIDATES,
    TRANSIT_CANDIDATES,
    VARIABILITY,
)


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
            description="Periodic transit-like signals, strongest first: box least squares (Kovacs et al. "
            "2002) on a uniform grid by direct and fast folding (Staelin 1969), up to five signals a target, "
            "found by masking and searching again.",
            pictures={"strength of the candidates": pictures.detection_statistics, "sky": pictures.sky},
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
    ]
