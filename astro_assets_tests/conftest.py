"""What every test stands on: a home and caches of its own, no network, repeatable examples.

Fixtures that only one wing needs belong in that wing's folder.
"""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from astro_assets_tests.object_store import ObjectStoreServer, new_url, served

REPOSITORY = Path(__file__).parents[1]
#: Nothing listens here. Commands that tests start get it as their proxy.
_DEAD_PROXY = ("127.0.0.1", 9)
_SANDBOX = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


class NetworkBlockedError(RuntimeError):
    """A test reached for a host other than this one.

    Deliberately no OSError: code that falls back when it is offline must not hide the attempt.
    """


def pytest_configure(config: pytest.Config) -> None:
    """Keep the session away from the user's home and the network, before any test module is imported."""
    sandbox = tempfile.TemporaryDirectory(prefix="astro-assets-tests-", ignore_cleanup_errors=True)
    config.stash[_SANDBOX] = sandbox
    root = Path(sandbox.name)
    for name, folder in {
        "HOME": "home",
        "XDG_CACHE_HOME": "home/.cache",
        "XDG_CONFIG_HOME": "home/.config",
        "XDG_DATA_HOME": "home/.local/share",
        "XDG_STATE_HOME": "home/.local/state",
        "MPLCONFIGDIR": "home/.config/matplotlib",
        "ASTRO_ASSETS_HOME": "data",
    }.items():
        path = root / folder
        path.mkdir(parents=True, exist_ok=True)
        os.environ[name] = str(path)
    # Each shard is a partition, of which each run records two events for each of forty assets.
    os.environ["ASTRO_ASSETS_SHARDS"] = "8"
    for name in ("DAGSTER_HOME", "ASTRO_ASSETS_DASK", "ASTRO_ASSETS_STORE", "ASTRO_ASSETS_CACHE"):
        os.environ.pop(name, None)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        os.environ[name] = os.environ[name.upper()] = "http://{}:{}".format(*_DEAD_PROXY)
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = "localhost,127.0.0.1,::1"
    sys.addaudithook(_refuse_other_hosts)
    # What a script starts in the background ignores interrupts, and so would the commands that tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)

    hypothesis.settings.register_profile("developer", deadline=None, print_blob=True)
    hypothesis.settings.register_profile("ci", deadline=None, print_blob=True, derandomize=True)
    hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "developer")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove what the session wrote."""
    config.stash[_SANDBOX].cleanup()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, or one of them would end alone when all others are done."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    end_to_end = Path(__file__).parent / "end_to_end"
    items.sort(key=lambda item: (item.path.parent != end_to_end, item.path not in slow))


def _refuse_other_hosts(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect":
        sock, address = arguments
        # Connecting a datagram socket sends nothing: Dask learns its own address that way.
        if sock.type == socket.SOCK_STREAM and isinstance(address, tuple):
            try:
                _refuse_other_host(*address[:2])
            except NetworkBlockedError:
                sock.close()  # socket.create_connection would only do so after an OSError
                raise
    elif event in ("socket.sendto", "socket.sendmsg"):
        address = arguments[1]
        if isinstance(address, tuple):
            _refuse_other_host(*address[:2])
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        _refuse_other_host(arguments[0])


def _refuse_other_host(host: str | bytes | None, port: int = 0) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if (name, port) == _DEAD_PROXY:
        raise NetworkBlockedError("a test asked for another host through the proxy: tests use this host only")
    if name in (None, "", "localhost", socket.gethostname()):
        return
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        raise NetworkBlockedError(f"a test looked up {name!r}: tests use this host only") from None
    if not (address.is_loopback or address.is_unspecified):
        raise NetworkBlockedError(f"a test connected to {name}: tests use this host only")


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees another's tables."""
    monkeypatch.setenv("ASTRO_ASSETS_HOME", str(tmp_path / "astro_assets_home"))


@pytest.fixture(scope="session")
def object_store() -> Iterator[ObjectStoreServer]:
    """Serve an object store that speaks S3, in a process of its own."""
    with served() as server:
        yield server


@pytest.fixture
def in_store(object_store: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch) -> ObjectStoreServer:
    """Let homes that are made have their tables in a new place of the object store."""
    for name, value in {**object_store.variables(), "ASTRO_ASSETS_STORE": new_url()}.items():
        monkeypatch.setenv(name, value)
    return object_store


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real observations, read in place; tests that need it are skipped where it is absent."""
    path = Path(os.environ.get("ASTRO_ASSETS_SHARED_DATA") or REPOSITORY.parent / "shared" / "data")
    if not path.is_dir():
        pytest.skip(f"no real observations at {path} (ASTRO_ASSETS_SHARED_DATA names another folder)")
    return path
