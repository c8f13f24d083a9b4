"""The pages of X-ray light curves: which there are to be, and how those that changed are made."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.page_names import model_page_name, target_page_name, xray_source_page_name
from astro_assets.reports.lines_above import lines_above
from astro_assets.reports.links import Links
from astro_assets.reports.page_store import fingerprint
from astro_assets.reports.xray_source_page import begun_at, xray_source_page
from astro_assets.reports.xray_sources import XraySource, XraySources
from astro_assets.xray.autoencoder_tables import XRAY_AUTOENCODER_SPEC

#: Light curves whose lineage is read at once.
_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class XrayPages:
    """The pages of light curves."""

    ledger: Ledger
    sources: XraySources

    @property
    def names(self) -> set[str]:
        """Names of the pages within the report."""
        return set(map(xray_source_page_name, self.sources.shown))

    def marks(self, links: Links, code: str) -> dict[str, str]:
        """Return the fingerprint of all that each page shows, by the page's name.

        Parameters
        ----------
        links
            Which pages there are.
        code
            Of the code that makes them.
        """
        return {
            xray_source_page_name(key): fingerprint(
                code,
                source.file_name,
                source.curve,
                source.score,
                source.near,
                source.known,
                source.state.said,
                sorted(_linked(source) & set(links.pages)),
            )
            for key, source in self.sources.shown.items()
        }

    def write(self, changed: Collection[str], links: Links, put: Callable[[str, bytes], None]) -> None:
        """Make the pages that changed, and put each."""
        names = {key: xray_source_page_name(key) for key in self.sources.shown}
        todo = [key for key, name in names.items() if name in changed]
        for first in range(0, len(todo), _AT_ONCE):
            some = {key: self.sources.shown[key] for key in todo[first : first + _AT_ONCE]}
            starts = [start for source in some.values() for start in begun_at(source)]
            above = lines_above(self.ledger, [(name, key, row) for name, key, _, row in starts])
            for key, source in some.items():
                put(names[key], xray_source_page(self.ledger, source, above, links).encode())


def _linked(source: XraySource) -> set[str]:
    """Return the pages that a page would link if they are there."""
    found = {xray_source_page_name(one["sha256"]) for one in source.near}
    if source.curve["target_id"]:
        found.add(target_page_name(source.curve["target_id"]))
    if source.score is not None:
        found.add(model_page_name(XRAY_AUTOENCODER_SPEC.name, source.score["model_version"]))
    return found
