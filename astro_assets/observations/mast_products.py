"""Which light curves MAST has of some targets or segments, asked with astroquery.

What its names mean is in `light_curve_names`; nothing is fetched here but lists.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote

from astro_assets.archives.clients import as_archive_error, mast_client
from astro_assets.archives.products import Product
from astro_assets.observations.light_curve_names import CADENCES, light_curve_named, target_name
from astro_assets.observations.missions import K2, TESS, Mission

if TYPE_CHECKING:
    from astropy.table import Table

    from astro_assets.archives.sessions import PoliteSession

_T = TypeVar("_T")
#: Targets that are asked for in one question, and observations.
TARGETS_A_QUESTION: Final = 100
_OBSERVATIONS_A_QUESTION: Final = 100
_URI: Final = re.compile(
    r"mast:(?=.{1,400}$)[A-Za-z0-9_+-][A-Za-z0-9_+.-]*(/[A-Za-z0-9_+-][A-Za-z0-9_+.-]*)*"
)
_PIPELINES: Final = {"TESS": "SPOC", "Kepler": "Kepler", "K2": "K2"}
#: Kepler's and K2's light curves belong to what MAST calls cubes.
_TYPES: Final = ("timeseries", "cube")
#: Times of exposure that count as a cadence, by its part more or less.
_TOLERANCE: Final = 0.15


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which light curves are wanted.

    Parameters
    ----------
    mission
        Of which mission.
    segments
        Numbers of sectors, quarters or campaigns; all when empty.
    targets
        Canonical ids of its catalogue; all that a segment has when empty.
    cadence_s
        Whole seconds, as in `light_curve_names.CADENCES`; the mission's usual ones when None.
    """

    mission: Mission
    segments: tuple[int, ...] = ()
    targets: tuple[str, ...] = ()
    cadence_s: int | None = None

    @property
    def cadence(self) -> int:
        """The cadence in whole seconds."""
        return self.cadence_s or next(iter(CADENCES[self.mission.name]))


@dataclass(frozen=True, slots=True)
class Observation:
    """What MAST lists as one: of TESS and K2 a segment of a target, of Kepler all quarters of one."""

    obsid: str
    obs_id: str
    target: str


class Mast:
    """MAST's lists, asked through astroquery's client.

    Parameters
    ----------
    session
        How MAST is asked, and where it is.
    """

    def __init__(self, session: PoliteSession) -> None:
        from astroquery.mast import ObservationsClass

        self._session = session
        self._client = mast_client(ObservationsClass, session)

    def observations(self, wanted: Wanted) -> list[Observation]:
        """Return what MAST lists of what is wanted, in the order of its own names.

        Raises
        ------
        ArchiveError
            If MAST cannot be asked, or its answer is of no use.
        """
        names = [target_name(target) for target in wanted.targets]
        groups = _groups(names, TARGETS_A_QUESTION) if names else [()]
        found = {row.obsid: row for group in groups for row in self._asked_observations(wanted, group)}
        return sorted(found.values(), key=lambda row: (row.obs_id, row.obsid))

    def n_observations(self, wanted: Wanted) -> int:
        """Return how many observations MAST lists of what is wanted, of whatever targets.

        Raises
        ------
        ArchiveError
            If MAST cannot be asked, or its answer is of no use.
        """
        with as_archive_error(self._session):
            return int(self._client.query_criteria_count(**_criteria(wanted, ())))

    def light_curves(self, wanted: Wanted, limit: int | None = None) -> Iterator[Product]:
        """Yield the light curves that MAST has of what is wanted, in the order of its names.

        Parameters
        ----------
        limit
            Most of them that are wanted; no more is asked for than they need.

        Raises
        ------
        ArchiveError
            If MAST cannot be asked, or its answer is of no use.
        """
        return islice(self._light_curves(wanted), limit)

    def _light_curves(self, wanted: Wanted) -> Iterator[Product]:
        told: set[str] = set()
        for group in _groups(self.observations(wanted), _OBSERVATIONS_A_QUESTION):
            with as_archive_error(self._session):
                table = self._client.get_product_list([row.obsid for row in group])
                products = [self._product(wanted, line) for line in _lines(table)]
            chosen = {product.uri: product for product in products if product is not None}
            yield from (chosen[uri] for uri in sorted(chosen.keys() - told))
            told |= chosen.keys()

    def _asked_observations(self, wanted: Wanted, names: Sequence[str]) -> list[Observation]:
        with as_archive_error(self._session):
            lines = _lines(self._client.query_criteria(**_criteria(wanted, names)))
            rows = [Observation(line["obsid"], line["obs_id"], line["target_name"]) for line in lines]
        return [row for row in rows if row.obsid.isdecimal() and (not names or row.target in names)]

    def _product(self, wanted: Wanted, line: dict[str, str]) -> Product | None:
        """Return a product if it is a wanted light curve; whatever else MAST lists is passed over."""
        uri, name = line["dataURI"], line["productFilename"]
        named = light_curve_named(wanted.mission, name, line["description"])
        if named is None or _URI.fullmatch(uri) is None or named.cadence_s != wanted.cadence:
            return None
        if wanted.segments and named.segment not in wanted.segments:
            return None
        if wanted.targets and named.target_id not in wanted.targets:
            return None
        size = int(line["size"]) if line["size"].isdecimal() else 0
        return Product(
            archive=self._session.archive.key,
            uri=uri,
            url=f"{self._session.base_url}/api/v0.1/Download/file?uri={quote(uri, safe=':/')}",
            file_name=name,
            size=size or None,
            kind="light_curve",
            target_id=named.target_id,
            mission=wanted.mission.name,
            segment_kind=wanted.mission.segment_kind,
            segment=named.segment,
            cadence_s=named.cadence_s,
        )


def _criteria(wanted: Wanted, names: Sequence[str]) -> dict[str, Any]:
    """Return what MAST is asked: observations by what it calls their columns."""
    mission, cadence = wanted.mission, wanted.cadence
    criteria: dict[str, Any] = {
        "obs_collection": mission.name,
        "provenance_name": _PIPELINES[mission.name],
        "dataproduct_type": list(_TYPES),
        "t_exptime": [cadence * (1 - _TOLERANCE), cadence * (1 + _TOLERANCE)],
    }
    if names:
        criteria["target_name"] = list(names)
    if wanted.segments and mission in (TESS, K2):  # of Kepler's observations MAST lists no quarter
        criteria["sequence_number"] = list(wanted.segments)
    return criteria


def _groups(values: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    yield from (values[start : start + size] for start in range(0, len(values), size))


def _lines(table: Table) -> Iterator[dict[str, str]]:
    """Yield the rows of an answer as texts; what is missing is empty."""
    import numpy as np

    for row in table:
        values = {name: row[name] for name in table.colnames}
        yield {name: "" if value is np.ma.masked else str(value) for name, value in values.items()}
