"""Files that cannot be used: found in the ledger, and printed by reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from astro_assets.cli.printing import out, plain
from astro_assets.images.alert_tables import ALERTS
from astro_assets.images.alerts.refusals import REASONS as OF_ALERTS
from astro_assets.images.refusals import REASONS as OF_IMAGES
from astro_assets.images.tables import FRAMES
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import Ledger
from astro_assets.observations.refusals import REASONS
from astro_assets.observations.tables import OBSERVATION_FILES, RAW_FILES
from astro_assets.xray.refusals import REASONS as OF_XRAY
from astro_assets.xray.tables import XRAY_LIGHT_CURVES

#: Lines of a kind that are printed.
_LISTED: Final = 20
_WITH_REFUSALS: Final = (OBSERVATION_FILES, FRAMES, ALERTS, XRAY_LIGHT_CURVES)


def refused_files(ledger: Ledger, keys: Sequence[str]) -> pl.DataFrame:
    """Return those of some files that cannot be used: reason code, name, reason, sha256.

    A targets.csv is none of them: nothing is wrong with it. A file of alerts is one if a packet of it cannot
    be read.
    """
    names = ["reason_code", "file_name", "refusal_reason", "sha256"]
    refused = (pl.col("status") == "refused") & pl.col("key").is_in(keys)
    files = ledger.open(OBSERVATION_FILES).rows([*names, "status"]).filter(refused)
    files = files.filter(pl.col("reason_code") != "not_an_observation").select(names)
    told = ["sha256", "status", "reason_code", "refusal_reason"]
    frames = ledger.open(FRAMES).rows(told).filter(refused).select(told)
    curves = ledger.open(XRAY_LIGHT_CURVES).rows(told).filter(refused).select(told)
    alerts = ledger.open(ALERTS).rows(["status", "reason_code", "refusal_reason"]).filter(refused)
    first = pl.col("refusal_reason").first()
    of_alerts = alerts.group_by(sha256="key", reason_code="reason_code", maintain_order=True).agg(
        refusal_reason=pl.when(pl.len() > 1).then(pl.format("{} times; {}", pl.len(), first)).otherwise(first)
    )
    raw = ledger.open(RAW_FILES).rows(["sha256", "file_name"]).select("sha256", "file_name")
    others = [of.join(raw, on="sha256").select(names) for of in (frames, of_alerts, curves)]
    return pl.concat([files, *others]).sort(names).collect()


def print_refused(rows: pl.DataFrame, home: Home) -> None:
    """Print the files that cannot be used: each if they are few, else counts by reason and some of each.

    Parameters
    ----------
    rows
        ``reason_code``, ``file_name``, ``refusal_reason``, by reason.
    """
    if rows.is_empty():
        return
    is_long = rows.height > _LISTED
    out.print(f"{rows.height} files were refused; they are kept, with the reason:")
    if is_long:
        counts = rows["reason_code"].value_counts().sort("count", "reason_code", descending=[True, False])
        for code, count in counts.iter_rows():
            meaning = next(of[code] for of in (REASONS, OF_IMAGES, OF_ALERTS, OF_XRAY) if code in of)
            out.print(f"  {count:7}  {code}: {meaning}", soft_wrap=True)
        out.print("for example:")
        first = pl.int_range(pl.len()).over("reason_code")
        rows = rows.filter(first.rank("ordinal") <= _LISTED)
    width = max(map(len, rows["reason_code"]))
    for code, name, reason in rows.select("reason_code", "file_name", "refusal_reason").iter_rows():
        out.print(plain(f"  {code:{width}}  {name}: {reason}"), soft_wrap=True)
    if is_long:
        places = (home.storage.place(home.table_key(of.name)) for of in _WITH_REFUSALS)
        out.print(plain(f"All are in {', '.join(places)}, with status 'refused'."), soft_wrap=True)
