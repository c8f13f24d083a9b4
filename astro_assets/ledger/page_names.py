"""Where in a home the pages of its report lie. Names from files and headers never become paths unchecked."""

from __future__ import annotations

import re
from hashlib import blake2b
from pathlib import Path
from typing import Final

from astro_assets.ledger.home import Home

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9]+")
_LONGEST: Final = 60


def page_name(name: str) -> str:
    """Return a name for a file, of letters, digits, dashes and a line: two names never get the same.

    ``TIC 100`` becomes ``TIC-100``; whatever loses more than single spaces by that gets a digest of itself.
    """
    safe = _UNSAFE.sub("-", name).strip("-")[:_LONGEST]
    if safe and safe.replace("-", " ") == name:
        return safe
    # No plain name holds the line: none can be made to meet a digest.
    return f"{safe}_{blake2b(name.encode(), digest_size=8).hexdigest()}"


def report_folder(home: Home) -> Path:
    """Return the folder of a home's report."""
    return home.root / "report"


def model_page(home: Home, model: str, version: str) -> Path:
    """Return where the page of a model's version lies, or would."""
    return report_folder(home) / "models" / f"{page_name(f'{model}@{version}')}.html"
