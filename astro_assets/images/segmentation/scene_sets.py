"""Scenes as the network is trained and judged on them: simulated by number, turned, gathered in batches.

Which numbers belong to which set is decided here, so that no scene is in two.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.segmentation.losses import Target, target_of
from astro_assets.images.segmentation.preprocessing import inputs_of
from astro_assets.images.segmentation.scene_roles import ROLES, Role, scene_settings
from astro_assets.images.segmentation.settings import SegmentationSettings
from astro_assets.images.simulation.scene import Scene, simulate_scene

T = TypeVar("T")

_log = logging.getLogger(__name__)
#: Scenes from one that is told of to the next.
_TOLD_EVERY: Final = 20


@dataclass(frozen=True, slots=True)
class Example:
    """A scene as the network sees it."""

    inputs: NDArray[np.float32]
    target: Target

    def turned(self, way: int) -> Example:
        """Return it in one of eight orientations: quarter turns, then mirrored."""

        def turn(array: NDArray[np.generic]) -> NDArray[np.generic]:
            found = np.rot90(array, way % 4, axes=(-2, -1))
            return found[..., ::-1] if way >= 4 else found

        return Example(
            turn(self.inputs),  # type: ignore[arg-type]
            Target(turn(self.target.masks), turn(self.target.weight)),  # type: ignore[arg-type]
        )


def scene_of(settings: SegmentationSettings, role: Role, number: int) -> Scene:
    """Simulate a scene of a role; no two roles share one. Those that a network is fitted on are crowded."""
    return simulate_scene(scene_settings(settings, role), (settings.seed, ROLES[role], number))


def example_of(settings: SegmentationSettings, role: Role, number: int) -> Example:
    """Simulate a scene, and prepare it."""
    scene = scene_of(settings, role, number)
    target = target_of(scene.truth, scene.difference.is_missing, settings.loss)
    return Example(inputs_of(scene.difference), target)


def scenes_of(settings: SegmentationSettings, role: Role, n: int) -> Iterator[Scene]:
    """Yield the first scenes of a role, each simulated while the one before is used."""
    made = ahead(partial(scene_of, settings, role, number) for number in range(n))
    for number, scene in enumerate(made, start=1):
        if number % _TOLD_EVERY == 0 or number == n:
            _log.info("scene %d of %d: %s", number, n, role)
        yield scene


def ahead(calls: Iterable[Callable[[], T]]) -> Iterator[T]:
    """Yield what calls return; each is made in a second thread while what came before is used."""
    with ThreadPoolExecutor(1) as worker:
        waiting: Future[T] | None = None
        for call in calls:
            following = worker.submit(call)
            if waiting is not None:
                yield waiting.result()
            waiting = following
        if waiting is not None:
            yield waiting.result()


class TrainingScenes:
    """The batches of each epoch: scenes stay for some epochs, and new ones replace the oldest.

    What an epoch shows depends on its number alone, so that a training can be taken up at any epoch.
    """

    def __init__(self, settings: SegmentationSettings) -> None:
        self.settings = settings
        self.n_new = max(1, settings.scenes_an_epoch // settings.looks)
        self._kept: dict[int, Example] = {}

    def batches(self, epoch: int) -> Iterator[list[Example]]:
        """Return the batches of an epoch, each simulated while the one before is learned from."""
        settings = self.settings
        last = (epoch + settings.looks) * self.n_new
        numbers = range(last - settings.looks * self.n_new, last)
        self._kept = {number: kept for number, kept in self._kept.items() if number in numbers}
        rng = np.random.default_rng((settings.seed, 5, epoch))
        order = rng.permutation(np.asarray(numbers))
        ways = rng.integers(8, size=order.size)
        calls = []
        for start in range(0, order.size, settings.batch):
            chosen = zip(
                order[start : start + settings.batch], ways[start : start + settings.batch], strict=True
            )
            calls.append(partial(self._turned, [(int(number), int(way)) for number, way in chosen]))
        return ahead(calls)

    def n_batches(self) -> int:
        """Return how many batches an epoch has."""
        return -(-self.settings.looks * self.n_new // self.settings.batch)

    def _turned(self, chosen: list[tuple[int, int]]) -> list[Example]:
        return [self._example(number).turned(way) for number, way in chosen]

    def _example(self, number: int) -> Example:
        if number not in self._kept:
            self._kept[number] = example_of(self.settings, "train", number)
        return self._kept[number]
