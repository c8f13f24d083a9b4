"""Observations: raw files, what they say of themselves, and one standard light curve a file."""
