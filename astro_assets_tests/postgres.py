"""A real PostgreSQL server for a while, which may be killed and started again."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import pytest

from astro_assets_tests.servers import PATIENCE_S, free_port


def _programs() -> Path:
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not folders:
        pytest.skip("PostgreSQL is not installed (Debian: postgresql)")
    return folders[-1]


def _unprivileged() -> dict[str, int]:
    """Return whom PostgreSQL runs as: it refuses to be root."""
    if os.getuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid}


@dataclass
class Postgres:
    """A PostgreSQL server, whose user and database are both named ``astro``, and the folder of all its files.

    ``is_durable`` tells whether it waits for the disk, as it does in earnest.
    """

    root: Path
    is_durable: bool = False
    port: int = field(default_factory=free_port)
    password: str = field(default_factory=lambda: secrets.token_hex(16))
    programs: Path = field(default_factory=_programs)
    process: subprocess.Popen[bytes] | None = None

    @property
    def data(self) -> Path:
        """The folder of its data."""
        return self.root / "data"

    def address(self, database: str = "astro") -> str:
        """Return the address of a database, without the password."""
        return f"postgresql+psycopg2://astro@127.0.0.1:{self.port}/{database}"

    @property
    def environment(self) -> dict[str, str]:
        """What a process is told of it."""
        return {"ASTRO_ASSETS_POSTGRES": self.address(), "PGPASSWORD": self.password}

    def make(self) -> None:
        """Make its files; it is not started."""
        secret, who = self.root / "password", _unprivileged()
        secret.write_text(self.password)
        if who:
            for path in (self.root, secret):
                os.chown(path, who["user"], who["group"])
        make = [self.programs / "initdb", "-D", self.data, "-U", "astro", "-A", "scram-sha-256", "-E", "UTF8"]
        subprocess.run(
            [*make, "--no-sync", "--locale=C", f"--pwfile={secret}"],
            check=True, capture_output=True, cwd=self.root, **who,
        )  # fmt: skip

    def start(self) -> None:
        """Start it, and wait until it takes connections; after a kill it recovers first."""
        options = ["-h", "127.0.0.1", "-p", str(self.port), "-k", "", *([] if self.is_durable else ["-F"])]
        with (self.root / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.programs / "postgres", "-D", self.data, *options],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=self.root,
                start_new_session=True, **_unprivileged(),
            )  # fmt: skip
        self._connected().close()

    def stop(self) -> None:
        """End it at once, its children with it."""
        if self.process is not None:
            self.process.send_signal(signal.SIGQUIT)
            try:
                self.process.wait(20)
            finally:
                self.kill()

    def kill(self) -> None:
        """Kill all of its processes, each of which has a session of its own."""
        if self.process is None:
            return
        processes = []
        with suppress(psutil.NoSuchProcess):
            leader = psutil.Process(self.process.pid)
            processes = [leader, *leader.children(recursive=True)]
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.process.wait()
        psutil.wait_procs(processes, PATIENCE_S)
        self.process = None

    def make_database(self, name: str) -> None:
        """Make a database."""
        connection = self._connected()
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}"')
        connection.close()

    def _connected(self) -> Any:
        """Connect; it listens before it takes anybody in."""
        import psycopg2

        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return psycopg2.connect(
                    host="127.0.0.1", port=self.port, user="astro", password=self.password, dbname="postgres"
                )
            except psycopg2.OperationalError:
                log = (self.root / "log").read_text(errors="replace")[-4000:]
                assert self.process is not None, "it is not started"
                assert self.process.poll() is None, log
                assert time.monotonic() < deadline, log
                time.sleep(0.05)


@contextmanager
def postgres(*, is_durable: bool = False) -> Iterator[Postgres]:
    """Run PostgreSQL on the loopback, in a folder of its own, with a password that is nowhere else."""
    # Not in a folder of the test: it belongs to somebody else.
    with tempfile.TemporaryDirectory(prefix="astro-postgres-") as name:
        server = Postgres(Path(name), is_durable)
        server.make()
        try:
            server.start()
            server.make_database("astro")
            yield server
        finally:
            server.stop()
