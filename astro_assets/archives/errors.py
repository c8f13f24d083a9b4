"""What can go wrong with an archive, each in one line that names the archive and says what to do.

::

    ArchiveError
    ├── UnreachableError      no connection, or it broke before an answer
    ├── TooSlowError          no answer in time
    ├── RateLimitedError      asks for a longer wait than anybody has patience for
    ├── RedirectError         sends requests on to where they may not go
    ├── UnavailableError      says that it is out of order (5xx)
    ├── RefusedError          says that the question is wrong (4xx, a VOTable with QUERY_STATUS ERROR)
    ├── NothingFoundError     has nothing of what was asked for
    ├── IncompleteError       an answer without its end, or with fewer rows or bytes than told
    ├── CutOffError           an answer that the archive cut off (QUERY_STATUS OVERFLOW), or one too large
    ├── NotDataError          a page for people, or something unreadable, in the place of data
    └── DamagedError          bytes that are not those whose checksum the archive tells
"""

from __future__ import annotations

from urllib.parse import urlsplit

from astro_assets.archives.settings import Archive


class ArchiveError(RuntimeError):
    """An archive did not give what was asked of it; what is stored is not touched.

    Parameters
    ----------
    archive
        Which.
    url
        What was asked; of it the message names the host only.
    happened
        In a few words.
    retry_after_s
        The wait that the archive asks for.

    Attributes
    ----------
    is_transient
        Whether the same request may succeed later.
    is_final
        Whether it was tried as often as the settings allow: nobody outside tries again.
    """

    is_transient = True
    advice = "what is stored is untouched, try again later"

    def __init__(self, archive: Archive, url: str, happened: str, *, retry_after_s: float = 0.0) -> None:
        self.archive = archive
        self.url = url
        self.happened = happened
        self.retry_after_s = retry_after_s
        self.is_final = False
        advice = self.advice.format(section=f"[archives.{archive.key}] of config.toml")
        super().__init__(f"{archive.name} ({host_of(url)}): {happened}; {advice}")

    def after(self, attempts: int) -> ArchiveError:
        """Return the error with the number of attempts that ended in it."""
        happened = self.happened if attempts == 1 else f"{self.happened}, {attempts} attempts"
        error = type(self)(self.archive, self.url, happened, retry_after_s=self.retry_after_s)
        error.is_final = True
        return error


class UnreachableError(ArchiveError):
    """No connection could be made, or it broke before an answer."""

    advice = (
        "see that this machine is online; what is stored is untouched, try again later; "
        "base_url in {section} says where it is looked for"
    )


class TooSlowError(ArchiveError):
    """No answer came in time."""

    advice = (
        "what is stored is untouched; try again later, or give it more than timeout_s and patience_s "
        "in {section}"
    )


class RateLimitedError(ArchiveError):
    """The archive asks for a longer wait than the settings have patience for."""

    advice = "try again after that, or ask less often: requests_per_second and patience_s in {section}"


class RedirectError(ArchiveError):
    """The archive sends requests on to where they may not go."""

    is_transient = False
    advice = "nothing was asked there; see that base_url in {section} is right"


class UnavailableError(ArchiveError):
    """The archive says that it is out of order."""


class RefusedError(ArchiveError):
    """The archive says that what was asked is wrong."""

    is_transient = False
    advice = "the archive may have changed what can be asked of it; trying again will not help"


class NothingFoundError(ArchiveError):
    """The archive has nothing of what was asked for."""

    is_transient = False
    advice = "look at how it is written, or ask for something else"


class IncompleteError(ArchiveError):
    """An answer lacks its end, or has fewer rows or bytes than the archive told."""


class CutOffError(ArchiveError):
    """The archive cut its answer off, or the answer is larger than the settings allow."""

    is_transient = False
    advice = "ask for less at a time"


class NotDataError(ArchiveError):
    """A page for people, or something unreadable, came in the place of data."""

    advice = "the archive may be under maintenance; what is stored is untouched, try again later"


class DamagedError(ArchiveError):
    """The bytes are not those whose checksum the archive tells."""

    is_transient = False
    advice = "nothing of it was kept; tell the archive if this goes on"


def host_of(url: str) -> str:
    """Return the host of an address, with its port where it names one."""
    parts = urlsplit(url)
    host = parts.hostname or "no host"
    return f"{host}:{parts.port}" if parts.port else host
