"""A home served by Dagster's webserver and daemon, killed in the end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from astro_assets.ledger.home import Home
from astro_assets_tests.cli.commands import kill_session, started, wait_for_end
from astro_assets_tests.servers import free_port


@contextmanager
def daemon(home: Home) -> Iterator[None]:
    """Serve a home, with Dagster's daemon, in a session of its own; kill all of it in the end."""
    port = free_port()
    process = started("ui", "--port", str(port), home=home)
    try:
        yield
    finally:
        kill_session(process.pid)
        process.wait()
        assert not wait_for_end(process.pid)
