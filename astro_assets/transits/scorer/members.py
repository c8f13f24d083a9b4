"""Many networks fitted at once, one a process; each is kept as soon as it is done.

A training that is killed goes on with the networks that are missing: those done lie in its folder as
safetensors.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.learning.worker_processes import end_with
from astro_assets.transits.scorer.inputs import Inputs, Layout
from astro_assets.transits.scorer.settings import NetworkSettings

Arrays = dict[str, NDArray[Any]]
_LOG = logging.getLogger(__name__)
_SHARED: Final = "inputs.safetensors"
#: Events shown in all, below which processes would take longer to start than they save.
_LITTLE: Final = 20_000
#: What a worker process has read: the arrays that all its tasks share.
_read: dict[str, NDArray[Any]] = {}


@dataclass(frozen=True, slots=True)
class MemberTask:
    """One network to fit: see :class:`astro_assets.transits.scorer.fitting.Task`.

    Attributes
    ----------
    name
        Of its file, unique in the training.
    epochs
        How many, if not as many as the settings say.
    """

    name: str
    train: list[NDArray[np.int64]]
    validation: NDArray[np.int64]
    seed: int
    soft: NDArray[np.float32] | None = None
    epochs: int | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A fitted network: its weights, and loss and validation of each epoch."""

    weights: Arrays
    history: list[dict[str, float]]


def fit_members(
    tasks: Sequence[MemberTask],
    inputs: Inputs,
    labels: NDArray[np.bool_],
    eclipse: NDArray[np.bool_],
    layout: Layout,
    settings: NetworkSettings,
    folder: Path,
) -> list[Member]:
    """Fit networks, as many at once as there are processors.

    Parameters
    ----------
    folder
        Of this training alone; networks that are there already are not fitted again.

    Returns
    -------
    list of Member
        One for each task, in their order.
    """
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    missing = [task for task in tasks if not (folder / f"{task.name}.safetensors").is_file()]
    if missing:
        branches = {f"branch{i}": branch for i, branch in enumerate(inputs.branches)}
        flags = {"labels": labels.astype(np.uint8), "eclipse": eclipse.astype(np.uint8)}
        shared = {**branches, "scalars": inputs.scalars, **flags}
        # safetensors writes the memory as it lies, whatever the order of the axes.
        partial = folder / f"{_SHARED}.partial-{os.getpid()}"
        save_file({name: np.ascontiguousarray(array) for name, array in shared.items()}, partial)
        partial.replace(folder / _SHARED)
        _fit_missing(missing, len(tasks), folder, layout, settings)
    return [_load(folder / f"{task.name}.safetensors") for task in tasks]


def _fit_missing(
    tasks: Sequence[MemberTask], n_all: int, folder: Path, layout: Layout, settings: NetworkSettings
) -> None:
    n_workers = min(len(tasks), len(os.sched_getaffinity(0)))
    done = n_all - len(tasks)
    if n_workers == 1 or settings.epochs * sum(len(task.train) for task in tasks) < _LITTLE:
        _begin(str(folder))
        for n_done, task in enumerate(tasks, done + 1):
            _told(n_done, n_all, *_fit_one(task, str(folder), layout, settings))
        return
    # Forked processes would share torch's threads and Dagster's connections.
    context = multiprocessing.get_context("spawn")
    begun = (str(folder), os.getpid())
    with ProcessPoolExecutor(n_workers, context, initializer=_begin_worker, initargs=begun) as pool:
        try:
            running = [pool.submit(_fit_one, task, str(folder), layout, settings) for task in tasks]
            for future in as_completed(running):
                done += 1
                _told(done, n_all, *future.result())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _told(done: int, n_all: int, name: str, best: str) -> None:
    _LOG.info("network %d of %d fitted: %s", done, n_all, f"{name}, {best}" if best else name)


def _begin_worker(folder: str, parent: int) -> None:
    end_with(parent)
    _begin(folder)


def _begin(folder: str) -> None:
    from safetensors.numpy import load_file

    _read.update(load_file(Path(folder) / _SHARED))


def _fit_one(task: MemberTask, folder: str, layout: Layout, settings: NetworkSettings) -> tuple[str, str]:
    from safetensors.numpy import save_file

    from astro_assets.transits.scorer.fitting import Task, fit

    n_branches = sum(name.startswith("branch") for name in _read)
    inputs = Inputs(tuple(_read[f"branch{i}"] for i in range(n_branches)), _read["scalars"])
    labels, eclipse = _read["labels"].astype(np.bool_), _read["eclipse"].astype(np.bool_)
    whole = Task(inputs, labels, eclipse, task.train, task.validation, task.soft)
    if task.epochs is not None:
        settings = settings.model_copy(update={"epochs": task.epochs})
    weights, history = fit(whole, layout, settings, task.seed)
    path = Path(folder) / f"{task.name}.safetensors"
    partial = path.with_suffix(f".partial-{os.getpid()}")
    save_file(weights, partial, metadata={"history": json.dumps(history)})
    partial.replace(path)
    found = [epoch["validation_ap"] for epoch in history if "validation_ap" in epoch]
    return task.name, f"average precision {max(found):.3f} after {len(history)} epochs" if found else ""


def _load(path: Path) -> Member:
    from safetensors import safe_open

    with safe_open(path, framework="numpy") as file:
        history = json.loads(file.metadata()["history"])
        return Member({name: file.get_tensor(name) for name in file.keys()}, history)  # noqa: SIM118
