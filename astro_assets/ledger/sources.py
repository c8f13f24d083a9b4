"""What computed a row besides its code version: the package's source as it was, and the libraries.

Only snapshots are made here, as bytes and dicts; storing them is the home's matter.
"""

from __future__ import annotations

import json
import platform
import re
import zipfile
from collections.abc import Mapping, Sequence
from email.parser import HeaderParser
from hashlib import blake2b
from importlib import metadata
from io import BytesIO
from pathlib import Path

import numpy as np

from astro_assets.ledger.code_files import files_under

#: The earliest time that a zip can hold.
_TIME = (1980, 1, 1, 0, 0, 0)
#: Version of a library that a table names and this environment lacks.
NOT_INSTALLED = "not installed"


def package_source_zip(package_dir: Path) -> bytes:
    """Pack a package's folder into a zip that depends on nothing but names and contents.

    The zip unpacks to an importable folder of the package's name. Hidden files and caches are left out,
    and nothing is compressed: the bytes would depend on the version of zlib.

    Parameters
    ----------
    package_dir
        The package's folder.

    Raises
    ------
    NotADirectoryError
        If there is no such folder.
    """
    if not package_dir.is_dir():
        raise NotADirectoryError(f"no package in {package_dir}")
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for name, file in sorted(("/".join(parts), file) for parts, file in files_under(package_dir)):
            if name.endswith((".pyc", ".pyo")):
                continue
            entry = zipfile.ZipInfo(f"{package_dir.name}/{name}", _TIME)
            entry.create_system = 3  # Unix, also where it is packed on Windows
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, Path(file.path).read_bytes())
    return packed.getvalue()


def installed_packages() -> dict[str, str]:
    """Return the version of every installed distribution by its normalised name, sorted.

    ``python``, ``platform`` (system and C library), ``machine`` and ``instruction-set`` are listed
    likewise, because results to the last bit depend on them.
    """
    versions: dict[str, str] = {}
    for distribution in metadata.distributions():
        name, version = _name_and_version(distribution)
        if name:  # a half-removed installation has none
            versions.setdefault(_normalised(name), version)
    versions |= {
        "python": platform.python_version(),
        "platform": " ".join((platform.system(), *filter(None, platform.libc_ver()))),
        "machine": platform.machine(),
        "instruction-set": instruction_set(),
    }
    return dict(sorted(versions.items()))


def _name_and_version(distribution: metadata.Distribution) -> tuple[str, str]:
    """Read these alone: `distribution.metadata` parses the whole description, in ten times as long."""
    text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
    headers = HeaderParser().parsestr(text.partition("\n\n")[0])
    return headers.get("Name", ""), headers.get("Version", "")


def environment_of(libraries: Sequence[str]) -> dict[str, str]:
    """Return the versions of the named libraries and of Python, sorted by normalised name.

    Parameters
    ----------
    libraries
        Distribution names in any spelling. One that is missing here has the version ``not installed``,
        so that a home can be audited where its tables cannot be computed.
    """
    versions = {"python": platform.python_version()}
    for library in libraries:
        try:
            versions[_normalised(library)] = metadata.version(library)
        except metadata.PackageNotFoundError:
            versions[_normalised(library)] = NOT_INSTALLED
    return dict(sorted(versions.items()))


def environment_hash(environment: Mapping[str, str]) -> str:
    """Return the 32-byte BLAKE2b of names and versions in hexadecimal digits, whatever their order."""
    text = json.dumps(dict(environment), sort_keys=True, separators=(",", ":"))
    return blake2b(text.encode(), digest_size=32).hexdigest()


def instruction_set() -> str:
    """Return the instruction-set level that NumPy found, ``x86-64-v4`` or ``aarch64 asimdhp sve``.

    The levels are those of the x86-64 psABI. Features disabled by ``NPY_DISABLE_CPU_FEATURES`` do not
    count, as NumPy's kernels do not use them either.
    """
    extensions = np.show_config(mode="dicts").get("SIMD Extensions", {})
    found = {*extensions.get("baseline", ()), *extensions.get("found", ())}
    machine = platform.machine().lower()
    if machine not in {"x86_64", "amd64"}:
        return " ".join((machine, *sorted(feature.lower() for feature in found)))
    # NumPy 2.4 names the levels; before, the features that make them up.
    levels = ({"X86_V4", "AVX512_SKX"}, {"X86_V3", "FMA3"}, {"X86_V2", "SSE42"})
    for level, marks in zip((4, 3, 2), levels, strict=True):
        if found & marks:
            return f"x86-64-v{level}"
    return "x86-64"


def instructions_beyond(level: str) -> list[str]:
    """Return the features that NumPy found beyond ``x86-64-v3`` or ``x86-64-v2``, as it calls them."""
    beyond = ("AVX512", "X86_V4") if level == "x86-64-v3" else ("AVX", "X86_V4", "X86_V3", "FMA", "F16C")
    found = np.show_config(mode="dicts").get("SIMD Extensions", {}).get("found", ())
    return [feature for feature in found if feature.startswith(beyond)]


def _normalised(name: str) -> str:
    """Return a distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()
