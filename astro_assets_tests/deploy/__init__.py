"""Tests of what runs the platform on more than one machine: its files, and its servers for real."""
