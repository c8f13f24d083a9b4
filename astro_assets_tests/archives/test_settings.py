"""A home says how archives are asked, and what it says wrongly is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from astro_assets.archives.settings import ARCHIVES, MAST, ArchiveSettings
from astro_assets.ledger.configuration import archive_settings, check_config
from astro_assets.ledger.home import HomeError, open_home


def test_settings_come_from_the_home(tmp_path: Path) -> None:
    home = open_home(tmp_path)
    assert archive_settings(home, "mast") == MAST.defaults
    home.config_file.write_text('[archives.mast]\nbase_url = "http://127.0.0.1:1/mast/"\nattempts = 2\n')
    check_config(home, ())
    settings = archive_settings(home, "mast")
    assert settings == MAST.defaults.model_copy(update={"base_url": "http://127.0.0.1:1/mast", "attempts": 2})
    assert MAST.base_url(settings) == "http://127.0.0.1:1/mast"
    assert MAST.base_url(MAST.defaults) == "https://mast.stsci.edu"
    assert archive_settings(home, "skyview") == ARCHIVES["skyview"].defaults


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[archives.mats]\n",
            r"\[archives.mats\] names no archive; there are exoplanet_archive, mast, skyview",
        ),
        (
            "[archives.mast]\ntimeout = 3\n",
            r"\[archives.mast\] timeout: there is no such setting; there are base_",
        ),
        (
            "[archives.mast]\nattempts = 0\n",
            r"\[archives.mast\] attempts: Input should be greater than or equal",
        ),
        ("[archives.mast]\nrequests_per_second = 0\n", "requests_per_second: Input should be greater than 0"),
        ('[archives.mast]\nbase_url = "mast"\n', "base_url: .*no address such as https"),
        ('[archives.mast]\nbase_url = "file:///etc"\n', "base_url: .*no address such as https"),
        ('[archives.mast]\nbase_url = "https://me:word@mast"\n', "base_url: .*no user, password"),
        ("[archives]\nmast = 3\n", r"archives\.mast is no section of settings"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, message: str) -> None:
    home = open_home(tmp_path)
    home.config_file.write_text(text)
    with pytest.raises(HomeError, match=message) as caught:
        check_config(home, ())
    assert "word" not in str(caught.value).replace("password", "")


def test_addresses_are_those_of_the_archives() -> None:
    assert all(archive.address.startswith("https://") for archive in ARCHIVES.values())
    assert all(isinstance(archive.defaults, ArchiveSettings) for archive in ARCHIVES.values())
