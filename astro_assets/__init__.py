"""Dagster assets for people who search telescope data for planets and transients."""

__version__ = "0.1.0"
