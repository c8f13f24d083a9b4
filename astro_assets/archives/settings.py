"""The archives that are known, and how each is asked: where, how often, how patiently.

Only declarations live here; a home's ``config.toml`` changes them in ``[archives.NAME]``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator


class ArchiveSettings(BaseModel):
    """How an archive is asked."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str = Field(default="", description="Where the archive is; empty for its own address.")
    requests_per_second: float = Field(
        default=2.0, gt=0, le=1000, description="Most requests that are begun in a second."
    )
    timeout_s: float = Field(
        default=60.0, gt=0, le=3600, description="How long a connection may take, and a pause in an answer."
    )
    attempts: int = Field(default=5, ge=1, le=100, description="How often one request is made at most.")
    first_wait_s: float = Field(
        default=1.0, ge=0, le=3600, description="Wait before the second attempt; it doubles with each."
    )
    longest_wait_s: float = Field(
        default=60.0, ge=0, le=3600, description="Longest wait that is chosen between two attempts."
    )
    patience_s: float = Field(
        default=600.0,
        gt=0,
        le=86400,
        description="How long one request may take with all attempts and waits; an archive that asks for a "
        "longer wait is not waited for.",
    )
    largest_answer_mb: float = Field(
        default=512.0, gt=0, le=1e6, description="Largest answer to a question that is read, in MB."
    )
    largest_file_mb: float = Field(
        default=4096.0, gt=0, le=1e6, description="Largest file that is fetched, in MB."
    )

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError("this is no address such as https://mast.stsci.edu")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("an address has no user, password or query here")
        return value.rstrip("/")


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive.

    Parameters
    ----------
    key
        As in ``[archives.KEY]``.
    name
        That people know it by.
    address
        Where it is.
    defaults
        How it is asked where a home says nothing.
    """

    key: str
    name: str
    address: str
    defaults: ArchiveSettings = field(default_factory=ArchiveSettings)

    def base_url(self, settings: ArchiveSettings) -> str:
        """Return where the archive is looked for, without a slash at the end."""
        return settings.base_url or self.address


EXOPLANET_ARCHIVE: Final = Archive(
    "exoplanet_archive",
    "NASA Exoplanet Archive",
    "https://exoplanetarchive.ipac.caltech.edu",
    ArchiveSettings(requests_per_second=1.0, timeout_s=180.0),
)
MAST: Final = Archive(
    "mast", "MAST", "https://mast.stsci.edu", ArchiveSettings(requests_per_second=5.0, timeout_s=120.0)
)
SKYVIEW: Final = Archive(
    "skyview",
    "SkyView",
    "https://skyview.gsfc.nasa.gov",
    ArchiveSettings(requests_per_second=1.0, timeout_s=120.0),
)
ARCHIVES: Final = {archive.key: archive for archive in (EXOPLANET_ARCHIVE, MAST, SKYVIEW)}
#: What stands in ``[archives]`` of a home's ``config.toml``: the settings of each, as they are without it.
SECTION: Final = "archives"
DEFAULTS: Final[Mapping[str, ArchiveSettings]] = {key: one.defaults for key, one in ARCHIVES.items()}
