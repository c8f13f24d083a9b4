"""What a file of images is: which image is used, how and when it was taken, of what.

The row of ``frames`` is put together here from what the other modules of this folder read.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from astro_assets.images.frame import Frame, Site
from astro_assets.images.reading import pointing, times
from astro_assets.images.reading.cards import Cards
from astro_assets.images.reading.images import Image, read_image, tolerated
from astro_assets.images.reading.target_pixels import read_target_pixels
from astro_assets.images.refusals import FrameRefusedError
from astro_assets.plain_values import as_number

#: Products of ``observation_files`` that are frames.
IMAGE: Final = "image"
TARGET_PIXELS: Final = "target_pixels"
#: What a header may call gain and is none: the setting of a camera, in tenths of a decibel.
_GAINS: Final = (0.01, 50.0)
_UNUSUAL: Final = re.compile(r"[^A-Za-z0-9.+-]+", re.ASCII)
#: Cells of a ``targets.csv`` that say something of an image.
CELLS: Final = ("target_id", "target_x", "target_y", "latitude_deg", "longitude_deg", "elevation_m")


@dataclass(frozen=True, slots=True)
class Described:
    """What a ``targets.csv`` says of an image.

    Parameters
    ----------
    target_id
        Whose light the photometry of its night is wanted of.
    target_x, target_y
        Column and row of that star in this image, from 0 in the middle of the first pixel.
    site
        Where the telescope stands, in place of what the header says.
    """

    target_id: str | None = None
    target_x: float | None = None
    target_y: float | None = None
    site: Site | None = None


@dataclass(frozen=True, slots=True)
class FrameRead:
    """A frame with all that is known of it.

    Parameters
    ----------
    frame
        Pixels, and what computations need of the header.
    product
        ``image`` or ``target_pixels``.
    hdu
        Number of the HDU used.
    n_images
        Images that it is the median of.
    object_name, telescope, instrument
        As the header writes them.
    area
        The part of the sky by the world coordinates; None without them.
    wcs_header
        The cards of the world coordinates by name; empty without them.
    unit
        Of the pixels, as the header writes it.
    start_btjd, end_btjd
        Of target pixels, BJD_TDB - 2457000 [d].
    night_longitude_deg
        At which nights are told apart: the header's, else the observatory's, else Greenwich's.
    described
        What a ``targets.csv`` says.
    """

    frame: Frame
    product: str
    hdu: int
    n_images: int
    object_name: str | None
    telescope: str | None
    instrument: str | None
    area: pointing.SkyArea | None
    wcs_header: Mapping[str, Any]
    unit: str | None
    described: Described
    start_btjd: float | None = None
    end_btjd: float | None = None
    night_longitude_deg: float = 0.0

    @property
    def series_id(self) -> str | None:
        """Which frames are of one night, field, filter and camera; None where the header tells no time.

        A night is named by the date on which it began at `night_longitude_deg`: never by what is said of
        single frames, of which all of a night have to agree.
        """
        mid = self.frame.mid_mjd_utc
        if mid is None or self.product != IMAGE:
            return None
        return self._named(times.date_of(math.floor(mid + self.night_longitude_deg / 360 - 0.5)))

    @property
    def field_id(self) -> str | None:
        """Which frames are of one field, filter and camera, whatever the night; None where `series_id` is."""
        return None if self.series_id is None else self._named(None)

    def _named(self, night: str | None) -> str:
        rows, columns = self.frame.image.shape
        parts = (
            self.object_name or "no object",
            night,
            self.frame.filter_name or "no filter",
            self.telescope,
            self.instrument,
        )
        told = [_UNUSUAL.sub("-", part).strip("-") for part in parts if part]
        return "_".join([*told, f"{columns}x{rows}"])


def described(text: str | None) -> Described:
    """Understand what a ``targets.csv`` says of an image.

    Parameters
    ----------
    text
        The cells of its line as a JSON object; None without a line.

    Raises
    ------
    FrameRefusedError
        If a cell is unknown or no number, or cells lack others.
    """
    cells = json.loads(text) if text is not None else {}
    if "" in cells:
        raise FrameRefusedError("description_invalid", str(cells[""])[:200])
    numbers = {name: as_number(cells[name]) for name in CELLS[1:] if name in cells}
    if bad := [name for name, number in numbers.items() if number is None]:
        raise FrameRefusedError("description_invalid", f"{bad[0]} of targets.csv is no number")
    if ("target_x" in numbers) != ("target_y" in numbers) or ("target_x" in numbers) > ("target_id" in cells):
        what = "target_x and target_y of targets.csv go together, and with a target_id"
        raise FrameRefusedError("description_invalid", what)
    latitude, longitude = numbers.get("latitude_deg"), numbers.get("longitude_deg")
    if (latitude is None) != (longitude is None) or abs(latitude or 0) > 90 or abs(longitude or 0) > 360:
        what = "latitude_deg and longitude_deg of targets.csv are no place: both, in degrees, east positive"
        raise FrameRefusedError("description_invalid", what)
    site = None
    if latitude is not None and longitude is not None:
        site = Site(latitude, (longitude + 180) % 360 - 180, numbers.get("elevation_m") or 0.0)
    return Described(cells.get("target_id"), numbers.get("target_x"), numbers.get("target_y"), site)


def read_frame(
    path: Path,
    product: str,
    description: str | None = None,
    hdu: str = "",
    observatory: Site | None = None,
) -> FrameRead:
    """Read a frame.

    Parameters
    ----------
    path
        The file, whatever its name.
    product
        ``image`` or ``target_pixels``.
    description
        What a ``targets.csv`` says, as a JSON object of texts.
    hdu
        Name or number of the HDU; the first image by default.
    observatory
        Where the telescope stands if neither header nor description says it.

    Raises
    ------
    FrameRefusedError
        If the file cannot be used, or the target of a night is named on it and it tells no time.
    """
    told = described(description)
    with tolerated():
        if product == TARGET_PIXELS:
            return _target_pixels(path, told)
        read = _image(read_image(path, hdu), told, observatory)
    if told.target_x is not None and read.series_id is None:
        what = "a target is named on it, but its header does not tell the middle of its exposure"
        raise FrameRefusedError("description_invalid", what)
    return read


def _image(image: Image, told: Described, observatory: Site | None) -> FrameRead:
    cards = Cards(image.headers)
    wcs = pointing.celestial_wcs(image.headers[0])
    rows, columns = image.pixels.shape
    area = None if wcs is None else pointing.sky_area(wcs, columns, rows)
    exposure = times.exposure_s(cards)
    mid = times.mid_mjd_utc(cards, exposure)
    place = pointing.pointing(cards) if area is None else (area.ra_deg, area.dec_deg)
    site = pointing.site(cards, mid) or observatory
    frame = Frame(
        image.pixels,
        exposure_s=exposure,
        mid_mjd_utc=mid,
        filter_name=cards.text("FILTER", "FILTER1", "FILTNAME", "FILTERS", "BAND", "INSFILTE"),
        gain=_gain(cards),
        read_noise_electrons=_positive(cards, "RDNOISE", "READNOIS", "READNOISE", "RON", "ENOISE", "RDNOIS"),
        saturation=_positive(cards, "SATURATE", "SATURATI", "SATLEVEL", "MAXLIN"),
        ra_deg=None if place is None else place[0],
        dec_deg=None if place is None else place[1],
        airmass=pointing.airmass(cards),
        site=told.site or site,
    )
    return FrameRead(
        frame, IMAGE, image.hdu, 1, cards.text("OBJECT", "TARGNAME", "TARGET"), cards.text("TELESCOP"),
        cards.text("INSTRUME", "CAMERA", "DETECTOR"), area,
        {} if wcs is None or area is None else dict(wcs.to_header(relax=True)), cards.text("BUNIT"), told,
        night_longitude_deg=0.0 if site is None else site.longitude_deg,
    )  # fmt: skip


def _target_pixels(path: Path, told: Described) -> FrameRead:
    cube = read_target_pixels(path)
    cards = Cards(cube.headers)
    wcs = pointing.celestial_wcs(cube.wcs_header) if cube.wcs_header else None
    rows, columns = cube.image.shape
    area = None if wcs is None else pointing.sky_area(wcs, columns, rows)
    place = pointing.pointing(cards) if area is None else (area.ra_deg, area.dec_deg)
    frame = Frame(
        cube.image,
        ra_deg=None if place is None else place[0],
        dec_deg=None if place is None else place[1],
    )
    return FrameRead(
        frame, TARGET_PIXELS, 1, cube.n_images, cards.text("OBJECT"), cards.text("TELESCOP"),
        cards.text("INSTRUME"), area, cube.wcs_header if area is not None else {}, "electron / s", told,
        cube.start_btjd, cube.end_btjd,
    )  # fmt: skip


def _gain(cards: Cards) -> float | None:
    gain = cards.number("EGAIN", "GAIN", "GAIN1", "CCDGAIN")
    return gain if gain is not None and _GAINS[0] <= gain <= _GAINS[1] else None


def _positive(cards: Cards, *names: str) -> float | None:
    value = cards.number(*names)
    return value if value is not None and value > 0 else None
