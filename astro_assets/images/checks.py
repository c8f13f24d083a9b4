"""The checks of the image wing's assets: which rules each table keeps."""

import dagster as dg

from astro_assets.images.invariants import impossible_frames, untold_frames
from astro_assets.images.tables import FRAMES
from astro_assets.observations.tables import RAW_FILES
from astro_assets.orchestration.rules import RowRule
from astro_assets.orchestration.table_checks import table_checks


def checks() -> list[dg.AssetChecksDefinition]:
    """Return the wing's checks."""
    return [
        table_checks(
            FRAMES,
            RowRule(
                "frames_told",
                "Accepted frames have pixels and a thumbnail; refused ones a reason.",
                ("status", "reason_code", "n_columns", "n_rows_of_pixels", "thumbnail"),
                untold_frames,
            ),
            RowRule(
                "frames_possible",
                "Exposures, gains, airmasses and places on the sky are possible ones.",
                ("exposure_s", "gain", "airmass", "ra_deg", "dec_deg", "missing_fraction"),
                impossible_frames,
            ),
            identity=("sha256",),
            names=lambda ledger: ledger.open(RAW_FILES).rows(["file_name"]).select("key", name="file_name"),
        ),
    ]
