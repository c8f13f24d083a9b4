"""Tables of raw files and a model of their lengths, for bundles."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from astro_assets.ledger.bundles import read_bundle
from astro_assets.ledger.enacting import Enactor
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.model_tables import MODEL_TABLES
from astro_assets.ledger.models import ModelSpec, Training, fit_model, promote
from astro_assets.ledger.objects import sha256_of
from astro_assets.ledger.rebuilding import rebuild
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Config, Parent, Parents, Table
from astro_assets.ledger.update import put_units, update


def length(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Measure a file."""
    del config
    (raw,) = parents["raw"]
    return [{"sha256": key, "n_bytes": raw["sha256"].stat().st_size}]


def fit_total(rows: Parents, config: Config) -> tuple[bytes, Mapping[str, Any]]:
    """Add the lengths up."""
    del config
    return str(sum(row["n_bytes"] for row in rows["lengths"])).encode(), {}


RAW: Final = Table(
    "toy/raw",
    Schema(
        (
            Column("sha256", "file", "The file."),
            Column("file_name", "string", "What people call it.", context=True),
        )
    ),
)
LENGTHS: Final = Table(
    "toy/lengths",
    Schema((Column("sha256", "string", "The file."), Column("n_bytes", "int64", "Its length."))),
    length,
    (Parent(RAW, ("sha256",)),),
    key="sha256",
    target=None,
)
TOTAL: Final = ModelSpec("toy/total", fit_total, (Training(LENGTHS, ("n_bytes",), "lengths"),))
TABLES: Final = (RAW, LENGTHS, *MODEL_TABLES)
MODEL_SPECS: Final = (TOTAL,)


def fill(root: Path, files: Mapping[str, bytes]) -> Ledger:
    """Fill a home with raw files and fit the model."""
    ledger = open_ledger(open_home(root, n_shards=2), TABLES)
    rows = {}
    for name, data in files.items():
        path = root / "inbox" / name
        path.write_bytes(data)
        sha256 = sha256_of(path)
        ledger.objects.put_file(path, sha256)
        rows[sha256] = [{"sha256": sha256, "file_name": name, "origin": "real"}]
    put_units(ledger, RAW, rows)
    update(ledger, LENGTHS)
    promote(ledger, TOTAL.name, fit_model(ledger, TOTAL), why="the first")
    return ledger


def enactor(home: Home) -> Enactor:
    """Return what makes the model again."""
    return Enactor(
        home, tables_from=__name__ if __name__ != "__main__" else "astro_assets_tests.ledger.bundled"
    )


def main() -> None:
    """Rebuild a bundle, ``BUNDLE FOLDER``, and print what came of it."""
    archive, into = map(Path, sys.argv[1:3])
    into.mkdir()
    home, record = read_bundle(archive, into)
    found = rebuild(record, enactor(home), into / "rebuilt")
    told = {of.name: of.is_same for of in found.compared}
    sys.stdout.write(json.dumps({"same": told, "model": found.artefact.read_text()}) + "\n")


if __name__ == "__main__":
    main()
