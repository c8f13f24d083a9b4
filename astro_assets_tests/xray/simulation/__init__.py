"""Tests of simulated X-ray sources."""
