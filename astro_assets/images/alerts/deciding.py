"""Packets judged by a filter: the same filter and the same packets give the same bytes.

No clock, no chance, no memory of earlier packets: each is judged on its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from astro_assets.images.alerts.errors import Refusal
from astro_assets.images.alerts.features import features_of
from astro_assets.images.alerts.filters import AlertFilter, AnyOf, Condition
from astro_assets.images.alerts.packets import Packet

#: From a packet and its features to a score; NaN where it has none.
PacketScore = Callable[[Packet, Mapping[str, float]], float]
Verdict = Literal["accepted", "rejected", "refused"]


class MissingModelError(LookupError):
    """A filter names a model that was not given."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a filter says of one packet.

    Parameters
    ----------
    alert_id, object_id
        Of the packet; empty where it was refused.
    filter_version
        See `AlertFilter.version`.
    verdict
        ``accepted``, ``rejected``; ``refused`` where the packet could not be read.
    rejected_by
        The first condition that it does not fulfil, or why it could not be read; empty where accepted.
    value
        Of that condition's feature; None where it is unknown or there is more than one.
    """

    alert_id: str
    object_id: str
    filter_version: str
    verdict: Verdict
    rejected_by: str = ""
    value: float | None = None

    def line(self) -> bytes:
        """Return the decision as one line of JSON, always the same."""
        told = {name: getattr(self, name) for name in self.__slots__}
        return (
            json.dumps(told, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii") + b"\n"
        )


def decide(
    packets: Iterable[Packet | Refusal],
    wanted: AlertFilter,
    models: Mapping[str, PacketScore] | None = None,
) -> Iterator[Decision]:
    """Judge packets, in their order.

    Parameters
    ----------
    packets
        As `reading.read_alerts` yields them.
    wanted
        The filter.
    models
        Those that it names, by the hash of their files (`filters.hash_of`): asked only of packets that
        fulfil all conditions before.

    Raises
    ------
    MissingModelError
        If one of them is not there.
    """
    given = models or {}
    if missing := [name for name, key in wanted.models.items() if key not in given]:
        raise MissingModelError(f"the filter {wanted.name!r} needs the models {', '.join(missing)}")
    scores = {name: given[key] for name, key in wanted.models.items()}
    version = wanted.version
    for packet in packets:
        if isinstance(packet, Refusal):
            yield Decision("", "", version, "refused", f"record {packet.record}: {packet.reason}")
            continue
        reason, value = _reason(packet, wanted, scores)
        verdict: Verdict = "rejected" if reason else "accepted"
        yield Decision(packet.alert_id, packet.object_id, version, verdict, reason, value)


def _reason(
    packet: Packet, wanted: AlertFilter, scores: Mapping[str, PacketScore]
) -> tuple[str, float | None]:
    """Return the first condition that a packet does not fulfil, and its value there."""
    if wanted.surveys and packet.survey not in wanted.surveys:
        return f"survey {packet.survey}", None
    if wanted.bands and packet.band not in wanted.bands:
        return f"band {packet.band}", None
    features = features_of(packet)
    told = dict(features)
    for condition in wanted.conditions:
        group = condition.any_of if isinstance(condition, AnyOf) else (condition,)
        if not any(_holds(one, packet, features, told, scores) for one in group):
            value = told[group[0].feature] if len(group) == 1 else float("nan")
            return str(condition), value if isfinite(value) else None
    return "", None


def _holds(
    condition: Condition,
    packet: Packet,
    features: Mapping[str, float],
    told: dict[str, float],
    scores: Mapping[str, PacketScore],
) -> bool:
    name = condition.feature
    if name not in told:
        told[name] = scores[name](packet, features)
    return condition.holds(told[name])
