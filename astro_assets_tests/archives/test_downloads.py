"""Files come whole or not at all: resumed where they broke off, verified, and nothing else in their place."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from astro_assets.archives import errors
from astro_assets.archives.downloads import Expected, download
from astro_assets.archives.sessions import PIECE, PoliteSession, polite_session
from astro_assets.archives.settings import MAST
from astro_assets_tests.archives import faults
from astro_assets_tests.archives.asking import quick
from astro_assets_tests.archives.serving import Answer, ArchiveServer, Request, file_answer, serving


class Store:
    """One file at an archive, which may change."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.tag = '"one"'

    def __call__(self, request: Request) -> Answer:
        return file_answer(request, self.content, "application/octet-stream", tag=self.tag)

    @property
    def expected(self) -> Expected:
        return Expected(len(self.content), "sha256", hashlib.sha256(self.content).hexdigest())


@pytest.fixture
def store(tmp_path: Path) -> Store:
    path = tmp_path / "made.fits"
    image = fits.ImageHDU(np.arange(60_000, dtype=np.int32))
    fits.HDUList([fits.PrimaryHDU(), image]).writeto(path)
    return Store(path.read_bytes())


@pytest.fixture
def server(store: Store) -> Iterator[ArchiveServer]:
    with serving({"/": store}) as served:
        yield served


def session_with(server: ArchiveServer, **changed: object) -> PoliteSession:
    return polite_session(MAST, quick(server.base_url, **changed), is_streamed=True)


def test_a_file_comes_and_is_not_fetched_again(server: ArchiveServer, store: Store, tmp_path: Path) -> None:
    session, path = session_with(server), tmp_path / "new" / "star.fits"
    assert download(session, f"{server.base_url}/f", path, store.expected)
    assert path.read_bytes() == store.content
    assert [one.name for one in path.parent.iterdir()] == ["star.fits"]
    assert not download(session, f"{server.base_url}/f", path, store.expected)
    assert len(server.requests) == 1
    path.write_bytes(store.content[:-1] + b"x")
    assert download(session, f"{server.base_url}/f", path, store.expected)
    assert path.read_bytes() == store.content


def test_what_broke_off_is_gone_on_with(server: ArchiveServer, store: Store, tmp_path: Path) -> None:
    path = tmp_path / "star.fits"
    server.misbehave(faults.broken_off(100_000), times=2)
    assert download(session_with(server), f"{server.base_url}/f", path)
    assert path.read_bytes() == store.content
    firsts = [int(one.headers["range"][6:-1]) for one in server.requests[1:]]
    assert firsts == [100_000 // PIECE * PIECE, 2 * (100_000 // PIECE * PIECE)]
    assert server.requests[1].headers["if-range"] == '"one"'


def test_the_next_call_goes_on_where_the_last_one_ended(
    server: ArchiveServer, store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "star.fits"
    server.misbehave(faults.broken_off(50_000))
    with pytest.raises(errors.IncompleteError, match=r"3 attempts; what is stored is untouched"):
        download(session_with(server), f"{server.base_url}/f", path)
    assert not path.exists()
    server.behave()
    assert download(session_with(server), f"{server.base_url}/f", path)
    assert path.read_bytes() == store.content
    assert server.requests[-1].headers["range"] == f"bytes={3 * (50_000 // PIECE * PIECE)}-"


def test_a_file_that_changed_meanwhile_is_begun_again(
    server: ArchiveServer, store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "star.fits"
    server.misbehave(faults.broken_off(50_000))
    with pytest.raises(errors.IncompleteError):
        download(session_with(server, attempts=1), f"{server.base_url}/f", path)
    server.behave()
    store.content = store.content[:-2880] + bytes(2880)
    store.tag = '"two"'
    assert download(session_with(server), f"{server.base_url}/f", path)
    assert path.read_bytes() == store.content


def test_pieces_of_two_states_are_noticed_by_the_checksum(
    server: ArchiveServer, store: Store, tmp_path: Path
) -> None:
    path = tmp_path / "star.fits"
    path.with_name("star.fits.part").write_bytes(bytes(1000))
    assert download(session_with(server), f"{server.base_url}/f", path, store.expected)
    assert path.read_bytes() == store.content
    assert [one.headers.get("range") for one in server.requests] == ["bytes=1000-", None]


def test_a_part_that_is_all_of_it_is_taken(server: ArchiveServer, store: Store, tmp_path: Path) -> None:
    path = tmp_path / "star.fits"
    path.with_name("star.fits.part").write_bytes(store.content)
    assert download(session_with(server), f"{server.base_url}/f", path, store.expected)
    assert path.read_bytes() == store.content


LIES = [
    (faults.page, errors.NotDataError, "a page for people came in the place of a file"),
    (faults.truncated(5000), errors.IncompleteError, "5,000 of 2[0-9,]* bytes came"),
    (
        faults.changed(lambda body: body[:-3000] + b"x" + body[-2999:]),
        errors.DamagedError,
        "its sha256 is not",
    ),
    (faults.changed(lambda body: body + b"x"), errors.DamagedError, "the archive tells of"),
]


@pytest.mark.parametrize(("fault", "kind", "happened"), LIES)
def test_what_is_not_the_file_is_refused(
    server: ArchiveServer,
    store: Store,
    tmp_path: Path,
    fault: faults.Fault,
    kind: type[errors.ArchiveError],
    happened: str,
) -> None:
    path = tmp_path / "star.fits"
    server.misbehave(fault)
    with pytest.raises(kind, match=happened):
        download(session_with(server), f"{server.base_url}/f", path, store.expected)
    assert not path.exists()
    server.behave()
    assert download(session_with(server), f"{server.base_url}/f", path, store.expected)
    assert path.read_bytes() == store.content


@pytest.mark.parametrize(
    ("fault", "happened"),
    [
        (faults.changed(lambda _: b"no FITS at all"), r"star\.fits: it is not FITS"),
        (faults.truncated(20_000), r"star\.fits: it ends before the end of its FITS data"),
        (faults.truncated(3000), r"star\.fits: its FITS header has no end"),
    ],
)
def test_fits_is_seen_to_be_whole_though_the_archive_tells_nothing(
    server: ArchiveServer, tmp_path: Path, fault: faults.Fault, happened: str
) -> None:
    server.misbehave(fault)
    with pytest.raises(errors.DamagedError, match=happened):
        download(session_with(server), f"{server.base_url}/f", tmp_path / "star.fits")
    assert list(tmp_path.glob("star*")) == []


def test_a_file_that_is_too_large_is_left(server: ArchiveServer, tmp_path: Path) -> None:
    with pytest.raises(errors.CutOffError, match=r"the file is larger than 0\.1 MB"):
        download(session_with(server, largest_file_mb=0.1), f"{server.base_url}/f", tmp_path / "star.fits")
    assert list(tmp_path.glob("star*")) == []
