"""Alerts: packets of brokers and surveys in one form, their stamps and features, filters that can be replayed."""
