"""The ledger: tables whose rows carry what they were made of.

Hashing, recipes, tables, staleness, lineage and models live here. No wing, no Dagster.
"""
