"""The way in: TLS and a password before anything is passed on, and headers on every answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from astro_assets_tests.deploy.files import SERVICES
from astro_assets_tests.deploy.proxy import Proxy, answer, proxying

#: On every answer of the proxy.
HEADERS = {
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "same-origin",
}


class _Telling(BaseHTTPRequestHandler):
    """Answers with what it is asked."""

    def do_GET(self) -> None:
        """Tell path and headers."""
        body = json.dumps({"path": self.path, **{name: self.headers[name] for name in self.headers}}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *told: object) -> None:
        """Say nothing."""


@contextmanager
def _telling() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Telling) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="module")
def upstream() -> Iterator[tuple[str, str]]:
    with _telling() as webserver, _telling() as mlflow:
        yield webserver, mlflow


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory, upstream: tuple[str, str]) -> Iterator[Proxy]:
    with proxying(tmp_path_factory.mktemp("proxy"), *upstream) as running:
        yield running


@pytest.mark.parametrize("path", ["/server_info", "/graphql", "/mlflow/", "/health"])
def test_it_asks_for_a_password(proxy: Proxy, path: str) -> None:
    for password in ("", "wrong"):
        refused = proxy.ask(path, password)
        assert refused.status == 401
        assert refused.body == b""
        assert "Basic" in refused.headers["WWW-Authenticate"]


@pytest.mark.parametrize("password", ["", "correct horse"])
def test_every_answer_has_the_headers_that_browsers_heed(proxy: Proxy, password: str) -> None:
    headers = proxy.ask("/server_info", password).headers
    assert {name: headers[name] for name in HEADERS} == HEADERS
    assert headers["Server"] is None, "whoever asks need not know what answers"


def test_it_passes_on_without_the_password(proxy: Proxy, upstream: tuple[str, str]) -> None:
    webserver, mlflow = upstream
    told = json.loads(proxy.ask("/runs?of=1", proxy.password).body)
    assert told["path"] == "/runs?of=1"
    assert told["Host"] == f"localhost:{proxy.https}", "the UI answers under its own name alone"
    assert "Authorization" not in told
    told = json.loads(proxy.ask("/mlflow/api", proxy.password).body)
    assert told["path"] == "/mlflow/api"
    assert told["Host"] == mlflow != webserver
    assert "Authorization" not in told


def test_without_tls_it_only_says_where_to_go(proxy: Proxy) -> None:
    moved = answer(f"http://localhost:{proxy.http}/server_info")
    assert moved.status == 308
    assert moved.headers["Location"].startswith("https://localhost")


def test_its_health_check_passes(proxy: Proxy) -> None:
    """What the check asks for is answered at once: what is there to fetch it follows to no other port."""
    *program, address = SERVICES["proxy"]["healthcheck"]["test"]
    assert program == ["CMD", "wget", "-q", "-O", "/dev/null"]
    assert answer(address.replace(":8081/", f":{proxy.health}/")).status == 200
