"""Files of archives come in whole, once, and with where they are from, however an archive behaves."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from astro_assets.archives.products import Product
from astro_assets.archives.sessions import polite_session
from astro_assets.archives.settings import MAST
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.observations.fetched_files import fault_of_file
from astro_assets.observations.fetching import SOURCES
from astro_assets.observations.mast_products import Mast, Wanted
from astro_assets.observations.missions import TESS
from astro_assets.observations.tables import ARCHIVE_PRODUCTS, RAW_FILES
from astro_assets.orchestration.fetching import Fetched, fetch
from astro_assets.orchestration.ingest import ingest
from astro_assets.orchestration.run_marks import BusyError
from astro_assets.tables import TABLES
from astro_assets_tests.archives import faults
from astro_assets_tests.archives.asking import quick
from astro_assets_tests.archives.held_stars import home_with, small_mast, tess_bytes, tess_name
from astro_assets_tests.archives.mast_observations import SmallMast, zipped
from astro_assets_tests.archives.serving import Answer, ArchiveServer, serving

FILES = "/api/v0.1/Download/file"


@pytest.fixture
def mast(tmp_path: Path) -> SmallMast:
    return small_mast(tmp_path / "held", 10, 20, 30)


@pytest.fixture
def server(mast: SmallMast) -> Iterator[ArchiveServer]:
    with serving(mast.routes()) as served:
        yield served


@pytest.fixture
def home(server: ArchiveServer, tmp_path: Path) -> Home:
    return home_with(server, tmp_path / "home")


def products_of(server: ArchiveServer) -> list[Product]:
    return list(Mast(polite_session(MAST, quick(server.base_url))).light_curves(Wanted(TESS, (7,))))


def fetched(
    home: Home, server: ArchiveServer, products: list[Product] | None = None, **changed: Any
) -> Fetched:
    session = polite_session(MAST, quick(server.base_url, **changed), is_streamed=True)
    chosen = products_of(server) if products is None else products
    return fetch(
        open_ledger(home, TABLES), SOURCES, chosen, {"mast": session}, fault_of=fault_of_file, run_id="run"
    )


def told(home: Home) -> list[dict[str, Any]]:
    rows = open_ledger(home, TABLES).open(ARCHIVE_PRODUCTS).rows(list(ARCHIVE_PRODUCTS.schema.names))
    return rows.collect().sort("uri").to_dicts()


def in_inbox(home: Home) -> list[str]:
    return sorted(path.name for path in home.inbox.rglob("*") if path.is_file())


def left(home: Home) -> list[str]:
    return sorted(path.name for path in (home.root / ".partial-downloads").iterdir() if path.name != ".lock")


def test_files_come_in_whole_and_with_where_they_are_from(
    home: Home, server: ArchiveServer, mast: SmallMast
) -> None:
    outcome = fetched(home, server)
    names = [tess_name(number) for number in (10, 20, 30)]
    assert [product.file_name for product in outcome.new] == in_inbox(home) == names
    first = mast.observations[0].products[0]
    assert (home.inbox / "mast" / names[0]).read_bytes() == first.content
    row = told(home)[0]
    assert (row["archive"], row["uri"], row["file_name"]) == ("mast", first.uri, names[0])
    assert (row["size_bytes"], row["listed_bytes"], row["kind"]) == (*[len(first.content)] * 2, "light_curve")
    assert (row["target_id"], row["mission"], row["segment_kind"], row["segment"]) == (
        "TIC 10",
        "TESS",
        "sector",
        7,
    )
    assert row["fetched_at"].endswith("+00:00")
    report = ingest(open_ledger(home, TABLES), RAW_FILES, [home.inbox])
    assert set(report.keys) == {row["sha256"] for row in told(home)}
    assert left(home) == []


def test_nothing_is_fetched_twice(home: Home, server: ArchiveServer) -> None:
    fetched(home, server)
    n_asked = len(server.asked(FILES))
    again = fetched(home, server)
    assert (len(again.new), len(again.here), len(server.asked(FILES))) == (0, 3, n_asked)
    ingest(open_ledger(home, TABLES), RAW_FILES, [home.inbox])
    for path in (home.inbox / "mast").iterdir():
        path.unlink()
    assert len(fetched(home, server).here) == 3, "the home keeps its own copy"
    assert in_inbox(home) == []


def test_what_was_removed_before_it_was_taken_in_is_fetched_again(home: Home, server: ArchiveServer) -> None:
    fetched(home, server)
    (home.inbox / "mast" / tess_name(20)).unlink()
    again = fetched(home, server)
    assert [product.target_id for product in again.new] == ["TIC 20"]
    assert len(told(home)) == 3


def test_a_new_version_is_another_file(
    home: Home, server: ArchiveServer, mast: SmallMast, tmp_path: Path
) -> None:
    fetched(home, server)
    ingest(open_ledger(home, TABLES), RAW_FILES, [home.inbox])
    held = mast.observations[0].products[0]
    held.content = tess_bytes(tmp_path, 10, HISTORY="processed again") + b"\0" * 2880
    again = fetched(home, server)
    assert [product.target_id for product in again.new] == ["TIC 10"]
    versions = [row for row in told(home) if row["uri"] == held.uri]
    assert len({row["sha256"] for row in versions}) == len(versions) == 2
    assert len(ingest(open_ledger(home, TABLES), RAW_FILES, [home.inbox]).computed) == 1


@pytest.mark.parametrize(
    ("fault", "n_times", "why"),
    [
        (faults.page, 2, "a page for people"),
        (faults.slow, 2, "no answer in"),
        (faults.stalls(5000), 2, "stopped in the middle|no answer"),
        (faults.hang_up, 2, "cannot be reached"),
        (faults.broken_off(4000), 2, "broke off|broke in the middle"),
        (faults.truncated(4000), 2, "of 11,520 bytes came"),
        # Not asked for again: the same would come.
        (faults.changed(lambda body: body[:-200] + b"\x99" + body[-199:]), 1, "checksum"),
        (faults.changed(lambda body: body + bytes(2880)), 1, "14,400 bytes, the archive tells of 11,520"),
        (faults.changed(lambda body: b"SIMPLY" + body[6:]), 1, "not FITS"),
        (faults.changed(faults.absurd_header), 1, "ends before the end of its FITS data"),
        (faults.changed(lambda body: gzip.compress(body).ljust(len(body), b"\0")), 1, "not FITS"),
        (faults.status(503), 2, "out of order"),
        (faults.status(429, retry_after="900"), 1, "asks for a wait of 900 s"),
        (faults.status(404), 1, "refuses"),
        (faults.leads_to(FILES), 2 * 11, "it leads nowhere: Exceeded 10 redirects"),
        (faults.leads_to("ftp://127.0.0.1/f"), 2, "it leads nowhere: No connection adapters"),
    ],
)
def test_a_file_that_does_not_come_stops_no_other_and_is_fetched_later(
    home: Home, server: ArchiveServer, fault: faults.Fault, n_times: int, why: str
) -> None:
    products = products_of(server)
    server.misbehave(fault, path=FILES, times=n_times)
    first = fetched(home, server, products, attempts=2, timeout_s=0.5)
    (failure,) = first.failed
    assert failure.product.target_id == "TIC 10"
    assert failure.why.startswith("MAST (127.0.0.1:")
    assert re.search(why, failure.why), failure.why
    assert [product.target_id for product in first.new] == ["TIC 20", "TIC 30"]
    assert in_inbox(home) == [tess_name(20), tess_name(30)]
    server.behave()
    second = fetched(home, server, products)
    assert ([one.target_id for one in second.new], second.failed) == (["TIC 10"], [])
    assert len(in_inbox(home)) == len(told(home)) == 3
    assert left(home) == []


def test_a_dead_archive_is_left_alone_after_three_files(home: Home, server: ArchiveServer) -> None:
    products = [
        replace(product, uri=f"{product.uri}{n}") for n in range(3) for product in products_of(server)
    ]
    server.misbehave(faults.status(503), path=FILES)
    outcome = fetched(home, server, products, attempts=1)
    assert (len(outcome.failed), len(outcome.untried), len(server.asked(FILES))) == (3, 6, 3)
    server.end()
    outcome = fetched(home, server, products, attempts=1)
    assert (len(outcome.failed), len(outcome.untried)) == (3, 6)
    assert in_inbox(home) == []


def test_files_that_an_archive_lacks_are_no_sign_that_it_is_dead(home: Home, server: ArchiveServer) -> None:
    products = products_of(server)
    lacking = [replace(products[0], uri=f"mast:none{n}", url=f"{server.base_url}/none{n}") for n in range(5)]
    outcome = fetched(home, server, [*lacking, products[1]], attempts=1)
    assert (len(outcome.failed), len(outcome.untried), len(outcome.new)) == (5, 0, 1)


def test_what_broke_off_is_gone_on_with(
    home: Home, server: ArchiveServer, mast: SmallMast, tmp_path: Path
) -> None:
    held = mast.observations[0].products[0]
    held.content = tess_bytes(tmp_path, 10, n=4000)
    products = products_of(server)[:1]
    server.misbehave(faults.broken_off(len(held.content) - 5000), path=FILES, times=1)
    assert fetched(home, server, products, attempts=1).failed
    assert in_inbox(home) == []
    assert fetched(home, server, products).new == products
    begins = int(server.asked(FILES)[-1].headers["range"].removeprefix("bytes=").removesuffix("-"))
    assert len(held.content) / 2 < begins < len(held.content)
    assert (home.inbox / "mast" / tess_name(10)).read_bytes() == held.content


def test_what_has_come_before_an_interruption_is_in_the_inbox(home: Home, server: ArchiveServer) -> None:
    products = products_of(server)

    def interrupted() -> str:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetched(home, server, [*products[:2], replace(products[2], url=interrupted)])
    assert in_inbox(home) == [tess_name(10), tess_name(20)]
    assert len(told(home)) == 2


def test_the_inbox_may_be_on_another_disk(home: Home, server: ArchiveServer) -> None:
    memory = Path("/dev/shm")  # noqa: S108  what is made in it has a name of its own
    if not memory.is_dir() or memory.stat().st_dev == home.root.stat().st_dev:
        pytest.skip("this machine has no second file system at /dev/shm")
    with TemporaryDirectory(dir=memory) as folder:
        home.inbox.rmdir()
        home.inbox.symlink_to(folder)
        products = products_of(server)
        assert fetched(home, server, products).new == products
        names = [tess_name(number) for number in (10, 20, 30)]
        assert sorted(path.name for path in (home.inbox / "mast").iterdir()) == names
        assert fetched(home, server, products).here == products
        report = ingest(open_ledger(home, TABLES), RAW_FILES, [home.inbox])
        assert set(report.keys) == {row["sha256"] for row in told(home)}
        assert left(home) == []


def test_what_is_in_the_way_in_the_inbox_is_told_and_the_rest_comes_later(
    home: Home, server: ArchiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("astro_assets.orchestration.fetching._TOGETHER", 2)
    products = products_of(server)
    in_the_way = home.inbox / "mast" / tess_name(20)
    in_the_way.mkdir(parents=True)
    with pytest.raises(IsADirectoryError, match=tess_name(20)):
        fetched(home, server, products)
    assert in_inbox(home) == [tess_name(10)]
    in_the_way.rmdir()
    n_asked = len(server.asked(FILES))
    again = fetched(home, server, products)
    assert (len(again.new), len(again.here), len(server.asked(FILES))) == (2, 1, n_asked + 1)
    assert in_inbox(home) == [tess_name(number) for number in (10, 20, 30)]


def test_two_do_not_fetch_into_one_home_at_once(home: Home, server: ArchiveServer) -> None:
    products = products_of(server)

    def another() -> str:
        with pytest.raises(BusyError, match="already"):
            fetched(home, server, products)
        return str(products[0].url)

    assert len(fetched(home, server, [replace(products[0], url=another)]).new) == 1


def test_what_a_zip_file_holds_comes_in_file_by_file(
    home: Home, server: ArchiveServer, tmp_path: Path
) -> None:
    stars = [tess_bytes(tmp_path, number) for number in (1, 2)]
    server.routes["/zip"] = lambda _: Answer(
        zipped([("../../a.fits", stars[0]), ("b.fits", stars[1])]), "application/zip"
    )
    product = Product(
        "mast", "hapcut:1", f"{server.base_url}/zip", "hapcut_x.zip", None, "cutout", None, is_zip=True
    )
    assert fetched(home, server, [product]).new == [product]
    assert in_inbox(home) == ["hapcut_x-01.fits", "hapcut_x-02.fits"]
    assert sorted(row["file_name"] for row in told(home)) == in_inbox(home)
    assert fetched(home, server, [product]).here == [product]
    (home.inbox / "mast" / "hapcut_x-02.fits").unlink()
    assert fetched(home, server, [product]).new == [product]
    assert left(home) == []
