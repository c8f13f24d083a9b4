"""Connections on which an answer ends with the time it is given, headers and all.

A timeout of a socket limits each pause only: a byte now and then would be waited for without end.
"""

from __future__ import annotations

import io
import time
from http.client import HTTPResponse
from math import inf
from socket import socket
from typing import Any, Final

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from astro_assets.archives.deadlines import allowance


class _TimedStream(io.RawIOBase):
    """What comes through a socket, while there is time: every byte of an answer, its headers too."""

    def __init__(self, connected: socket, stream: io.RawIOBase) -> None:
        self._connected = connected
        self._stream = stream
        self._pause_s = connected.gettimeout() or inf
        self._ends = allowance().ends
        self._a_byte_s = allowance().a_byte_s

    def readable(self) -> bool:
        """Say that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int | None:
        """Read what comes next, as long as there is time for that.

        Raises
        ------
        TimeoutError
            If there is none left.
        """
        limit = min(self._pause_s, self._ends - time.monotonic())
        if limit <= 0:
            raise TimeoutError("the time for the answer is over")
        self._connected.settimeout(None if limit == inf else limit)
        n_read: int | None = self._stream.readinto(buffer)
        self._ends += (n_read or 0) * self._a_byte_s
        return n_read

    def close(self) -> None:
        """Close it; the connection is not this one's."""
        self._stream.close()
        super().close()


class _TimedResponse(HTTPResponse):
    def __init__(self, sock: socket, *options: Any, **named: Any) -> None:
        super().__init__(sock, *options, **named)
        self.fp = io.BufferedReader(_TimedStream(sock, self.fp.detach()))


class _TimedConnection(HTTPConnection):
    response_class = _TimedResponse


class _TimedSecureConnection(HTTPSConnection):
    response_class = _TimedResponse


class _TimedPool(HTTPConnectionPool):
    ConnectionCls = _TimedConnection


class _TimedSecurePool(HTTPSConnectionPool):
    ConnectionCls = _TimedSecureConnection


#: For :class:`urllib3.PoolManager`: connections whose answers end with the context they were asked in.
TIMED_POOLS: Final = {"http": _TimedPool, "https": _TimedSecurePool}
