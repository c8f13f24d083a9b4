"""Archives are asked politely, and whatever goes wrong is one error that names the archive and what to do."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator

import pytest

from astro_assets.archives import errors
from astro_assets.archives.sessions import is_page, polite_session
from astro_assets.archives.settings import MAST
from astro_assets_tests.archives import faults
from astro_assets_tests.archives.asking import quick
from astro_assets_tests.archives.serving import Answer, ArchiveServer, Request, serving

BODY = b"0123456789" * 100


def say(request: Request) -> Answer:
    if request.path == "/moved":
        return Answer(faults.PAGE, "text/html", 302, {"Location": "/data"})
    return Answer(BODY)


@pytest.fixture
def server() -> Iterator[ArchiveServer]:
    with serving({"/": say}) as served:
        yield served


def test_an_answer_comes_whole_whichever_way_a_client_reads_it(server: ArchiveServer) -> None:
    session = polite_session(MAST, quick(server.base_url))
    response = session.get(f"{server.base_url}/moved", stream=True)
    assert response.raw.read() == response.content == BODY
    agent = server.requests[-1].headers["user-agent"]
    assert re.match(r"astro-assets/\S+ python-requests/", agent)


WRONG = [
    (faults.hang_up, errors.UnreachableError, "it cannot be reached"),
    (faults.broken_off(), errors.IncompleteError, "broke off before its end"),
    (faults.status(500), errors.UnavailableError, r"it is out of order \(HTTP 500"),
    (faults.status(503, retry_after="0"), errors.UnavailableError, r"HTTP 503"),
    (faults.status(429, retry_after="0"), errors.RateLimitedError, r"too many requests.*HTTP 429"),
    (faults.page, errors.NotDataError, "a page for people came"),
]


@pytest.mark.parametrize(("fault", "kind", "happened"), WRONG)
def test_what_may_pass_is_tried_again(
    server: ArchiveServer, fault: faults.Fault, kind: type[errors.ArchiveError], happened: str
) -> None:
    told: list[str] = []
    session = polite_session(MAST, quick(server.base_url), told=told.append)
    server.misbehave(fault, times=2)
    assert session.get(f"{server.base_url}/data").content == BODY
    assert len(server.requests) == 3
    assert len(told) == 2
    assert all(re.match(rf"MAST \(127\.0\.0\.1:\d+\): .*{happened}.*attempt", line) for line in told)

    server.misbehave(fault)
    with pytest.raises(kind, match=happened) as caught:
        session.get(f"{server.base_url}/data")
    assert caught.value.is_transient
    assert re.match(r"MAST \(127\.0\.0\.1:\d+\): .*, 3 attempts; ", str(caught.value))
    assert "\n" not in str(caught.value)
    assert len(server.requests) == 6


def test_a_dead_archive_is_named_and_what_to_do(server: ArchiveServer) -> None:
    server.end()
    with pytest.raises(errors.UnreachableError) as caught:
        polite_session(MAST, quick(server.base_url)).get(f"{server.base_url}/data")
    assert str(caught.value) == (
        f"MAST ({server.base_url.removeprefix('http://')}): it cannot be reached, 3 attempts; see that this "
        "machine is online; what is stored is untouched, try again later; base_url in [archives.mast] of "
        "config.toml says where it is looked for"
    )


@pytest.mark.parametrize("fault", [faults.slow, faults.stalls()])
def test_an_archive_that_says_nothing_is_not_waited_for(server: ArchiveServer, fault: faults.Fault) -> None:
    session = polite_session(MAST, quick(server.base_url, timeout_s=0.1, attempts=2))
    server.misbehave(fault)
    with pytest.raises(errors.TooSlowError, match=r"2 attempts; .* timeout_s and .* \[archives.mast\]"):
        session.get(f"{server.base_url}/data")
    assert len(server.requests) == 2


def test_a_wrong_request_is_made_once_and_the_reason_told(server: ArchiveServer) -> None:
    session = polite_session(MAST, quick(server.base_url))
    server.misbehave(faults.status(400, body=b"<INFO>no column\n <b>x</b></INFO>"))
    with pytest.raises(errors.RefusedError, match=r"HTTP 400 Bad Request\): no column x; ") as caught:
        session.get(f"{server.base_url}/data")
    assert not caught.value.is_transient
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "location", ["/data", "ftp://127.0.0.1/data", "http://[::1/data", "http://", "mailto:me", "http://a:b/"]
)
@pytest.mark.parametrize("is_streamed", [False, True])
def test_a_redirect_that_leads_nowhere_is_named(
    server: ArchiveServer, location: str, is_streamed: bool
) -> None:
    session = polite_session(MAST, quick(server.base_url), is_streamed=is_streamed)
    server.misbehave(faults.leads_to(location))
    with pytest.raises(errors.NotDataError, match=r"MAST \(127.*: it leads nowhere: "):
        session.get(f"{server.base_url}/data")


@pytest.mark.parametrize("is_streamed", [False, True])
def test_what_stands_beside_a_redirect_is_bounded(server: ArchiveServer, is_streamed: bool) -> None:
    session = polite_session(MAST, quick(server.base_url, largest_answer_mb=0.002), is_streamed=is_streamed)
    server.misbehave(faults.leads_to("/data", bytes(3000)), path="/moved")
    with pytest.raises(errors.CutOffError, match=r"larger than 0\.002 MB"):
        session.get(f"{server.base_url}/moved")


def test_the_wait_that_an_archive_asks_for_is_kept(server: ArchiveServer) -> None:
    session = polite_session(MAST, quick(server.base_url))
    server.misbehave(faults.status(429, retry_after="1"), times=1)
    began = time.monotonic()
    session.get(f"{server.base_url}/data")
    assert time.monotonic() - began >= 1


def test_nobody_waits_longer_than_patience_allows(server: ArchiveServer) -> None:
    session = polite_session(MAST, quick(server.base_url))
    server.misbehave(faults.status(429, retry_after="3600"))
    began = time.monotonic()
    with pytest.raises(
        errors.RateLimitedError, match=r"asks for a wait of 3600 s .*; try again after that"
    ) as caught:
        session.get(f"{server.base_url}/data")
    assert time.monotonic() - began < 30
    assert caught.value.retry_after_s == 3600
    assert len(server.requests) == 1


def test_requests_of_all_sessions_keep_the_rate(server: ArchiveServer) -> None:
    settings = quick(server.base_url, requests_per_second=20)
    sessions = [polite_session(MAST, settings) for _ in range(2)]
    began = time.monotonic()
    for number in range(6):
        sessions[number % 2].get(f"{server.base_url}/data")
    assert time.monotonic() - began >= 5 / 20


def test_an_answer_that_is_too_large_is_not_read(server: ArchiveServer) -> None:
    session = polite_session(MAST, quick(server.base_url, largest_answer_mb=0.0005))
    with pytest.raises(errors.CutOffError, match=r"larger than 0\.0005 MB; ask for less"):
        session.get(f"{server.base_url}/data")
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("body", "content_type", "expected"),
    [
        (b"<html>", "application/json", True),
        (b'\n<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C">', "text/xml", True),
        (b"<p>sorry</p>", "text/html; charset=utf-8", True),
        (b'<?xml version="1.0"?><VOTABLE>', "text/html", False),
        (b'{"status": "COMPLETE"}', "text/html", False),
        (b"SIMPLE  =", "image/fits", False),
        (b"", "", False),
    ],
)
def test_a_page_is_known_by_how_it_begins(body: bytes, content_type: str, expected: bool) -> None:
    assert is_page(body, content_type) is expected


def test_a_page_is_an_answer_where_it_may_be(server: ArchiveServer) -> None:
    server.misbehave(faults.page)
    session = polite_session(MAST, quick(server.base_url), may_be_page=True)
    assert session.get(f"{server.base_url}/form").content == faults.PAGE
