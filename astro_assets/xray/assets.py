"""The X-ray wing's assets: light curves of counts in energy bands, and what is usual of them."""

import dagster as dg

from astro_assets.ledger.home import Home
from astro_assets.orchestration.table_assets import table_asset
from astro_assets.orchestration.trained_assets import recipes_asset, trained_asset
from astro_assets.xray import pictures, score_pictures
from astro_assets.xray.autoencoder_models import XRAY_AUTOENCODER
from astro_assets.xray.autoencoder_tables import XRAY_SCORES
from astro_assets.xray.tables import XRAY_LIGHT_CURVES


def assets(home: Home) -> list[dg.AssetsDefinition]:
    """Return the wing's assets for a home."""
    return [
        table_asset(
            home,
            XRAY_LIGHT_CURVES,
            description="Every X-ray light curve (eROSITA's srctool, XMM, RXTE, Chandra's dmextract, Swift, "
            "others in OGIP's form): bins of any length at any times, energy bands, counts, background, "
            "exposure, rates with errors down and up. Bins that saw nothing are kept. Files that cannot be "
            "used are refused with the reason, and kept.",
            pictures={
                "latest light curve": pictures.latest_curve,
                "bins and counts": pictures.distributions,
                "refused": pictures.refused_curves,
            },
        ),
        recipes_asset(
            XRAY_AUTOENCODER,
            description="The sources that an autoencoder is fitted to and calibrated on, as recipes: kind, "
            "seed and settings, from which each light curve is simulated again. A training adds those it "
            "wants.",
        ),
        trained_asset(
            home,
            XRAY_AUTOENCODER,
            description="What knows how X-ray sources usually vary: a recurrent variational autoencoder of "
            "counts in three bands, calibrated on simulated sources, compared by length and "
            "brightness with a constant rate, excess variance of bins and of visits, and itself without "
            "recurrence, exported as ONNX. Trained on purpose: "
            "`astro-assets train xray_autoencoder`.",
            pictures=score_pictures.of_version,
        ),
        table_asset(
            home,
            XRAY_SCORES,
            description="What the promoted autoencoder says of each X-ray light curve: how often constant "
            "and usual sources look as strange, where it changes, its latent and the known sources nearest "
            "in it; and whether it is constant, log-normal or red by excess variance. Where there is no "
            "probability, why not.",
            pictures={
                "oddest source": score_pictures.oddest_source,
                "map of light curves": score_pictures.map_of_curves,
            },
        ),
    ]
