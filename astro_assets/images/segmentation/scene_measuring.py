"""Candidates of simulated scenes, measured by as many processes as there are cores.

A calibration takes longest for them. What is found does not depend on the number of processes.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.segmentation.calibration import Measured, measured_scenes
from astro_assets.images.segmentation.scene_roles import Role
from astro_assets.images.segmentation.scene_sets import scene_of
from astro_assets.images.segmentation.segmenter import logits_of, session_of
from astro_assets.images.segmentation.settings import SegmentationSettings
from astro_assets.images.simulation.scene import Scene
from astro_assets.learning.worker_processes import end_with

_log = logging.getLogger(__name__)
#: Scenes from one that is told of to the next.
_TOLD_EVERY: Final = 20
#: With fewer scenes processes take longer to start than they save.
_FEW: Final = 100


@dataclass(frozen=True, slots=True)
class Measurer:
    """What measures a scene of some settings by a network.

    Parameters
    ----------
    graph, reach_pixels
        Of the network, exported.
    """

    settings: SegmentationSettings
    graph: bytes
    reach_pixels: int

    def of_scenes(self, scenes: Iterable[Scene]) -> list[Measured]:
        """Measure the candidates of scenes, one after another."""
        session = _session(self.graph)

        def logits(scene: Scene) -> NDArray[np.float32]:
            return logits_of(session, scene.difference, self.reach_pixels)

        return measured_scenes(scenes, logits, self.settings.extraction)

    def of_role(self, role: Role, n: int) -> list[Measured]:
        """Measure the candidates of the first scenes of a role, in order."""
        found = []
        for number, one in enumerate(self._of_numbers(role, n), start=1):
            if number % _TOLD_EVERY == 0 or number == n:
                _log.info("scene %d of %d: %s", number, n, role)
            found.append(one)
        return found

    def _of_numbers(self, role: Role, n: int) -> Iterator[Measured]:
        n_workers = min(len(os.sched_getaffinity(0)), n)
        if n_workers == 1 or n < _FEW:
            for number in range(n):
                yield from self.of_scenes([scene_of(self.settings, role, number)])
            return
        # Forked processes would share torch's threads and Dagster's connections.
        context = multiprocessing.get_context("spawn")
        begun = (self, os.getpid())
        with ProcessPoolExecutor(n_workers, context, initializer=_begin_worker, initargs=begun) as pool:
            try:
                yield from pool.map(partial(_measured, role), range(n), chunksize=4)
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise


#: What a worker process measures with.
_held: dict[str, Measurer] = {}
_session = lru_cache(maxsize=1)(session_of)


def _begin_worker(measurer: Measurer, parent: int) -> None:
    end_with(parent)
    _held["measurer"] = measurer


def _measured(role: Role, number: int) -> Measured:
    measurer = _held["measurer"]
    return measurer.of_scenes([scene_of(measurer.settings, role, number)])[0]
