"""Tests of astro_assets: one module a module, in folders that mirror the package."""
