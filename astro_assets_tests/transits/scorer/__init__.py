"""Tests of the transit scorer."""
