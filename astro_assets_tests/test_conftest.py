"""The guards that every other test relies on."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from astro_assets_tests.conftest import NetworkBlockedError


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80)])
def test_no_connection_leaves_this_host(address: tuple[str, int]) -> None:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family) as sock, pytest.raises(NetworkBlockedError, match="connected to"):
        sock.connect(address)


def test_no_datagram_leaves_this_host() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, pytest.raises(NetworkBlockedError):
        sock.sendto(b"", ("192.0.2.1", 53))


def test_no_name_is_looked_up() -> None:
    with pytest.raises(NetworkBlockedError, match="looked up"):
        socket.getaddrinfo("archive.example", 443)


def test_no_page_is_fetched_by_url() -> None:
    with pytest.raises(NetworkBlockedError):
        urllib.request.urlopen("http://archive.example/")


def test_a_child_process_fetches_nothing() -> None:
    program = "import urllib.request; urllib.request.urlopen('https://archive.example/')"
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert child.returncode != 0
    assert "Connection refused" in child.stderr


def test_this_host_answers() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
        server.accept()[0] as accepted,
    ):
        client.sendall(b"x")
        assert accepted.recv(1) == b"x"


def test_homes_are_temporary(tmp_path: Path) -> None:
    session = Path(os.environ["HOME"]).parent
    assert session.name.startswith("astro-assets-tests-")
    for name in ("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "MPLCONFIGDIR"):
        assert Path(os.environ[name]).is_relative_to(session), name
    assert Path(os.environ["ASTRO_ASSETS_HOME"]).is_relative_to(tmp_path)
    assert "DAGSTER_HOME" not in os.environ
