"""The three grades of a frame and their order.

What makes a frame deserve one is a rule of the simulation, or a person; here is what they are called.
"""

from __future__ import annotations

from typing import Final, Literal

Grade = Literal["good", "medium", "bad"]

#: From the best to the worst; positions are the numbers that are computed with.
GRADES: Final[tuple[Grade, ...]] = ("good", "medium", "bad")
