"""Long tables over several pages: none gets too large for a browser, or for a message."""

from __future__ import annotations

from typing import Any, Final

from astro_assets.reports.rendering import TableShown, link, plain, rendered

#: Lines of a page.
MOST_LINES: Final = 1000


def list_names(name: str, n_lines: int, most: int = MOST_LINES) -> list[str]:
    """Return the names of the pages of a list.

    >>> list_names("models/x.rows", 1001)
    ['models/x.rows-1.html', 'models/x.rows-2.html']
    """
    return [f"{name}-{number + 1}.html" for number in range(-(-n_lines // most))]


def list_links(names: list[str], n_lines: int, most: int = MOST_LINES) -> list[Any]:
    """Return links to the pages of a list from a page beside them."""
    if len(names) == 1:
        return [link(f"all {n_lines}", names[0].rpartition("/")[2])]
    return [
        link(f"{number * most + 1}–{min((number + 1) * most, n_lines)}", name.rpartition("/")[2])
        for number, name in enumerate(names)
    ]


def list_page(
    title: str, shown: TableShown, names: list[str], number: int, crumbs: list[Any], root: str
) -> str:
    """Return one page of a list.

    Parameters
    ----------
    shown
        The whole table.
    names
        Those of all its pages.
    number
        Which of these, from 0.
    """
    n_lines = len(shown.rows)
    first = number * MOST_LINES
    part = TableShown(shown.columns, shown.rows[first : first + MOST_LINES])
    pages = list_links(names, n_lines)
    pages[number] = link(pages[number]["text"], None)
    return rendered(
        "list.html",
        title=plain(title),
        root=root,
        crumbs=[*crumbs, link(plain(title), None)],
        lede=f"{first + 1} to {first + len(part.rows)} of {n_lines}.",
        pages=pages,
        shown=part,
    )
