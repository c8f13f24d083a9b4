"""FITS files that an archive packs into a zip file, taken out by our own names and within bounds.

What a member is called decides nothing: neither where it is written nor what it is.
"""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from pathlib import Path
from typing import IO, Final

from astro_assets.archives.errors import (
    ArchiveError,
    CutOffError,
    DamagedError,
    NotDataError,
    NothingFoundError,
)
from astro_assets.archives.fits_ends import fault_of_fits
from astro_assets.archives.sessions import PIECE, PoliteSession

#: Most members of one zip file: TESSCut packs one a sector.
MOST_MEMBERS: Final = 256
#: A message in the place of a zip file is short.
_MESSAGE: Final = 1 << 16
_STORED_OR_DEFLATED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def unpack(session: PoliteSession, url: str, packed: Path, stem: str) -> list[Path]:
    """Take the FITS files out of a zip file, beside it.

    Parameters
    ----------
    session, url
        Where it came from; together its members are not larger than a file of that archive may be.
    stem
        What their names begin with; a number follows where there are several.

    Raises
    ------
    ArchiveError
        If it is no zip file of FITS files, or too much comes out of it. Then none of them is there.
    """
    if not zipfile.is_zipfile(packed):
        raise _no_zip(session, url, packed)
    made: list[Path] = []
    try:
        with zipfile.ZipFile(packed) as members:
            infos = [info for info in members.infolist() if not info.is_dir()]
            if not 0 < len(infos) <= MOST_MEMBERS:
                raise CutOffError(session.archive, url, f"{len(infos)} files are packed together")
            room = session.settings.largest_file_mb * 1e6
            for number, info in enumerate(infos, 1):
                # Other ways of packing, and passwords, no archive uses.
                if info.compress_type not in _STORED_OR_DEFLATED or info.flag_bits & 1:
                    raise NotDataError(session.archive, url, "a file is packed in an unknown way")
                name = f"{stem}.fits" if len(infos) == 1 else f"{stem}-{number:02d}.fits"
                made.append(packed.with_name(name))
                with members.open(info) as member:
                    room -= _copied(session, url, member, made[-1], room)
                if fault := fault_of_fits(made[-1]):
                    raise DamagedError(session.archive, url, f"{name}: {fault}")
    except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as error:
        _remove(made)
        raise DamagedError(session.archive, url, "the zip file that came is damaged") from error
    except (ArchiveError, OSError):
        _remove(made)
        raise
    return made


def _copied(session: PoliteSession, url: str, member: IO[bytes], path: Path, room: float) -> int:
    """Write a member to a file, and return its size; what it claims to be is not relied on."""
    size = 0
    with path.open("wb") as file:
        while piece := member.read(PIECE):
            size += len(piece)
            if size > room:
                limit = session.settings.largest_file_mb
                raise CutOffError(session.archive, url, f"more than {limit:g} MB are packed together")
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    return size


def _no_zip(session: PoliteSession, url: str, packed: Path) -> ArchiveError:
    """Return what came in the place of a zip file: MAST says in JSON that there is nothing there."""
    try:
        with packed.open("rb") as file:
            said = json.loads(file.read(_MESSAGE))
        words = " ".join(str(said["msg"]).split())[:200]
    except (ValueError, KeyError, TypeError):
        return NotDataError(session.archive, url, "no zip file came")
    return NothingFoundError(session.archive, url, f"it says: {words}")


def _remove(paths: list[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
