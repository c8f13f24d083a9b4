"""How good a telescope's frame is, why it is not better, and whether it is like any that was seen."""
