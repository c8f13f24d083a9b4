"""Tests of what every model shares."""
