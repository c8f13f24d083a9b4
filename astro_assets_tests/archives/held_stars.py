"""Light curves in the missions' formats, as a small MAST holds them, and homes that are told where it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from astropy.io import fits

from astro_assets.ledger.home import Home, open_home
from astro_assets_tests.archives.asking import config_toml
from astro_assets_tests.archives.mast_observations import Held, SmallMast
from astro_assets_tests.archives.serving import ArchiveServer
from astro_assets_tests.observations.made_files import light_curve_file


def tess_name(number: int, sector: int = 7) -> str:
    """Return what MAST calls a two-minute light curve."""
    return f"tess2019006130736-s{sector:04d}-{number:016d}-0131-s_lc.fits"


def tess_bytes(folder: Path, number: int, sector: int = 7, *, n: int = 60, **cards: Any) -> bytes:
    """Return a light curve of TESS of ``n`` cadences, with the sums that SPOC's have."""
    path = folder / f"{number}-{sector}.fits"
    identity = {"TICID": number, "OBJECT": f"TIC {number}", "SECTOR": sector}
    light_curve_file(path, primary={**identity, **cards}, n=n)
    with fits.open(path) as hdus:
        hdus.writeto(path, overwrite=True, checksum=True)
    return path.read_bytes()


def small_mast(folder: Path, *numbers: int, sector: int = 7) -> SmallMast:
    """Return a MAST that holds the light curves of some stars, and beside them what nobody wants."""
    mast = SmallMast()
    folder.mkdir(exist_ok=True)
    for number in numbers:
        name = tess_name(number, sector)
        pixels = Held(name.replace("s_lc", "s_tp"), b"pixels")
        mast.hold(str(number), Held(name, tess_bytes(folder, number, sector)), pixels, segment=sector)
    return mast


def home_with(server: ArchiveServer, root: Path, more: str = "", **archives: str) -> Home:
    """Make a home whose settings lead to a server."""
    home = open_home(root)
    home.config_file.write_text(config_toml(mast=server.base_url, **archives) + more)
    return home
