"""Tests of the observation wing."""
