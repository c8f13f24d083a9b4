"""Packets judged by a filter: the same filter and the same packets give the same bytes.

No clock, no chance, no memory of earlier packets: each is judged on its own.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from astro_assets.images.alerts.errors import Refusal, one_line
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


@dataclass(frozen=True, slots=True)
class Asked:
    """What a filter is asked about.

    Parameters
    ----------
    alert_id, object_id, survey, band
        Of the packet.
    features
        Worked out when a condition needs them.
    score
        Of a model, by the name that the filter gives it, asked when a condition needs it; from the features.
    """

    alert_id: str
    object_id: str
    survey: str
    band: str
    features: Callable[[], Mapping[str, float]]
    score: Callable[[str, Mapping[str, float]], float]


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
    scores, version = scores_of(wanted, models or {}), wanted.version
    for packet in packets:
        if isinstance(packet, Refusal):
            yield refusal(version, packet.record, packet.reason)
        else:
            yield decision(version, wanted, _asked(packet, scores))


def scores_of(wanted: AlertFilter, models: Mapping[str, PacketScore]) -> dict[str, PacketScore]:
    """Return the models that a filter names, by the names that it gives them.

    Raises
    ------
    MissingModelError
        If one of them is not there.
    """
    if missing := [name for name, key in wanted.models.items() if key not in models]:
        raise MissingModelError(f"the filter {wanted.name!r} needs the models {', '.join(missing)}")
    return {name: models[key] for name, key in wanted.models.items()}


def _asked(packet: Packet, scores: Mapping[str, PacketScore]) -> Asked:
    return Asked(
        packet.alert_id,
        packet.object_id,
        packet.survey,
        packet.band,
        lambda: features_of(packet),
        lambda name, features: scores[name](packet, features),
    )


def refusal(version: str, record: int, reason: str) -> Decision:
    """Return the decision on a packet that cannot be read."""
    return Decision("", "", version, "refused", f"record {record}: {one_line(reason)}")


def decision(version: str, wanted: AlertFilter, asked: Asked) -> Decision:
    """Judge one packet by a filter of this version."""
    reason, value = _reason(asked, wanted)
    verdict: Verdict = "rejected" if reason else "accepted"
    return Decision(asked.alert_id, asked.object_id, version, verdict, reason, value)


def _reason(asked: Asked, wanted: AlertFilter) -> tuple[str, float | None]:
    """Return the first condition that a packet does not fulfil, and its value there."""
    if wanted.surveys and asked.survey not in wanted.surveys:
        return f"survey {asked.survey}", None
    if wanted.bands and asked.band not in wanted.bands:
        return f"band {asked.band}", None
    features = asked.features()
    told = dict(features)
    for condition in wanted.conditions:
        group = condition.any_of if isinstance(condition, AnyOf) else (condition,)
        if not any(_holds(one, asked, features, told) for one in group):
            value = told[group[0].feature] if len(group) == 1 else float("nan")
            return str(condition), value if isfinite(value) else None
    return "", None


def _holds(condition: Condition, asked: Asked, features: Mapping[str, float], told: dict[str, float]) -> bool:
    name = condition.feature
    if name not in told:
        told[name] = asked.score(name, features)
    return condition.holds(told[name])
