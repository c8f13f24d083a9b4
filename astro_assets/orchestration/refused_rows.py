"""The files that a table refused, told on the page of its asset.

Which table, and where the names of files stand, is handed in: no wing is known here.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.table import Table

#: Refused files that are told.
_TOLD: Final = 50


def refused_list(ledger: Ledger, table: Table, files: Table) -> str | None:
    """List the files that were refused, with the reason; None if there are none.

    Parameters
    ----------
    table
        With columns ``sha256``, ``status``, ``reason_code`` and ``refusal_reason``.
    files
        With columns ``sha256`` and ``file_name``.
    """
    columns = ["sha256", "status", "reason_code", "refusal_reason"]
    refused = ledger.open(table).rows(columns).filter(pl.col("status") == "refused").collect()
    if refused.is_empty():
        return None
    names = ledger.open(files).rows(["sha256", "file_name"]).select("sha256", "file_name").collect()
    named = refused.join(names, on="sha256").sort("reason_code", "file_name").head(_TOLD)
    lines = [f"{refused.height} refused:", ""]
    lines += [
        f"- `{plain(name)}`: {plain(code)}: {plain(reason)}"
        for name, code, reason in named.select("file_name", "reason_code", "refusal_reason").iter_rows()
    ]
    return "\n".join(lines)


def plain(text: str) -> str:
    """Take from a text what Markdown would make a link, picture or code of."""
    return text.translate(str.maketrans("[]<>`", "?????"))
