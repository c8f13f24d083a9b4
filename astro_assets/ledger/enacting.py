"""Bringing a world about in a process of its own, with its own code, on one thread.

The other end is :mod:`astro_assets.cli.enact`, in the code of the world.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final

import platformdirs

from astro_assets.ledger.circumstances import DECIDING, THREADS_VARIABLE
from astro_assets.ledger.enactment import Enacted, EnactmentError, Said
from astro_assets.ledger.home import Home
from astro_assets.ledger.needs import needs_of
from astro_assets.ledger.objects import ObjectStore
from astro_assets.ledger.running import source_version
from astro_assets.ledger.table import Table
from astro_assets.ledger.worlds import World

#: Of everything that is unpacked: Numba goes by the age of files.
_EPOCH: Final = 315532800.0
#: Lines of what a process that failed said last.
_LAST: Final = 5
_MODULE: Final = "astro_assets.cli.enact"
#: What the process is given of this one's environment, besides what decides its bits.
_PASSED: Final = (
    "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "NUMBA_CACHE_DIR", "PATH", "TMPDIR", "ASTRO_ASSETS_WORKERS",
    "ASTRO_ASSETS_WORKER_MEMORY", "PYTHONPATH", "VIRTUAL_ENV",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Made:
    """What a world came to in a process of its own.

    Attributes
    ----------
    circumstances
        Pins and hardware of that process.
    environment
        Installed versions there.
    """

    enacted: Enacted
    circumstances: dict[str, Any]
    environment: dict[str, str]


@dataclass(frozen=True, slots=True)
class Enactor:
    """Brings worlds about, each in a fresh process.

    Parameters
    ----------
    home
        Whose raw files and code are read; nothing else of it is.
    python
        The interpreter, in whose environment worlds are made.
    tables_from
        Module with ``TABLES`` and ``MODEL_SPECS``.
    deciding
        What decides bits and threads, in place of what this process was told of it.
    variables
        Further environment variables of the process.
    """

    home: Home
    python: Path = Path(sys.executable)
    tables_from: str = "astro_assets.tables"
    deciding: Mapping[str, str] | None = None
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables as they are today."""
        return tuple(importlib.import_module(self.tables_from).TABLES)

    def make(
        self,
        world: World,
        into: Path,
        *,
        known: Mapping[str, Path] | None = None,
        keys: Mapping[str, Collection[str]] | None = None,
        said: Said = lambda _what, _done, _to_do: None,
    ) -> Made:
        """Bring a world about below a folder.

        Parameters
        ----------
        known
            Files of models by the digest of the world that makes them, which are not fitted again.
        keys
            Units of each table whose rows count for its root.

        Raises
        ------
        CorruptStoreError
            If the code or a raw file is missing or damaged.
        EnactmentError
            If it does not come about; with what the process said.
        """
        into.mkdir(parents=True, exist_ok=True)
        models = dict(known or {})
        for applied in world.applied.values():
            # Each model with its own code: it may be older than what applies it.
            if applied.world.digest not in models:
                made = self.make(applied.world, into, known=models, said=said)
                models[applied.world.digest] = artefact_of(into, made.enacted)
        job = {
            "world": world.to_json(),
            "into": str(into),
            # By alias: code of then may make other digests of worlds.
            "known": {alias: str(models[of.world.digest]) for alias, of in world.applied.items()},
            "keys": {table: list(of) for table, of in (keys or {}).items()},
            "tables_from": self.tables_from,
        }
        with tempfile.TemporaryDirectory() as folder:
            question, answer = Path(folder) / "job.json", Path(folder) / "made.json"
            files = self._files(world, Path(folder) / "home")
            question.write_text(json.dumps({**job, "files": str(files)}))
            self._run(self._code(world.code), question, answer, said)
            told = json.loads(answer.read_bytes())
        return Made(_enacted_of(told["enacted"]), told["circumstances"], told["environment"])

    def _files(self, world: World, folder: Path) -> Path:
        """Return a home that holds the raw files where code of any time looks: in a folder."""
        if self.home.store is None:
            return self.home.root
        held, copied = ObjectStore(self.home), ObjectStore(Home(folder))
        for sha256 in needs_of(world, self.tables).files:
            copied.put_file(held.get_file(sha256), sha256)
        return folder

    def _run(self, code: Path, question: Path, answer: Path, said: Said) -> None:
        names = _PASSED if self.deciding is not None else (*_PASSED, THREADS_VARIABLE, *DECIDING)
        passed = {name: os.environ[name] for name in names if name in os.environ}
        passed |= {**(self.deciding or {}), **self.variables}
        paths = [str(code), *filter(None, passed.get("PYTHONPATH", "").split(os.pathsep))]
        passed |= {"PYTHONPATH": os.pathsep.join(paths), "PYTHONHASHSEED": "0"}
        command = [str(self.python), "-P", "-m", _MODULE, str(question), str(answer)]
        with (
            tempfile.TemporaryFile() as errors,
            subprocess.Popen(  # noqa: S603  our own interpreter and module
                command, stdout=subprocess.PIPE, stderr=errors, env=passed, text=True, encoding="utf-8"
            ) as process,
        ):
            try:
                for line in process.stdout or ():
                    what, done, to_do = json.loads(line)
                    said(what, done, to_do)
            except BaseException:
                process.kill()
                raise
            if process.wait():
                errors.seek(0)
                text = errors.read().decode(errors="replace").strip()
                raise EnactmentError(
                    "\n".join(text.splitlines()[-_LAST:]) or "the process ended without a word"
                )

    def _code(self, sha256: str) -> Path:
        """Return the folder of the package as it was: its own where it is what runs, else unpacked."""
        if source_version() == sha256:
            return Path(__file__).resolve().parents[2]
        folder = unpacked(ObjectStore(self.home).get_source(sha256), sha256)
        if not folder.joinpath(*_MODULE.split(".")).with_suffix(".py").is_file():
            raise EnactmentError(
                f"the code of then, {sha256[:12]}, is of before anything could be made again"
            )
        return folder


def artefact_of(into: Path, enacted: Enacted) -> Path:
    """Return where the file of a model lies that was made in a home below a folder, however that is called.

    Raises
    ------
    EnactmentError
        If there is none.
    """
    homes = sorted(path.parent for path in into.glob("*/home.toml"))
    files = (ObjectStore(Home(home)).held_file(str(enacted.artefact)) for home in homes)
    found = next((path for path in files if path is not None), None)
    if found is None:
        raise EnactmentError(f"the model that was made, {enacted.artefact}, is not below {into}")
    return found


def unpacked(archive: Path, sha256: str) -> Path:
    """Unpack a zip of the package's source, once, into the user's cache.

    Raises
    ------
    EnactmentError
        If it is no zip, or an entry of it would lie elsewhere; nothing is left of it.
    """
    folder = Path(platformdirs.user_cache_dir("astro_assets", appauthor=False)) / "sources" / sha256
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=folder.parent))
    try:
        _extract(archive, partial)
        partial.rename(folder)
    except OSError:
        if not folder.is_dir():  # or another process was sooner
            raise
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return folder


def _extract(archive: Path, folder: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as entries:
            for name in entries.namelist():
                if not (folder / name).resolve().is_relative_to(folder.resolve()):
                    raise EnactmentError(f"{archive} holds {name!r}, which lies outside: it is not unpacked")
            entries.extractall(folder)
    except zipfile.BadZipFile as error:
        raise EnactmentError(f"{archive} is damaged: {error}") from None
    for path in folder.rglob("*"):
        os.utime(path, (_EPOCH, _EPOCH))


def _enacted_of(told: Mapping[str, Any]) -> Enacted:
    models = {alias: _enacted_of(of) for alias, of in told["models"].items()}
    known = {of.name: told[of.name] for of in fields(Enacted) if of.name in told}
    return Enacted(**{**known, "models": models})
