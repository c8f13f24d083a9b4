"""Tests of opening X-ray light curves."""
