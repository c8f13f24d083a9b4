"""Who can reach what listens: this machine only, unless somebody asks for more and is told what that means.

That the UI listens there alone by default is tested with the UI, in `end_to_end`.
"""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from astro_assets.cli.options import is_loopback
from astro_assets.ledger.home import open_home
from astro_assets.orchestration.ui_guard import may_ask
from astro_assets_tests.cli.commands import kill_session, session_of, started, wait_for_end, wait_until
from astro_assets_tests.orchestration import homes

EVERY = "0.0.0.0"  # noqa: S104  what is tested


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_these_are_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.1", "example.org", "localhost.example.org", ""])  # noqa: S104
def test_these_are_not(host: str) -> None:
    assert not is_loopback(host)


def _listening(leader: int) -> set[str]:
    found = set()
    for process in session_of(leader):
        try:
            connections = process.net_connections(kind="inet")
        except psutil.Error:
            continue
        found |= {one.laddr.ip for one in connections if one.status == psutil.CONN_LISTEN}
    return found


@dataclass(frozen=True)
class Served:
    """A UI that was asked to serve on every address."""

    port: int
    leader: int
    told: Path

    def answer(self, path: str, **headers: str) -> int:
        """Return the status of an answer; of a connection that is closed, 0."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("GET", path, headers=named)
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("served")
    home = open_home(folder / "home", n_shards=homes.N_SHARDS)
    with socket.socket() as free:
        free.bind((EVERY, 0))
        port = free.getsockname()[1]
    with (folder / "told").open("wb") as stream:
        process = started("ui", "--host", EVERY, "--port", str(port), home=home, stderr=stream)
    served = Served(port, process.pid, folder / "told")
    try:
        wait_until(lambda: served.answer("/server_info") == 200, seconds=240, pause=0.3)
        yield served
    finally:
        kill_session(process.pid)
        process.wait()
        assert not wait_for_end(process.pid)


def test_another_address_has_to_be_asked_for_and_is_warned_of(served: Served) -> None:
    assert EVERY in _listening(served.leader)
    assert "the UI asks for no password" in served.told.read_text()
    assert "docs/security.md" in served.told.read_text()


QUERY = "/graphql?query=%7Bversion%7D"


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", {}, 200),
        (QUERY, {}, 200),
        (QUERY, {"Sec_Fetch_Site": "same-origin"}, 200),
        (QUERY, {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "no-cors"}, 403),
        (QUERY, {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}, 403),
        (QUERY, {"Sec_Fetch_Site": "same-site"}, 403),
        (QUERY, {"Origin": "http://evil.example"}, 403),
        (QUERY, {"Host": "evil.example"}, 403),
        ("/", {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}, 200),
        ("/", {"Host": "evil.example"}, 403),
    ],
)
def test_pages_of_others_get_no_answer(
    served: Served, path: str, headers: dict[str, str], status: int
) -> None:
    assert served.answer(path, **headers) == status


@pytest.mark.parametrize(
    ("headers", "is_allowed"),
    [
        ({"host": "127.0.0.1:3000"}, True),
        ({"host": "[::1]:3000", "origin": "http://[::1]:3000"}, True),
        ({"host": "LOCALHOST:3000", "origin": "http://LOCALHOST:3000"}, True),
        ({"host": "astro.example"}, True),
        ({"host": "other.example"}, False),
        ({"host": "localhost.other.example"}, False),
        ({"host": "127.0.0.1:3000", "origin": "http://127.0.0.1:8080"}, False),
        ({"host": "127.0.0.1:3000", "origin": "null"}, False),
        ({}, False),
    ],
)
def test_who_may_ask(monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], is_allowed: bool) -> None:
    monkeypatch.setenv("ASTRO_ASSETS_UI_HOSTS", "astro.example, astro2.example")
    assert may_ask(headers, "/graphql") == is_allowed
