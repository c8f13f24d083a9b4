"""The X-ray wing's assets: light curves of counts in energy bands."""

import dagster as dg

from astro_assets.ledger.home import Home
from astro_assets.orchestration.table_assets import table_asset
from astro_assets.xray import pictures
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
    ]
