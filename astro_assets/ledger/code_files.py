"""The files of a package: its modules and the data shipped with them, found without importing it.

Only listing and locating files lives here; reading Python is in
:mod:`astro_assets.ledger.code_source`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple


class File(NamedTuple):
    """A file as its folder lists it."""

    path: str
    size: int
    mtime_ns: int


class Package:
    """The files of a package at one moment; equal to another listing that found the same.

    Parameters
    ----------
    name
        The package's top-level name.
    folders
        Its folder, or its folders where it is a namespace package.

    Attributes
    ----------
    modules
        For each module's dotted name: whether it is a package, and its file.
    data
        Other files by their path relative to the package's folder; hidden files, caches and
        stubs do not count.
    """

    def __init__(self, name: str, folders: Iterable[Path]) -> None:
        self.name = name
        self.folders = tuple(folders)
        modules: dict[str, tuple[bool, File]] = {}
        data: dict[str, File] = {}
        for folder in self.folders:
            for parts, file in files_under(folder):
                if parts[-1].endswith(".py"):
                    is_package = parts[-1] == "__init__.py"
                    stem = () if is_package else (parts[-1].removesuffix(".py"),)
                    module = ".".join((name, *parts[:-1], *stem))
                    if is_package or module not in modules:
                        modules[module] = (is_package, file)
                elif not parts[-1].endswith((".pyc", ".pyo", ".pyi")):
                    data["/".join(parts)] = file
        self.modules: Mapping[str, tuple[bool, File]] = modules
        self.data: Mapping[str, File] = data
        self._packages = {name}
        for module, (is_package, _) in modules.items():
            parent = module if is_package else module.rpartition(".")[0]
            while parent not in self._packages:
                self._packages.add(parent)
                parent = parent.rpartition(".")[0]
        self._listing = (name, tuple(modules.items()), tuple(data.items()))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Package) and self._listing == other._listing

    def __hash__(self) -> int:
        return hash(self._listing)

    def has(self, module: str) -> bool:
        """Whether there is a module or package of that dotted name."""
        return module in self.modules or module in self._packages

    def folder_of(self, module: str) -> str:
        """Return the package in whose folder a module lies: itself if it is a package."""
        return (
            module.rpartition(".")[0] if module in self.modules and module not in self._packages else module
        )

    def children_of(self, module: str) -> list[str]:
        """Return the modules directly in a package."""
        names = self.modules.keys() | self._packages
        return sorted(name for name in names if name.rpartition(".")[0] == module)

    def data_under(self, package: str) -> dict[str, File]:
        """Return the data files in a package's folder and below, by relative path."""
        prefix = package.removeprefix(self.name).removeprefix(".").replace(".", "/")
        return {path: file for path, file in self.data.items() if not prefix or path.startswith(f"{prefix}/")}


@lru_cache(maxsize=4096)
def content_digest(file: File) -> bytes:
    """Return the BLAKE2b of a file's bytes, read once for each size and modification time."""
    return blake2b(Path(file.path).read_bytes(), digest_size=32).digest()


def files_under(folder: Path) -> list[tuple[tuple[str, ...], File]]:
    """List a folder's files by the parts of their relative paths, sorted; no hidden ones, no caches."""
    return sorted(_below(os.fspath(folder), ()))


def _below(folder: str, parts: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], File]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            # Caches of compiled code hold more files than the package.
            if entry.name.startswith(".") or entry.name == "__pycache__":
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _below(entry.path, (*parts, entry.name))
            elif entry.is_file():
                status = entry.stat()
                yield (*parts, entry.name), File(entry.path, status.st_size, status.st_mtime_ns)
