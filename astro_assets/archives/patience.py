"""When an archive is asked: its turn in the rate that it is asked at, and again after a failure.

What a request is, and which failure is which error, is in `sessions` and `downloads`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import TYPE_CHECKING, Final, NoReturn, ParamSpec, TypeVar

from astro_assets.archives.deadlines import seconds_left, within
from astro_assets.archives.errors import ArchiveError, host_of
from astro_assets.archives.settings import ArchiveSettings

if TYPE_CHECKING:
    import tenacity

_P = ParamSpec("_P")
_T = TypeVar("_T")
#: Is given a line whenever an archive is waited for.
Told = Callable[[str], None]
_LOGGER: Final = logging.getLogger("astro_assets.archives")


def logged(line: str) -> None:
    """Log a line about an archive: what is told where nobody else listens."""
    _LOGGER.info(line)


class Turns:
    """Spaces requests: one may begin every ``1 / per_second`` seconds, whoever asks.

    Parameters
    ----------
    per_second
        Most requests that are begun in a second.
    """

    def __init__(self, per_second: float) -> None:
        self._apart = 1.0 / per_second
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait for the next turn."""
        with self._lock:
            now = time.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._apart
        if turn > now:
            time.sleep(turn - now)


@cache
def turns_at(base_url: str, per_second: float) -> Turns:
    """Return the turns that all of this process share at an archive."""
    return Turns(per_second)


def asked_wait(header: str | None) -> float:
    """Return the seconds that a ``Retry-After`` asks for, a number or a date; 0 where it asks for none."""
    if header is None:
        return 0.0
    if header.isascii() and header.strip().isdigit():
        return float(header.strip()[:9])
    try:
        date = parsedate_to_datetime(header)
    except ValueError:
        return 0.0
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (date - datetime.now(UTC)).total_seconds())


def patiently(
    settings: ArchiveSettings, told: Told, ask: Callable[_P, _T], *arguments: _P.args, **named: _P.kwargs
) -> _T:
    """Ask an archive, and again after transient errors, all within its patience.

    Waits grow exponentially with jitter, and are never shorter than the archive asks for; the last error is
    raised once attempts or patience are used up, or the next wait would use the patience up.

    Parameters
    ----------
    told
        Told of each wait.
    ask
        What asks, of the arguments that follow.

    Raises
    ------
    ArchiveError
        If it does not give what was asked for.
    """
    with within(settings.patience_s):
        return _retrying(settings, told)(ask, *arguments, **named)


def _retrying(settings: ArchiveSettings, told: Told) -> tenacity.Retrying:
    # With it comes a web server.
    import tenacity

    backoff = tenacity.wait_exponential_jitter(
        multiplier=settings.first_wait_s, max=settings.longest_wait_s, jitter=settings.first_wait_s
    )

    def wait(state: tenacity.RetryCallState) -> float:
        return max(backoff(state), _error(state).retry_after_s)

    def is_over(state: tenacity.RetryCallState) -> bool:
        return state.attempt_number >= settings.attempts or state.upcoming_sleep >= seconds_left()

    def tell(state: tenacity.RetryCallState) -> None:
        error = _error(state)
        again = f"attempt {state.attempt_number + 1} of {settings.attempts} in {state.upcoming_sleep:.3g} s"
        told(f"{error.archive.name} ({host_of(error.url)}): {error.happened}; {again}")

    def give_up(state: tenacity.RetryCallState) -> NoReturn:
        error = _error(state)
        raise error.after(state.attempt_number) from error.__cause__

    return tenacity.Retrying(
        stop=is_over,
        wait=wait,
        retry=tenacity.retry_if_exception(
            lambda error: isinstance(error, ArchiveError) and error.is_transient and not error.is_final
        ),
        before_sleep=tell,
        retry_error_callback=give_up,
    )


def _error(state: tenacity.RetryCallState) -> ArchiveError:
    error = state.outcome.exception() if state.outcome is not None else None
    if not isinstance(error, ArchiveError):
        raise TypeError(f"only archives are tried again, not after {error!r}")
    return error
