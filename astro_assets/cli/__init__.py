"""``astro-assets``: the command line, thin, over the functions that the assets use."""


def main() -> None:
    """Run the command line.

    It is imported here: worker processes import the script that started them, and need none of it.
    """
    from astro_assets.cli import app

    app.main()
