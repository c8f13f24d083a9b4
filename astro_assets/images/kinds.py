"""The kinds of change that a difference image shows: those wanted, and those that only look like it.

Names and their order are all that lives here; whatever numbers kinds (masks, outputs of a network) counts
by it.
"""

from __future__ import annotations

from typing import Final

#: What somebody would want to follow up.
WANTED: Final = ("transient", "supernova", "variable", "asteroid")
#: What a detector, the sky or the subtraction makes.
UNWANTED: Final = ("cosmic_ray", "satellite_trail", "ghost", "hot_pixel", "bad_subtraction")
KINDS: Final = (*WANTED, *UNWANTED)
