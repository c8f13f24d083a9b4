"""A polite `requests.Session` for an archive: it is put into the clients that others have written for it.

Every request keeps the archive's rate, its timeouts and its patience, and ends in an answer or in an
:class:`~astro_assets.archives.errors.ArchiveError`. Files are fetched by `downloads`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from io import BytesIO
from typing import Any, Final

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import ReadTimeoutError

from astro_assets import __version__
from astro_assets.archives.addresses import refusal_of
from astro_assets.archives.connections import TIMED_POOLS
from astro_assets.archives.deadlines import seconds_left, within
from astro_assets.archives.errors import (
    ArchiveError,
    CutOffError,
    IncompleteError,
    NotDataError,
    RateLimitedError,
    RedirectError,
    RefusedError,
    TooSlowError,
    UnavailableError,
    UnreachableError,
)
from astro_assets.archives.patience import Told, asked_wait, logged, patiently, turns_at
from astro_assets.archives.settings import Archive, ArchiveSettings

USER_AGENT: Final = f"astro-assets/{__version__}"
#: Answers are read in pieces of this many bytes; of one that breaks off the last piece is lost.
PIECE: Final = 1 << 14
_TOO_MANY: Final = 429
_UNAVAILABLE: Final = 500
_REFUSED: Final = 400
#: "What you have of the file is all of it, or the file is another now": `downloads` knows what to do.
_BEYOND_THE_END: Final = 416
#: How a page begins; one that is XML, too, begins with a line that says so.
_PAGE: Final = re.compile(rb"\s*(<\?xml[^>]*>\s*)?(<!doctype html|<html|<head)", re.IGNORECASE)


class PoliteSession(requests.Session):
    """A session with an archive. Use :func:`polite_session`.

    Attributes
    ----------
    archive, settings, told
        As given.
    """

    def __init__(self, archive: Archive, settings: ArchiveSettings, told: Told) -> None:
        super().__init__()
        self.archive = archive
        self.settings = settings
        self.told = told
        self.max_redirects = 10
        # Else it would be a password from ~/.netrc.
        self.auth = _no_password
        self.headers["User-Agent"] = f"{USER_AGENT} {self.headers['User-Agent']}"

    @property
    def base_url(self) -> str:
        """Where the archive is looked for, without a slash at the end."""
        return self.archive.base_url(self.settings)

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:  # noqa: ARG002  requests'
        """Give a password to nobody that the archive sends on to either."""
        prepared_request.headers.pop("Authorization", None)

    def request(self, *arguments: Any, **options: Any) -> requests.Response:
        """Make a request, and those that it is redirected to, within the archive's patience.

        Raises
        ------
        ArchiveError
            If there is no answer that can be used.
        """
        try:
            with within(self.settings.patience_s):
                return super().request(*arguments, **options)
        # ValueError: what an address that cannot be taken apart gives.
        except (requests.RequestException, ValueError) as error:
            words = " ".join(str(error).split())[:200]
            raise NotDataError(self.archive, self.base_url, f"it leads nowhere: {words}") from error


def polite_session(
    archive: Archive,
    settings: ArchiveSettings | None = None,
    *,
    told: Told = logged,
    may_be_page: bool = False,
    is_streamed: bool = False,
) -> PoliteSession:
    """Return a session that asks an archive politely.

    Parameters
    ----------
    settings
        The archive's defaults when None.
    told
        Called with a line whenever the archive is waited for.
    may_be_page
        Whether an HTML page is an answer; otherwise it is an error, whatever its status.
    is_streamed
        Whether answers are left to be read piece by piece, and requests are made once: for `downloads`.
        Otherwise an answer is read whole before anybody sees it, so that one that breaks off is asked for
        again.
    """
    settings = settings or archive.defaults
    session = PoliteSession(archive, settings, told)
    adapter = _PoliteAdapter(session, may_be_page=may_be_page, is_streamed=is_streamed)
    for scheme in ("https://", "http://"):
        session.mount(scheme, adapter)
    return session


class _PoliteAdapter(HTTPAdapter):
    """Makes requests at the archive's rate, again after transient errors."""

    def __init__(self, session: PoliteSession, *, may_be_page: bool, is_streamed: bool) -> None:
        super().__init__(max_retries=0)
        self._archive = session.archive
        self._settings = session.settings
        self._told = session.told
        self._base_url = session.base_url
        self._turns = turns_at(self._base_url, session.settings.requests_per_second)
        self._may_be_page = may_be_page
        self._is_streamed = is_streamed

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make what keeps connections."""
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = TIMED_POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        """Return what keeps connections to a proxy."""
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = TIMED_POOLS
        return manager

    def send(self, request: requests.PreparedRequest, *_: Any, **options: Any) -> requests.Response:
        """Return the answer to a request; how long to wait and what to stream is not the clients' choice.

        Raises
        ------
        ArchiveError
            If there is none that can be used.
        """
        how: dict[str, Any] = {
            name: options[name] for name in ("verify", "cert", "proxies") if name in options
        }
        if self._is_streamed:
            response = self._answer(request, how)
            # What stands beside the new address is read by requests, however much it is.
            return self._kept(request, response) if response.is_redirect else response
        return patiently(self._settings, self._told, self._whole_answer, request, how)

    def _answer(self, request: requests.PreparedRequest, how: Mapping[str, Any]) -> requests.Response:
        url = request.url or ""
        if why := refusal_of(self._base_url, url):
            raise RedirectError(self._archive, url, why)
        self._turns.wait()
        limit = min(self._settings.timeout_s, seconds_left())
        if limit <= 0:
            raise TooSlowError(self._archive, url, "the time for the answer is over")
        try:
            response = super().send(request, stream=True, timeout=(limit, limit), **how)
        except requests.exceptions.Timeout as error:
            raise TooSlowError(self._archive, url, f"no answer in {limit:g} s") from error
        except requests.exceptions.ConnectionError as error:
            raise UnreachableError(self._archive, url, "it cannot be reached") from error
        if response.status_code >= _REFUSED and response.status_code != _BEYOND_THE_END:
            with response:
                raise self._refusal(url, response)
        return response

    def _refusal(self, url: str, response: requests.Response) -> ArchiveError:
        """Return what an answer with a status of 400 or more means."""
        status = f"HTTP {response.status_code} {response.reason or ''}".strip()
        wait = asked_wait(response.headers.get("Retry-After"))
        if response.status_code == _TOO_MANY:
            asks = f", asks for a wait of {wait:.0f} s" if wait else ""
            return RateLimitedError(
                self._archive, url, f"too many requests{asks} ({status})", retry_after_s=wait
            )
        if response.status_code >= _UNAVAILABLE:
            return UnavailableError(self._archive, url, f"it is out of order ({status})", retry_after_s=wait)
        try:
            said = words_of(response.raw.read(PIECE, decode_content=True) or b"")
        except Exception:  # noqa: BLE001  what it says besides its status is a courtesy
            said = ""
        return RefusedError(self._archive, url, f"it refuses the request ({status}){said and f': {said}'}")

    def _whole_answer(self, request: requests.PreparedRequest, how: Mapping[str, Any]) -> requests.Response:
        return self._kept(request, self._answer(request, how))

    def _kept(self, request: requests.PreparedRequest, response: requests.Response) -> requests.Response:
        url = request.url or ""
        with response:
            body = self._body(url, response)
        content_type = response.headers.get("Content-Type", "")
        if not (self._may_be_page or response.is_redirect) and is_page(body, content_type):
            raise NotDataError(self._archive, url, "a page for people came in the place of data")
        # The clients read some answers as they are and some through requests.
        response._content = body  # noqa: SLF001
        headers = {name: value for name, value in response.headers.items() if name != "Content-Encoding"}
        response.raw = HTTPResponse(
            body=BytesIO(body), headers=headers, status=response.status_code, preload_content=False
        )
        return response

    def _body(self, url: str, response: requests.Response) -> bytes:
        """Read an answer to its end, which the archive tells the place of."""
        pieces = []
        size = 0
        largest = self._settings.largest_answer_mb
        for piece in pieces_of(self._archive, url, response):
            pieces.append(piece)
            size += len(piece)
            if size > largest * 1e6:
                raise CutOffError(self._archive, url, f"the answer is larger than {largest:g} MB")
        return b"".join(pieces)


def _no_password(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def pieces_of(archive: Archive, url: str, response: requests.Response) -> Any:
    """Yield an answer in pieces.

    Raises
    ------
    TooSlowError, IncompleteError
        If it does not come to its end.
    """
    try:
        yield from response.iter_content(PIECE)
    except requests.exceptions.ConnectionError as error:
        if error.args and isinstance(error.args[0], ReadTimeoutError):
            raise TooSlowError(archive, url, "the answer stopped in the middle, or takes too long") from error
        raise IncompleteError(archive, url, "the connection broke in the middle of an answer") from error
    except requests.RequestException as error:
        raise IncompleteError(archive, url, "the answer broke off before its end") from error


def is_page(beginning: bytes, content_type: str) -> bool:
    """Return whether an answer is an HTML page.

    How it begins decides: archives call JSON and tables ``text/html``, too.
    """
    if _PAGE.match(beginning) is not None:
        return True
    is_other = not beginning.lstrip().startswith(b"<") or beginning.lstrip().startswith(b"<?xml")
    return content_type.lower().startswith("text/html") and not is_other


def words_of(body: bytes) -> str:
    """Return the beginning of what an error page or document says, without its markup, in one line."""
    text = re.sub(r"<[^>]*>", " ", body.decode("utf-8", "replace"))
    return " ".join(text.split())[:200]
