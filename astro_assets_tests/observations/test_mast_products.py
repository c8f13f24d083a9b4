"""What MAST is asked and what is made of its answers: the real client against a server that speaks so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from astro_assets.archives import errors
from astro_assets.archives.sessions import polite_session
from astro_assets.archives.settings import MAST
from astro_assets.observations.mast_products import Mast, Wanted
from astro_assets.observations.missions import K2, KEPLER, TESS
from astro_assets_tests.archives import faults
from astro_assets_tests.archives.asking import quick
from astro_assets_tests.archives.held_stars import small_mast, tess_name
from astro_assets_tests.archives.mast_observations import Held, SmallMast
from astro_assets_tests.archives.serving import ArchiveServer, serving

SECTOR = Wanted(TESS, (7,))


@pytest.fixture
def mast(tmp_path: Path) -> SmallMast:
    return small_mast(tmp_path / "held", 30, 10, 20)


@pytest.fixture
def server(mast: SmallMast) -> Iterator[ArchiveServer]:
    with serving(mast.routes()) as served:
        yield served


def asking(server: ArchiveServer, **changed: Any) -> Mast:
    return Mast(polite_session(MAST, quick(server.base_url, **changed)))


def targets(server: ArchiveServer, wanted: Wanted, limit: int | None = None) -> list[str | None]:
    return [product.target_id for product in asking(server).light_curves(wanted, limit)]


def test_a_sector_in_the_order_of_its_names(server: ArchiveServer, mast: SmallMast) -> None:
    first, *others = asking(server).light_curves(SECTOR)
    assert [first.target_id, *(other.target_id for other in others)] == ["TIC 10", "TIC 20", "TIC 30"]
    held = mast.observations[1].products[0]
    assert (first.uri, first.size) == (held.uri, len(held.content))
    assert (first.mission, first.segment_kind, first.segment, first.cadence_s) == ("TESS", "sector", 7, 120)
    assert first.address() == f"{server.base_url}/api/v0.1/Download/file?uri={held.uri}"
    assert targets(server, SECTOR, 2) == ["TIC 10", "TIC 20"]
    assert targets(server, Wanted(TESS, (8,))) == []
    assert [asking(server).n_observations(Wanted(TESS, (sector,))) for sector in (7, 8)] == [3, 0]


def test_answers_of_many_pages_that_take_a_while(server: ArchiveServer, mast: SmallMast) -> None:
    mast.portal.page_size = 2
    mast.portal.executing = 3
    assert targets(server, SECTOR) == ["TIC 10", "TIC 20", "TIC 30"]
    # Three times not yet, two pages of observations, three of products.
    assert len(server.asked("/api/v0/invoke")) == 3 + 2 + 3


def test_no_more_is_listed_than_a_limit_needs() -> None:
    mast = SmallMast()
    for number in range(1, 151):
        mast.hold(str(number), Held(tess_name(number), b"a star"))
    with serving(mast.routes()) as server:
        assert targets(server, SECTOR, 2) == ["TIC 1", "TIC 2"]
        assert len(server.asked("/api/v0/invoke")) == 2, "products were asked of all observations"


def test_targets_and_their_segments(server: ArchiveServer, mast: SmallMast) -> None:
    mast.hold("10", Held(tess_name(10, 8), b"later"), segment=8)
    mast.hold(
        "10", Held("tess2019006130736-s0007-0000000000000010-0131-a_fast-lc.fits", b"fast"), cadence_s=20.0
    )
    assert len(targets(server, Wanted(TESS, (), ("TIC 10", "TIC 99")))) == 2
    assert targets(server, Wanted(TESS, (8,), ("TIC 10",))) == ["TIC 10"]
    (fast,) = asking(server).light_curves(Wanted(TESS, (), ("TIC 10",), 20))
    assert (fast.cadence_s, fast.file_name[-12:]) == (20, "fast-lc.fits")


def test_quarters_are_told_by_products_and_campaigns_by_observations(
    server: ArchiveServer, mast: SmallMast
) -> None:
    quarters = [
        Held(f"kplr000000042-20091660432{q:02d}_llc.fits", b"k", f"Lightcurve Long Cadence (CLC) - Q{q}")
        for q in (2, 3, 13)
    ]
    mast.hold("kplr000000042", *quarters, collection="Kepler", segment=None, cadence_s=1800.0)
    mast.hold(
        "ktwo201367065",
        Held("ktwo201367065-c01_llc.fits", b"k2"),
        collection="K2",
        segment=1,
        cadence_s=1800.0,
    )
    for wanted in (Wanted(KEPLER, (3,)), Wanted(KEPLER, (3,), ("KIC 42",))):
        (product,) = asking(server).light_curves(wanted)
        assert (product.segment_kind, product.segment, product.target_id) == ("quarter", 3, "KIC 42")
    (product,) = asking(server).light_curves(Wanted(K2, (1,)))
    assert (product.segment_kind, product.segment, product.target_id) == ("campaign", 1, "EPIC 201367065")


def test_nothing_that_is_not_as_agreed_is_a_product(server: ArchiveServer, mast: SmallMast) -> None:
    def lying(answer: dict[str, Any]) -> dict[str, Any]:
        rows = [row for row in answer["data"] if "productFilename" in row]
        for row, uri in zip(rows, ("mast:../../x", "http://elsewhere/x.fits", "mast:a b"), strict=False):
            row["dataURI"] = uri
            row["productFilename"] = tess_name(5)
        return answer

    mast.portal.edit = lying
    # The first three of six products, those of two stars, have addresses that are none.
    assert targets(server, SECTOR) == ["TIC 20"]
    mast.portal.edit = lambda answer: {
        **answer,
        "data": [{**row, "target_name": "77"} for row in answer["data"]],
    }
    assert targets(server, Wanted(TESS, (), ("TIC 10",))) == [], "MAST answered another question"


@pytest.mark.parametrize("change", ["../{}", "/etc/{}", "{}\n", " {}", "{}.gz"])
def test_a_light_curve_whose_name_is_a_path_is_no_product(
    server: ArchiveServer, mast: SmallMast, change: str
) -> None:
    def lying(answer: dict[str, Any]) -> dict[str, Any]:
        for row in answer["data"]:
            if "productFilename" in row:
                row["productFilename"] = change.format(row["productFilename"])
        return answer

    assert targets(server, SECTOR) != []
    mast.portal.edit = lying
    assert targets(server, SECTOR) == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (faults.page, errors.NotDataError),
        (faults.slow, errors.TooSlowError),
        (faults.hang_up, errors.UnreachableError),
        (faults.broken_off(20), errors.IncompleteError),
        (faults.truncated(20), errors.NotDataError),
        (faults.status(503), errors.UnavailableError),
        (faults.status(429, retry_after="3600"), errors.RateLimitedError),
        (faults.status(400), errors.RefusedError),
    ],
)
def test_what_is_no_answer_names_mast_and_what_to_do(
    server: ArchiveServer, fault: faults.Fault, error: type[errors.ArchiveError]
) -> None:
    server.misbehave(fault, path="/api/v0/invoke")
    with pytest.raises(error, match=r"^MAST \(127\.0\.0\.1:\d+\): .+; .+"):
        list(asking(server, timeout_s=0.5, attempts=2).light_curves(SECTOR))
    server.behave()
    assert len(targets(server, SECTOR)) == 3


def test_answers_that_say_error_or_never_come_or_lack_columns(server: ArchiveServer, mast: SmallMast) -> None:
    mast.portal.edit = lambda answer: {**answer, "status": "ERROR", "msg": "Something broke here"}
    with pytest.raises(errors.RefusedError, match="Something broke here"):
        list(asking(server).light_curves(SECTOR))
    mast.portal.edit = lambda answer: {**answer, "fields": answer["fields"][:1]}
    with pytest.raises(errors.NotDataError):
        list(asking(server).light_curves(SECTOR))
    mast.portal.edit = lambda answer: {"status": "EXECUTING"}
    with pytest.raises(errors.TooSlowError, match="still working"):
        list(asking(server, patience_s=0.3).light_curves(SECTOR))
