"""The pages of a version of a model: its audit, its card, and its long lists on pages of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_versions import version_of
from astro_assets.ledger.page_names import model_page_name
from astro_assets.reports.audit_lists import audit_lists
from astro_assets.reports.audit_shown import audit_shown, title_of
from astro_assets.reports.lineage_picture import Box, lineage_picture
from astro_assets.reports.links import Links
from astro_assets.reports.lists import MOST_LINES, list_links, list_names, list_page
from astro_assets.reports.numbers import grouped
from astro_assets.reports.rendering import LINE, TableShown, drawing, link, natural, plain, rendered, table
from astro_assets.tables import known_model

#: Stars that the model's own page lists.
_MOST_STARS: Final = MOST_LINES
Page = Callable[[], str]


def model_page_names(audit: Mapping[str, Any]) -> list[str]:
    """Return the names of all pages of a version."""
    own = model_page_name(audit["model"], audit["version"])
    return [own, *(name for names in _names(audit).values() for name in names)]


def model_pages(ledger: Ledger, audit: Mapping[str, Any], links: Links) -> dict[str, Page]:
    """Return what makes each page of a version, by name.

    Parameters
    ----------
    audit
        As :meth:`~astro_assets.ledger.audit.Audit.to_json` returns it.
    links
        Where other pages lie.
    """
    own = model_page_name(audit["model"], audit["version"])
    names = _names(audit)
    lists = {**audit_lists(audit, links), "stars": {"title": "Stars", "table": _stars(audit, links)}}
    crumbs = [link("Report", "../index.html"), link(title_of(audit), own.rpartition("/")[2])]
    pages: dict[str, Page] = {own: lambda: _own_page(ledger, audit, links, names, lists)}
    for kind, of_list in names.items():
        title, shown = lists[kind]["title"], lists[kind]["table"]
        for number, name in enumerate(of_list):
            pages[name] = _page_of(f"{title} of {title_of(audit)}", shown, of_list, number, crumbs)
    return pages


def _page_of(title: str, shown: TableShown, names: list[str], number: int, crumbs: list[Any]) -> Page:
    return lambda: list_page(title, shown, names, number, crumbs, "../")


def _names(audit: Mapping[str, Any]) -> dict[str, list[str]]:
    base = model_page_name(audit["model"], audit["version"]).removesuffix(".html")
    lengths = {"rows": len(audit["members"]), "labels": len(audit["labels"]), "files": len(audit["files"])}
    if len(audit["stars"]) > _MOST_STARS:
        lengths["stars"] = len(audit["stars"])
    return {kind: list_names(f"{base}.{kind}", length) for kind, length in lengths.items()}


def _own_page(
    ledger: Ledger,
    audit: Mapping[str, Any],
    links: Links,
    names: Mapping[str, list[str]],
    lists: Mapping[str, Any],
) -> str:
    stars = sorted(audit["stars"], key=natural)
    few = len(stars) <= _MOST_STARS
    return rendered(
        "model.html",
        title=title_of(audit),
        root="../",
        crumbs=[link("Report", "../index.html"), link(title_of(audit), None)],
        picture=drawing(_picture(ledger, audit)),
        card=_card(ledger, audit),
        stars=[],
        star_links=[link(plain(star), links.target(star)) for star in stars] if few else None,
        star_pages=None if few else list_links(names["stars"], len(stars)),
        lists=[
            {"title": lists[kind]["title"], "pages": list_links(names[kind], len(lists[kind]["table"].rows))}
            for kind in ("rows", "labels", "files")
        ],
        **audit_shown(audit, links),
    )


def _stars(audit: Mapping[str, Any], links: Links) -> TableShown:
    stars = sorted(audit["stars"], key=natural)
    return table([("Star", LINE)], [(link(plain(star), links.target(star)),) for star in stars])


def _picture(ledger: Ledger, audit: Mapping[str, Any]) -> str:
    """Draw the tables between files and model, as they read each other now."""
    put_in = Counter(line["table"] for line in (*audit["labels"], *audit["files"]))
    counts = {**put_in, **{line["table"]: line["n_units"] for line in audit["tables"]}}
    old = {line["table"] for line in audit["behind"]["superseded"]}
    boxes = {
        name: Box(
            name.partition("/")[2], f"{grouped(count)} unit{'s' if count != 1 else ''}", is_old=name in old
        )
        for name, count in counts.items()
    }
    model = audit["model"]
    boxes[model] = Box(model.partition("/")[2], audit["version"], is_end=True)
    edges = [
        (parent.table.name, of.name) for of in ledger.tables if of.name in counts for parent in of.parents
    ]
    edges += [(line["table"], model) for line in audit["members"]]
    return lineage_picture(boxes, edges)


def _card(ledger: Ledger, audit: Mapping[str, Any]) -> Any:
    """Return a model's card as HTML; of some models there is none."""
    model = known_model(audit["model"])
    if model is None:
        return None
    from markdown_it import MarkdownIt
    from markupsafe import Markup

    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    row = version_of(ledger, model.name, audit["version"])
    text = model.card(ledger, row).partition("\n")[2]
    return Markup(markdown.render(text))  # noqa: S704  raw HTML in it is escaped
