"""Which light curves of a target are searched where several show the same time, and why the others are not.

Pure choices among rows of ``light_curves``; nothing is read or stored here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from astro_assets.observations.agreement import agreement
from astro_assets.observations.missions import MISSIONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

Row = Mapping[str, Any]

#: Every value of ``status`` in ``selected_files``.
STATUSES: Final = ("selected", "not_selected", "conflict")
#: Every value of ``reason_code`` in ``selected_files``, with its meaning.
CHOICE_REASONS: Final = {
    "duplicate": "The same cadences as in a selected file.",
    "other_cadence": "A selected file shows this time at the cadence that the mission's search uses.",
    "other_product": "A selected file shows this time in a preferred product.",
    "older_processing": "A selected file shows this time in a newer processing of the same product.",
    "shorter": "A selected file, though not preferred, shows this time and much more.",
    "fluxes_disagree": "Another file claims this target at this time and shows another star.",
}
#: A file is left out if the selected ones together show at least this part of its time.
_SHOWN: Final = 0.9
#: It is also left out if one of them, of the same segment, shows this part: what a newer processing or a
#: preferred product drops of a sector is mostly not to be trusted.
_SHOWN_BY_ONE: Final = 0.5
#: Time is counted in steps of this length, so that cadences of seconds and of half an hour can be compared.
_STEP_DAYS: Final = 0.1
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


#: Columns of ``light_curves`` that tell of the star: of one file together, for they belong together.
STAR_COLUMNS: Final = ("star_surface_gravity", "star_radius_sun")


def accepted(files: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of ``observation_files`` that can be used."""
    return files.filter(pl.col("status") == "accepted")


def searched(files: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of ``selected_files`` that are searched, in their stretch of time or apart."""
    return files.filter(pl.col("status") != "not_selected")


def choose(rows: Sequence[Row], products: Sequence[str], least_agreement: float) -> list[Choice]:
    """Choose among the light curves of one target, so that no time is lost and none is shown twice.

    From the least preferred file up, each is left out if a remaining one of its sector, quarter or campaign
    shows at least half of its time, or if the remaining ones together show nine tenths of it, and still those
    parts of each one left out before. Preferred is the mission's search cadence (2 min of
    TESS, 30 min of Kepler and K2), then the shortest; then the product that comes first in ``products``; then
    the highest data release; then the latest date; then, so that the order of rows never counts, the highest
    SHA-256. Files of one time that show different stars do not stand in for each other: they are in conflict.

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
    if len(rows) == 1:  # without a look at its times
        return [Choice("selected", rows[0]["target_id"])]
    ranked = sorted(range(len(rows)), key=lambda i: _rank(rows[i], products))
    steps = [_steps(row) for row in rows]
    meeting = {(i, j): _common(steps[i], steps[j]) for i, j in combinations(ranked, 2)}
    strangers = {
        (i, j) for (i, j), n in meeting.items() if n and _disagree(rows[i], rows[j], least_agreement)
    }
    others: dict[int, list[int]] = {i: [] for i in ranked}
    rivals: dict[int, list[int]] = {i: [] for i in ranked}
    for i, j in (pair for pair, n in meeting.items() if n):
        found = rivals if (i, j) in strangers else others
        found[i].append(j)
        found[j].append(i)
    kept = _none_repeated(ranked, rows, steps, others)
    choices = []
    for this, row in enumerate(rows):
        conflicting = [other for other in rivals[this] if other in kept]
        if this not in kept:
            shown_by = [other for other in others[this] if other in kept]
            better = max(shown_by, key=lambda other: _common(steps[this], steps[other]))
            is_preferred = ranked.index(better) < ranked.index(this)
            choices.append(_not_selected(row, rows[better], is_preferred=is_preferred))
        elif conflicting:
            choices.append(_conflict(row, rows[conflicting[0]]))
        else:
            choices.append(Choice("selected", row["target_id"]))
    return choices


def stars_told(rows: Sequence[Row], choices: Sequence[Choice]) -> list[dict[str, float | None]]:
    """Tell for each file what is believed of its star: by the target's newest file that says all of it.

    That file need not be searched. One in conflict may show another star: it tells of its own, and no other
    does; nor do, then, files that are not searched, which may be of that star.

    Parameters
    ----------
    rows
        Rows of ``light_curves`` of one target.
    choices
        What becomes of each.

    Returns
    -------
    list of dict
        :data:`STAR_COLUMNS`, all or none of them None, in the order of the rows.
    """
    nothing: dict[str, float | None] = dict.fromkeys(STAR_COLUMNS)
    own = [{name: row[name] for name in STAR_COLUMNS} for row in rows]
    own = [nothing if None in told.values() else told for told in own]
    is_alone = [choice.status == "conflict" for choice in choices]
    trusted = {"selected"} if any(is_alone) else {"selected", "not_selected"}
    told = [i for i in range(len(rows)) if own[i] is not nothing and choices[i].status in trusted]
    newest = max(told, key=lambda i: (rows[i]["file_created"] or "", rows[i]["sha256"]), default=None)
    believed = nothing if newest is None else own[newest]
    return [star if alone else believed for star, alone in zip(own, is_alone, strict=True)]


def _none_repeated(
    ranked: Sequence[int],
    rows: Sequence[Row],
    steps: Sequence[NDArray[np.int64]],
    others: Mapping[int, Sequence[int]],
) -> set[int]:
    """Leave files out from the last of ``ranked``; ``others`` show the same star at some of the same time."""
    kept = set(ranked)

    def is_shown(this: int) -> bool:
        by = [other for other in others[this] if other in kept]
        n_steps, segment = steps[this].size, _segment(rows[this])
        of_one = (_common(steps[this], steps[other]) for other in by if segment == _segment(rows[other]))
        if segment is not None and max(of_one, default=0) >= _SHOWN_BY_ONE * n_steps:
            return True
        return bool(by) and _common(steps[this], np.concatenate([steps[i] for i in by])) >= _SHOWN * n_steps

    for this in reversed(ranked):
        kept.remove(this)
        if not all(is_shown(file) for file in (this, *others[this]) if file not in kept):
            kept.add(this)
    return kept


def _segment(row: Row) -> tuple[str, int] | None:
    """Return the sector, quarter or campaign of a file; None where a table names none, or holds several."""
    return None if row["segment"] is None else (row["mission"], row["segment"])


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


def _steps(row: Row) -> NDArray[np.int64]:
    """Return the numbers of the steps of time with cadences, of each mission its own."""
    numbers = np.floor(row["light_curve"]["time"] / _STEP_DAYS).astype(np.int64)
    return np.unique(numbers + tuple(MISSIONS).index(row["mission"]) * 10**9)


def _common(steps: NDArray[np.int64], others: NDArray[np.int64]) -> int:
    return int(np.count_nonzero(np.isin(steps, others)))


def _disagree(a: Row, b: Row, least_agreement: float) -> bool:
    cadence_days = max(a["cadence_s"], b["cadence_s"]) / _SECONDS_A_DAY
    coefficient, error = agreement(a["light_curve"], b["light_curve"], cadence_days)
    return coefficient + _SIGMAS * error < least_agreement


def _not_selected(row: Row, better: Row, *, is_preferred: bool) -> Choice:
    name = f"{better['product']} file {better['sha256'][:_DIGITS]}"
    if _same_cadences(row, better):
        code, reason = "duplicate", f"the same cadences as in the {name}"
    elif not is_preferred:
        code, reason = "shorter", f"the {name} shows this time and more"
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
