"""Catalogues from archives into the home: what is held and known is looked up, what came is taken in.

Asking is in `fetching`, reading in `reading`; here they meet the ledger.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import dagster as dg
import polars as pl

from astro_assets.archives.patience import Told, logged
from astro_assets.catalogs.answers import Answer
from astro_assets.catalogs.archive_tables import STAR_CATALOGS, Fetched, Held, Shown, catalogs_wanted
from astro_assets.catalogs.intake import accepted, file_row
from astro_assets.catalogs.tables import CATALOG_ENTRIES, CATALOG_FILES, STELLAR_PARAMETERS
from astro_assets.ledger.configuration import archive_settings
from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.update import Report, put_units
from astro_assets.observations.tables import LIGHT_CURVES


def fetch_into(
    folder: Path,
    ledger: Ledger,
    names: Sequence[str],
    targets: Sequence[str] = (),
    *,
    shown: Shown = lambda _name, _done, _to_do: None,
    told: Told = logged,
) -> Fetched:
    """Fetch catalogues into a folder; nothing is asked of any archive where none is named.

    Parameters
    ----------
    targets
        That catalogues of stars are asked for; those that the home knows when empty.

    Raises
    ------
    UnknownCatalogError
        If no archive has one of the catalogues; nothing was asked.
    """
    from astro_assets.catalogs.fetching import Fetcher

    catalogs = catalogs_wanted(names, ()) if names else []
    if not catalogs:
        return Fetched()
    of_stars = set(catalogs) & STAR_CATALOGS.keys()
    known = (targets or known_targets(ledger)) if of_stars else ()
    fetcher = Fetcher(
        folder, lambda key: archive_settings(ledger.home, key), _held(ledger), known, shown, told
    )
    return fetcher.fetch(catalogs)


def known_targets(ledger: Ledger) -> list[str]:
    """Return the targets that the home has light curves or parameters of."""
    tables = (LIGHT_CURVES, STELLAR_PARAMETERS)
    frames = [
        ledger.open(ledger.table(table.name)).rows(["target_id"]).select("target_id") for table in tables
    ]
    found = pl.concat(frames).unique().collect()["target_id"]
    return sorted(target for target in found if target is not None)


def take_in(
    ledger: Ledger, files: Iterable[Path], answers: Mapping[Path, Answer], *, allow_older: bool, run_id: str
) -> Report:
    """Take files and answers in, each in the place of the one held of the same catalogue.

    An answer takes it whatever the date of what is held: it is today's. A file must not be older than an
    answer, unless older ones are allowed.
    """
    columns = ["catalog", "date", "retrieved_at"]
    held = ledger.open(CATALOG_FILES).rows(columns).select(columns).collect()
    fetched = {answer.catalog for answer in answers.values()}
    dates = {
        catalog: max(filter(None, (date, retrieved)), default=None)
        for catalog, date, retrieved in held.iter_rows()
        if catalog not in fetched
    }
    paths = [*files, *answers]
    rows = {}
    n_bytes = 0
    for path, catalog in accepted(paths, dates, allow_older=allow_older).items():
        sha256 = sha256_of(path)
        n_bytes += ledger.objects.put_file(path, sha256)
        rows[catalog.name] = [file_row(path, catalog, sha256, answers.get(path))]
    report = put_units(ledger, CATALOG_FILES, rows, run_id=run_id)
    report.bytes_written += n_bytes
    return report


def answers_metadata(answers: Iterable[Answer]) -> dict[str, dg.TableMetadataValue]:
    """Return what the asset's page says of what was fetched: what was asked, when, what came."""
    records = [
        dg.TableRecord({"catalog": answer.catalog, **{k: v or "" for k, v in answer.context().items()}})
        for answer in answers
    ]
    return {"fetched": dg.MetadataValue.table(records)} if records else {}


def _held(ledger: Ledger) -> dict[str, Held]:
    files = ledger.open(CATALOG_FILES).rows(["catalog", "sha256"]).select("catalog", "sha256").collect()
    lines = ledger.open(CATALOG_ENTRIES).rows(["catalog", "line_number"])
    counts = dict(lines.group_by("catalog").agg(pl.col("line_number").n_unique()).collect().iter_rows())
    return {
        catalog: Held(ledger.objects.get_file(sha256), counts.get(catalog, 0))
        for catalog, sha256 in files.iter_rows()
    }
