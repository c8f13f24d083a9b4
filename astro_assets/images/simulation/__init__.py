"""Simulated frames with known truth: stars, galaxies, the detector, artefacts, and what changed."""
