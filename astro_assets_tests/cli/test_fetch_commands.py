"""`astro-assets fetch` as people call it, against a server that speaks as MAST does, well and badly."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.update import update
from astro_assets.observations.tables import ARCHIVE_PRODUCTS, OBSERVATION_FILES, RAW_FILES
from astro_assets.orchestration.ingest import ingest
from astro_assets.tables import TABLES
from astro_assets_tests.archives import faults
from astro_assets_tests.archives.held_stars import home_with, small_mast, tess_bytes, tess_name
from astro_assets_tests.archives.mast_observations import Held, SmallMast
from astro_assets_tests.archives.serving import ArchiveServer, serving
from astro_assets_tests.cli.commands import astro_assets, started, wait_for_end, wait_until

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


def in_inbox(home: Home) -> list[str]:
    return sorted(path.name for path in home.inbox.rglob("*") if path.is_file())


def fetched(home: Home, *arguments: str | Path, code: int = 0) -> dict[str, Any]:
    result = astro_assets("fetch", *arguments, "--format", "json", home=home)
    assert result.returncode == code, result.stderr
    told: dict[str, Any] = json.loads(result.stdout)
    return told


def test_places_at_one_position_are_told(home: Home, mast: SmallMast, tmp_path: Path) -> None:
    mast.cutouts = {2: []}
    places = tmp_path / "places.txt"
    places.write_text("one, 1, 2\nother, 1, 2\n")
    plan = fetched(home, "--cutouts", places, "--dry-run")
    assert [file["file_name"].partition("_s0002")[0] for file in plan["files"]] == ["tesscut_one"]
    assert plan["same"] == ["other: it is at the place of one: one image of both"]


def test_what_is_fetched_is_taken_in_and_tells_where_it_is_from(
    home: Home, server: ArchiveServer, mast: SmallMast
) -> None:
    plan = astro_assets("fetch", "--sector", "7", "--limit", "2", "--dry-run", home=home)
    assert plan.returncode == 0, plan.stderr
    assert tess_name(10) in plan.stdout
    assert "2 files to fetch (23 kB), 0 here." in plan.stdout
    assert server.asked(FILES) == []
    assert in_inbox(home) == []

    result = astro_assets("fetch", "--sector", "7", "--limit", "2", home=home)
    assert result.returncode == 0, result.stderr
    assert "2 files fetched (23 kB), 0 already here." in result.stdout
    assert in_inbox(home) == [tess_name(10), tess_name(20)]

    ledger = open_ledger(home, TABLES)
    ingest(ledger, RAW_FILES, [home.inbox])
    update(ledger, OBSERVATION_FILES)
    found = astro_assets("targets", "find", "TIC 10", "--format", "json", home=home)
    (file,) = json.loads(found.stdout)["files"]
    assert (file["file_name"], file["mission"], file["segment"]) == (tess_name(10), "TESS", 7)
    assert file["from"] == mast.observations[0].products[0].uri
    assert file["fetched_at"].startswith("20")
    shown = astro_assets("targets", "find", "TIC 10", home=home).stdout
    assert file["from"] in shown
    assert (
        fetched(home, "--sector", "7", "--limit", "2")["here"][0]["uri"]
        == mast.observations[0].products[0].uri
    )


def test_one_target_that_fails_sinks_no_other(home: Home, server: ArchiveServer, tmp_path: Path) -> None:
    targets = tmp_path / "targets.txt"
    targets.write_text("# mine\nTIC 10\n99\ntic-20\n")
    server.misbehave(faults.status(404), path=FILES, times=1)
    result = astro_assets("fetch", "--targets", targets, "--mission", "TESS", home=home)
    assert result.returncode == 1
    assert "1 files fetched (11.5 kB), 0 already here, 1 failed." in result.stdout
    assert f"{tess_name(10)}: MAST (127.0.0.1:" in result.stdout
    assert "MAST lists no light curve of TIC 99 at 120 s" in result.stdout
    assert in_inbox(home) == [tess_name(20)]
    told = fetched(home, "--targets", targets, "--mission", "TESS", code=1)
    assert [file["target_id"] for file in told["fetched"]] == ["TIC 10"]
    assert [file["target_id"] for file in told["here"]] == ["TIC 20"]
    assert (told["failed"], told["missing"]) == ([], ["MAST lists no light curve of TIC 99 at 120 s"])


def test_a_dead_archive_is_one_line_that_names_it(home: Home, server: ArchiveServer) -> None:
    server.end()
    result = astro_assets("fetch", "--sector", "7", home=home)
    assert result.returncode == 2
    assert result.stdout == ""
    last = result.stderr.strip().splitlines()[-1]
    assert last.startswith("astro-assets: MAST (127.0.0.1:")
    assert "what is stored is untouched, try again later" in last
    assert astro_assets("stale", home=home).returncode == 0


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ((), "say what to fetch"),
        (("--sector", "1", "--quarter", "3"), "one at a time"),
        (("--sector", "1", "--cadence", "30"), "TESS has light curves of 120 or 20 s"),
        (("--sector", "1", "--mission", "K2"), "a sector is not of K2"),
        (("--targets", "nowhere.txt"), "nowhere.txt"),
        (("--cutouts", "x", "--cadence", "20"), "--cutouts goes with"),
    ],
)
def test_what_cannot_be_fetched_is_told_before_anything_is_asked(
    home: Home, server: ArchiveServer, arguments: tuple[str, ...], why: str
) -> None:
    result = astro_assets("fetch", *arguments, home=home)
    assert result.returncode == 2
    assert why in result.stderr
    assert server.requests == []


def test_killed_in_the_middle_of_a_file_it_goes_on_there(
    home: Home, server: ArchiveServer, mast: SmallMast, tmp_path: Path
) -> None:
    held = mast.observations[1].products[0]
    held.content = tess_bytes(tmp_path, 20, n=6000)
    stalled = faults.stalls(len(held.content) - 5000)

    def second_stalls(connection: Any, request: Any, server: ArchiveServer) -> None:
        (stalled if held.uri == request.query["uri"] else faults.changed(lambda body: body))(
            connection, request, server
        )

    server.misbehave(second_stalls, path=FILES)
    process = started("fetch", "--sector", "7", home=home)
    parts = home.root / ".partial-downloads"
    try:
        wait_until(lambda: any(path.stat().st_size > 100_000 for path in parts.glob("*.part")))
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert wait_for_end(process.pid) == []
    assert in_inbox(home) == [], "the first is complete, but not let in yet"
    server.behave()
    told = fetched(home, "--sector", "7")
    assert [len(told[kind]) for kind in ("fetched", "failed", "missing")] == [3, 0, 0]
    asked = [(request.query["uri"], request.headers.get("range")) for request in server.asked(FILES)]
    assert len([uri for uri, _ in asked if uri == mast.observations[0].products[0].uri]) == 1
    (begins,) = (of for uri, of in asked if of is not None and uri == held.uri)
    assert int(begins.removeprefix("bytes=").removesuffix("-")) > 100_000
    assert (home.inbox / "mast" / tess_name(20)).read_bytes() == held.content
    assert in_inbox(home) == [tess_name(number) for number in (10, 20, 30)]


def test_a_star_that_was_forgotten_is_not_fetched_again(home: Home, server: ArchiveServer) -> None:
    fetched(home, "--sector", "7")
    ledger = open_ledger(home, TABLES)
    ingest(ledger, RAW_FILES, [home.inbox])
    update(ledger, OBSERVATION_FILES)
    (home.root / ".partial-downloads" / "0123456789abcdef-of-TIC-10.fits.part").write_bytes(b"TIC 10")
    result = astro_assets("forget", "TIC 10", "--why", "asked for", home=home)
    assert result.returncode == 0, result.stdout + result.stderr
    rows = open_ledger(home, TABLES).open(ARCHIVE_PRODUCTS).rows(["target_id"]).collect()
    assert sorted(rows["target_id"]) == ["TIC 20", "TIC 30"]
    assert in_inbox(home) == [tess_name(20), tess_name(30)]
    assert not list((home.root / ".partial-downloads").glob("*.part"))
    n_asked = len(server.asked(FILES))
    assert len(fetched(home, "--sector", "7")["here"]) == 2
    assert len(server.asked(FILES)) == n_asked


@pytest.mark.parametrize(
    ("path", "collection", "description"),
    [
        ("tess_lc/tess2018206045859-s0001-0000000025155310-0120-s_lc.fits", "TESS", ""),
        ("kepler_lc/kplr002556081-2009350155506_llc.fits", "Kepler", "Lightcurve Long Cadence (CLC) - Q3"),
    ],
)
def test_files_as_mast_has_them(
    home: Home, mast: SmallMast, shared_data: Path, path: str, collection: str, description: str
) -> None:
    file = shared_data / path
    name = "25155310" if collection == "TESS" else "kplr002556081"
    segment, cadence_s = (1, 120.0) if collection == "TESS" else (None, 1800.0)
    mast.hold(
        name, Held(file.name, file.read_bytes(), description),
        collection=collection, segment=segment, cadence_s=cadence_s,
    )  # fmt: skip
    told = fetched(home, *(["--sector", "1"] if collection == "TESS" else ["--quarter", "3"]))
    (product,) = told["fetched"]
    ledger = open_ledger(home, TABLES)
    ingest(ledger, RAW_FILES, [home.inbox])
    update(ledger, OBSERVATION_FILES)
    names = ["status", "target_id", "segment"]
    (row,) = ledger.open(OBSERVATION_FILES).rows(names).select(names).collect().iter_rows()
    assert row == ("accepted", product["target_id"], product["segment"])
