"""Tests of the catalogue wing."""
