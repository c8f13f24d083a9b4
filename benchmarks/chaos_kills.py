"""SIGKILL at random moments to what computes: runs, their workers, a Dask cluster."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import chaos_toy
import psutil
from chaos_homes import Ground, Trial

from astro_assets.ledger.variables import environment
from astro_assets.orchestration.compute import WORKERS_VARIABLE
from astro_assets.orchestration.dask_cluster import DASK_VARIABLE
from astro_assets_tests.cli.commands import kill_session, session_of, wait_for_end, wait_until

#: Longest wait for a process that lost what it works with to say so, in seconds.
PATIENCE_S = 240.0
#: A command imports for so large a part of its time.
_IMPORTS = 0.25


@contextmanager
def running(command: list[str], log: Path, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    """Start a command in a session of its own; what is left of it in the end is killed."""
    with log.open("wb") as stream:
        process = subprocess.Popen(
            command, env={**os.environ, **variables}, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream,
            start_new_session=True,
        )  # fmt: skip
    try:
        yield process
    finally:
        kill_session(process.pid)
        process.wait()


class SpontaneousError(RuntimeError):
    """A run ended before anything happened to it, and not well."""


def has_ended_well(process: subprocess.Popen[bytes], log: Path) -> bool:
    """Return whether a run is over, to which nothing has happened yet.

    Raises
    ------
    SpontaneousError
        If it failed.
    """
    if process.poll():
        told = log.read_text(errors="replace")[-600:]
        raise SpontaneousError(f"a run ended with {process.returncode} by itself: {told}")
    return process.returncode == 0


def moment_in(rng: random.Random, ground: Ground, kind: str) -> float:
    """Draw a moment of a run, in seconds after its beginning."""
    return rng.uniform(_IMPORTS, 0.97) * ground.seconds[kind]


def kill_of_run(ground: Ground, rng: random.Random) -> Trial:
    """Kill a run's process, or all its processes at once."""
    while True:
        with ground.home(rng) as (home, kind):
            moment, only_parent = moment_in(rng, ground, kind), rng.random() < 0.5
            log = home.root.with_suffix(".log")
            with running(ground.command(home), log, **_two_workers()) as process:
                time.sleep(moment)
                if has_ended_well(process, log):  # too late: this machine has become faster
                    ground.seconds[kind] = min(ground.seconds[kind], moment)
                    continue
                if only_parent:
                    process.kill()
                else:
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                left = wait_for_end(process.pid)
            trial = Trial("a run is killed", f"{moment:.2f} s, {'it alone' if only_parent else 'all of it'}")
            trial.problems += [f"{one.pid} goes on without its run" for one in left]
            return ground.recover(trial, home, kind)


def kill_of_forked_run(ground: Ground, rng: random.Random) -> Trial:
    """Kill a run of the toy wing in a process that has imported all before; another one completes it."""
    while True:
        with ground.home(rng) as (home, kind):
            moment = rng.uniform(0.02, 0.97) * ground.seconds[kind]
            process = chaos_toy.forked(home.root)
            process.join(moment)
            process.kill()
            process.join()
            if process.exitcode == 0:
                ground.seconds[kind] = min(ground.seconds[kind], moment)
                continue
            if process.exitcode != -signal.SIGKILL:
                raise SpontaneousError(f"a run ended with {process.exitcode} before it was killed")
            trial = Trial("a run is killed", f"{moment:.2f} s, forked")
            began = time.monotonic()
            again = chaos_toy.forked(home.root)
            again.join()
            trial.seconds, trial.is_recovered = time.monotonic() - began, again.exitcode == 0
            return ground.judge(trial, home, kind)


def kill_of_ingestion(ground: Ground, rng: random.Random) -> Trial:
    """Kill a run while it takes files in, or a moment later."""
    with ground.home(rng, "fresh") as (home, kind):
        log = home.root.with_suffix(".log")
        with running(ground.command(home), log) as process:
            wait_until(lambda: any(home.root.glob("files/*/*")) or process.poll() is not None, PATIENCE_S)
            later = rng.uniform(0, 1.0)
            time.sleep(later)
            if has_ended_well(process, log):
                raise SpontaneousError("a run took its files in and ended within a second")
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        trial = Trial("a run is killed while it takes files in", f"{later:.2f} s after the first file")
        return ground.recover(trial, home, kind)


def kill_of_worker(ground: Ground, rng: random.Random) -> Trial:
    """Kill a worker process of a run's pool."""
    while True:
        with ground.home(rng) as (home, kind):
            moment, log = moment_in(rng, ground, kind), home.root.with_suffix(".log")
            with running(ground.command(home), log, **_two_workers()) as process:
                time.sleep(moment)
                worker = _any_worker(process, rng)
                if worker is None:
                    process.wait()
                    has_ended_well(process, log)
                    ground.seconds[kind] = min(ground.seconds[kind], 1.2 * moment)
                    continue
                worker.kill()
                trial = Trial("a worker of the pool is killed", f"{moment:.2f} s")
                _expect_an_end(trial, process, log, "worker process died")
            return ground.recover(trial, home, kind)


def _two_workers() -> dict[str, str]:
    return {WORKERS_VARIABLE: "2"}


def _any_worker(process: subprocess.Popen[bytes], rng: random.Random) -> psutil.Process | None:
    """Wait for workers, and choose one: processes that the fork server has made."""
    while process.poll() is None:
        with suppress(psutil.NoSuchProcess):
            found = [one for one in session_of(process.pid) if one.ppid() != process.pid != one.pid]
            if found:
                return rng.choice(found)
        time.sleep(0.01)
    return None


def _expect_an_end(trial: Trial, process: subprocess.Popen[bytes], log: Path, said: str) -> None:
    """Wait for a run that lost what it works with: it may end well; if it fails it says why, and ends."""
    try:
        code = process.wait(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        trial.problems.append(f"the run hangs after {trial.fault}")
        return
    told = log.read_text(errors="replace")
    trial.moment += ", went on" if code == 0 else ", failed"
    if code and said not in told:
        trial.problems.append(f"it ended with {code} and does not say {said!r}: {told[-500:]}")


@contextmanager
def dask(folder: Path) -> Iterator[Cluster]:
    """Start a scheduler and two workers that somebody starts again when they end, as a cluster does."""
    cluster = Cluster(folder)
    try:
        yield cluster
    finally:
        cluster.close()


class Cluster:
    """A Dask scheduler and two workers, each in a session of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "scheduler.json"
        self._sessions: dict[str, subprocess.Popen[bytes]] = {}
        self._port = 0
        self.start()

    @property
    def address(self) -> str:
        """Where the scheduler listens."""
        return f"tcp://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start what is not there, or has ended, until all of it is there."""
        import distributed

        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            self._start_missing()
            try:
                with distributed.Client(self.address, timeout=5) as client:
                    client.wait_for_workers(2, timeout=2)
                    return
            except (OSError, TimeoutError):
                continue
        raise TimeoutError(f"the cluster at {self.address} does not come back")

    def _start_missing(self) -> None:
        for name, process in list(self._sessions.items()):
            if process.poll() is not None:
                del self._sessions[name]
        if "scheduler" not in self._sessions:
            self._file.unlink(missing_ok=True)
            self._sessions["scheduler"] = self._started(
                "scheduler", "--scheduler-file", str(self._file), "--port", str(self._port), "--no-dashboard",
                "--host", "127.0.0.1",
            )  # fmt: skip
            wait_until(self._file.exists, PATIENCE_S, pause=0.1)
            self._port = self._port or int(self._file.read_text().split("tcp://127.0.0.1:")[1].split('"')[0])
        for name in ("worker-0", "worker-1"):
            if name not in self._sessions:
                self._sessions[name] = self._started(
                    "worker", self.address, "--nthreads", "1", "--no-dashboard", "--no-nanny",
                    "--local-directory", str(self._folder / name), "--death-timeout", "20",
                )  # fmt: skip

    def _started(self, *arguments: str) -> subprocess.Popen[bytes]:
        root = str(Path(__file__).resolve().parents[1])
        variables = {**os.environ, "PYTHONPATH": root, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}
        with (self._folder / f"{arguments[0]}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments], env=variables, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    def kill(self, *names: str) -> None:
        """Kill some of it."""
        for name in names:
            process = self._sessions.pop(name)
            kill_session(process.pid)
            process.wait()

    def close(self) -> None:
        """End all."""
        self.kill(*self._sessions)


def undisturbed_on(ground: Ground, cluster: Cluster) -> Ground:
    """Return a ground with the seconds that runs take on a cluster."""
    seconds = {}
    for kind in ground.expected:
        with ground.home(None, kind) as (home, _):
            began = time.monotonic()
            variables = {**os.environ, DASK_VARIABLE: cluster.address}
            subprocess.run(ground.command(home), check=True, capture_output=True, env=variables)
            seconds[kind] = time.monotonic() - began
    return replace(ground, seconds=seconds)


def kill_in_cluster(ground: Ground, rng: random.Random, cluster: Cluster, what: str) -> Trial:
    """Kill a worker or the scheduler of a cluster while a run works on it."""
    while True:
        with ground.home(rng) as (home, kind):
            log, moment = home.root.with_suffix(".log"), moment_in(rng, ground, kind)
            name = rng.choice(("worker-0", "worker-1")) if what == "worker" else "scheduler"
            with running(ground.command(home), log, **{DASK_VARIABLE: cluster.address}) as process:
                time.sleep(moment)
                if has_ended_well(process, log):
                    ground.seconds[kind] = min(ground.seconds[kind], moment)
                    continue
                cluster.kill(name)
                trial = Trial(f"the Dask {what} is killed", f"{moment:.2f} s")
                time.sleep(rng.uniform(0, 2))
                cluster.start()
                _expect_an_end(trial, process, log, "Dask")
            cluster.start()
            with environment({DASK_VARIABLE: cluster.address}):
                return ground.recover(trial, home, kind)
