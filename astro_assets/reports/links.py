"""Where pages lie as seen from each other: only those that are there, or will be, are linked."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from astro_assets.ledger.page_names import (
    candidate_page_name,
    model_page_name,
    target_page_name,
    xray_source_page_name,
)


@dataclass(frozen=True, slots=True)
class Links:
    """Links from pages of a folder of the report.

    Attributes
    ----------
    pages
        Names of all pages, relative to the report.
    root
        From there to the report: ``../`` or nothing.
    """

    pages: Collection[str]
    root: str = "../"

    def target(self, target: str) -> str | None:
        """Return the link to a target's page."""
        return self._of(target_page_name(target))

    def candidate(self, candidate: str) -> str | None:
        """Return the link to a candidate's page."""
        return self._of(candidate_page_name(candidate))

    def model(self, model: str, version: str) -> str | None:
        """Return the link to the page of a version of a model."""
        return self._of(model_page_name(model, version))

    def xray_source(self, sha256: str) -> str | None:
        """Return the link to the page of an X-ray light curve."""
        return self._of(xray_source_page_name(sha256))

    def _of(self, page: str) -> str | None:
        return f"{self.root}{page}" if page in self.pages else None
