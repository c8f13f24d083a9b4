"""The state of an unfinished training as a file: weights, their average, the optimiser's moments.

Safetensors hold arrays and JSON the rest: nothing runs when it is read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.optim.swa_utils import AveragedModel

from astro_assets.images.segmentation.settings import SegmentationSettings

Arrays = dict[str, NDArray[Any]]

_FILE: Final = "segmentation_training.safetensors"


class ResumeError(ValueError):
    """A folder holds the state of another training, or none that can be read."""


@dataclass(frozen=True, slots=True)
class TrainingState:
    """All that a training needs to go on after an epoch.

    Parameters
    ----------
    arrays
        Of the network, its average and the optimiser, by name.
    best
        Averaged weights of the best epoch.
    history
        Of each epoch that is done.
    """

    arrays: Arrays
    best: Arrays
    history: list[dict[str, float]]

    @classmethod
    def of(
        cls,
        network: nn.Module,
        averaged: AveragedModel,
        adam: torch.optim.Optimizer,
        history: list[dict[str, float]],
        best: Arrays,
    ) -> TrainingState:
        """Take the state of a training."""
        arrays = {f"network.{name}": value for name, value in network.state_dict().items()}
        arrays |= {f"averaged.{name}": value for name, value in averaged.state_dict().items()}
        for number, moments in adam.state_dict()["state"].items():
            arrays |= {f"adam.{number}.{name}": value for name, value in moments.items()}
        plain = {name: np.ascontiguousarray(value.detach().numpy()) for name, value in arrays.items()}
        return cls(plain, best, history)

    def into(self, network: nn.Module, averaged: AveragedModel, adam: torch.optim.Optimizer) -> None:
        """Put it into a training that has not begun."""
        parts: dict[str, dict[str, torch.Tensor]] = {"network": {}, "averaged": {}, "adam": {}}
        for name, value in self.arrays.items():
            part, _, rest = name.partition(".")
            parts[part][rest] = torch.tensor(value)
        network.load_state_dict(parts["network"])
        averaged.load_state_dict(parts["averaged"])
        moments: dict[int, dict[str, torch.Tensor]] = {}
        for name, moment in parts["adam"].items():
            number, _, rest = name.partition(".")
            laid_out = moment.contiguous(memory_format=torch.channels_last) if moment.ndim == 4 else moment
            moments.setdefault(int(number), {})[rest] = laid_out
        adam.load_state_dict({"state": moments, "param_groups": adam.state_dict()["param_groups"]})


def save_state(folder: Path, settings: SegmentationSettings, state: TrainingState) -> None:
    """Write a state; one that is there is replaced when the new one is whole."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    arrays = {f"state.{name}": value for name, value in state.arrays.items()}
    arrays |= {f"best.{name}": np.ascontiguousarray(value) for name, value in state.best.items()}
    told = {"settings": settings.model_dump_json(), "history": json.dumps(state.history)}
    new = folder / f"{_FILE}.new"
    save_file(arrays, new, told)
    new.replace(folder / _FILE)


def load_state(folder: Path, settings: SegmentationSettings) -> TrainingState | None:
    """Read the state that a folder holds; None if it holds none.

    Raises
    ------
    ResumeError
        If it is of a training with other settings, or damaged.
    """
    from safetensors import SafetensorError, safe_open

    path = folder / _FILE
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="np") as file:
            told = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  it is no dict
        history = json.loads(told["history"])
    except (SafetensorError, KeyError, ValueError) as error:
        raise ResumeError(f"{path} holds no training that can be taken up: {error}") from error
    if told.get("settings") != settings.model_dump_json():
        raise ResumeError(f"{path} is of a training with other settings")
    split: dict[str, Arrays] = {"state": {}, "best": {}}
    for name, value in arrays.items():
        part, _, rest = name.partition(".")
        split[part][rest] = value
    return TrainingState(split["state"], split["best"], history)
