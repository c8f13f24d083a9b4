"""The engine as Dagster gives it to assets: one for a run, let go of when the run ends.

Only its lifetime is decided here.
"""

from collections.abc import Iterator
from contextlib import nullcontext

import dagster as dg

from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.interrupts import interrupts_repeated
from astro_assets.orchestration.run_marks import marked
from astro_assets.orchestration.table_assets import RECORDS_CHANGES


def engine_resource(engine: Engine) -> dg.ResourceDefinition:
    """Return the resource that lends an engine and closes it after the run; till then the run is marked.

    A run that the UI starts is a process of its own, which would wait for its workers for ever.
    """

    def lend(context: dg.InitResourceContext) -> Iterator[Engine]:
        with nullcontext() if context.run is None else marked(engine.home, context.run.run_id):
            try:
                with interrupts_repeated():
                    if context.run is not None and context.run.tags.get(RECORDS_CHANGES) == "true":
                        engine.begin()  # there is work: that is why a sensor asked for the run
                    yield engine
            finally:
                engine.close()

    return dg.ResourceDefinition(lend)
