"""Tests of the transit wing."""
