"""The toy wing once more, in plain Python: what every unit should be made of and come to.

Written to be obviously right, not fast: recipes are tuples of the values themselves. Nothing here imports the
ledger, whose plans and statuses are compared with these.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any

TABLES = ("curves", "stars", "signals", "views", "judged")
PARENTS = {
    "curves": (),
    "stars": ("curves",),
    "signals": ("stars",),
    "views": ("signals", "stars"),
    "judged": ("stars",),
}
_BY_STAR = ("stars", "signals", "judged")
Place = tuple[int, str]


@dataclass
class File:
    """A file as it is put in."""

    target: str
    values: tuple[float, ...]
    header: str = ""
    remark: str | None = None
    origin: str = "real"


@dataclass
class World:
    """Everything that decides results: the inputs, the code and the configuration."""

    files: dict[str, File] = field(default_factory=dict)
    catalogue: dict[str, tuple[str, float]] = field(default_factory=dict)
    classes: dict[str, str] = field(default_factory=dict)
    level: float = 0.0
    code: dict[str, int] = field(default_factory=lambda: dict.fromkeys(TABLES, 0))
    offset: float = 0.0
    scale: float = 1.0
    above: float = 0.5
    retracted: set[str] = field(default_factory=set)


@dataclass
class Line:
    """A unit: what it was made of and what it came to."""

    target: str
    recipe: tuple[Any, ...]
    origin: str
    rows: list[dict[str, Any]]
    failed: bool = False


def shard(target: str, n_shards: int) -> int:
    """Return where a target lies."""
    return int.from_bytes(blake2b(target.encode(), digest_size=8).digest(), "little") % n_shards


def least_real(origins: Collection[str]) -> str:
    """Return the least real of some origins."""
    return next(name for name in ("simulated", "injected", "real") if name in origins)


class Store:
    """What a home should hold, table by table.

    Parameters
    ----------
    n_shards
        Number of shards of the home.
    """

    def __init__(self, n_shards: int) -> None:
        self.n_shards = n_shards
        self.lines: dict[str, dict[Place, Line]] = {name: {} for name in TABLES}

    def rows(self, name: str) -> Iterator[tuple[Line, dict[str, Any]]]:
        """Yield a table's rows, each with its unit."""
        for line in self.lines[name].values():
            for row in line.rows:
                yield line, row

    def desired(self, world: World, name: str) -> dict[Place, Line]:
        """Return a table's units as they should be, from what the tables it reads hold now."""
        made = getattr(self, f"_{name}")(world)
        lines: dict[str, Line] = {key: line for key, line in made if line.target not in world.retracted}
        return {(shard(line.target, self.n_shards), key): line for key, line in lines.items()}

    def statuses(self, world: World, name: str) -> dict[Place, str]:
        """Say of each unit, stored or desired, what it is."""
        stored, desired = self.lines[name], self.desired(world, name)
        found = {}
        for place in {**stored, **desired}:
            if place not in desired:
                found[place] = "removed"
            elif place not in stored:
                found[place] = "new"
            elif stored[place].recipe != desired[place].recipe:
                found[place] = "stale"
            else:
                found[place] = "failed" if stored[place].failed else "current"
        return found

    def refresh(self, world: World, name: str, shards: Collection[int] | None = None) -> set[str]:
        """Bring a table up to date and return the keys that had to be computed."""
        desired, done = self.desired(world, name), set()
        for (at, key), status in self.statuses(world, name).items():
            if shards is not None and at not in shards:
                continue
            if status == "removed":
                del self.lines[name][at, key]
            elif status in ("new", "stale"):
                self.lines[name][at, key] = desired[at, key]
                done.add(key)
        return done

    def unsettled(self, world: World) -> set[tuple[str, str | None, str]]:
        """Return table, key and target of what waits for an ancestor; no key where units may appear."""
        moving: dict[str, set[str]] = {}
        waiting = set()
        for name in TABLES:
            statuses = self.statuses(world, name)
            lines = {**self.lines[name], **self.desired(world, name)}
            upstream = set().union(*(moving[parent] for parent in PARENTS[name]))
            changing = {place for place, status in statuses.items() if status in ("new", "stale", "removed")}
            wait = {place for place in lines if place not in changing and lines[place].target in upstream}
            waiting |= {(name, key, lines[at, key].target) for at, key in wait}
            stay = {place for place in changing if statuses[place] != "removed"}
            there = {lines[place].target for place in stay | wait}
            births = upstream - there - world.retracted
            waiting |= {(name, target if name in _BY_STAR else None, target) for target in births}
            then, now = self.lines[name], self.desired(world, name)
            moving[name] = {
                of[place].target for of in (then, now) for place in changing & of.keys()
            } | upstream
        return waiting

    # ---- the computations

    def _curves(self, world: World) -> Iterator[tuple[str, Line]]:
        for name, file in world.files.items():
            recipe = (
                world.code["curves"],
                world.offset,
                name,
                file.target,
                file.values,
                file.remark,
                file.origin,
            )
            flux = [value + world.offset for value in file.values]
            if world.code["curves"]:
                flux = [abs(value) for value in flux]
            row = {"target_id": file.target, "curve": flux, "remark": file.remark}
            yield name, Line(file.target, recipe, file.origin, [row] if flux else [], failed=not flux)

    def _stars(self, world: World) -> Iterator[tuple[str, Line]]:
        for target in {row["target_id"] for _, row in self.rows("curves")}:
            curves = [
                (row["curve"], line.origin) for line, row in self.rows("curves") if row["target_id"] == target
            ]
            factors = [factor for named, factor in world.catalogue.values() if named == target]
            recipe = (world.code["stars"], world.scale, sorted(curves), sorted(factors))
            origin = least_real([origin for _, origin in curves])
            factor = sum(factors) or 1.0
            flux = sorted(value for curve, _ in curves for value in curve)
            level = sum(flux) / len(flux) * world.scale * factor
            row = {"target_id": target, "level": level, "curve": [value * factor for value in flux]}
            yield target, Line(target, recipe, origin, [row])

    def _signals(self, world: World) -> Iterator[tuple[str, Line]]:
        for line, star in self.rows("stars"):
            target = star["target_id"]
            recipe = (world.code["signals"], world.above, star["curve"], line.origin)
            heights = [value for value in star["curve"] if value > world.above][:3]
            times = 2 if world.code["signals"] else 1
            rows = [
                {"signal_id": f"{target}.{i:02d}", "target_id": target, "height": times * height}
                for i, height in enumerate(heights, 1)
            ]
            yield target, Line(target, recipe, line.origin, rows)

    def _views(self, world: World) -> Iterator[tuple[str, Line]]:
        for line, signal in self.rows("signals"):
            target, height = signal["target_id"], signal["height"]
            stars = [
                (row["curve"], of.origin) for of, row in self.rows("stars") if row["target_id"] == target
            ]
            recipe = (world.code["views"], target, height, line.origin, stars)
            origin = least_real([line.origin, *(origin for _, origin in stars)])
            sign = -1 if world.code["views"] else 1
            if len(stars) != 1:  # the star went, its signals are still to go
                yield signal["signal_id"], Line(target, recipe, origin, [], failed=True)
                continue
            view = [sign * (value - height) for value in stars[0][0]]
            row = {"signal_id": signal["signal_id"], "target_id": target, "view": view}
            yield signal["signal_id"], Line(target, recipe, origin, [row])

    def _judged(self, world: World) -> Iterator[tuple[str, Line]]:
        for line, star in self.rows("stars"):
            target, level, kind = star["target_id"], star["level"], world.classes.get(star["target_id"])
            recipe = (world.code["judged"], level, line.origin, world.level, kind)
            row = {"target_id": target, "is_high": level > world.level, "kind": kind or ""}
            yield target, Line(target, recipe, line.origin, [row])
