"""How pages are put together: templates, links, tables, badges. Whatever a file says is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypedDict

from astro_assets import __version__

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER: Final = Path(__file__).parent
#: Longer texts of headers are cut: a page must stay small whatever they say.
_LONGEST: Final = 160
#: A column of numbers, of hashes, of names, of what keeps to one line.
NUMBER, HASH, NAME, LINE = "n", "hash", "name", "nowrap"


class Link(TypedDict):
    """A text that leads somewhere, if there is such a page."""

    text: str
    href: str | None


class Badge(TypedDict):
    """What is said beside a title."""

    text: str
    why: str
    alert: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table; ``anchor`` is what links to it name."""

    cells: Sequence[Any]
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class TableShown:
    """A table: titles of columns with their kinds, and lines."""

    columns: list[dict[str, str]]
    rows: list[Row] = field(default_factory=list)


def table(columns: Iterable[tuple[str, str]], rows: Iterable[Row | Sequence[Any]]) -> TableShown:
    """Return a table of titled columns."""
    return TableShown(
        [{"title": title, "kind": kind} for title, kind in columns],
        [row if isinstance(row, Row) else Row(row) for row in rows],
    )


def link(text: str, href: str | None) -> Link:
    """Return a text that leads to a page, or to nowhere where ``href`` is None."""
    return {"text": text, "href": href}


def badge(text: str, why: str = "", *, alert: bool = False) -> Badge:
    """Return what is said beside a title."""
    return {"text": text, "why": why, "alert": alert}


def plain(text: object) -> str:
    """Return a text of a file in one line of bearable length, without what is not printed."""
    kept = "".join(char if char.isprintable() else " " for char in str(text))
    return kept if len(kept) <= _LONGEST else f"{kept[:_LONGEST]}…"


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """Return by what names are sorted: numbers in them as numbers.

    >>> sorted(["SIM 10", "SIM 2"], key=natural)
    ['SIM 2', 'SIM 10']
    """
    parts = re.split(r"([0-9]+)", name)
    return tuple((int(part) if number % 2 else 0, part) for number, part in enumerate(parts))


def rendered(template: str, /, **values: Any) -> str:
    """Fill a template in."""
    return _environment().get_template(template).render(version=__version__, **values)


def script_json(text: str) -> Any:
    """Return JSON that may stand inside of a page's script: nothing in it ends that."""
    from markupsafe import Markup

    return Markup(text.replace("<", "\\u003c"))  # noqa: S704  no tag can be in it any more


def drawing(svg: str) -> Any:
    """Return a drawing of ours, its texts escaped already."""
    from markupsafe import Markup

    return Markup(svg)  # noqa: S704  `lineage_picture` escapes each text


def static_file(name: str) -> bytes:
    """Return a file that pages share."""
    return (_FOLDER / "static" / name).read_bytes()


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
