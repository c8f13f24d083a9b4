"""Code versions that were worked out before, kept beside the package like the code that Python compiles.

Reading all of a package takes a second, and each process would do it. What is remembered holds for exactly
the contents of the package's files, of the modules that read them, and for this Python.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

from astro_assets.ledger.code_files import Package, content_digest, files_under

#: Beginning of the names of the files, each for one state of the package.
_NAME: Final = "code-versions-"


def remembered(package: Package, question: str) -> str | None:
    """Return what was remembered of a package as it is now; None if nothing was."""
    return _answers(_file_of(package)).get(question)


def remember(package: Package, question: str, answer: str) -> None:
    """Remember an answer about a package as it is now, and forget those about other states of it.

    Where the package cannot be written to, nothing is remembered.
    """
    path = _file_of(package)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    with suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        # Not flushed to the disk: what is damaged is worked out again.
        new.write_text(json.dumps({**_answers(path), question: answer}, indent=0))
        new.replace(path)
        for other in path.parent.glob(f"{_NAME}*"):
            if other != path:
                other.unlink(missing_ok=True)


def _answers(path: Path) -> Mapping[str, str]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


@lru_cache(maxsize=8)
def _file_of(package: Package) -> Path:
    state = blake2b(sys.version.encode(), digest_size=16)
    files = [(name, file) for name, (_, file) in package.modules.items()] + list(package.data.items())
    readers = [file for (name, *_), file in files_under(Path(__file__).parent) if name.startswith("code")]
    for name, file in files:
        state.update(f"{len(name)}:{name}".encode() + content_digest(file))
    for file in readers:
        state.update(content_digest(file))
    return package.folders[0] / "__pycache__" / f"{_NAME}{state.hexdigest()}.json"
