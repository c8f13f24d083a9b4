"""Tests of the transit search."""
