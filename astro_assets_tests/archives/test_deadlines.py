"""An archive that draws its answers out is not listened to for longer than it has patience."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from astro_assets.archives import downloads
from astro_assets.archives.deadlines import seconds_left, within
from astro_assets.archives.downloads import Expected, download
from astro_assets.archives.errors import ArchiveError, TooSlowError
from astro_assets.archives.sessions import polite_session
from astro_assets.archives.settings import MAST
from astro_assets.ledger.home import open_home
from astro_assets.observations.fetching import quick_settings
from astro_assets_tests.archives import faults
from astro_assets_tests.archives.asking import config_toml, quick
from astro_assets_tests.archives.serving import Answer, ArchiveServer, serving

BODY = b"0123456789" * 3000
#: What a loaded machine may take longer [s].
SOME = 5.0


@pytest.fixture
def server() -> Iterator[ArchiveServer]:
    with serving({"/": lambda _: Answer(BODY)}) as served:
        yield served


@pytest.mark.parametrize("where", faults.TRICKLES)
def test_a_trickle_ends_with_the_patience(server: ArchiveServer, where: str) -> None:
    session = polite_session(MAST, quick(server.base_url, patience_s=0.6))
    server.misbehave(faults.TRICKLES[where])
    began = time.monotonic()
    with pytest.raises(ArchiveError, match=r"patience_s in \[archives.mast\]|400 Bad Request"):
        session.get(f"{server.base_url}/data")
    assert 0.5 < time.monotonic() - began < 0.6 + SOME


def test_redirects_share_the_patience_of_one_request(server: ArchiveServer) -> None:
    def onward(request: object) -> Answer:
        server.ended.wait(0.2)
        return Answer(b"", status=302, headers={"Location": f"/{len(server.requests)}"})

    server.routes["/"] = onward
    session = polite_session(MAST, quick(server.base_url, patience_s=0.6))
    with pytest.raises(TooSlowError):
        session.get(f"{server.base_url}/data")
    assert len(server.requests) <= 4


@pytest.mark.parametrize("where", faults.TRICKLES)
def test_no_file_comes_at_a_trickle(server: ArchiveServer, tmp_path: Path, where: str) -> None:
    session = polite_session(MAST, quick(server.base_url, patience_s=0.6), is_streamed=True)
    server.misbehave(faults.TRICKLES[where])
    began = time.monotonic()
    with pytest.raises(ArchiveError):
        download(session, f"{server.base_url}/f", tmp_path / "f", Expected(is_fits=False))
    assert time.monotonic() - began < 0.6 + SOME


def test_a_large_file_may_take_longer_than_the_patience(server: ArchiveServer, tmp_path: Path) -> None:
    """30,000 bytes take 1 s here, at three times the slowest rate."""

    def slowly(connection: object, *_: object) -> None:
        connection.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY))  # type: ignore[attr-defined]
        for start in range(0, len(BODY), 1000):
            server.ended.wait(len(BODY) / 1000 / 900)
            connection.wfile.write(BODY[start : start + 1000])  # type: ignore[attr-defined]

    assert len(BODY) == 3 * downloads.SLOWEST_BYTES_PER_S
    server.misbehave(slowly)
    session = polite_session(MAST, quick(server.base_url, patience_s=0.5), is_streamed=True)
    began = time.monotonic()
    assert download(session, f"{server.base_url}/f", tmp_path / "f", Expected(is_fits=False))
    assert time.monotonic() - began > 0.5
    assert (tmp_path / "f").read_bytes() == BODY


def test_the_quick_settings_of_a_sensor_hold(server: ArchiveServer, tmp_path: Path) -> None:
    home = open_home(tmp_path)
    config = config_toml(mast=server.base_url)
    home.config_file.write_text(config.replace("patience_s = 300.0", "patience_s = 0.6"))
    server.misbehave(faults.TRICKLES["body"])
    began = time.monotonic()
    with pytest.raises(TooSlowError):
        polite_session(MAST, quick_settings(home)).get(f"{server.base_url}/data")
    assert time.monotonic() - began < 0.6 + SOME


def test_an_earlier_end_stays() -> None:
    with within(100):
        with within(1000):
            assert seconds_left() <= 100
        with within(1):
            assert seconds_left() <= 1
        assert seconds_left() > 1
    assert seconds_left() == float("inf")
