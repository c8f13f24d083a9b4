"""Tests of the X-ray wing."""
