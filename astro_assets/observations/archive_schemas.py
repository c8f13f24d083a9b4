"""What the rows of the table of fetched files look like, and the settings of what is fetched by itself.

Only declarations live here; the table is in `tables`, and what fills it is in `fetching`.
"""

from __future__ import annotations

from typing import Final

from pydantic import Field, field_validator

from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Config

ARCHIVE_PRODUCTS_SCHEMA: Final = Schema(
    (
        Column("sha256", "string", "SHA-256 of the file, by which `raw_files` knows it."),
        Column("archive", "string", "The archive it is from: 'mast' or 'skyview'."),
        Column("uri", "string", "What the archive calls it, wherever the archive is."),
        Column("file_name", "string", "Name under which it was put into the inbox."),
        Column("size_bytes", "int64", "Size of the file.", unit="byte"),
        Column(
            "listed_bytes",
            "int64",
            "Size of what was fetched, by the archive's list; none if it tells none. Another size is another "
            "version, which is fetched again.",
            unit="byte",
            nullable=True,
        ),
        Column("kind", "string", "'light_curve' or 'cutout'."),
        Column(
            "target_id",
            "string",
            "Canonical id of the target that it was fetched for, by the archive's list; none if it was a "
            "name or a position.",
            nullable=True,
        ),
        Column("mission", "string", "'TESS', 'Kepler' or 'K2', by the archive's list.", nullable=True),
        Column("segment_kind", "string", "'sector', 'quarter' or 'campaign'.", nullable=True),
        Column("segment", "int32", "Number of it, by the archive's list.", nullable=True),
        Column("cadence_s", "int32", "Time between cadences, by the file's name.", unit="s", nullable=True),
        Column("fetched_at", "string", "When it was fetched first, ISO 8601 in UTC.", context=True),
    )
)


class ArchiveProductsConfig(Config):
    """What the sensor `mast_observations` follows, once it is switched on."""

    follow_targets: bool = Field(
        default=False, description="Fetch every light curve that MAST has of the home's own stars."
    )
    sectors: tuple[int, ...] = Field(
        default=(), description="TESS sectors of which light curves are fetched as they appear."
    )
    limit: int | None = Field(
        default=None, ge=1, description="Most light curves of each of these sectors; all by default."
    )
    hours_between: float = Field(
        default=6.0, ge=0.1, le=24 * 365, description="Hours after which MAST is asked again."
    )

    @field_validator("sectors")
    @classmethod
    def _are_numbers(cls, sectors: tuple[int, ...]) -> tuple[int, ...]:
        if any(not 1 <= sector <= 9999 for sector in sectors):
            raise ValueError("sectors are numbers from 1 on")
        return tuple(sorted(set(sectors)))
