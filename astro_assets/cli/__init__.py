"""``astro-assets``: the command line, thin, over the functions that the assets use."""

from astro_assets.cli.app import main

__all__ = ["main"]
