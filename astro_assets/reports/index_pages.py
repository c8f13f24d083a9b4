"""The report's first page, and the lists of all candidates and of all stars."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import polars as pl

from astro_assets.ledger.audit_parts import UNCHANGED
from astro_assets.ledger.page_names import page_name
from astro_assets.ledger.staleness import STATUSES, Staleness
from astro_assets.observations.tables import OBSERVATION_FILES
from astro_assets.reports.contents import Contents, RowOf
from astro_assets.reports.images import GALLERY
from astro_assets.reports.links import Links
from astro_assets.reports.lists import list_links, list_names, list_page
from astro_assets.reports.numbers import NOTHING, grouped, number
from astro_assets.reports.out_of_date import OutOfDate
from astro_assets.reports.rendering import HASH, LINE, NAME, NUMBER, TableShown, link, plain, rendered, table
from astro_assets.reports.xray import XRAY_PAGE
from astro_assets.transits.scorer_tables import TRANSIT_SCORES
from astro_assets.transits.tables import TRANSIT_CANDIDATES

TITLE: Final = "Report"
#: Candidates on the first page.
_BEST: Final = 200
_CAUSES: Final = 2
Page = Callable[[], str]


def list_page_names(contents: Contents) -> dict[str, list[str]]:
    """Return the names of the pages that list all candidates, and all stars."""
    found = _ranked(contents)
    return {
        "candidates": list_names("candidates", len(found)),
        "targets": list_names("targets", len(contents.targets)),
        "refused": list_names("refused", len(contents.refused)),
    }


def index_pages(
    contents: Contents,
    audits: Sequence[Mapping[str, Any]],
    state: Staleness,
    of_targets: OutOfDate,
    links: Links,
    *,
    is_part: bool,
) -> dict[str, Page]:
    """Return what makes each of these pages, by name.

    Parameters
    ----------
    audits
        One of each version of each model.
    is_part
        Whether only some targets were asked for.
    """
    names = list_page_names(contents)
    found = _ranked(contents)
    candidates = _candidates(contents, found, of_targets, links)
    crumbs = [link(TITLE, "index.html")]
    pages: dict[str, Page] = {}
    lists = {
        "candidates": ("All candidates", candidates),
        "targets": ("All stars", _targets(contents, of_targets, links)),
        "refused": ("Refused files", _refused(contents, links)),
    }
    for kind, (title, shown) in lists.items():
        for place, name in enumerate(names[kind]):
            pages[name] = _page_of(title, shown, names[kind], place, crumbs)
    pages["index.html"] = lambda: rendered(
        "index.html",
        title=TITLE,
        root="",
        crumbs=[],
        lede=_lede(contents, found, audits),
        part="Only the stars that were asked for have pages here." if is_part else "",
        key=_key(contents, found, of_targets),
        best=TableShown(candidates.columns, candidates.rows[:_BEST]),
        lists=[
            {"title": title, "pages": list_links(names[kind], len(shown.rows))}
            for kind, (title, shown) in lists.items()
            if shown.rows
        ],
        gallery=GALLERY if GALLERY in links.pages else "",
        xray=XRAY_PAGE if XRAY_PAGE in links.pages else "",
        models=_models(audits, links),
        stale=_stale(state),
    )
    return pages


def names_script(contents: Contents) -> str:
    """Return the names of all stars as a script, with their pages where these are not plainly named."""
    lines = [
        [target] if page_name(target) == target.replace(" ", "-") else [target, page_name(target)]
        for target in contents.targets
    ]
    return f"window.TARGETS={json.dumps(lines, separators=(',', ':'))};\n"


def _page_of(title: str, shown: TableShown, names: list[str], place: int, crumbs: list[Any]) -> Page:
    return lambda: list_page(title, shown, names, place, crumbs, "")


def _ranked(contents: Contents) -> list[RowOf]:
    """Return all candidates, the detected first, the strongest of these first."""
    rows = [row for of in contents.rows[TRANSIT_CANDIDATES.name].values() for row in of]
    return sorted(
        rows, key=lambda row: (not row["is_detected"], -row["detection_statistic"], row["candidate_id"])
    )


def _lede(contents: Contents, found: Sequence[RowOf], audits: Sequence[Any]) -> str:
    strong = sum(row["is_detected"] for row in found)
    n_stars, n_models = len(contents.targets), len(audits)
    return (
        f"{grouped(n_stars)} star{'s' if n_stars != 1 else ''}, {grouped(strong)} "
        f"candidate{'s' if strong != 1 else ''}, {n_models} version{'s' if n_models != 1 else ''} of models."
    )


def _key(contents: Contents, found: Sequence[RowOf], state: OutOfDate) -> list[tuple[str, str, str]]:
    held = {row["sha256"] for of in contents.rows[OBSERVATION_FILES.name].values() for row in of}
    held |= {row["sha256"] for row in contents.refused}
    refused = len(contents.refused)
    scored = sum(len(of) for of in contents.rows[TRANSIT_SCORES.name].values())
    stale = sum(bool(state.of(target).text) for target in contents.targets)
    return [
        ("Stars", grouped(len(contents.targets)), ""),
        ("Files", grouped(len(held)), f"{grouped(refused)} refused" if refused else ""),
        (
            "Candidates detected",
            grouped(sum(row["is_detected"] for row in found)),
            f"of {grouped(len(found))} kept",
        ),
        ("Candidates scored", grouped(scored), ""),
        ("Stars out of date", grouped(stale), ""),
    ]


def _candidates(contents: Contents, found: Sequence[RowOf], state: OutOfDate, links: Links) -> TableShown:
    columns = [
        ("", NUMBER),
        ("Candidate", LINE),
        ("Period [d]", NUMBER),
        ("Depth [ppm]", NUMBER),
        ("SNR", NUMBER),
    ]
    columns += [("Planet", NUMBER), ("Planet or binary", NUMBER), ("Cannot be excluded", ""), ("", LINE)]

    def shown(place: int, row: RowOf) -> tuple[Any, ...]:
        score = contents.of_candidate(TRANSIT_SCORES, row, "example_id")
        return (
            str(place),
            link(plain(row["candidate_id"]), links.candidate(row["candidate_id"])),
            number(row["period_days"], 6),
            number(row["depth_ppm"], 3),
            number(row["snr"], 3),
            f"{score['planetary_transit']:.3f}" if score else NOTHING,
            f"{score['planet_or_eb']:.3f}" if score else NOTHING,
            ", ".join(name.replace("_", " ") for name in score["conformal_set"]) if score else NOTHING,
            ", ".join(filter(None, ("" if row["is_detected"] else "weak", state.of(row["target_id"]).text))),
        )

    return table(columns, [shown(place + 1, row) for place, row in enumerate(found)])


def _targets(contents: Contents, state: OutOfDate, links: Links) -> TableShown:
    def shown(target: str) -> tuple[Any, ...]:
        found = contents.of(TRANSIT_CANDIDATES, target)
        return (
            link(plain(target), links.target(target)),
            number(len(contents.of(OBSERVATION_FILES, target))),
            number(sum(row["is_detected"] for row in found)),
            state.of(target).text,
        )

    columns = [("Star", NAME), ("Files", NUMBER), ("Candidates", NUMBER), ("", LINE)]
    return table(columns, map(shown, contents.targets))


def _refused(contents: Contents, links: Links) -> TableShown:
    columns = [("File", NAME), ("Star", LINE), ("Why it cannot be used", ""), ("SHA-256", HASH)]

    def shown(row: RowOf) -> tuple[Any, ...]:
        star = row["target_id"]
        page = link(plain(star), links.target(star)) if star else NOTHING
        return (plain(row["file_name"]), page, plain(row["refusal_reason"]), row["sha256"])

    return table(columns, map(shown, contents.refused))


def _models(audits: Sequence[Mapping[str, Any]], links: Links) -> TableShown:
    columns = [("Version", NAME), ("", LINE), ("Made", LINE), ("Stars", NUMBER), ("Rows", NUMBER)]
    columns += [("Changed since", NUMBER), ("Checks failed", NUMBER), ("Origin", LINE)]
    newest = sorted(audits, key=lambda audit: (audit["model"], audit["made"]["at"]), reverse=True)
    return table(
        columns,
        [
            (
                link(
                    plain(f"{audit['model']}@{audit['version']}"),
                    links.model(audit["model"], audit["version"]),
                ),
                ", ".join(map(plain, audit["aliases"])),
                audit["made"]["at"][:10],
                number(audit["training"]["n_stars"]),
                number(audit["training"]["n_rows"]),
                number(audit["behind"]["n_rows"]),
                number(sum(not check["passed"] for check in audit["checks"])),
                audit["origin"],
            )
            for audit in newest
        ],
    )


def _stale(state: Staleness) -> TableShown:
    rows = []
    for (name,), lines in state.entries.group_by("table", maintain_order=True):
        counts = state.counts(str(name))
        causes = lines.group_by("cause").len().sort("len", "cause", descending=[True, False])["cause"]
        said = "; ".join(causes.head(_CAUSES)) + (
            f"; {len(causes) - _CAUSES} more" if len(causes) > _CAUSES else ""
        )
        rows.append(
            (name, *(number(counts[status]) if counts[status] else "" for status in STATUSES), plain(said))
        )
    columns = [("Table", LINE), *((status.capitalize(), NUMBER) for status in STATUSES), ("Why", "")]
    return table(columns, rows)


def trained_rows(audit: Mapping[str, Any]) -> pl.DataFrame:
    """Count a version's rows by star, and those that have changed: ``star``, ``n_rows``, ``n_changed``."""
    lines = [(line["star"], line["status"]) for line in audit["members"] if line["star"] is not None]
    frame = pl.DataFrame(lines, schema={"star": pl.String, "status": pl.String}, orient="row")
    changed = (pl.col("status") != UNCHANGED).sum()
    return frame.group_by("star").agg(n_rows=pl.len(), n_changed=changed).sort("star")
