"""The report as a whole: which pages there are to be, which of them to write anew, which to remove.

A page is written again only when what it shows has changed: rows and recipes of its star, what is out of
date, the models trained on it, or the code of this package.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

from astro_assets import __version__
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.models import ModelSpec
from astro_assets.ledger.page_names import (
    candidate_page_name,
    report_folder,
    target_page_name,
    xray_source_page_name,
)
from astro_assets.ledger.staleness import stale
from astro_assets.observations.tables import OBSERVATION_FILES
from astro_assets.reports.candidate_page import begun_at, candidate_page
from astro_assets.reports.contents import Contents, read_contents
from astro_assets.reports.figures import made_ready
from astro_assets.reports.images import GALLERY, gallery_page, has_images
from astro_assets.reports.index_pages import index_pages, list_page_names, names_script, trained_rows
from astro_assets.reports.known_audits import all_audits
from astro_assets.reports.lines_above import lines_above
from astro_assets.reports.links import Links
from astro_assets.reports.model_page import model_page_names, model_pages
from astro_assets.reports.out_of_date import OutOfDate, out_of_date
from astro_assets.reports.page_store import PageStore, fingerprint, page_store
from astro_assets.reports.rendering import static_file
from astro_assets.reports.target_page import TrainedOn, target_page
from astro_assets.reports.xray import XRAY_PAGE, has_curves, xray_page
from astro_assets.reports.xray_site import XrayPages
from astro_assets.reports.xray_sources import read_sources
from astro_assets.transits.tables import TRANSIT_CANDIDATES

#: Told what is done and to do.
Progress = Callable[[int, int], None]
#: Told some tables and models, returns what their checks came to last: ``name``, ``passed``, ``said``,
#: ``severity``.
ChecksOf = Callable[[Collection[str]], list[dict[str, Any]]]
#: Stars whose lineage is read at once.
_AT_ONCE: Final = 100
#: What is told of a check; when it ran is not: a page is not written again for that.
_TOLD: Final = ("name", "passed", "said", "severity")
_OURS: Final = ("report.css", "report.js")


@dataclass(frozen=True, slots=True)
class SiteReport:
    """What became of the pages, by their names within the report's folder."""

    index: Path
    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Site:
    """What pages are made of."""

    ledger: Ledger
    contents: Contents
    audits: Sequence[Mapping[str, Any]]
    trained: Mapping[str, list[TrainedOn]]
    state: OutOfDate
    links: Links
    xray: XrayPages

    def mark(self, target: str) -> str:
        """Return the fingerprint of all that the pages of a star show."""
        known = sorted(page for page in self.links.pages if page.startswith("models/"))
        trained = [str(one) for one in self.trained.get(target, ())]
        state = self.state.of(target).said
        scored = {
            row["model_version"] for row in self.contents.of(self.ledger.table("transit_scores"), target)
        }
        linked = [page for page in known if any(version in page for version in scored)]
        files = self.contents.of(OBSERVATION_FILES, target)
        linked += sorted(self.xray.names & {xray_source_page_name(row["sha256"]) for row in files})
        return fingerprint(_code(), self.contents.units.get(target, []), trained, state, linked)

    def pages_of(self, target: str) -> list[str]:
        """Return the names of a star's pages."""
        found = self.contents.of(TRANSIT_CANDIDATES, target)
        return [target_page_name(target), *(candidate_page_name(row["candidate_id"]) for row in found)]


def refresh_site(
    ledger: Ledger,
    specs: Iterable[ModelSpec],
    targets: Collection[str] | None = None,
    progress: Progress | None = None,
    checks_of: ChecksOf | None = None,
) -> SiteReport:
    """Bring the pages of a home up to date.

    Parameters
    ----------
    specs
        How models are made now.
    targets
        Stars that get pages from now on, besides those asked for before; all when None.
    progress
        Told of each page that is written, and before the first.
    checks_of
        Whose results are added to the audits' own checks.
    """
    with page_store(ledger.home) as store:
        store.asked = None if targets is None or store.asked is None else sorted({*store.asked, *targets})
        state = stale(ledger)
        contents = read_contents(ledger, store.asked)
        audits = _with_checks(all_audits(ledger, specs), checks_of)
        xray = XrayPages(ledger, read_sources(ledger, store.asked, state))
        names = _page_names(contents, audits) | xray.names
        site = _Site(ledger, contents, audits, _trained(audits), out_of_date(state), Links(names), xray)
        pages = index_pages(
            contents, audits, state, site.state, Links(names, ""), is_part=store.asked is not None
        )
        if GALLERY in names:
            pages[GALLERY] = lambda: gallery_page(ledger, Links(names, ""))
        if XRAY_PAGE in names:
            pages[XRAY_PAGE] = lambda: xray_page(ledger, xray.sources, Links(names, ""))
        small = _small_pages(site, pages)
        return _write(site, store, small, progress or _untold)


def _write(site: _Site, store: PageStore, small: Mapping[str, bytes], progress: Progress) -> SiteReport:
    report = SiteReport(report_folder(site.ledger.home) / "index.html")
    marks = {target: site.mark(target) for target in site.contents.targets}
    wanted = {name: fingerprint(content.hex()) for name, content in small.items()}
    of_models = {name: mark for one in site.audits for name, mark in _model_marks(site, one).items()}
    of_stars = {name: mark for target, mark in marks.items() for name in site.pages_of(target)}
    of_curves = site.xray.marks(site.links, _code())
    wanted |= of_models | of_stars | of_curves
    changed = {name for name, mark in wanted.items() if not store.has(name, mark)}
    report.unchanged.extend(sorted(wanted.keys() - changed))
    gone = sorted(store.pages.keys() - wanted.keys())
    store.forget(changed)

    def put(name: str, content: bytes) -> None:
        store.put(name, content, wanted[name])
        report.written.append(name)
        progress(len(report.written), len(changed))

    if changed & of_stars.keys():
        made_ready()
    progress(0, len(changed))
    for name in sorted(changed & small.keys(), key=lambda name: name == "index.html"):
        put(name, small[name])
    for one in site.audits:
        own = changed & set(model_page_names(one))
        made = model_pages(site.ledger, one, site.links) if own else {}
        for name in sorted(own):
            put(name, made[name]().encode())
    _write_stars(site, [target for target in marks if changed & set(site.pages_of(target))], changed, put)
    site.xray.write(changed, site.links, put)
    store.remove(gone)
    report.removed.extend(gone)
    store.save()
    return report


def _write_stars(
    site: _Site, targets: list[str], changed: set[str], put: Callable[[str, bytes], None]
) -> None:
    contents = site.contents
    for first in range(0, len(targets), _AT_ONCE):
        some = targets[first : first + _AT_ONCE]
        found = {target: contents.of(TRANSIT_CANDIDATES, target) for target in some}
        starts = [start for of in found.values() for row in of for start in begun_at(contents, row)]
        above = lines_above(site.ledger, [(one["table"], one["key"], one["row_hash"]) for one in starts])
        for target in some:
            state = site.state.of(target)
            name = target_page_name(target)
            if name in changed:
                models = site.trained.get(target, ())
                put(name, target_page(contents, target, models, site.links, state).encode())
            for row in found[target]:
                name = candidate_page_name(row["candidate_id"])
                if name in changed:
                    put(name, candidate_page(contents, row, above, site.links, state).encode())


def _page_names(contents: Contents, audits: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    names = {"index.html", *([GALLERY] if has_images(contents.ledger) else [])}
    if has_curves(contents.ledger):
        names.add(XRAY_PAGE)
    for listed in list_page_names(contents).values():
        names.update(listed)
    for one in audits:
        names.update(model_page_names(one))
    names.update(map(target_page_name, contents.targets))
    for rows in contents.rows[TRANSIT_CANDIDATES.name].values():
        names.update(candidate_page_name(row["candidate_id"]) for row in rows)
    return frozenset(names)


def _small_pages(site: _Site, pages: Mapping[str, Callable[[], str]]) -> dict[str, bytes]:
    """Return the pages that are made each time, and what pages share."""
    made = {name: make().encode() for name, make in pages.items()}
    made |= {f"static/{name}": static_file(name) for name in _OURS}
    made["static/names.js"] = names_script(site.contents).encode()
    made["static/bokeh.min.js"] = _bokeh_script()
    return made


def _model_marks(site: _Site, one: Mapping[str, Any]) -> dict[str, str]:
    # Links to stars that have no page yet are none.
    linked = [star for star in one["stars"] if site.links.target(star) is not None]
    mark = fingerprint(_code(), one, linked)
    return dict.fromkeys(model_page_names(one), mark)


def _with_checks(audits: list[dict[str, Any]], checks_of: ChecksOf | None) -> list[dict[str, Any]]:
    """Add to each audit what the checks of its tables came to last; its version's own are in it."""
    if checks_of is None:
        return audits
    named = [sorted({line["table"] for line in one["tables"]}) for one in audits]
    found = {name: checks_of([name]) for name in sorted({name for names in named for name in names})}
    return [
        {**one, "checks": [*one["checks"], *(_told(line) for name in names for line in found[name])]}
        for one, names in zip(audits, named, strict=True)
    ]


def _told(check: Mapping[str, Any]) -> dict[str, Any]:
    return {name: check[name] for name in _TOLD}


def _trained(audits: Iterable[Mapping[str, Any]]) -> dict[str, list[TrainedOn]]:
    found: dict[str, list[TrainedOn]] = {}
    for one in audits:
        aliases = tuple(one["aliases"])
        for star, n_rows, n_changed in trained_rows(one).iter_rows():
            found.setdefault(star, []).append(
                TrainedOn(one["model"], one["version"], aliases, n_rows, n_changed)
            )
    return found


def _untold(done: int, total: int) -> None:
    """Tell nobody."""


@cache
def _bokeh_script() -> bytes:
    import bokeh

    return (Path(bokeh.__file__).parent / "server" / "static" / "js" / "bokeh.min.js").read_bytes()


@cache
def _code() -> str:
    """Hash the code and templates of this package: other ones make other pages."""
    import bokeh

    digest = blake2b(f"{__version__} {bokeh.__version__}".encode(), digest_size=16)
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*")):
        if path.suffix in {".py", ".html"}:
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
