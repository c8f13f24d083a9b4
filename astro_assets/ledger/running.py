"""The package source that this process runs, as it was when it was imported.

Recipes and stored sources are made from files, but results from the code in memory: here the two are kept
from parting. Nothing else lives here.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any, Final

from astro_assets.ledger.code import code_version
from astro_assets.ledger.code_files import File, Package, files_under
from astro_assets.ledger.sources import package_source_zip

#: Packages as they were when their first version was asked for.
_listed: Final[dict[str, Package]] = {}
_PACKAGE: Final = Path(__file__).resolve().parents[1]


class SourceChangedError(RuntimeError):
    """The package's files are not those that this process runs."""


def source_archive() -> bytes:
    """Return the package's source as a zip.

    Raises
    ------
    SourceChangedError
        If a file was changed since this process imported the package.
    """
    if _listing() != _AT_IMPORT:
        raise SourceChangedError(f"{_PACKAGE} was changed while this process ran; start it again")
    return _archive()


def source_version() -> str:
    """Return the sha256 of :func:`source_archive`: processes with the same run the same code."""
    return _digest(source_archive())


@cache
def running_version(*roots: Any) -> str:
    """Return the :func:`~astro_assets.ledger.code.code_version` of what is in memory: it does not change.

    What was made by code whose file did change meanwhile is not stored, as :func:`source_archive` refuses.
    """
    return code_version(*roots, listed=_listed)


def require_source(version: str) -> None:
    """Refuse to compute for a process that runs other code than this one.

    Raises
    ------
    SourceChangedError
        If ``version`` is not :func:`source_version`.
    """
    own = source_version()
    if own != version:
        raise SourceChangedError(
            f"this worker runs the package source {own[:12]}, the run was started with {version[:12]}: "
            "install the same version everywhere and start the workers again"
        )


def _listing() -> list[File]:
    # Caches are not source: compiled code is written while a search runs.
    return [file for _, file in files_under(_PACKAGE) if not file.path.endswith((".pyc", ".pyo"))]


@cache
def _archive() -> bytes:
    return package_source_zip(_PACKAGE)


@cache
def _digest(archive: bytes) -> str:
    return hashlib.sha256(archive).hexdigest()


_AT_IMPORT: Final = _listing()
