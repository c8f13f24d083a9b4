"""Readers of light-curve files: one module a format, tried in order, knowing their files by content."""
