"""How an archive goes wrong. A fault is given to :meth:`ArchiveServer.misbehave`."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from astro_assets_tests.archives.serving import Answer, ArchiveServer, Request

#: Given what speaks to the client, its request, and the server.
Fault = Callable[[Any, Request, ArchiveServer], None]
#: The largest numbers that a FITS header's cards are read to.
ABSURD = b"%20d" % (10**15 - 1)
#: An archive's page, as a person would see it.
PAGE = b"<!DOCTYPE html>\n<html><head><title>Maintenance</title></head><body>Back soon.</body></html>"


def slow(connection: Any, request: Request, server: ArchiveServer) -> None:
    """Say nothing, until the server ends."""
    server.ended.wait()
    connection.close_connection = True


def stalls(after: int = 100) -> Fault:
    """Say some bytes of the answer, and nothing more until the server ends."""

    def fault(connection: Any, request: Request, server: ArchiveServer) -> None:
        answer = server.answer(request)
        connection.say(replace(answer, body=answer.body[:after]), told_size=len(answer.body))
        connection.wfile.flush()
        server.ended.wait()

    return fault


def trickle(beginning: bytes, again: bytes = b"0") -> Fault:
    """Say the beginning of an answer, then a byte every 20 ms for as long as the client listens."""

    def fault(connection: Any, request: Request, server: ArchiveServer) -> None:
        connection.close_connection = True
        connection.wfile.write(beginning)
        while not server.ended.wait(0.02):
            connection.wfile.write(again)

    return fault


#: Wherever an answer can be drawn out.
TRICKLES = {
    "headers": trickle(b"HTTP/1.1 200 OK\r\nX-Slow: "),
    "body": trickle(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"),
    "chunks": trickle(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "refusal": trickle(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 100000\r\n\r\n"),
}


def hang_up(connection: Any, request: Request, server: ArchiveServer) -> None:
    """Break the connection before an answer."""
    connection.close_connection = True
    connection.connection.shutdown(socket.SHUT_RDWR)


def broken_off(after: int = 100) -> Fault:
    """Tell of the whole answer, say some bytes of it, and break the connection."""

    def fault(connection: Any, request: Request, server: ArchiveServer) -> None:
        answer = server.answer(request)
        connection.say(replace(answer, body=answer.body[:after]), told_size=len(answer.body))

    return fault


def truncated(after: int = 100) -> Fault:
    """Say some bytes of the answer as if they were all."""

    def fault(connection: Any, request: Request, server: ArchiveServer) -> None:
        answer = server.answer(request)
        connection.say(replace(answer, body=answer.body[:after]))

    return fault


def changed(change: Callable[[bytes], bytes]) -> Fault:
    """Say something else than the truth."""

    def fault(connection: Any, request: Request, server: ArchiveServer) -> None:
        answer = server.answer(request)
        connection.say(replace(answer, body=change(answer.body)))

    return fault


def absurd_header(body: bytes) -> bytes:
    """Return a FITS file whose extensions claim to have a size that no file has."""
    return re.sub(rb"(NAXIS[12]  = ) *[1-9]\d* ", rb"\g<1>" + ABSURD + b" ", body)


def status(code: int, *, retry_after: str = "", body: bytes = b"not now") -> Fault:
    """Say that it does not work, with 429, 503, 400 and so on."""
    headers = {"Retry-After": retry_after} if retry_after else {}

    def fault(connection: Any, request: Request, server: ArchiveServer) -> None:
        connection.say(Answer(body, "text/plain", code, headers))

    return fault


def leads_to(location: str, body: bytes = b"") -> Fault:
    """Say that it is elsewhere."""

    def fault(connection: Any, request: Request, server: ArchiveServer) -> None:
        connection.say(Answer(body, status=302, headers={"Location": location}))

    return fault


def page(connection: Any, request: Request, server: ArchiveServer) -> None:
    """Say a page for people with status 200."""
    connection.say(Answer(PAGE, "text/html"))
