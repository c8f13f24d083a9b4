"""Requests to an archive go to it, and where it sends them on, but not anywhere; and without passwords."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from astro_assets.archives.addresses import refusal_of
from astro_assets.archives.errors import RedirectError
from astro_assets.archives.sessions import polite_session
from astro_assets.archives.settings import MAST
from astro_assets_tests.archives import faults
from astro_assets_tests.archives.asking import quick
from astro_assets_tests.archives.serving import Answer, ArchiveServer, serving

#: Of nobody that these tests reach: whatever is asked there goes by a proxy.
FAR = "http://9.9.9.9"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ArchiveServer]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with serving({"/": lambda _: Answer(b"data")}) as served:
        yield served


@pytest.mark.parametrize(
    "inside",
    ["127.0.0.1:8080", "localhost", "[::1]", "[::ffff:127.0.0.1]", "10.0.0.7", "169.254.169.254"],
)
def test_an_archive_in_the_world_sends_nothing_inside(inside: str) -> None:
    assert "this machine or the network" in refusal_of(FAR, f"http://{inside}/data")
    assert refusal_of("http://127.0.0.1:1", f"http://{inside}/data") == "", "it is inside itself"


def test_encryption_is_kept() -> None:
    assert "without encryption" in refusal_of("https://9.9.9.9", "http://9.9.9.9/data")
    assert refusal_of("https://9.9.9.9", "https://8.8.8.8/data") == ""
    assert refusal_of(FAR, "https://8.8.8.8/data") == ""


@pytest.mark.parametrize("is_streamed", [False, True])
def test_what_must_not_be_asked_is_not_asked(
    server: ArchiveServer, monkeypatch: pytest.MonkeyPatch, is_streamed: bool
) -> None:
    monkeypatch.setenv("http_proxy", server.base_url)
    session = polite_session(MAST, quick(FAR), is_streamed=is_streamed)
    assert session.get(f"{FAR}/data").content == b"data", "the proxies of the environment are used"
    server.misbehave(faults.leads_to(f"{server.base_url}/inside"), path="/data")
    with pytest.raises(RedirectError, match=r"MAST \(127.* on to this machine .*; nothing was asked there"):
        session.get(f"{FAR}/data")
    assert [request.path for request in server.requests] == ["/data", "/data"]

    session = polite_session(MAST, quick("https://127.0.0.1:1"), is_streamed=is_streamed)
    with pytest.raises(RedirectError, match="without encryption"):
        session.get(f"{server.base_url}/plain")
    assert server.asked("/plain") == []


def test_passwords_of_netrc_are_for_no_archive(
    server: ArchiveServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    hosts = ("127.0.0.1", "localhost")
    netrc.write_text("".join(f"machine {host} login me password word\n" for host in hosts))
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    elsewhere = server.base_url.replace("127.0.0.1", "localhost")
    server.misbehave(faults.leads_to(f"{elsewhere}/data"), path="/moved")
    assert polite_session(MAST, quick(server.base_url)).get(f"{server.base_url}/moved").content == b"data"
    assert [request.path for request in server.requests] == ["/moved", "/data"]
    assert not any("authorization" in request.headers for request in server.requests)
