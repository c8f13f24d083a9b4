"""Local processes and a Dask cluster compute the same, and end when they should."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from itertools import count
from multiprocessing.process import BaseProcess

import psutil
import pytest

from astro_assets.ledger import memory
from astro_assets.orchestration import pool_worker
from astro_assets.orchestration.compute import (
    WORKERS_VARIABLE,
    LocalProcesses,
    default_compute,
)
from astro_assets.orchestration.in_flight import WorkerLostError


def squared_with_process(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def environment_of_worker(name: str) -> str | None:
    return os.environ.get(name)


def bound_and_process(number: int) -> tuple[int | None, int]:
    del number
    return memory.memory_bound(), os.getpid()


def frames_by_way_of_arrow(number: int) -> int:
    import polars as pl
    import pyarrow as pa

    values = pa.array(list(range(100_000)))
    return pl.DataFrame({"value": values}).lazy().filter(pl.col("value") >= 0 * number).collect().height


def dies(number: int) -> int:
    if number == 3:
        os._exit(9)
    return number


def sleeps_after_first(number: int) -> int:
    if number > 0:
        time.sleep(120)
    return number


def large(number: int) -> bytes:
    return bytes([number % 256]) * 1_000_000


def starts_a_thread(number: int) -> int:
    threading.Thread(target=time.sleep, args=(0.05,), daemon=True).start()
    return number


def interrupts_itself(number: int) -> int:
    os.kill(os.getpid(), signal.SIGINT)
    return number


@pytest.fixture
def processes():
    engine = LocalProcesses(2)
    yield engine
    engine.close()


def test_many_calls_run_in_other_processes_and_one_call_runs_here(processes: LocalProcesses) -> None:
    results = list(processes.run(squared_with_process, ((n,) for n in range(50))))
    assert sorted(value for value, _ in results) == [n * n for n in range(50)]
    assert os.getpid() not in {process for _, process in results}
    assert list(processes.run(squared_with_process, [(7,)])) == [(49, os.getpid())]


def test_calls_are_taken_as_workers_need_them(processes: LocalProcesses) -> None:
    taken = []

    def calls():
        for n in range(100):
            taken.append(n)
            yield (n,)

    results = processes.run(squared_with_process, calls())
    next(results)
    assert len(taken) <= 2 + 2 * processes.workers + processes.workers
    results.close()


def test_workers_use_one_thread_each_and_ours_stay_as_they_are(
    processes: LocalProcesses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    seen = set(processes.run(environment_of_worker, [("OMP_NUM_THREADS",)] * 4))
    assert seen == {"1"}
    assert "OMP_NUM_THREADS" not in os.environ


def run_program(text: str) -> list[str]:
    """Run a program with a fork server of its own, and return the words it prints."""
    command = [sys.executable, "-c", textwrap.dedent(text)]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60)
    assert not done.stderr
    return done.stdout.split()


def test_workers_have_imported_what_they_begin_with() -> None:
    words = run_program("""
        import sys
        from astro_assets.orchestration.compute import LocalProcesses
        from astro_assets_tests.orchestration.test_compute import has_imported
        if __name__ == "__main__":
            engine = LocalProcesses(2, preload="wave")
            engine.start()
            print(*engine.run(has_imported, [("wave",)] * 8))
            print(has_imported("wave"))
            engine.close()
    """)
    assert words == ["True"] * 8 + ["False"]


def has_imported(name: str) -> bool:
    return name in sys.modules


def test_one_worker_is_this_process_and_is_not_started() -> None:
    alone = LocalProcesses(1, preload="wave")
    alone.start()
    assert not has_imported("wave")
    assert list(alone.run(squared_with_process, [(2,), (3,)])) == [(4, os.getpid()), (9, os.getpid())]


def test_workers_have_the_memory_that_is_named_and_this_process_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(memory.VARIABLE, "2GB")
    monkeypatch.setenv(WORKERS_VARIABLE, "1")
    engine = default_compute()
    # This process has no bound, so that even a single call runs in another.
    (seen,) = engine.run(bound_and_process, [(1,)])
    engine.close()
    assert seen[0] == 2 * 10**9
    assert seen[1] != os.getpid()
    assert memory.memory_bound() is None


def test_the_least_memory_is_enough_for_what_libraries_take_at_first() -> None:
    words = run_program("""
        from astro_assets.ledger.memory import LEAST
        from astro_assets.orchestration.compute import LocalProcesses
        from astro_assets_tests.orchestration.test_compute import frames_by_way_of_arrow
        if __name__ == "__main__":
            engine = LocalProcesses(2, "astro_assets.preload", LEAST)
            print(*engine.run(frames_by_way_of_arrow, [(1,), (2,), (3,)]))
            engine.close()
    """)
    assert words == ["100000"] * 3


def test_a_bound_below_what_a_process_has_is_refused_and_says_what_to_do(processes: LocalProcesses) -> None:
    # As on a cluster, whose workers others have started.
    calls = [(1000, squared_with_process, 2)] * 2
    with pytest.raises(ValueError, match="MIMALLOC_ARENA_EAGER_COMMIT=0"):
        list(processes.run(pool_worker.bounded, calls))


def test_a_killed_worker_is_an_error_that_says_what_to_do_and_the_engine_recovers(
    processes: LocalProcesses,
) -> None:
    with pytest.raises(WorkerLostError, match=WORKERS_VARIABLE):
        list(processes.run(dies, ((n,) for n in range(6))))
    assert sorted(processes.run(dies, ((n,) for n in range(3)))) == [0, 1, 2]


def test_workers_that_ignore_what_ends_others_are_not_waited_for() -> None:
    """Of idle workers one holds the lock of the calls: killed, the other waits until it is killed, too."""
    words = run_program("""
        import signal
        from itertools import count
        import psutil
        from astro_assets.orchestration.compute import LocalProcesses
        from astro_assets.orchestration.in_flight import WorkerLostError
        from astro_assets_tests.orchestration.test_compute import squared_with_process
        if __name__ == "__main__":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            for _ in range(8):
                engine = LocalProcesses(2)
                *_, (_, worker) = engine.run(squared_with_process, [(n,) for n in range(8)])
                psutil.Process(worker).kill()
                try:
                    for _ in engine.run(squared_with_process, ((n,) for n in count())):
                        pass
                except WorkerLostError:
                    print("lost")
                engine.close()
    """)
    assert words == ["lost"] * 8


def test_closing_ends_what_another_thread_computes(processes: LocalProcesses) -> None:
    has_begun = threading.Event()

    def compute() -> None:
        with suppress(CancelledError, RuntimeError, KeyboardInterrupt):
            for _ in processes.run(squared_with_process, ((n,) for n in count())):
                has_begun.set()

    thread = threading.Thread(target=compute, daemon=True)
    thread.start()
    assert has_begun.wait(60)
    processes.close()
    thread.join(60)
    assert not thread.is_alive()


def test_closing_interrupts_calls_and_leaves_other_processes_alone(processes: LocalProcesses) -> None:
    results = processes.run(sleeps_after_first, ((n,) for n in range(6)))
    assert next(results) == 0
    with others() as (engine, stranger):
        before = time.monotonic()
        processes.close()
        assert time.monotonic() - before < 60
        assert stranger.is_alive()
        assert sorted(engine.run(large, ((n,) for n in range(4)))) == [large(n) for n in range(4)]


def test_a_broken_pool_takes_no_other_processes_with_it(processes: LocalProcesses) -> None:
    assert len(list(processes.run(squared_with_process, ((n,) for n in range(8))))) == 8
    with others() as (engine, stranger):
        with pytest.raises(WorkerLostError):
            list(processes.run(dies, ((n,) for n in range(6))))
        assert stranger.is_alive()
        assert sorted(engine.run(large, ((n,) for n in range(4)))) == [large(n) for n in range(4)]


@contextmanager
def others() -> Iterator[tuple[LocalProcesses, BaseProcess]]:
    """Start processes of another engine, and one of nobody, from the same fork server."""
    engine = LocalProcesses(2)
    stranger = multiprocessing.get_context("forkserver").Process(target=time.sleep, args=(120,))
    stranger.start()
    assert sorted(engine.run(large, ((n,) for n in range(4)))) == [large(n) for n in range(4)]
    yield engine, stranger
    stranger.terminate()
    engine.close()


def test_an_interrupt_ends_a_call_and_is_nothing_to_a_worker_that_waits(processes: LocalProcesses) -> None:
    others = set(multiprocessing.active_children())
    with pytest.raises(KeyboardInterrupt):
        list(processes.run(interrupts_itself, ((n,) for n in range(8))))
    workers = {process.pid for process in set(multiprocessing.active_children()) - others}
    assert len(list(processes.run(squared_with_process, ((n,) for n in range(50))))) == 50
    for worker in workers:
        assert worker is not None
        os.kill(worker, signal.SIGINT)
    answers = list(processes.run(squared_with_process, ((n,) for n in range(50))))
    assert sorted(value for value, _ in answers) == [n * n for n in range(50)]
    assert {process for _, process in answers} <= workers


@pytest.mark.parametrize("call", ["large", "starts_a_thread"])
def test_closing_interrupts_nothing_but_calls(call: str) -> None:
    words = run_program(f"""
        from contextlib import suppress
        from itertools import count, islice
        from multiprocessing import forkserver
        from astro_assets.orchestration.compute import LocalProcesses
        from astro_assets_tests.orchestration.test_compute import {call}
        if __name__ == "__main__":
            forkserver.ensure_running()  # by somebody who holds no interrupts back
            for number in range(20):
                engine = LocalProcesses(2)
                results = engine.run({call}, ((n,) for n in count()))
                list(islice(results, 1 + number))
                engine.close()
                with suppress(KeyboardInterrupt):
                    results.throw(KeyboardInterrupt)
            print("closed", number + 1)
    """)
    assert words == ["closed", "20"]


def test_workers_end_when_their_parent_is_killed() -> None:
    program = textwrap.dedent("""
        import sys, time
        from astro_assets.orchestration.compute import LocalProcesses
        from astro_assets_tests.orchestration.test_compute import squared_with_process
        if __name__ == "__main__":
            engine = LocalProcesses(2)
            results = engine.run(squared_with_process, ((n,) for n in range(20)))
            print(*{process for _, process in results}, flush=True)
            time.sleep(60)
    """)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        workers = [psutil.Process(int(word)) for word in parent.stdout.readline().split()]
        parent.kill()
    assert workers
    gone, alive = psutil.wait_procs(workers, timeout=10)
    assert not alive
    assert len(gone) == len(workers)


def test_workers_are_named_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WORKERS_VARIABLE, "3")
    engine = default_compute()
    assert isinstance(engine, LocalProcesses)
    assert engine.workers == 3
    monkeypatch.setenv(WORKERS_VARIABLE, "many")
    with pytest.raises(ValueError, match="'many'"):
        default_compute()


def test_starting_is_put_off_until_there_is_work() -> None:
    words = run_program("""
        import psutil
        from astro_assets.orchestration.compute import LocalProcesses
        from astro_assets_tests.orchestration.test_compute import squared_with_process
        if __name__ == "__main__":
            engine = LocalProcesses(2)
            print(len(psutil.Process().children()))
            list(engine.run(squared_with_process, [(1,), (2,)]))
            print(len(psutil.Process().children()) > 0)
            engine.close()
    """)
    assert words == ["0", "True"]
