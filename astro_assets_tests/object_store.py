"""An object store that speaks S3, in a process of its own, and a wire to it that can be cut."""

from __future__ import annotations

import os
import selectors
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from astro_assets_tests.servers import free_port

BUCKET = "homes"
#: Moto asks for some credentials, whatever they are.
KEY, SECRET = "AKIATESTSONLY", "secret-of-the-tests"
_STARTS_WITHIN_S = 60.0


class ObjectStoreServer:
    """Moto's server on a free port, with one bucket; it forgets everything when it ends.

    Parameters
    ----------
    log
        File of what it is asked.
    """

    def __init__(self, log: Path = Path(os.devnull)) -> None:
        command = str(Path(sys.executable).with_name("moto_server"))
        self.port = free_port()
        with log.open("w") as stream:
            self._process = subprocess.Popen(
                [command, "-H", "127.0.0.1", "-p", str(self.port)],
                stdout=stream,
                stderr=stream,
                start_new_session=True,
            )
        try:
            self._make_bucket()
        except BaseException:
            self.close()
            raise

    def _make_bucket(self) -> None:
        deadline = time.monotonic() + _STARTS_WITHIN_S
        request = urllib.request.Request(f"{self.address}/{BUCKET}", method="PUT")
        while True:
            with suppress(urllib.error.URLError):
                urllib.request.urlopen(request, timeout=10).close()
                return
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise TimeoutError("the object store did not start")
            time.sleep(0.05)

    @property
    def address(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def variables(self, address: str | None = None) -> dict[str, str]:
        """Return the environment by which a process finds it, directly or by a wire's address."""
        return {
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_ENDPOINT_URL": address or self.address,
            "AWS_REGION": "us-east-1",
            "AWS_ALLOW_HTTP": "true",
        }

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


def new_url() -> str:
    """Return the address of a place in the bucket where nothing is yet."""
    return f"s3://{BUCKET}/{uuid.uuid4().hex}"


class Wire:
    """A way to a server on this host that can be cut and mended.

    Parameters
    ----------
    cut_at
        Given what a client sends, says whether the wire is cut there.
    lets_pass
        Whether what is sent then still reaches the server, whose answer is lost.
    """

    def __init__(
        self, port: int, cut_at: Callable[[bytes], bool] = lambda _: False, *, lets_pass: bool = False
    ) -> None:
        self._to, self._cut_at, self._lets_pass = port, cut_at, lets_pass
        self.port = free_port()
        self._listener: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self.is_cut = threading.Event()
        self.mend()

    @property
    def address(self) -> str:
        """Where this end is."""
        return f"http://127.0.0.1:{self.port}"

    def mend(self) -> None:
        """Let connections through, from now on all."""
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen()
        self._listener = listener
        self.is_cut.clear()
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()

    def cut(self) -> None:
        """End all connections and let no new one through."""
        if self._listener is not None:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
        for end in list(self._open):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.is_cut.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()

    def _accept(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with suppress(OSError), client, socket.create_connection(("127.0.0.1", self._to)) as server:
            self._open |= {client, server}
            try:
                self._carry_between(client, server)
            finally:
                self._open -= {client, server}

    def _carry_between(self, client: socket.socket, server: socket.socket) -> None:
        with selectors.DefaultSelector() as ready:
            ready.register(client, selectors.EVENT_READ, server)
            ready.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in ready.select():
                    data = key.fileobj.recv(1 << 16)  # type: ignore[union-attr]
                    if not data:
                        return
                    if key.fileobj is client and not self.is_cut.is_set() and self._cut_at(data):
                        if self._lets_pass:
                            server.sendall(data)
                            server.recv(1)  # it has answered
                        self._cut_at = lambda _: False
                        self.cut()
                        return
                    key.data.sendall(data)


@contextmanager
def served(log: Path = Path(os.devnull)) -> Iterator[ObjectStoreServer]:
    """Serve an object store while the block runs, and write into a file what it is asked."""
    server = ObjectStoreServer(log)
    try:
        yield server
    finally:
        server.close()


class _Refusing(BaseHTTPRequestHandler):
    """Answers everything as Amazon's store answers who may not ask."""

    def do_PUT(self) -> None:
        """Refuse, repeating the key."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = (
            f"<Error><Code>InvalidAccessKeyId</Code><AWSAccessKeyId>{KEY}</AWSAccessKeyId></Error>".encode()
        )
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *told: object) -> None:
        """Say nothing."""


@contextmanager
def refusing() -> Iterator[str]:
    """Serve, while the block runs, what refuses everybody; give its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
