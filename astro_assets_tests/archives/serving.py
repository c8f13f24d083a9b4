"""An HTTP server on 127.0.0.1 that archives' protocols are put into, and that misbehaves on request.

What is said in a protocol is in `tap` and `mast`; how it goes wrong, in `faults`. Every request is kept.
"""

from __future__ import annotations

import re
import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from astro_assets_tests.archives.faults import Fault


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asked."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def fields(self) -> dict[str, str]:
        """The fields of a form, those of the address included."""
        form = {name: values[0] for name, values in parse_qs(self.body.decode()).items()}
        return {**self.query, **form}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server says."""

    body: bytes = b""
    content_type: str = "application/octet-stream"
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


#: Answers the requests below a path.
Handler = Callable[[Request], Answer]


class ArchiveServer:
    """Serves handlers by the beginning of their path, the longest first.

    Attributes
    ----------
    requests
        Every request, in order.
    """

    def __init__(self, routes: Mapping[str, Handler]) -> None:
        self.routes = dict(routes)
        self.requests: list[Request] = []
        #: Set when the server ends, for what is being waited in.
        self.ended = threading.Event()
        self._faults: list[tuple[str, Fault, list[int]]] = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), type("OneRequest", (_OneRequest,), {"archive": self}))

    @property
    def base_url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def misbehave(self, fault: Fault, *, times: int = 1_000_000, path: str = "/") -> None:
        """Go wrong in one way for the next requests below a path."""
        with self._lock:
            self._faults.append((path, fault, [times]))

    def behave(self) -> None:
        """Go wrong no more."""
        with self._lock:
            self._faults.clear()

    def asked(self, path: str = "/") -> list[Request]:
        """Return the requests below a path."""
        return [request for request in self.requests if request.path.startswith(path)]

    def fault_of(self, request: Request) -> Fault | None:
        """Keep a request, and return how it goes wrong."""
        with self._lock:
            self.requests.append(request)
            for path, fault, left in self._faults:
                if request.path.startswith(path) and left[0] > 0:
                    left[0] -= 1
                    return fault
        return None

    def answer(self, request: Request) -> Answer:
        """Return what the handler of a request says."""
        for path in sorted(self.routes, key=len, reverse=True):
            if request.path.startswith(path):
                return self.routes[path](request)
        return Answer(b"nothing is here", "text/plain", 404)

    def start(self) -> None:
        """Begin to serve."""
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def end(self) -> None:
        """Serve no more; nothing listens any longer."""
        if not self.ended.is_set():
            self.ended.set()
            self._server.shutdown()
            self._server.server_close()


@contextmanager
def serving(routes: Mapping[str, Handler]) -> Iterator[ArchiveServer]:
    """Serve handlers while the context lasts."""
    server = ArchiveServer(routes)
    server.start()
    try:
        yield server
    finally:
        server.end()


def file_answer(request: Request, content: bytes, content_type: str, *, tag: str = '"1"') -> Answer:
    """Return a file, or the end of it where the client has the beginning of the same file."""
    headers = {"ETag": tag, "Accept-Ranges": "bytes"}
    match = re.fullmatch(r"bytes=(\d+)-", request.headers.get("range", ""))
    if match is None or request.headers.get("if-range", tag) != tag:
        return Answer(content, content_type, headers=headers)
    begins = int(match[1])
    if begins >= len(content):
        return Answer(b"", content_type, 416, headers)
    headers["Content-Range"] = f"bytes {begins}-{len(content) - 1}/{len(content)}"
    return Answer(content[begins:], content_type, 206, headers)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Say nothing of clients that left: they are among what is tested."""
        if not isinstance(sys.exception(), ConnectionError):
            traceback.print_exc()


class _OneRequest(BaseHTTPRequestHandler):
    """Speaks to a client; the server is the ``archive`` of a subclass."""

    protocol_version = "HTTP/1.1"
    archive: ArchiveServer

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        request = Request(
            self.command,
            parts.path,
            {name: values[0] for name, values in parse_qs(parts.query).items()},
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(int(self.headers.get("Content-Length", 0))),
        )
        fault = self.archive.fault_of(request)
        try:
            if fault is None:
                self.say(self.archive.answer(request))
            else:
                fault(self, request, self.archive)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def say(self, answer: Answer, *, told_size: int | None = None) -> None:
        """Send an answer; its length as told where that is a lie."""
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(answer.body) if told_size is None else told_size))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)
        if told_size is not None:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Say nothing: requests are kept."""
