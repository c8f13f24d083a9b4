"""The long lists of an audit: rows trained on, labels, files; each line leads to its star."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from astro_assets.ledger.audit_parts import UNCHANGED
from astro_assets.reports.links import Links
from astro_assets.reports.numbers import NOTHING, number
from astro_assets.reports.rendering import HASH, LINE, NAME, NUMBER, TableShown, link, plain, table

#: What of a source row is told elsewhere.
_NOT_TOLD: Final = ("sha256", "file_name", "target_id")


def audit_lists(audit: Mapping[str, Any], links: Links) -> dict[str, dict[str, Any]]:
    """Return the long lists of an audit by name, each with its title and table."""
    return {
        "rows": {"title": "Rows trained on", "table": _members(audit, links)},
        "labels": {"title": "Labels", "table": _labels(audit, links)},
        "files": {"title": "Files", "table": _files(audit, links)},
    }


def _members(audit: Mapping[str, Any], links: Links) -> TableShown:
    columns = [("Star", LINE), ("Row", LINE), ("Table", LINE), ("Class", LINE), ("Label from", LINE)]
    columns += [("Origin", LINE), ("Status", LINE), ("Hash", HASH)]
    return table(
        columns,
        [
            (
                link(plain(line["star"] or NOTHING), links.target(line["star"]) if line["star"] else None),
                link(plain(line["key"]), links.candidate(line["key"])),
                line["table"].partition("/")[2],
                plain(line["class"] or NOTHING).replace("_", " "),
                plain(line["label_source"] or NOTHING),
                line["origin"] or NOTHING,
                _status(line),
                line["row_hash"][:16],
            )
            for line in audit["members"]
        ],
    )


def _labels(audit: Mapping[str, Any], links: Links) -> TableShown:
    def star(line: Mapping[str, Any]) -> Any:
        target = line["identity"].get("target_id")
        return link(plain(target), links.target(target)) if target else NOTHING

    return table(
        [
            ("Star", LINE),
            ("Table", LINE),
            ("What it says", NAME),
            ("From", LINE),
            ("Status", LINE),
            ("Hash", HASH),
        ],
        [
            (
                star(line),
                line["table"].partition("/")[2],
                _told(line["identity"]),
                (line.get("label_date") or NOTHING)[:10],
                _status(line),
                line["row_hash"][:16],
            )
            for line in audit["labels"]
        ],
    )


def _files(audit: Mapping[str, Any], links: Links) -> TableShown:
    def place(line: Mapping[str, Any]) -> str | None:
        page = links.target(line["stars"][0]) if line["stars"] else None
        return page and f"{page}#{line['sha256']}"

    columns = [("File", NAME), ("Star", LINE), ("Mission", LINE), ("Segment", NUMBER), ("Product", LINE)]
    return table(
        [*columns, ("Status", LINE), ("SHA-256", HASH)],
        [
            (
                link(plain(line["name"]), place(line)),
                ", ".join(map(plain, line["stars"][:3])),
                plain(line["mission"] or NOTHING),
                number(line["segment"]),
                plain(line["identity"].get("product") or NOTHING),
                _status(line) if line["is_held"] else f"{_status(line)}, lost",
                line["sha256"],
            )
            for line in audit["files"]
        ],
    )


def _status(line: Mapping[str, Any]) -> str:
    return UNCHANGED if line["status"] == UNCHANGED else f"▸ {line['status']}"


def _told(identity: Mapping[str, Any]) -> str:
    return plain(
        ", ".join(
            f"{name.replace('_', ' ')} {number(value)}"
            for name, value in identity.items()
            if name not in _NOT_TOLD and value is not None
        )
    )
