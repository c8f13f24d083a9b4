"""Alerts: packets of surveys and brokers in one form, their stamps, and filters that can be replayed."""
