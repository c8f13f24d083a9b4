"""Where in a home the pages of its report lie. Names from files and headers never become paths unchecked."""

from __future__ import annotations

import re
from hashlib import blake2b
from pathlib import Path
from typing import Final

from astro_assets.ledger.home import Home

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9]+")
#: A SHA-256 in full.
_LONGEST: Final = 64


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
    return report_folder(home) / model_page_name(model, version)


def target_page(home: Home, target: str) -> Path:
    """Return where the page of a target lies, or would."""
    return report_folder(home) / target_page_name(target)


def candidate_page(home: Home, candidate: str) -> Path:
    """Return where the page of a candidate lies, or would."""
    return report_folder(home) / candidate_page_name(candidate)


def model_page_name(model: str, version: str) -> str:
    """Return the name within the report of the page of a model's version."""
    return f"models/{page_name(f'{model}@{version}')}.html"


def target_page_name(target: str) -> str:
    """Return the name within the report of a target's page."""
    return f"targets/{page_name(target)}.html"


def candidate_page_name(candidate: str) -> str:
    """Return the name within the report of a candidate's page."""
    return f"candidates/{page_name(candidate)}.html"


def xray_source_page_name(sha256: str) -> str:
    """Return the name within the report of the page of an X-ray light curve, by the hash of its file."""
    return f"xray/{page_name(sha256)}.html"
