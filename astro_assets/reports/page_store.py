"""The folder of the report: which pages lie there, of what they were made, and how they get there."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from astro_assets.ledger.atomic import write_bytes
from astro_assets.ledger.home import Home
from astro_assets.ledger.page_names import report_folder

_FORMAT: Final = "astro_assets report 1"
_LIST: Final = "pages.json"


@dataclass(slots=True)
class PageStore:
    """What lies in the folder of a report.

    Attributes
    ----------
    asked
        Targets that were asked for; None for all.
    pages
        Of each page, by its name within the folder, the fingerprint of what it was made of.
    """

    folder: Path
    asked: list[str] | None = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)

    def has(self, name: str, fingerprint: str) -> bool:
        """Tell whether a page is there and was made of just this."""
        return self.pages.get(name) == fingerprint and (self.folder / name).is_file()

    def forget(self, names: Iterable[str]) -> None:
        """Take note that pages are about to be replaced: if that stops half-way they are made anew."""
        for name in names:
            self.pages.pop(name, None)
        self.save()

    def put(self, name: str, content: bytes, fingerprint: str) -> None:
        """Write a page; :meth:`save` makes it known."""
        write_bytes(self.folder / name, content)
        self.pages[name] = fingerprint

    def remove(self, names: Iterable[str]) -> None:
        """Remove pages."""
        for name in names:
            (self.folder / name).unlink(missing_ok=True)
            self.pages.pop(name, None)

    def save(self) -> None:
        """Write down which pages there are."""
        listed = {"format": _FORMAT, "asked": self.asked, "pages": dict(sorted(self.pages.items()))}
        write_bytes(self.folder / _LIST, json.dumps(listed, indent=1).encode())


def is_asked_for(home: Home) -> bool:
    """Tell whether somebody asked for a report of a home."""
    return (report_folder(home) / _LIST).is_file()


def asked_for(home: Home) -> list[str] | None:
    """Return the targets that were asked for; None for all."""
    return _read(report_folder(home)).asked


@contextmanager
def page_store(home: Home) -> Iterator[PageStore]:
    """Open the folder of a report for one process at a time."""
    folder = report_folder(home)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield _read(folder)


def _read(folder: Path) -> PageStore:
    try:
        listed: Mapping[str, Any] = json.loads((folder / _LIST).read_text())
    except (FileNotFoundError, ValueError):  # none yet, or damaged: all is written anew
        return PageStore(folder)
    if listed.get("format") != _FORMAT:
        return PageStore(folder)
    # Names are ours; a list that somebody edited must still remove nothing elsewhere.
    pages = {
        name: mark
        for name, mark in listed["pages"].items()
        if (folder / name).resolve().is_relative_to(folder.resolve())
    }
    return PageStore(folder, listed["asked"], pages)


def fingerprint(*parts: Any) -> str:
    """Hash what a page is made of: plain values."""
    return blake2b(json.dumps(parts, sort_keys=True, default=str).encode(), digest_size=16).hexdigest()
