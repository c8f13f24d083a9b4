"""The quarantined files: those that cannot be used, and those that only repeat another.

Pure views of rows; the codes of the reasons are in `refusals` and, of repetitions, in `selection`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

#: Columns of ``observation_files`` that `quarantined_files` needs.
QUARANTINE_COLUMNS: Final = ("file_name", "reason_code", "refusal_reason", "status", "sha256", "size_bytes")
#: Columns of ``selected_files`` that it needs.
REPETITION_COLUMNS: Final = ("sha256", "reason_code", "choice_reason")
#: Columns of ``raw_files`` that it needs.
COPY_COLUMNS: Final = ("sha256", "file_name", "size_bytes", "copies")
_SHOWN: Final = ("reason_code", "file_name", "refusal_reason", "sha256", "size_bytes")


def quarantined_files(files: pl.DataFrame, chosen: pl.DataFrame, raw: pl.DataFrame) -> pl.DataFrame:
    """Return the files that contribute nothing, by reason and name.

    Parameters
    ----------
    files
        Rows of ``observation_files`` with at least `QUARANTINE_COLUMNS`.
    chosen
        Rows of ``selected_files`` with at least `REPETITION_COLUMNS`.
    raw
        Rows of ``raw_files`` with at least `COPY_COLUMNS`.

    Returns
    -------
    polars.DataFrame
        ``reason_code``, ``file_name``, ``refusal_reason``, ``sha256``, ``size_bytes``. A ``targets.csv`` is
        none of them: nothing is wrong with it. Files with the very
        cadences, or bytes, of another one are among them, as ``duplicate``.
    """
    refused = files.filter((pl.col("status") == "refused") & ~_describes_others()).select(_SHOWN)
    repeated = chosen.filter(pl.col("reason_code") == "duplicate").select(
        "sha256", "reason_code", refusal_reason="choice_reason"
    )
    named = files.select("sha256", "file_name", "size_bytes")
    duplicates = repeated.join(named, on="sha256").select(_SHOWN)
    copies = (
        raw.explode("copies")
        .drop_nulls("copies")
        .select(
            reason_code=pl.lit("duplicate"),
            file_name="copies",
            refusal_reason=pl.format("the same bytes as {}", "file_name"),
            sha256="sha256",
            size_bytes="size_bytes",
        )
    )
    return pl.concat([refused, duplicates, copies]).sort("reason_code", "file_name", "sha256")


def n_descriptions(files: pl.DataFrame) -> int:
    """Count the lists of descriptions among the rows of ``observation_files``."""
    return files.filter(_describes_others()).height


def _describes_others() -> pl.Expr:
    return (pl.col("reason_code") == "not_an_observation").fill_null(value=False)


def quarantine_counts(quarantined: pl.DataFrame) -> dict[str, int]:
    """Count quarantined files by reason, the most frequent first."""
    counts = (
        quarantined["reason_code"].value_counts().sort(["count", "reason_code"], descending=[True, False])
    )
    return dict(counts.iter_rows())
