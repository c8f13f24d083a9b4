"""What a home wants of archives: which light curves are asked for, and that they come into the inbox.

What MAST is asked is in `mast_products`, how files come in, in `orchestration.fetching`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from astro_assets.archives.errors import ArchiveError
from astro_assets.archives.patience import Told, logged
from astro_assets.archives.products import Product
from astro_assets.archives.sessions import PoliteSession, polite_session
from astro_assets.archives.settings import ARCHIVES, MAST, SKYVIEW, ArchiveSettings
from astro_assets.ledger.computing import Progress
from astro_assets.ledger.configuration import archive_settings, table_config
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.left_out import left_out
from astro_assets.observations.archive_schemas import ArchiveProductsConfig
from astro_assets.observations.cutouts import (
    MOST_PIXELS,
    MOST_PIXELS_OF_SKYVIEW,
    TESS_SURVEY,
    USUAL_PIXELS,
    USUAL_PIXELS_OF_SKYVIEW,
    Place,
    SkyViewImages,
    TessCut,
    hubble_cutout,
    position_by_name,
)
from astro_assets.observations.fetched_files import fault_of_file
from astro_assets.observations.light_curve_names import mission_of
from astro_assets.observations.mast_products import Mast, Wanted
from astro_assets.observations.missions import TESS
from astro_assets.observations.tables import ARCHIVE_PRODUCTS, OBSERVATION_FILES, RAW_FILES
from astro_assets.orchestration.fetching import Fetched, Sources, fetch

SOURCES = Sources(ARCHIVE_PRODUCTS, RAW_FILES)


class NothingWantedError(ValueError):
    """It was not said what to fetch."""


@dataclass(slots=True)
class Listed:
    """What an archive lists of what is wanted.

    Attributes
    ----------
    products
        To be fetched, or here.
    missing
        A line for each target of which there is nothing.
    same
        A line for each place whose image is that of another place of the list.
    """

    products: list[Product] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    same: list[str] = field(default_factory=list)


def by_mission(
    targets: Iterable[str], segments: Sequence[int] = (), cadence_s: int | None = None
) -> list[Wanted]:
    """Return what is wanted of some targets, mission by mission.

    Raises
    ------
    NothingWantedError
        If a target is of no mission's catalogue.
    """
    groups: dict[str, list[str]] = {}
    for target in targets:
        groups.setdefault(target.partition(" ")[0], []).append(target)
    found = []
    for of_one in groups.values():
        mission = mission_of(of_one[0])
        if mission is None:
            raise NothingWantedError(f"{of_one[0]} is simulated: no archive has it")
        found.append(Wanted(mission, tuple(segments), tuple(of_one), cadence_s))
    return found


def followed(ledger: Ledger) -> list[tuple[Wanted, int | None]]:
    """Return what a home's settings follow, each with the most light curves that are wanted of it.

    Raises
    ------
    HomeError
        If the settings cannot be used.
    """
    config = settings_of(ledger.home)
    wanted: list[tuple[Wanted, int | None]] = [
        (Wanted(TESS, (sector,)), config.limit) for sector in config.sectors
    ]
    if config.follow_targets:
        wanted += [(one, None) for one in by_mission(own_targets(ledger))]
    return wanted


def settings_of(home: Home) -> ArchiveProductsConfig:
    """Return what a home's settings say of what is followed.

    Raises
    ------
    HomeError
        If the settings cannot be used.
    """
    return ArchiveProductsConfig.model_validate(dict(table_config(home, ARCHIVE_PRODUCTS)))


def own_targets(ledger: Ledger) -> list[str]:
    """Return the stars of missions that a home has and that count, in order."""
    rows = ledger.open(OBSERVATION_FILES).rows(["target_id"]).filter(pl.col("target_id").is_not_null())
    targets = set(rows.select("target_id").collect()["target_id"])
    targets -= set(left_out(ledger.home).among(targets))
    return sorted(target for target in targets if mission_of(target) is not None)


def listed(ledger: Ledger, wanted: Sequence[tuple[Wanted, int | None]], *, told: Told = logged) -> Listed:
    """Ask MAST which light curves it has of what is wanted.

    Targets that are left out of the home are not asked for.

    Raises
    ------
    ArchiveError
        If MAST cannot be asked.
    """
    found = Listed()
    mast = Mast(polite_session(MAST, archive_settings(ledger.home, MAST.key), told=told))
    omitted = left_out(ledger.home)
    for question, limit in wanted:
        gone = set(omitted.among(question.targets))
        found.missing += [
            f"{target} is retracted or forgotten here: it is not fetched" for target in sorted(gone)
        ]
        targets = tuple(target for target in question.targets if target not in gone)
        if gone and not targets:
            continue
        asked = Wanted(question.mission, question.segments, targets, question.cadence_s)
        products = list(mast.light_curves(asked, limit))
        there = {product.target_id for product in products}
        away = set(omitted.among(there))
        found.products += [product for product in products if product.target_id not in away]
        if limit is None or len(products) < limit:
            found.missing += [_nothing_of(asked, target) for target in targets if target not in there]
    return found


def cutouts_listed(
    ledger: Ledger,
    places: Sequence[Place],
    survey: str,
    *,
    pixels: int | None = None,
    sectors: tuple[int, ...] = (),
    told: Told = logged,
) -> Listed:
    """Ask which images of some places there are.

    Parameters
    ----------
    survey
        ``TESS`` or ``HAP`` for those of MAST, else a survey of SkyView.
    pixels
        Their width and height; a survey's usual one when None.
    sectors
        Of TESS those that are wanted; all when empty.

    Raises
    ------
    ArchiveError
        If an archive cannot be asked. What it has nothing of is among the missing.
    NothingWantedError
        If the images are too large to be cut out.
    """
    usual = USUAL_PIXELS.get(survey, USUAL_PIXELS_OF_SKYVIEW)
    most = MOST_PIXELS.get(survey, MOST_PIXELS_OF_SKYVIEW)
    if (size := usual if pixels is None else pixels) > most:
        raise NothingWantedError(f"--size {size}: images of {survey} have at most {most} pixels a side")
    asked_of = MAST if survey in USUAL_PIXELS else SKYVIEW
    mast = polite_session(MAST, archive_settings(ledger.home, MAST.key), told=told)
    session = polite_session(
        asked_of, archive_settings(ledger.home, asked_of.key), told=told, may_be_page=asked_of is SKYVIEW
    )
    tess = TessCut(session) if survey == TESS_SURVEY else None
    images = SkyViewImages(session, survey) if asked_of is SKYVIEW else None
    known = _own_positions(ledger)
    omitted = left_out(ledger.home)
    found = Listed()
    shown: dict[str, str] = {}
    for place in places:
        if omitted.among([place.target_id]):
            found.missing.append(f"{place.target_id} is retracted or forgotten here: it is not fetched")
            continue
        try:
            position = (
                place.position or known.get(place.target_id or "") or position_by_name(mast, place.name)
            )
            at = replace(place, position=position)
            if tess is not None:
                products = tess.cutouts(at, size, sectors)
            elif images is not None:
                products = [images.cutout(at, size)]
            else:
                products = [hubble_cutout(session, at, size)]
        except ArchiveError as error:
            if error.is_transient:
                raise
            found.missing.append(f"{place.name}: {error}")
            continue
        new = [product for product in products if product.uri not in shown]
        found.products += new
        if twins := sorted({shown[product.uri] for product in products if product.uri in shown}):
            found.same.append(f"{place.name}: it is at the place of {', '.join(twins)}: one image of both")
        shown |= {product.uri: place.name for product in new}
        if not products:
            found.missing.append(f"{place.name}: no image of {survey} shows it")
    return found


def _own_positions(ledger: Ledger) -> dict[str, tuple[float, float]]:
    """Return where a home's own targets are, ICRS [deg]."""
    columns = ["target_id", "ra_deg", "dec_deg"]
    rows = ledger.open(OBSERVATION_FILES).rows(columns).select(columns).drop_nulls().collect()
    return {target: (ra, dec) for target, ra, dec in rows.sort(columns).iter_rows()}


def fetch_products(
    ledger: Ledger,
    products: Sequence[Product],
    *,
    run_id: str,
    progress: Progress | None = None,
    told: Told = logged,
) -> Fetched:
    """Fetch products into the inbox that the home does not have.

    Raises
    ------
    BusyError
        If somebody else fetches into the same home.
    """
    sessions = {key: _streamed(ledger.home, key, told) for key in {product.archive for product in products}}
    return fetch(
        ledger, SOURCES, products, sessions, fault_of=fault_of_file, run_id=run_id, progress=progress
    )


def quick_settings(home: Home) -> ArchiveSettings:
    """Return how MAST is asked by somebody who cannot wait: a sensor, which Dagster gives a minute."""
    settings = archive_settings(home, MAST.key)
    hurry = {"timeout_s": 20.0, "attempts": 2, "patience_s": 40.0, "longest_wait_s": 5.0}
    changed = {name: min(value, getattr(settings, name)) for name, value in hurry.items()}
    return settings.model_copy(update=changed)


def _streamed(home: Home, key: str, told: Told) -> PoliteSession:
    return polite_session(ARCHIVES[key], archive_settings(home, key), told=told, is_streamed=True)


def _nothing_of(wanted: Wanted, target: str) -> str:
    kind = wanted.mission.segment_kind
    where = f" in {kind} {', '.join(map(str, wanted.segments))}" if wanted.segments else ""
    return f"{MAST.name} lists no light curve of {target} at {wanted.cadence} s{where}"
