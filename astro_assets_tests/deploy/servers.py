"""Real servers on this machine for a while: PostgreSQL, and any command that listens on a port.

Only starting and ending them is here. Whatever becomes of a test, nothing of them is left.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from astro_assets_tests.cli.commands import kill_session, wait_for_end

#: Longest time that a server takes to answer, in seconds; other tests run at the same time.
_PATIENCE_S = 300


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def is_listening(port: int) -> bool:
    """Tell whether somebody takes connections on a port of this machine."""
    with socket.socket() as connection:
        connection.settimeout(1)
        return connection.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def serving(
    command: Sequence[str], port: int, log: Path, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server in a session of its own until it listens, and kill all of it in the end."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=log.parent,
        )
    try:
        if port is not None:
            _wait_for(process, port, log)
        yield process.pid
    finally:
        kill_session(process.pid)
        process.wait()
        assert not wait_for_end(process.pid)


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + _PATIENCE_S
    while not is_listening(port):
        assert process.poll() is None, log.read_text()[-4000:]
        assert time.monotonic() < until, log.read_text()[-4000:]
        time.sleep(0.05)


@dataclass(frozen=True, slots=True)
class Postgres:
    """A PostgreSQL server, whose user and database are both named ``astro``, and the folder of its data."""

    port: int
    password: str
    data: Path
    programs: Path

    def address(self, database: str = "astro") -> str:
        """Return the address of a database, without the password."""
        return f"postgresql+psycopg2://astro@127.0.0.1:{self.port}/{database}"

    @property
    def environment(self) -> dict[str, str]:
        """What a process is told of it."""
        return {"ASTRO_ASSETS_POSTGRES": self.address(), "PGPASSWORD": self.password}

    def make_database(self, name: str) -> None:
        """Make a database; it listens before it takes anybody in."""
        import psycopg2

        deadline = time.monotonic() + _PATIENCE_S
        while True:
            try:
                connection = psycopg2.connect(
                    host="127.0.0.1", port=self.port, user="astro", password=self.password, dbname="postgres"
                )
                break
            except psycopg2.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}"')
        connection.close()


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


@contextmanager
def postgres() -> Iterator[Postgres]:
    """Run PostgreSQL on the loopback, in a folder of its own, with a password that is nowhere else."""
    programs, who = _programs(), _unprivileged()
    # Not in a folder of the test: it belongs to somebody else.
    with tempfile.TemporaryDirectory(prefix="astro-postgres-") as name:
        root = Path(name)
        server = Postgres(free_port(), secrets.token_hex(16), root / "data", programs)
        (root / "password").write_text(server.password)
        if who:
            for path in (root, root / "password"):
                os.chown(path, who["user"], who["group"])
        make = [programs / "initdb", "-D", server.data, "-U", "astro", "-A", "scram-sha-256", "-E", "UTF8"]
        subprocess.run(
            [*make, "--no-sync", "--locale=C", f"--pwfile={root / 'password'}"],
            check=True, capture_output=True, cwd=root, **who,
        )  # fmt: skip
        options = ("-h", "127.0.0.1", "-p", str(server.port), "-k", "", "-F")
        with (root / "log").open("wb") as log:
            process = subprocess.Popen(
                [programs / "postgres", "-D", server.data, *options],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, cwd=root, start_new_session=True, **who,
            )  # fmt: skip
        try:
            _wait_for(process, server.port, root / "log")
            server.make_database("astro")
            yield server
        finally:
            process.send_signal(signal.SIGQUIT)  # at once, its children with it
            try:
                process.wait(20)
            finally:
                kill_session(process.pid)
