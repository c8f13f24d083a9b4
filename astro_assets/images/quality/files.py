"""Files of frames judged: those of one night beside each other, each of the others by its own look.

Which frames are of one night is told by their headers, as for the tables. Nothing is stored.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from astro_assets.images.frame import Frame, Site
from astro_assets.images.photometry.frame_sources import FrameSources
from astro_assets.images.quality.assessor import FrameAssessor, Verdict
from astro_assets.images.quality.nights import GrowingNight, assess_night
from astro_assets.images.reading.frames import IMAGE, FrameRead, read_frame

#: Nights of which a watch keeps what it knows: a telescope takes few by turns.
_KEPT_NIGHTS: Final = 16


@dataclass(frozen=True, slots=True)
class Reading:
    """How files are read, as by the tables of a home.

    Parameters
    ----------
    hdu
        Name or number of the HDU of the image; the first by default.
    site
        Where the telescope stands if a header does not say it: nights are told apart there.
    check
        Raises what is wrong with a file before it is read.
    """

    hdu: str = ""
    site: Site | None = None
    check: Callable[[Path], None] = lambda _: None

    def read(self, path: Path) -> FrameRead:
        """Read a frame.

        Raises
        ------
        FrameRefusedError, OSError
            If it cannot be used, or read.
        """
        self.check(path)
        return read_frame(path, IMAGE, hdu=self.hdu, observatory=self.site)


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of a file: a verdict, or a fault.

    Parameters
    ----------
    series_id
        Its night; None where the header tells no time.
    fault
        Why it cannot be judged.
    """

    path: Path
    series_id: str | None = None
    verdict: Verdict | None = None
    fault: str | None = None


def assess_files(assessor: FrameAssessor, paths: Sequence[Path], reading: Reading) -> Iterator[Judged]:
    """Judge files together, each once, night by night.

    Yields
    ------
    Judged
        Those that cannot be read first, then the nights in the order of their first files.
    """
    nights: dict[str, list[_Found]] = {}
    for path in dict.fromkeys(paths):
        try:
            read = reading.read(path)
            found = assessor.measured(read.frame)
        except (OSError, ValueError) as error:
            yield Judged(path, fault=said(error))
            continue
        # A frame that tells no time is a night of its own.
        one = _Found(path, read.series_id, found, read.frame.exposure_s)
        nights.setdefault(read.series_id or f"{path}", []).append(one)
    for night in nights.values():
        yield from _judged_together(assessor, night, reading)


@dataclass(frozen=True, slots=True)
class _Found:
    """What is kept of a file until all of its night are read."""

    path: Path
    series_id: str | None
    sources: FrameSources
    exposure_s: float | None


def _judged_together(assessor: FrameAssessor, night: list[_Found], reading: Reading) -> Iterator[Judged]:
    frames = _FramesOfFiles([one.path for one in night], reading)
    exposures_s = [one.exposure_s for one in night]
    try:
        verdicts = assess_night(assessor, frames, [one.sources for one in night], exposures_s)
    except _GoneError as gone:
        # It could be read a moment ago: what is left is a night without it.
        yield Judged(gone.path, fault=said(gone.error))
        if left := [one for one in night if one.path != gone.path]:
            yield from _judged_together(assessor, left, reading)
        return
    for one, verdict in zip(night, verdicts, strict=True):
        yield Judged(one.path, one.series_id, verdict)


@dataclass(slots=True)
class GrowingNights:
    """Nights of which frames come one by one, each judged beside those of its night that came before."""

    assessor: FrameAssessor
    reading: Reading
    _nights: OrderedDict[str, GrowingNight] = field(default_factory=OrderedDict)

    def add(self, path: Path) -> Judged:
        """Judge the next file.

        Raises
        ------
        FrameRefusedError, OSError, ValueError
            If it cannot be read or judged; it may be tried again.
        """
        read = self.reading.read(path)
        if read.series_id is None:
            return Judged(path, None, self.assessor.assess(read.frame))
        night = self._nights.setdefault(read.series_id, GrowingNight(self.assessor))
        self._nights.move_to_end(read.series_id)
        if len(self._nights) > _KEPT_NIGHTS:
            self._nights.popitem(last=False)
        return Judged(path, read.series_id, night.add(read.frame))


def said(error: Exception) -> str:
    """Return an error in a line, without the name of the file that is told beside it."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split())[:300] or type(error).__name__


class _GoneError(Exception):
    """A file that was read once cannot be read again."""

    def __init__(self, path: Path, error: Exception) -> None:
        super().__init__(path)
        self.path, self.error = path, error


class _FramesOfFiles(Sequence[Frame]):
    """Frames of files, each read when it is asked for: all together may not fit into memory."""

    def __init__(self, paths: Sequence[Path], reading: Reading) -> None:
        self._paths, self._reading = paths, reading

    def __getitem__(self, number: Any) -> Any:
        path = self._paths[number]
        try:
            return self._reading.read(path).frame
        except (OSError, ValueError) as error:
            raise _GoneError(path, error) from error

    def __len__(self) -> int:
        return len(self._paths)
