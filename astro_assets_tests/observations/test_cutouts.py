"""Images of the sky by TESSCut, HAPCut and SkyView: what is asked, and that names and addresses are ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.archives import errors
from astro_assets.archives.sessions import polite_session
from astro_assets.archives.settings import MAST
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.observations.cutouts import Place, PlaceError, hubble_cutout, places_listed
from astro_assets.observations.fetching import NothingWantedError, cutouts_listed, fetch_products
from astro_assets.observations.identification import identify
from astro_assets.orchestration.fetching import Fetched
from astro_assets.tables import TABLES
from astro_assets_tests.archives.held_stars import home_with, tess_bytes
from astro_assets_tests.archives.mast_observations import SmallMast, SmallSkyView
from astro_assets_tests.archives.serving import ArchiveServer, serving

WASP_18 = Place("WASP-18", (24.354, -45.678))


@pytest.fixture
def mast(tmp_path: Path) -> SmallMast:
    cube = tess_bytes(tmp_path, 1)
    return SmallMast(
        positions={"pi Men": (84.29, -80.47)},
        cutouts={2: [("../../s2.fits", cube)], 29: [("x", cube)]},
        images=[("hst_1.fits", image(tmp_path)), ("hst_2.fits", cube)],
    )


@pytest.fixture
def skyview(tmp_path: Path) -> SmallSkyView:
    return SmallSkyView({"DSS": image(tmp_path), "2MASS-J": image(tmp_path)})


@pytest.fixture
def server(mast: SmallMast, skyview: SmallSkyView) -> Iterator[ArchiveServer]:
    with serving({**mast.routes(), **skyview.routes()}) as served:
        yield served


@pytest.fixture
def home(server: ArchiveServer, tmp_path: Path) -> Home:
    return home_with(server, tmp_path / "home", skyview=server.base_url)


def image(folder: Path) -> bytes:
    path = folder / "image.fits"
    fits.PrimaryHDU(np.arange(100, dtype="f4").reshape(10, 10)).writeto(path, overwrite=True, checksum=True)
    return path.read_bytes()


def fetched(home: Home, survey: str, *places: Place, sectors: tuple[int, ...] = ()) -> Fetched:
    ledger = open_ledger(home, TABLES)
    found = cutouts_listed(ledger, places, survey, sectors=sectors)
    assert found.missing == []
    return fetch_products(ledger, found.products, run_id="")


def in_inbox(home: Home) -> list[Path]:
    return sorted(path for path in home.inbox.rglob("*") if path.is_file())


def test_tess_one_file_a_sector_under_our_names(home: Home, server: ArchiveServer) -> None:
    assert len(fetched(home, "TESS", WASP_18).new) == 2
    first, second = in_inbox(home)
    assert first.parent == home.inbox / "mast"
    assert first.name.startswith("tesscut_WASP-18_s0002_11px_")
    assert second.name.startswith("tesscut_WASP-18_s0029_11px_")
    asked = [dict(request.query) for request in server.asked("/tesscut/api/v0.1/astrocut")]
    assert asked == [
        {"x": "11", "y": "11", "units": "px", "sector": sector, "ra": "24.354", "dec": "-45.678"}
        for sector in ("2", "29")
    ]
    assert len(fetched(home, "TESS", WASP_18).here) == 2
    assert len(server.asked("/tesscut/api/v0.1/astrocut")) == 2, "what is here is not cut out again"
    assert len(fetched(home, "TESS", WASP_18, sectors=(29,)).here) == 1


def test_hubble_all_images_of_a_place(home: Home, mast: SmallMast) -> None:
    fetched(home, "HAP", Place("M 31", (10.68, 41.27)))
    names = [path.name.rpartition("_")[0] + path.name[-8:] for path in in_inbox(home)]
    assert names == ["hapcut_M-31_100px-01.fits", "hapcut_M-31_100px-02.fits"]
    mast.images = ()
    (failure,) = fetched(home, "HAP", WASP_18).failed
    assert "No HAP images were found there." in failure.why


def test_skyview_by_survey(home: Home, server: ArchiveServer) -> None:
    fetched(home, "DSS", WASP_18)
    (path,) = in_inbox(home)
    assert path.parent == home.inbox / "skyview"
    assert path.name.startswith("skyview_WASP-18_DSS_300px_")
    with pytest.raises(errors.NothingFoundError, match=r"SkyView .*no survey 'DSS9'; there are DSS"):
        fetched(home, "DSS9", WASP_18)
    assert len(fetched(home, "DSS", WASP_18).here) == 1
    assert len(server.asked("/current/cgi/runquery.pl")) == 1, "what is here is not made again"


@pytest.mark.parametrize(
    "link", ["http://127.0.0.1:9/other.fits", "//127.0.0.1:9/x.fits", "file:///etc/passwd"]
)
def test_links_that_lead_elsewhere_are_not_followed(home: Home, skyview: SmallSkyView, link: str) -> None:
    skyview.link = lambda _: link
    (failure,) = fetched(home, "DSS", WASP_18).failed
    assert "names no image of its own" in failure.why


def test_a_name_is_looked_up_and_one_that_nobody_knows_stops_no_other(home: Home) -> None:
    ledger = open_ledger(home, TABLES)
    found = cutouts_listed(ledger, [Place("nobody"), Place("pi Men")], "TESS", sectors=(2,))
    (product,) = found.products
    assert product.uri == "tesscut:84.290000,-80.470000,11px,s0002"
    (missing,) = found.missing
    assert missing.startswith("nobody: MAST (127.0.0.1:")
    assert "its position can be given" in missing


def test_names_that_look_alike_are_two_files_and_one_position_is_one(home: Home) -> None:
    fetched(home, "DSS", Place("a b", (1, 1)), Place("a-b", (2, 2)), Place("a-b", (1, 1)))
    assert len(in_inbox(home)) == 2


@given(st.text(min_size=1, max_size=300))
def test_any_name_of_a_place_makes_a_safe_name_of_a_file(name: str) -> None:
    session = polite_session(MAST)
    product = hubble_cutout(session, Place(name, (1.0, 2.0)), 100)
    assert len(product.file_name) < 100


@pytest.mark.parametrize("survey", ["TESS", "HAP", "DSS"])
def test_places_at_one_position_are_told(home: Home, survey: str) -> None:
    other = Place("HD 10069", WASP_18.position)
    found = cutouts_listed(open_ledger(home, TABLES), [WASP_18, other, Place("M 31", (10.68, 41.27))], survey)
    assert found.same == ["HD 10069: it is at the place of WASP-18: one image of both"]
    assert found.missing == []
    assert {name.split("_")[1] for name in (product.file_name for product in found.products)} == {
        "WASP-18",
        "M-31",
    }


def test_a_size_that_is_not_cut_out(home: Home) -> None:
    with pytest.raises(NothingWantedError, match="at most 100 pixels"):
        cutouts_listed(open_ledger(home, TABLES), [WASP_18], "TESS", pixels=101)


def test_images_that_were_fetched_are_passed_on(home: Home) -> None:
    fetched(home, "DSS", WASP_18)
    (path,) = in_inbox(home)
    identity = identify(path)
    assert (identity.status, identity.product) == ("passed_on", "image")


@given(st.text(max_size=60))
def test_lists_of_places_are_places_or_an_error(text: str) -> None:
    try:
        places = places_listed(text)
    except PlaceError:
        return
    for place in places:
        assert place.name.isprintable()
        assert place.position is None or (0 <= place.position[0] < 360 and -90 <= place.position[1] <= 90)


def test_lists_of_places() -> None:
    text = "# name, ra, dec\npi Men\nWASP-18, 24.354, -45.678\n\npi Men  # again\n"
    assert places_listed(text) == [Place("pi Men"), WASP_18]
    for line in ("a,b,c", "a,1", "a,360,0", "a,1,nan", ",1,2"):
        with pytest.raises(PlaceError, match="line 2"):
            places_listed(f"pi Men\n{line}")
