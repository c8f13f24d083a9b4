"""What worker processes need, imported by the process that they are forked from: loops loaded, too.

Each worker would take seconds for it. Nothing but the fork server imports this module.
"""

import gc
import importlib
from contextlib import suppress

from astro_assets import tables
from astro_assets.ledger.running import source_version
from astro_assets.transits.compilation import compile_loops

__all__ = ["tables"]

importlib.import_module("pyarrow")
with suppress(Exception):  # what fails here fails again where it is told
    source_version()
    compile_loops()
# Nothing of this becomes garbage: it is not looked at again, and its memory stays common to all workers.
gc.collect()
gc.freeze()
