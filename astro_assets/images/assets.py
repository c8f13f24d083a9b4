"""The image wing's assets: from files of images to what is measured on them."""

import dagster as dg

from astro_assets.images import pictures
from astro_assets.images.tables import FRAMES
from astro_assets.ledger.home import Home
from astro_assets.orchestration.table_assets import table_asset


def assets(home: Home) -> list[dg.AssetsDefinition]:
    """Return the wing's assets for a home."""
    return [
        table_asset(
            home,
            FRAMES,
            description="What every image is: which HDU holds the pixels, when and how long it was exposed, "
            "through which filter, where it points, its world coordinates where it has them. Images that "
            "cannot be used are refused with the reason, and kept.",
            pictures={"latest frames": pictures.latest_frames, "refused": pictures.refused_frames},
        ),
    ]
