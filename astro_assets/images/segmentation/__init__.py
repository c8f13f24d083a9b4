"""Anomalies in a science frame beside its reference: which pixels, which kind, which objects."""
