"""What the pictures of alerts show: rows and stamps read from store, drawn by ``alert_plots``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from astro_assets.images import alert_plots as plots
from astro_assets.images.alert_tables import ALERT_DECISIONS, ALERT_FILTERS, ALERTS, APPLIED
from astro_assets.images.alerts.reading import packets_at
from astro_assets.images.alerts.stamps import triplet_of
from astro_assets.images.real_bogus.agreement import NO_LABELS, agreement, disagreements
from astro_assets.images.real_bogus_tables import NAME, REAL_BOGUS_SCORES
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_versions import version_of
from astro_assets.observations.tables import RAW_FILES
from astro_assets.orchestration.refused_rows import plain

#: The scores that packets bring along, by the names that surveys give them.
OWN_SCORES: Final = {"rb": "real_bogus", "drb": "deep_real_bogus"}
#: What a filter may say of a packet.
VERDICTS: Final = ("accepted", "rejected", "refused")
_FEWEST: Final = 3
_TOLD: Final = 50
_RESAMPLES: Final = 200
_PACKET: Final = ("sha256", "position", "alert_id", "object_id", "survey")


def packets(ledger: Ledger) -> bytes | None:
    """Draw magnitudes by survey, and the packets' own scores."""
    names = ["survey", "magnitude", *OWN_SCORES.values()]
    rows = ledger.open(ALERTS).rows([*names, "status"]).filter(pl.col("status") == "accepted").select(names)
    found = rows.collect()
    if found.is_empty():
        return None
    surveys = found.drop_nulls("magnitude").partition_by("survey", as_dict=True)
    magnitudes = {str(name): frame["magnitude"].to_numpy() for (name,), frame in sorted(surveys.items())}
    scores = {short: found[name].drop_nulls().to_numpy() for short, name in OWN_SCORES.items()}
    return plots.packets_plot(magnitudes, scores)


def refused_packets(ledger: Ledger) -> str | None:
    """List what of files of alerts was refused, with the reason."""
    refused = refusals(ledger)
    if refused.is_empty():
        return None
    lines = [f"{refused.height} times something was refused:", ""]
    lines += [
        f"- `{plain(name)}`, record {record}: {plain(reason)}"
        for name, record, reason in refused.head(_TOLD)
        .select("file_name", "record", "refusal_reason")
        .iter_rows()
    ]
    return "\n".join(lines)


def refusals(ledger: Ledger) -> pl.DataFrame:
    """Return what was refused: ``sha256``, ``record``, ``reason_code``, ``refusal_reason``, ``file_name``."""
    names = ["file_sha256", "record", "reason_code", "refusal_reason"]
    rows = ledger.open(ALERTS).rows([*names, "status"]).filter(pl.col("status") == "refused").select(names)
    raw = ledger.open(RAW_FILES).rows(["sha256", "file_name"]).select("sha256", "file_name")
    found = rows.rename({"file_sha256": "sha256"}).join(raw, on="sha256", how="left")
    return found.sort("file_name", "record").collect()


def filters(ledger: Ledger) -> str | None:
    """List the filters that are applied, and what they decided."""
    rows = counts(ledger)
    if rows.is_empty():
        return None
    lines = ["| filter | version | accepted | rejected | refused |", "| --- | --- | --- | --- | --- |"]
    lines += [
        f"| {plain(row['alert_filter'])} | `{row['filter_version'][:12]}` | {row['accepted']} | "
        f"{row['rejected']} | {row['refused']} |"
        for row in rows.head(_TOLD).iter_rows(named=True)
    ]
    return "\n".join(lines)


def counts(ledger: Ledger) -> pl.DataFrame:
    """Count what the filters that are applied decided: a row a filter."""
    names = ["alert_filter", "filter_version"]
    there = ledger.open(ALERT_FILTERS).rows([*names, "status"]).filter(pl.col("status") == APPLIED)
    decided = ledger.open(ALERT_DECISIONS).rows([*names, "verdict"])
    of_filters = decided.group_by(names).agg(
        (pl.col("verdict") == verdict).sum().alias(verdict) for verdict in VERDICTS
    )
    found = (
        there.select(names)
        .unique()
        .join(of_filters, on=names, how="left")
        .with_columns(pl.col(VERDICTS).fill_null(0))
    )
    return found.sort("alert_filter").collect()


def scores(ledger: Ledger) -> bytes | None:
    """Draw the classifier's scores against those that packets bring along."""
    rows = scored(ledger)
    if rows.is_empty():
        return None
    score = _floats(rows["score"])
    others = {name: (_floats(rows[column]), _said(rows, column)) for name, column in OWN_SCORES.items()}
    return plots.scores_plot(score, others)


def _said(rows: pl.DataFrame, column: str) -> str:
    found = agreement_with(rows, column)
    return "too few" if found is None else f"Spearman {_number(found['spearman']['value'])} of {found['n']}"


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}"


def agreement_with(rows: pl.DataFrame, column: str) -> dict[str, Any] | None:
    """Compare scores with one that packets bring along; None where fewer than three have both."""
    known = rows.drop_nulls(["score", column])
    if known.height < _FEWEST:
        return None
    groups = known.select(pl.coalesce("object_id", "alert_id")).to_series().to_list()
    return agreement(known["score"].to_numpy(), known[column].to_numpy(), groups, n_resamples=_RESAMPLES)


def agreement_told(ledger: Ledger) -> str | None:
    """Tell how far the classifier agrees with the packets' own scores, and what that is worth."""
    rows = scored(ledger)
    lines = [NO_LABELS, ""]
    for name, column in OWN_SCORES.items():
        found = agreement_with(rows, column)
        if found is not None:
            rho = found["spearman"]
            lines.append(
                f"- {name}: Spearman {_number(rho['value'])} ({_number(rho['low'])} to "
                f"{_number(rho['high'])}) of {found['n']} packets; {found['agreeing']:.0%} agree, "
                f"{found['only_real_here']} are real here alone, {found['only_real_there']} there alone"
            )
    return None if rows.is_empty() else "\n".join(lines)


def scored(ledger: Ledger) -> pl.DataFrame:
    """Return the packets that have a score, with the packets' own; of copies of an alert one."""
    names = [*_PACKET, "score", *OWN_SCORES.values(), "model_version"]
    rows = ledger.open(REAL_BOGUS_SCORES).rows(names).select(names).drop_nulls("score")
    return rows.sort("alert_id", "sha256", "position").unique("alert_id", maintain_order=True).collect()


def best_rows(rows: pl.DataFrame, most: int) -> pl.DataFrame:
    """Return those of some scores that are highest."""
    return rows.sort("score", "alert_id", descending=[True, False]).head(most)


def disagreeing_rows(rows: pl.DataFrame, most: int) -> pl.DataFrame:
    """Return those whose ranks by score and by the packets' own differ most; drb counts before rb."""
    own = rows.with_columns(own=pl.coalesce(*reversed(OWN_SCORES.values())))
    known = own.drop_nulls("own")
    if known.is_empty():
        return known
    at = disagreements(known["score"].to_numpy(), known["own"].to_numpy(), most)
    found: pl.DataFrame = known[at.tolist()]
    return found


def best_scored(ledger: Ledger) -> bytes | None:
    """Draw the triplets of the packets with the highest scores."""
    return _sheet(ledger, best_rows(scored(ledger), plots.MOST_TRIPLETS))


def disagreeing(ledger: Ledger) -> bytes | None:
    """Draw the triplets of packets on which the classifier and the packets' own scores differ most."""
    return _sheet(ledger, disagreeing_rows(scored(ledger), plots.MOST_TRIPLETS))


def _sheet(ledger: Ledger, rows: pl.DataFrame) -> bytes | None:
    if rows.is_empty():
        return None
    found = triplets(ledger, rows)
    shown = [(found[place], title_of(row)) for place, row in _by_place(rows) if place in found]
    return plots.triplets_sheet([image for image, _ in shown], [title for _, title in shown])


def _by_place(rows: pl.DataFrame) -> list[tuple[tuple[str, int], dict[str, Any]]]:
    return [((row["sha256"], row["position"]), row) for row in rows.to_dicts()]


def title_of(row: Mapping[str, Any]) -> str:
    """Say of a packet which survey's it is and what it scores."""
    own = next((f"{name} {row[c]:.2f}" for name, c in reversed(OWN_SCORES.items()) if row[c] is not None), "")
    return " ".join(part for part in (row["survey"], f"{row['score']:.2f}", own) if part)


def triplets(ledger: Ledger, rows: pl.DataFrame) -> dict[tuple[str, int], NDArray[np.float32]]:
    """Read the triplets of packets from their files, each file once: by file and position."""
    found = {}
    for (sha256,), of_file in rows.partition_by("sha256", as_dict=True).items():
        path = ledger.objects.get_file(str(sha256))
        for position, packet in packets_at(path, sorted(of_file["position"].to_list())):
            found[str(sha256), position] = triplet_of(packet).images
    return found


def _floats(values: pl.Series) -> NDArray[np.float64]:
    return values.cast(pl.Float64).fill_null(float("nan")).to_numpy()


def of_version(version: str) -> dict[str, Callable[[Ledger], bytes | str | None]]:
    """Return the pictures of a version of the classifier."""
    return {
        "recall and false alarms": lambda ledger: plots.figures_plot(
            version_of(ledger, NAME, version)["figures"]
        )
    }
