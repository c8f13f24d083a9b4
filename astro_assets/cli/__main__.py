"""The commands, where the package is a folder and not installed: `python -m astro_assets.cli`."""

from astro_assets.cli import main

if __name__ == "__main__":
    main()
