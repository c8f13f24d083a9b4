"""Rows of packets judged by filters, as packets themselves are: the same filter gives the same decisions.

What a condition asks of stamps is read from the packet's file then, and only then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path
from typing import Any

from astro_assets.images.alerts.deciding import Asked, Decision, PacketScore, decision, refusal, scores_of
from astro_assets.images.alerts.filters import AlertFilter
from astro_assets.images.alerts.packets import Packet
from astro_assets.images.alerts.reading import packets_at
from astro_assets.images.alerts.rows import ACCEPTED, features_in

Row = Mapping[str, Any]


def decisions_on(
    rows: Sequence[Row],
    path: Path,
    wanted: Sequence[AlertFilter],
    models: Mapping[str, PacketScore],
) -> Iterator[tuple[Row, AlertFilter, Decision]]:
    """Judge the packets of one file by filters: for each row, in its order, a decision of each filter.

    Parameters
    ----------
    rows
        Of `rows.alert_rows`, by position.
    path
        The file, from which packets are read again where a model is asked that needs their stamps.
    wanted
        The filters.
    models
        As of `deciding.decide`.

    Raises
    ------
    MissingModelError
        If a filter names a model that was not given.
    """
    filters = [(one, one.version, scores_of(one, models)) for one in wanted]
    packets = _Packets(path, rows)
    for row in rows:
        is_refused = row["status"] != ACCEPTED
        features = {} if is_refused else features_in(row)
        known: dict[str, float] = {}
        for one, version, scores in filters:
            if is_refused:
                yield row, one, refusal(version, row["record"], row["refusal_reason"])
                continue
            score = _Scores(packets, row["position"], scores, one.models, known)
            asked = Asked(
                row["alert_id"],
                row["object_id"] or "",
                row["survey"],
                row["filter_name"] or "",
                lambda told=features: told,  # type: ignore[misc]
                score.of,
            )
            yield row, one, decision(version, one, asked)


class _Packets:
    """The packets of a file, read on as far as they are asked for."""

    def __init__(self, path: Path, rows: Sequence[Row]) -> None:
        self._read = packets_at(path, [row["position"] for row in rows if row["status"] == ACCEPTED])
        self._last: tuple[int, Packet | None] = (-1, None)

    def at(self, position: int) -> Packet | None:
        while self._last[0] < position:
            self._last = next(self._read, (position, None))
        return self._last[1] if self._last[0] == position else None


@dataclass(frozen=True, slots=True)
class _Scores:
    """Scores of one packet; one that several filters ask for is worked out once."""

    packets: _Packets
    position: int
    scores: Mapping[str, PacketScore]
    models: Mapping[str, str]
    known: dict[str, float]

    def of(self, name: str, features: Mapping[str, float]) -> float:
        key = self.models[name]
        if key not in self.known:
            packet = self.packets.at(self.position)
            self.known[key] = nan if packet is None else self.scores[name](packet, features)
        return self.known[key]
