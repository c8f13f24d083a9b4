"""What is computed ahead of a table's step is committed by the step, where it is still wanted."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from astro_assets.ledger.computing import Prepared
from astro_assets.ledger.creation import let_be_new
from astro_assets.ledger.home import open_home
from astro_assets.ledger.table import Table
from astro_assets.ledger.update import Report, put_units
from astro_assets.ledger.worker import compute_chunk
from astro_assets.orchestration.ahead import Ahead
from astro_assets.orchestration.compute import LocalProcesses
from astro_assets.orchestration.engine import Engine
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import CHAIN, contents, put_files, refresh, toy_ledger, units
from astro_assets_tests.ledger.places import table_path

N_STARS = 40
FILES = [toy.file_row(f"f{n:02d}", f"TOY {n}", [0.1 * n, 1.0, -0.5]) for n in range(N_STARS)]
TABLES = toy.tables()
CURVES, STARS, SIGNALS, VIEWS = (next(t for t in TABLES if t.name == f"toy/{name}") for name in CHAIN)
NAMES = {table.name for table in TABLES}


class Elsewhere:
    """Stands for other processes: works here, and counts the units that it was given."""

    workers = 2

    def __init__(self) -> None:
        self.n_units = 0
        self.breaks = False
        self._counted = threading.Condition()

    def wait_for(self, n_units: int) -> None:
        """Wait until so many units were computed."""
        with self._counted:
            assert self._counted.wait_for(lambda: self.n_units >= n_units, timeout=60)

    def start(self) -> None:
        pass

    def close(self) -> None:
        pass

    def run(self, function: Callable[..., Any], calls: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        assert function is compute_chunk
        for order, tasks in calls:
            if self.breaks:
                raise OSError("no space left")
            yield function(order, tasks)
            with self._counted:
                self.n_units += len(tasks)
                self._counted.notify_all()


@pytest.fixture
def elsewhere() -> Elsewhere:
    return Elsewhere()


@pytest.fixture
def engine(tmp_path: Path, elsewhere: Elsewhere) -> Iterator[Engine]:
    engine = Engine(open_home(tmp_path / "home", n_shards=4), TABLES, compute=elsewhere)
    engine.expect(NAMES)
    yield engine
    engine.close()


def put(engine: Engine, *rows: dict[str, Any]) -> None:
    """Put files in; the catalogue beside them is empty."""
    ledger = engine.ledger()
    engine.updated(put_units(ledger, toy.CATALOGUE, {}))
    engine.updated(put_files(ledger, *rows))


def stepped(engine: Engine, table: Table) -> Report:
    report = engine.update(table, None, run_id="mine")
    engine.updated(report)
    return report


def test_all_is_as_if_each_step_had_computed_its_own(
    engine: Engine, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    put(engine, *FILES)
    reports = [stepped(engine, table) for table in (CURVES, STARS, SIGNALS, VIEWS)]
    assert elsewhere.n_units == sum(len(report.computed) for report in reports), "each once"
    plain = toy_ledger(tmp_path / "plain")
    put_files(plain, *FILES)
    refresh(plain)
    assert contents(engine.ledger()) == contents(plain)


def test_nothing_is_committed_before_its_step(engine: Engine, elsewhere: Elsewhere) -> None:
    put(engine, *FILES)
    elsewhere.wait_for(N_STARS)
    assert elsewhere.n_units == N_STARS
    assert engine.ledger().open(CURVES).version == -1
    assert len(stepped(engine, CURVES).computed) == elsewhere.n_units == N_STARS


def test_what_changed_before_the_step_is_computed_again(engine: Engine, elsewhere: Elsewhere) -> None:
    put(engine, *FILES)
    elsewhere.wait_for(N_STARS)
    put_files(engine.ledger(), {**FILES[3], "values": [7.0]})
    stepped(engine, CURVES)
    assert elsewhere.n_units == N_STARS + 1
    stepped(engine, STARS)
    levels = dict(units(engine.ledger(), "stars", "level").select("key", "level").iter_rows())
    assert levels["TOY 3"] == [7.0]


def test_a_plan_serves_again_until_something_changes(engine: Engine) -> None:
    ledger = engine.ledger()
    put_files(ledger, *FILES)
    plan = ledger.plan(CURVES)
    assert ledger.plan(CURVES, range(ledger.home.n_shards), earlier=plan) is plan
    assert ledger.plan(CURVES, [1], earlier=plan) is not plan
    put_files(ledger, {**FILES[3], "values": [7.0]})
    assert ledger.plan(CURVES, earlier=plan).units.equals(ledger.plan(CURVES).units)
    stored = ledger.plan(STARS)
    refresh(ledger, ["curves"])
    assert ledger.plan(STARS, earlier=stored).units.height == N_STARS
    assert (ledger.plan(CURVES, earlier=plan).units["status"] == "current").all()
    latest, version = ledger.plan(CURVES), ledger.open(toy.FILES).version
    shutil.rmtree(table_path(ledger.home, toy.FILES.name))
    let_be_new(ledger.home, toy.FILES)
    for value in range(version):  # the first one makes the table as well
        put_files(ledger, {**FILES[3], "values": [float(value)]})
    assert ledger.open(toy.FILES).version == version
    assert ledger.plan(CURVES, earlier=latest) is not latest, "another table of the same version"


def test_where_nothing_changed_nothing_is_begun(engine: Engine, elsewhere: Elsewhere) -> None:
    put(engine, *FILES)
    for table in (CURVES, STARS, SIGNALS, VIEWS):
        stepped(engine, table)
    before = elsewhere.n_units
    engine.expect(NAMES)
    put(engine, *FILES)
    assert stepped(engine, CURVES).computed == ()
    assert elsewhere.n_units == before


def test_what_failed_ahead_fails_the_step(engine: Engine, elsewhere: Elsewhere) -> None:
    elsewhere.breaks = True
    put(engine, *FILES)
    with pytest.raises(OSError, match="no space left"):
        engine.update(CURVES, None, run_id="mine")
    elsewhere.breaks = False
    assert len(stepped(engine, CURVES).computed) == N_STARS, "the next attempt begins anew"


def _fails_once(name: str, number: int) -> int:
    if (name, number) == ("first", 3):
        raise OSError("no space left")
    return number


def test_a_table_that_fails_lets_the_next_one_go_on() -> None:
    compute = LocalProcesses(2)
    tables = [SimpleNamespace(name="parent", parents=[])]
    parents = [SimpleNamespace(table=tables[0])]
    tables += [SimpleNamespace(name=name, parents=parents) for name in ("first", "second")]

    def prepare(table: Any, turn: Any) -> Prepared:
        return Prepared(
            None, {str(n): n for n in turn.run(_fails_once, ((table.name, n) for n in range(40)))}
        )

    ahead = Ahead(cast("Any", tables), compute, prepare)
    ahead.committed("parent", has_changed=True)
    assert len(ahead.taken("second").prepared.units) == 40
    with pytest.raises(OSError, match="no space left"):
        ahead.taken("first")
    ahead.stop()
    compute.close()
    ahead.join()


def test_closing_ends_what_is_being_computed(engine: Engine, elsewhere: Elsewhere) -> None:
    put(engine, *FILES)
    engine.close()
    assert engine.ledger().open(CURVES).version == -1
    assert elsewhere.n_units in range(N_STARS + 1)
