"""The report: pages that people read, of what a home holds. Reads the ledger and the wings' tables."""
