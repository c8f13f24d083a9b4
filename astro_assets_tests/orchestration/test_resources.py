"""The engine is closed with the run that it was lent to, whether that succeeds or not."""

from pathlib import Path

import dagster as dg
import pytest

from astro_assets.ledger.home import open_home
from astro_assets.orchestration.compute import LocalProcesses
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.resources import engine_resource


@pytest.mark.parametrize("fails", [False, True])
def test_the_engine_is_closed_after_the_run(tmp_path: Path, fails: bool) -> None:
    mine = Engine(open_home(tmp_path / "home", n_shards=2), (), compute=LocalProcesses(1))
    lent = []

    @dg.asset
    def table(engine: dg.ResourceParam[Engine]) -> None:
        lent.append((engine, engine.compute))
        if fails:
            raise ValueError("a step that fails")

    result = dg.materialize(
        [table],
        resources={"engine": engine_resource(mine)},
        raise_on_error=False,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
    )
    assert result.success is not fails
    ((engine, compute),) = lent
    assert engine is mine
    assert compute is not None, "open while the run goes on"
    assert mine.compute is None
