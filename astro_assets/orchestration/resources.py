"""The engine as Dagster gives it to assets: one for a run, let go of when the run ends.

Only its lifetime is decided here.
"""

from collections.abc import Iterator

import dagster as dg

from astro_assets.orchestration.engine import Engine


def engine_resource(engine: Engine) -> dg.ResourceDefinition:
    """Return the resource that lends an engine and closes it after the run.

    A run that the UI starts is a process of its own, which would wait for its workers for ever.
    """

    def lend(_context: dg.InitResourceContext) -> Iterator[Engine]:
        try:
            yield engine
        finally:
            engine.close()

    return dg.ResourceDefinition(lend)
