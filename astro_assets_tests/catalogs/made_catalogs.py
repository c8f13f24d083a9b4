"""Small catalogue files with the columns of the real ones, and a ledger that has them.

Only making and storing happens here; expectations are in the tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from astro_assets.catalogs.intake import accepted, file_row
from astro_assets.catalogs.tables import CATALOG_FILES, TABLES
from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.update import Report, put_units, update

KOI_ROW = {
    "kepid": "11904151", "kepoi_name": "K00072.01", "kepler_name": "Kepler-10 b",
    "koi_disposition": "CONFIRMED", "koi_period": "0.837491225", "koi_period_err1": "3.0e-07",
    "koi_period_err2": "-2.0e-07", "koi_time0bk": "131.574858", "koi_duration": "1.796",
    "koi_depth": "190.4", "koi_fpflag_nt": "0",
}  # fmt: skip
TOI_ROW = {
    "toi": "700.01", "tid": "150428135", "tfopwg_disp": "CP", "pl_tranmid": "2459303.157062",
    "pl_orbper": "16.051106", "pl_orbperlim": "0", "pl_trandurh": "1.3968", "pl_trandep": "2768.5",
}  # fmt: skip
BINARY_ROW = {
    "KIC": "10419211", "period": "11.5", "period_err": "-1", "bjd0": "54969.25", "bjd0_err": "0.01",
    "pdepth": "0.02", "sdepth": "0.01", "pwidth": "0.01", "sep": "0.4", "morph": "-1.0",
}  # fmt: skip
PLANET_ROW = {
    "pl_name": "K2-3 b", "hostname": "K2-3", "default_flag": "1", "soltype": "Published Confirmed",
    "pl_orbper": "10.05", "pl_refname": "<a href=x target=ref>Diamond-Lowe et al. 2022</a>",
}  # fmt: skip
ALIAS_ROW = {"alias": "K2-3", "target_id": "EPIC 201367065"}


def text_of(*rows: Mapping[str, str], comments: str = "") -> str:
    """Return a file with the columns of its first row."""
    lines = [",".join(rows[0]), *(",".join(row.values()) for row in rows)]
    return comments + "\n".join(lines) + "\n"


def write(path: Path, *rows: Mapping[str, str], comments: str = "") -> Path:
    """Write such a file."""
    path.write_text(text_of(*rows, comments=comments))
    return path


def ledger_at(root: Path) -> Ledger:
    """Open the catalogue tables in a small home."""
    return open_ledger(open_home(root, n_shards=4), TABLES)


def put(ledger: Ledger, *paths: Path) -> dict[str, Report]:
    """Take files in as the asset does, bring all tables up to date, and return the reports by short name."""
    rows: dict[str, list[Mapping[str, Any]]] = {}
    for path, catalog in accepted(paths, {}).items():
        sha256 = sha256_of(path)
        ledger.objects.put_file(path, sha256)
        rows[catalog.name] = [file_row(path, catalog, sha256)]
    put_units(ledger, CATALOG_FILES, rows)
    reports = [update(ledger, table) for table in ledger.tables if not table.is_source]
    return {report.table.partition("/")[2]: report for report in reports}


def rows_of(ledger: Ledger, name: str) -> list[dict[str, Any]]:
    """Return a table's rows, by target and entry where it has them."""
    table = ledger.table(name)
    frame = ledger.open(table).rows().select(table.schema.names).collect()
    return frame.sort(pl.all().exclude(pl.List(pl.String)), nulls_last=True).to_dicts()
