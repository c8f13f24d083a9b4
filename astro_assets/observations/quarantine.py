"""The quarantined files: a view of ``observation_files``, which keeps every file and why it cannot be used.

Pure views of rows; the codes of the reasons are in `refusals`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

#: Columns of ``observation_files`` that `quarantined_files` needs.
QUARANTINE_COLUMNS: Final = ("file_name", "reason_code", "refusal_reason", "status", "sha256", "size_bytes")


def quarantined_files(files: pl.DataFrame) -> pl.DataFrame:
    """Return the files that cannot be used, by reason and name.

    Parameters
    ----------
    files
        Rows of ``observation_files`` with at least `QUARANTINE_COLUMNS`.

    Returns
    -------
    polars.DataFrame
        ``reason_code``, ``file_name``, ``refusal_reason``, ``sha256``, ``size_bytes``.
    """
    return (
        files.filter(pl.col("status") == "refused")
        .select("reason_code", "file_name", "refusal_reason", "sha256", "size_bytes")
        .sort("reason_code", "file_name", "sha256")
    )


def quarantine_counts(quarantined: pl.DataFrame) -> dict[str, int]:
    """Count quarantined files by reason, the most frequent first."""
    counts = (
        quarantined["reason_code"].value_counts().sort(["count", "reason_code"], descending=[True, False])
    )
    return dict(counts.iter_rows())
