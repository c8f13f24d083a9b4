"""Images of pieces of the sky that archives cut out: TESS by TESSCut, Hubble by HAPCut, others by SkyView.

Which there are is asked with astroquery, and here they get their names; they are fetched as other files are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from astro_assets.archives.clients import as_archive_error, mast_client
from astro_assets.archives.errors import NotDataError, NothingFoundError
from astro_assets.archives.products import Product
from astro_assets.observations.missions import TESS
from astro_assets.observations.targets import TargetIdError, canonical_target_id

if TYPE_CHECKING:
    from astropy.coordinates import SkyCoord

    from astro_assets.archives.sessions import PoliteSession

#: Surveys that MAST cuts out; all others are SkyView's.
TESS_SURVEY: Final = "TESS"
HUBBLE_SURVEY: Final = "HAP"
#: Pixels a side, by default and at most: TESSCut allows 100, SkyView several thousand.
USUAL_PIXELS: Final = {TESS_SURVEY: 11, HUBBLE_SURVEY: 100}
USUAL_PIXELS_OF_SKYVIEW: Final = 300
MOST_PIXELS: Final = {TESS_SURVEY: 100, HUBBLE_SURVEY: 1000}
MOST_PIXELS_OF_SKYVIEW: Final = 3000
#: Characters of the name of a place.
LONGEST_NAME: Final = 80
_UNUSUAL: Final = re.compile(r"[^A-Za-z0-9]+", re.ASCII)


class PlaceError(ValueError):
    """A line does not say where to look."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place on the sky that images are wanted of.

    Parameters
    ----------
    name
        As people call it.
    position
        Right ascension and declination, ICRS [deg]; None until it is found out.
    """

    name: str
    position: tuple[float, float] | None = None

    @property
    def known_position(self) -> tuple[float, float]:
        """The position.

        Raises
        ------
        PlaceError
            If it was not found out.
        """
        if self.position is None:
            raise PlaceError(f"{self.name}: its position is not known")
        return self.position

    @property
    def target_id(self) -> str | None:
        """The canonical id of the target that the name names; None if it names none."""
        try:
            return canonical_target_id(self.name)
        except TargetIdError:
            return None


def places_listed(text: str) -> list[Place]:
    """Return the places of a list, one a line: a name, or a name, right ascension and declination in degrees.

    Empty lines, and what follows a ``#``, are passed over.

    Raises
    ------
    PlaceError
        If a line is something else; the message gives its number.
    """
    places = []
    for number, line in enumerate(text.splitlines(), 1):
        cells = [cell.strip() for cell in line.partition("#")[0].split(",")]
        if cells == [""]:
            continue
        try:
            places.append(_place(cells))
        except ValueError as error:
            raise PlaceError(f"line {number}: {error}") from None
    return list(dict.fromkeys(places))


def _place(cells: list[str]) -> Place:
    if len(cells) not in (1, 3) or not cells[0] or not cells[0].isprintable():
        raise ValueError("not of the form NAME or NAME,RA,DEC (degrees)")
    if len(cells[0]) > LONGEST_NAME:
        raise ValueError(f"a name has at most {LONGEST_NAME} characters")
    if len(cells) == 1:
        return Place(cells[0])
    ra, dec = map(float, cells[1:])
    if not (0 <= ra < 360 and -90 <= dec <= 90):
        raise ValueError(f"there is no position {ra:g}, {dec:g} in degrees")
    return Place(cells[0], (ra, dec))


def position_by_name(session: PoliteSession, name: str) -> tuple[float, float]:
    """Return where MAST says that an object is, ICRS [deg].

    Raises
    ------
    ArchiveError
        If MAST does not know it, or cannot be asked.
    """
    from astroquery.mast import MastClass

    with as_archive_error(session):
        client: Any = mast_client(MastClass, session)
        question = {"input": name, "format": "json"}
        (answer,) = client.service_request_async("Mast.Name.Lookup", question)
        found = answer.json()["resolvedCoordinate"]
        if not found:
            what = f"it knows no object {name!r}; its position can be given: NAME,RA,DEC in degrees"
            raise NothingFoundError(session.archive, session.base_url, what)
        return float(found[0]["ra"]), float(found[0]["decl"])


class TessCut:
    """TESSCut's images of places, one a sector: tables of pixels over time."""

    def __init__(self, session: PoliteSession) -> None:
        from astroquery.mast import TesscutClass

        self._session = session
        self._client = mast_client(TesscutClass, session)

    def cutouts(self, place: Place, pixels: int, sectors: tuple[int, ...] = ()) -> list[Product]:
        """Return the images that there are of a place.

        Parameters
        ----------
        pixels
            Their width and height.
        sectors
            Those that are wanted; all when empty.

        Raises
        ------
        ArchiveError
            If TESSCut cannot be asked.
        """
        with as_archive_error(self._session):
            table = self._client.get_sectors(coordinates=_on_sky(place))
            there = sorted({int(sector) for sector in table["sector"]})
        ra, dec = place.known_position
        base = f"{self._session.base_url}/tesscut/api/v0.1/astrocut?x={pixels}&y={pixels}&units=px"
        return [
            _product(
                self._session, place, "tesscut", pixels, f"s{sector:04d}",
                url=f"{base}&sector={sector}&ra={ra}&dec={dec}", sector=sector, is_zip=True,
            )
            for sector in there
            if not sectors or sector in sectors
        ]  # fmt: skip


def hubble_cutout(session: PoliteSession, place: Place, pixels: int) -> Product:
    """Return all that HAPCut has of a place: one zip file, or a message that there is none."""
    # The address that astroquery's client asks, which unpacks what comes wherever it says.
    ra, dec = place.known_position
    where = f"ra={ra}&dec={dec}&x={pixels}&y={pixels}&units=px"
    return _product(
        session, place, "hapcut", pixels, "",
        url=f"{session.base_url}/hapcut/api/v0.1/astrocut?{where}", is_zip=True,
    )  # fmt: skip


class SkyViewImages:
    """SkyView's images of places in one of its surveys.

    Raises
    ------
    ArchiveError
        If SkyView has no such survey, or cannot be asked.
    """

    def __init__(self, session: PoliteSession, survey: str) -> None:
        from astroquery.skyview import SkyViewClass

        self._session = session
        self._survey = survey
        self._client: Any = SkyViewClass()
        self._client._session = session  # noqa: SLF001  there is no other way in
        self._client.URL = f"{session.base_url}/current/cgi/basicform.pl"
        with self._asking():
            surveys = self._client._valid_surveys  # noqa: SLF001
        if survey not in surveys:
            near = ", ".join(get_close_matches(survey, surveys) or surveys[:10])
            what = f"it has no survey {survey!r}; there are {near} and others"
            raise NothingFoundError(session.archive, session.base_url, what)

    def cutout(self, place: Place, pixels: int) -> Product:
        """Return the image of a place, which SkyView makes when it is fetched."""
        return _product(
            self._session, place, "skyview", pixels, _UNUSUAL.sub("-", self._survey),
            url=partial(self._made, place, pixels),
        )  # fmt: skip

    def _made(self, place: Place, pixels: int) -> str:
        """Have an image made, and return where it is."""
        with self._asking():
            urls = self._client.get_image_list(
                position=_on_sky(place), survey=self._survey, pixels=str(pixels), cache=False
            )
        # What a page links to is not followed elsewhere.
        if len(urls) != 1 or not urls[0].startswith(f"{self._session.base_url}/"):
            url = self._session.base_url
            raise NotDataError(self._session.archive, url, "its page names no image of its own")
        return str(urls[0])

    @contextmanager
    def _asking(self) -> Iterator[None]:
        from astroquery import cache_conf

        # The client's cache would be read by unpickling.
        with as_archive_error(self._session), cache_conf.set_temp("cache_active", False):
            yield


def _product(
    session: PoliteSession,
    place: Place,
    service: str,
    pixels: int,
    kind: str,
    *,
    url: str | Callable[[], str],
    sector: int | None = None,
    is_zip: bool = False,
) -> Product:
    ra, dec = place.known_position
    uri = f"{service}:{ra:.6f},{dec:+.6f},{pixels}px{kind and f',{kind}'}"
    # Two places whose names differ in a sign only are two files.
    mark = blake2b(f"{place.name} {uri}".encode(), digest_size=3).hexdigest()
    parts = [service, _UNUSUAL.sub("-", place.name).strip("-")[:60], kind[:60], f"{pixels}px", mark]
    stem = "_".join(part for part in parts if part)
    return Product(
        archive=session.archive.key,
        uri=uri,
        url=url,
        file_name=f"{stem}.zip" if is_zip else f"{stem}.fits",
        size=None,
        kind="cutout",
        target_id=place.target_id,
        mission=None if sector is None else TESS.name,
        segment_kind=None if sector is None else TESS.segment_kind,
        segment=sector,
        is_zip=is_zip,
    )


def _on_sky(place: Place) -> SkyCoord:
    from astropy.coordinates import SkyCoord

    return SkyCoord(*place.known_position, unit="deg", frame="icrs")
