"""Random changes of a home of the toy wing, made to the home and to its plain Python counterpart alike.

Making and applying changes lives here; what must hold after each is in the test.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.models import fit_model, promote
from astro_assets.ledger.retraction import set_retracted
from astro_assets.ledger.update import put_units
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import put_entries, put_files, refresh, toy_ledger
from astro_assets_tests.ledger.naive import TABLES, File, Store, World

N_SHARDS = 3
_TARGETS = [f"SIM {i}" for i in range(9)]
KINDS = {
    "data": 20, "new file": 12, "removed file": 8, "header only": 6, "remark only": 8, "origin": 5,
    "other target": 4, "failing file": 4, "entry added": 6, "entry removed": 5, "entry changed": 5,
    "code": 7, "earlier code": 5, "config": 8, "earlier config": 6, "retraction": 6,
    "label": 5, "label removed": 3, "promotion": 4, "earlier promotion": 4,
}  # fmt: skip
#: The tables of which units may become stale by some kinds of change; by others all may.
REACH = {
    "header only": set(), "label": {"judged"}, "label removed": {"judged"},
    "promotion": {"judged"}, "earlier promotion": {"judged"},
}  # fmt: skip
#: Each is the artefact of a version of the model. No star lies at one of them.
_LEVELS = (0.26, 0.71, -0.31)


class Mutated:
    """A home under random changes, beside what it should hold.

    Parameters
    ----------
    root
        Folder of the home.
    seed
        Decides every change.
    """

    def __init__(self, root: Path, seed: int) -> None:
        self.random = random.Random(seed)  # noqa: S311  not for secrets
        self.root = root
        self.world, self.store = World(), Store(N_SHARDS)
        self.figures: Counter[str] = Counter()
        self._n_names = 0
        for _ in range(12):
            self._put(self._new_name(), self._file())
        self.ledger = self.opened()
        self._put_all(self.ledger)
        self.refresh(["curves", "stars"])
        stars = self.ledger.table("stars")
        self._versions = {level: fit_model(self.ledger, toy.level_model(stars, level)) for level in _LEVELS}
        self._promote(_LEVELS[0])
        self._codes, self._configs, self._levels = [dict(self.world.code)], [self._config_now()], [_LEVELS[0]]

    def opened(self, root: Path | None = None) -> Ledger:
        """Open the home, or another, with today's code and configuration."""
        world = self.world
        config = {
            "curves": toy.CurveConfig(offset=world.offset),
            "stars": toy.StarConfig(scale=world.scale),
            "signals": toy.SignalConfig(above=world.above),
        }
        return toy_ledger(
            root or self.root, n_shards=N_SHARDS, code=world.code, config=config, with_judgements=True
        )

    def from_scratch(self, root: Path) -> Ledger:
        """Make another home from today's inputs, code and configuration."""
        ledger = self.opened(root)
        self._put_all(ledger)
        refresh(ledger)
        return ledger

    def mutate(self) -> str:
        """Change one thing and return its kind."""
        kind = self.random.choices(list(KINDS), KINDS.values())[0]
        if not self.world.files:
            kind = "new file"
        getattr(self, "_" + kind.replace(" ", "_"))()
        self.figures[kind] += 1
        return kind

    def refresh(
        self, names: Collection[str] = TABLES, shards: Collection[int] | None = None
    ) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
        """Bring tables up to date, here and there, and return the keys computed by table, here and there."""
        reports = refresh(self.ledger, names, shards=shards)
        done = {name: set(report.computed) for name, report in reports.items()}
        expected = {name: self.store.refresh(self.world, name, shards) for name in TABLES if name in names}
        self.figures["units recomputed"] += sum(map(len, done.values()))
        return done, expected

    # ---- kinds of change

    def _data(self) -> None:
        name, file = self._some_file()
        self._put(name, replace(file, values=self._values()), now=True)

    def _new_file(self) -> None:
        self._put(self._new_name(), self._file(), now=True)

    def _removed_file(self) -> None:
        name, _ = self._some_file()
        del self.world.files[name]
        put_files(self.ledger, remove=[name])

    def _header_only(self) -> None:
        name, file = self._some_file()
        self._put(name, replace(file, header=f"DATE = {self.random.random()}"), now=True)

    def _remark_only(self) -> None:
        name, file = self._some_file()
        self._put(name, replace(file, remark=self.random.choice([None, "a", "b", "c"])), now=True)

    def _origin(self) -> None:
        name, file = self._some_file()
        self._put(name, replace(file, origin=self._some_origin()), now=True)

    def _other_target(self) -> None:
        name, file = self._some_file()
        self._put(name, replace(file, target=self.random.choice(_TARGETS)), now=True)

    def _failing_file(self) -> None:
        name, file = self._some_file()
        self._put(name, replace(file, values=()), now=True)

    def _entry_added(self) -> None:
        self._put_entry(f"e{self.random.randrange(100)}")

    def _entry_removed(self) -> None:
        if self.world.catalogue:
            name = self.random.choice(sorted(self.world.catalogue))
            del self.world.catalogue[name]
            put_entries(self.ledger, {}, remove=[name])

    def _entry_changed(self) -> None:
        if self.world.catalogue:
            self._put_entry(self.random.choice(sorted(self.world.catalogue)))

    def _code(self) -> None:
        name = self.random.choice(list(toy.COMPUTE))
        self.world.code[name] = 1 - self.world.code[name]
        self._codes.append(dict(self.world.code))
        self.ledger = self.opened()

    def _earlier_code(self) -> None:
        self.world.code = dict(self.random.choice(self._codes))
        self.ledger = self.opened()

    def _config(self) -> None:
        setting, values = self.random.choice(
            [("offset", [0.0, 0.25, -0.5]), ("scale", [1.0, 2.0]), ("above", [0.5, 0.75, 1.5])]
        )
        setattr(self.world, setting, self.random.choice(values))
        self._configs.append(self._config_now())
        self.ledger = self.opened()

    def _earlier_config(self) -> None:
        for setting, value in self.random.choice(self._configs).items():
            setattr(self.world, setting, value)
        self.ledger = self.opened()

    def _label(self) -> None:
        target = self.random.choice([*_TARGETS, "SIM 1000"])
        self.world.classes[target] = self.random.choice(["planet", "binary"])
        put_units(self.ledger, toy.CLASSES, self._class_rows())

    def _label_removed(self) -> None:
        if self.world.classes:
            target = self.random.choice(sorted(self.world.classes))
            del self.world.classes[target]
            put_units(self.ledger, toy.CLASSES, {}, remove=[target])

    def _promotion(self) -> None:
        self._promote(self.random.choice(_LEVELS))
        self._levels.append(self.world.level)

    def _earlier_promotion(self) -> None:
        self._promote(self.random.choice(self._levels))

    def _retraction(self) -> None:
        target = self.random.choice(_TARGETS)
        self.world.retracted ^= {target}
        self._retract(self.ledger, target)

    # ---- parts

    def _config_now(self) -> dict[str, float]:
        return {name: getattr(self.world, name) for name in ("offset", "scale", "above")}

    def _class_rows(self) -> dict[str, list[dict[str, Any]]]:
        return {name: [{"target_id": name, "kind": kind}] for name, kind in self.world.classes.items()}

    def _promote(self, level: float) -> None:
        self.world.level = level
        promote(self.ledger, "toy/level", self._versions[level], why=f"reason {self.random.random()}")

    def _retract(self, ledger: Ledger, target: str) -> None:
        is_retracted = target in self.world.retracted
        assert set_retracted(ledger, target, "a test", is_retracted=is_retracted)

    def _some_file(self) -> tuple[str, File]:
        return self.random.choice(sorted(self.world.files.items(), key=lambda item: item[0]))

    def _some_origin(self) -> str:
        return self.random.choices(["real", "injected", "simulated"], [6, 1, 1])[0]

    def _values(self) -> tuple[float, ...]:
        """Return multiples of 1/64: sums and products of these are exact in any order."""
        return tuple(self.random.randrange(-64, 96) / 64 for _ in range(self.random.randint(1, 5)))

    def _file(self) -> File:
        return File(self.random.choice(_TARGETS), self._values(), origin=self._some_origin())

    def _new_name(self) -> str:
        self._n_names += 1
        return f"f{self._n_names}"

    def _put(self, name: str, file: File, *, now: bool = False) -> None:
        self.world.files[name] = file
        if now:
            put_files(self.ledger, _row(name, file))

    def _put_entry(self, name: str) -> None:
        entry = (self.random.choice([*_TARGETS, "SIM 1000"]), self.random.choice([0.5, 2.0, 3.0]))
        self.world.catalogue[name] = entry
        put_entries(self.ledger, {name: entry})

    def _put_all(self, ledger: Ledger) -> None:
        put_files(ledger, *(_row(name, file) for name, file in self.world.files.items()))
        put_entries(ledger, self.world.catalogue)
        for target in sorted(self.world.retracted):
            self._retract(ledger, target)


def _row(name: str, file: File) -> dict[str, Any]:
    row = toy.file_row(name, file.target, file.values, file.header, file.remark)
    return {**row, "origin": file.origin}
