"""Which light curves of a target are searched where several show the same time, and why the others are not.

Pure choices among rows of ``light_curves``; nothing is read or stored here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from astro_assets.observations.agreement import agreement
from astro_assets.observations.missions import MISSIONS

Row = Mapping[str, Any]

#: Every value of ``status`` in ``selected_files``.
STATUSES: Final = ("selected", "not_selected", "conflict")
#: Every value of ``reason_code`` in ``selected_files``, with its meaning.
CHOICE_REASONS: Final = {
    "duplicate": "The same cadences as in a selected file.",
    "other_cadence": "A selected file shows this time at the cadence that the mission's search uses.",
    "other_product": "A selected file shows this time in a preferred product.",
    "older_processing": "A selected file shows this time in a newer processing of the same product.",
    "fluxes_disagree": "Another file claims this target at this time and shows another star.",
}
#: Consecutive segments touch; files that share less than this part of the shorter one are two observations.
_LEAST_SHARED: Final = 0.1
_SECONDS_A_DAY: Final = 86400.0
#: Standard errors by which an agreement must fall short.
_SIGMAS: Final = 2.0
#: Digits of the SHA-256 that tell conflicting files of one target apart.
_DIGITS: Final = 8


@dataclass(frozen=True, slots=True)
class Choice:
    """What becomes of a light curve.

    Parameters
    ----------
    status
        One of `STATUSES`.
    search_id
        What it is searched as: the target's id; for a conflicting file that and the beginning of its SHA-256,
        so that it is searched alone; None if it is not searched.
    reason_code, reason
        A key of `CHOICE_REASONS` and one line that names the other file; None if the file is selected.
    """

    status: str
    search_id: str | None
    reason_code: str | None = None
    reason: str | None = None


def accepted(files: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of ``observation_files`` that can be used."""
    return files.filter(pl.col("status") == "accepted")


def searched(files: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of ``selected_files`` that are searched, in their stretch of time or apart."""
    return files.filter(pl.col("status") != "not_selected")


def choose(rows: Sequence[Row], products: Sequence[str], least_agreement: float) -> list[Choice]:
    """Choose among the light curves of one target, so that no photon is counted twice.

    Files compete where they overlap in time. The mission's search cadence wins (TESS 2 min, Kepler and K2
    30 min), then the shortest; then the product that comes first in ``products``; then the highest data
    release; then the latest date; then, so that the order of rows never counts, the highest SHA-256. A file
    that would lose, but shows another star than those it overlaps, is in conflict with them.

    Parameters
    ----------
    rows
        Rows of ``light_curves`` of one target.
    products
        Names of products, the preferred first.
    least_agreement
        Files whose `agreement` is below this, significantly, show different stars.

    Returns
    -------
    list of Choice
        One a row, in the order of the rows.
    """
    order = sorted(range(len(rows)), key=lambda i: _rank(rows[i], products))
    choices: dict[int, Choice] = {}
    kept: list[int] = []
    for this in order:
        rivals = [other for other in kept if _overlap(rows[this], rows[other])]
        agreeing = [other for other in rivals if not _disagree(rows[this], rows[other], least_agreement)]
        if agreeing:
            choices[this] = _not_selected(rows[this], rows[agreeing[0]])
            continue
        kept.append(this)
        choices[this] = Choice("selected", rows[this]["target_id"])
        for other in rivals:
            choices[this] = _conflict(rows[this], rows[other])
            choices[other] = _conflict(rows[other], rows[this])
    return [choices[i] for i in range(len(rows))]


def _rank(row: Row, products: Sequence[str]) -> tuple[Any, ...]:
    seconds = _rounded(row["cadence_s"])
    release = -1 if row["data_release"] is None else row["data_release"]
    return (
        seconds != _rounded(MISSIONS[row["mission"]].search_cadence_s),
        seconds,
        products.index(row["product"]),
        -release,
        _descending(row["file_created"] or ""),
        _descending(row["sha256"]),
    )


def _rounded(seconds: float) -> float:
    """Keep two digits: a cadence measured by barycentric times differs from the nominal one by 1e-4."""
    return float(f"{seconds:.2g}")


def _descending(text: str) -> tuple[int, ...]:
    """Order texts backwards; a text comes before its own beginning."""
    return (*(-ord(letter) for letter in text), 1)


def _overlap(a: Row, b: Row) -> bool:
    shared = min(a["end_btjd"], b["end_btjd"]) - max(a["start_btjd"], b["start_btjd"])
    shorter = min(a["end_btjd"] - a["start_btjd"], b["end_btjd"] - b["start_btjd"])
    return bool(a["mission"] == b["mission"] and shared >= max(0.0, _LEAST_SHARED * shorter))


def _disagree(a: Row, b: Row, least_agreement: float) -> bool:
    cadence_days = max(a["cadence_s"], b["cadence_s"]) / _SECONDS_A_DAY
    coefficient, error = agreement(a["light_curve"], b["light_curve"], cadence_days)
    return coefficient + _SIGMAS * error < least_agreement


def _not_selected(row: Row, better: Row) -> Choice:
    name = f"{better['product']} file {better['sha256'][:_DIGITS]}"
    if _same_cadences(row, better):
        code, reason = "duplicate", f"the same cadences as in the {name}"
    elif _rounded(row["cadence_s"]) != _rounded(better["cadence_s"]):
        code = "other_cadence"
        reason = f"cadence {row['cadence_s']:.0f} s; the {name} has {better['cadence_s']:.0f} s"
    elif row["product"] != better["product"]:
        code, reason = "other_product", f"a {row['product']} file; the {name} is preferred"
    else:
        code, reason = "older_processing", f"{_processing(row)}; the {name} is {_processing(better)}"
    return Choice("not_selected", None, code, reason)


def _processing(row: Row) -> str:
    return f"release {row['data_release']} of {row['file_created']}"


def _same_cadences(a: Row, b: Row) -> bool:
    one, other = a["light_curve"], b["light_curve"]
    return all(one[name].tobytes() == other[name].tobytes() for name in ("time", "flux", "flux_err"))


def _conflict(row: Row, other: Row) -> Choice:
    return Choice(
        "conflict",
        f"{row['target_id']}~{row['sha256'][:_DIGITS]}",
        "fluxes_disagree",
        f"at this time the {other['product']} file {other['sha256'][:_DIGITS]} shows another star of this id",
    )
