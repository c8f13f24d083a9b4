"""Packets as rows of numbers and texts, and rows as what filters and models ask of packets.

Files are read in `reading`; which columns there are is declared in `images.alert_schemas`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite, nan
from pathlib import Path
from typing import Any, Final

from astro_assets.images.alerts.errors import AlertFileError, Refusal, one_line
from astro_assets.images.alerts.features import FEATURE_NAMES, FEATURE_SET, features_of
from astro_assets.images.alerts.packets import Packet
from astro_assets.images.alerts.reading import read_alerts
from astro_assets.images.alerts.stamps import stamps_told

ACCEPTED: Final = "accepted"
REFUSED: Final = "refused"


def alert_rows(path: Path, most: int) -> Iterator[dict[str, Any]]:
    """Yield a row for each packet of a file in its order, and for what of it was refused.

    Parameters
    ----------
    path
        See `reading.read_alerts`.
    most
        Rows of packets at most; where there are more, the last row says so.
    """
    position = 0
    try:
        for one in read_alerts(path, with_stamps=True):
            if position == most:
                yield _refused(position, position, 0, "too_many_packets", f"more than {most}: split the file")
                return
            yield _row(position, one)
            position += 1
    except AlertFileError as error:
        reason = str(error).replace(path.name, "the file")
        yield _refused(position, position, 0, "alerts_unreadable", reason)
    except (OSError, MemoryError):  # of the machine
        raise
    except Exception as error:  # noqa: BLE001  no file is to stop a run, whatever is wrong with it
        reason = f"damaged: {type(error).__name__}: {error}"
        yield _refused(position, position, 0, "packet_unreadable", reason)


def _row(position: int, one: Packet | Refusal) -> dict[str, Any]:
    if isinstance(one, Refusal):
        return _refused(position, one.record, one.n_records, "packet_unreadable", one.reason)
    stamps = stamps_told(one)
    features = features_of(one)
    return {
        "position": position,
        "record": one.record,
        "n_records": 1,
        "status": ACCEPTED,
        "survey": one.survey,
        "schema_name": one.schema.name,
        "schema_version": one.schema.version,
        "is_schema_known": one.schema.is_known,
        "alert_id": one.alert_id,
        "object_id": one.object_id or None,
        "filter_name": one.band or None,
        "solar_system_name": one.solar_system_name or None,
        "has_stamps": not stamps.reason and not stamps.missing,
        "missing_stamps": list(stamps.missing),
        "is_truncated": stamps.is_truncated,
        "stamp_fault": stamps.reason or None,
        "feature_set": FEATURE_SET,
        **{name: value if isfinite(value) else None for name, value in features.items()},
    }


def _refused(position: int, record: int, n_records: int, code: str, reason: str) -> dict[str, Any]:
    return {
        "position": position,
        "record": record,
        "n_records": n_records,
        "status": REFUSED,
        "reason_code": code,
        "refusal_reason": one_line(reason),
    }


def features_in(row: Mapping[str, Any]) -> dict[str, float]:
    """Return every feature that a row tells, NaN for what its packet did not."""
    return {name: nan if row[name] is None else row[name] for name in FEATURE_NAMES}
