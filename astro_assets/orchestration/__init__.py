"""Dagster's machinery: partitions, table assets, resources, the instance, what the UI shows.

The only package that knows it. Wings declare; this turns declarations into assets.
"""
