"""An audit as tables and figures that a page shows: with links where there are other pages, or on its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from astro_assets.reports.audit_lists import audit_lists
from astro_assets.reports.links import Links
from astro_assets.reports.numbers import NOTHING, number, size
from astro_assets.reports.rendering import (
    HASH,
    LINE,
    NAME,
    NUMBER,
    Badge,
    TableShown,
    badge,
    link,
    natural,
    plain,
    rendered,
    static_file,
    table,
)

#: No page but the one shown.
_ALONE: Final = Links(frozenset())


def audit_html(audit: Mapping[str, Any]) -> str:
    """Return an audit as one page that needs no other file.

    Parameters
    ----------
    audit
        As :meth:`~astro_assets.ledger.audit.Audit.to_json` returns it.
    """
    return rendered(
        "audit.html",
        root="",
        title=title_of(audit),
        crumbs=[],
        css=static_file("report.css").decode(),
        picture=None,
        card=None,
        stars=[plain(star) for star in sorted(audit["stars"], key=natural)],
        star_links=None,
        star_pages=None,
        lists=list(audit_lists(audit, _ALONE).values()),
        **audit_shown(audit),
    )


def title_of(audit: Mapping[str, Any]) -> str:
    """Return the title of a version's page."""
    return plain(f"{audit['model']} {audit['version']}")


def audit_shown(audit: Mapping[str, Any], links: Links = _ALONE) -> dict[str, Any]:
    """Return what a page says of an audit besides its long lists."""
    return {
        "name": plain(audit["model"].partition("/")[2].replace("_", " ")),
        "model_version": audit["version"],
        "badges": _badges(audit),
        "lede": _lede(audit),
        "behind": _behind(audit),
        "key": _key(audit),
        "counts": _counts(audit),
        "checks": _checks(audit),
        "tables": _tables(audit),
        "made": _made(audit, links),
        "environment": _pairs(audit["made"].get("environment", {}), "Package", "Version"),
        "config": _pairs(_flat(audit["made"].get("config", {})), "Setting", "Value"),
    }


def _badges(audit: Mapping[str, Any]) -> list[Badge]:
    badges = [badge(alias) for alias in audit["aliases"]]
    if audit["origin"] != "real":
        badges.append(badge(audit["origin"], "The least real of what it was trained on."))
    if audit["behind"]["n_rows"]:
        badges.append(badge("out of date", _behind(audit), alert=True))
    if any(not check["passed"] for check in audit["checks"]):
        badges.append(badge("a check failed", alert=True))
    return badges


def _lede(audit: Mapping[str, Any]) -> str:
    training = audit["training"]
    said = (
        f"Trained on {number(training['n_rows'])} rows of {number(training['n_stars'])} stars, made from "
        f"{number(len(audit['files']))} files and {number(len(audit['labels']))} labels."
    )
    if training["continued_from"]:
        said += f" Continued from {training['continued_from']}."
    return said


def _behind(audit: Mapping[str, Any]) -> str:
    n_rows = audit["behind"]["n_rows"]
    if n_rows is None:
        return "Whether its rows have changed since is not known."
    if not n_rows:
        return "All rows are as they were trained on."
    of = number(audit["training"]["n_rows"])
    return f"{number(n_rows)} of {of} rows have changed since, are gone or were retracted."


def _key(audit: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    made, artefact = audit["made"], audit["artefact"]
    hardware = made.get("hardware") or {}
    return [
        ("Made", made["at"][:16].replace("T", " "), "UTC"),
        ("Rows", number(audit["training"]["n_rows"]), ""),
        ("Stars", number(audit["training"]["n_stars"]), ""),
        ("Files", number(len(audit["files"])), ""),
        ("Labels", number(len(audit["labels"])), ""),
        ("Versions judged on its stars", number(audit["test_reads"]["n"]), ""),
        ("Artefact", size(artefact["n_bytes"]), "" if artefact["is_held"] else "lost"),
        ("Can be made again", "to the bit" if made.get("is_reproducible") else "not to the bit", ""),
        ("Processors", number(hardware.get("n_processors")), plain(hardware.get("instruction-set") or "")),
    ]


def _counts(audit: Mapping[str, Any]) -> TableShown:
    return table(
        [("Counted by", LINE), ("Value", NAME), ("Rows", NUMBER)],
        [
            (name.replace("_", " ") if first else "", plain(value), number(count))
            for name, of in audit["training"]["counts"].items()
            for first, (value, count) in ((i == 0, item) for i, item in enumerate(of.items()))
        ],
    )


def _checks(audit: Mapping[str, Any]) -> TableShown:
    return table(
        [("Check", LINE), ("", LINE), ("What it found", "")],
        [
            (
                check["name"].replace("_", " "),
                "passed" if check["passed"] else "✗ failed",
                plain(check["said"]),
            )
            for check in audit["checks"]
        ],
    )


def _tables(audit: Mapping[str, Any]) -> TableShown:
    columns = [
        ("Table", LINE),
        ("Units", NUMBER),
        ("Rows", NUMBER),
        ("Made", LINE),
        ("Merkle root of its rows", HASH),
    ]
    return table(
        [*columns, ("Code", HASH)],
        [
            (
                line["table"],
                number(line["n_units"]),
                number(line["n_rows"]),
                _span(line["first"], line["last"]),
                line["root"][:32],
                ", ".join(version[:12] for version in line["code_versions"]),
            )
            for line in audit["tables"]
        ],
    )


def _span(first: str, last: str) -> str:
    begin, end = (text[:16].replace("T", " ") for text in (first, last))
    if begin == end:
        return begin
    return f"{begin} – {end[11:] if begin[:10] == end[:10] else end}"


def _made(audit: Mapping[str, Any], links: Links) -> TableShown:
    made, training, artefact = audit["made"], audit["training"], audit["artefact"]
    before = training["continued_from"]
    lines: list[tuple[str, Any]] = [
        ("Version", audit["version"]),
        ("Artefact, SHA-256", artefact["sha256"]),
        ("Recipe of the training", training["recipe"]),
        ("Merkle root of its rows", training["root"]),
        ("Continued from", link(before, links.model(audit["model"], before)) if before else NOTHING),
        ("Made", made["at"]),
        ("Run", made["run"]),
        ("Tracked as", ", ".join(plain(one["address"]) for one in made.get("tracked_as", ())) or NOTHING),
        ("Source, SHA-256", made["source"]),
        ("Commit", _commit(made)),
        ("Seed", number(made.get("seed"))),
        ("Split it was judged on", audit["test_reads"]["split"] or NOTHING),
        ("Versions judged on these stars", ", ".join(audit["test_reads"]["versions"]) or NOTHING),
        ("Why it cannot be made again", "; ".join(map(plain, made.get("why_not", ()))) or NOTHING),
        *((f"Hardware: {name}", plain(_text(value))) for name, value in (made.get("hardware") or {}).items()),
    ]
    return table([("", LINE), ("", NAME)], lines)


def _commit(made: Mapping[str, Any]) -> str:
    if not made.get("git_commit"):
        return NOTHING
    return f"{made['git_commit']}{', with changes' if made.get('is_dirty') else ''}"


def _pairs(values: Mapping[str, Any], name: str, what: str) -> TableShown:
    return table(
        [(name, LINE), (what, NAME)], [(plain(key), plain(_text(value))) for key, value in values.items()]
    )


def _flat(values: Mapping[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{before}{name}.")
        else:
            found[f"{before}{name}"] = value
    return found


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
