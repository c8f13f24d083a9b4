"""Simulated X-ray sources, as eROSITA's survey would count their photons."""
