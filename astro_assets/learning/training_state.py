"""The state of an unfinished training as a file: weights, their average, the optimiser's moments.

Safetensors hold arrays and JSON the rest: nothing runs when it is read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Arrays = dict[str, NDArray[Any]]

_FILE: Final = "training.safetensors"


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
        averaged: Mapping[str, Tensor],
        adam: torch.optim.Optimizer,
        history: list[dict[str, float]],
        best: Arrays,
    ) -> TrainingState:
        """Take the state of a training."""
        tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
        tensors |= {f"averaged.{name}": value for name, value in averaged.items()}
        for number, moments in adam.state_dict()["state"].items():
            tensors |= {f"adam.{number}.{name}": value for name, value in moments.items()}
        return cls({name: plain(value) for name, value in tensors.items()}, best, history)

    def into(self, network: nn.Module, adam: torch.optim.Optimizer) -> dict[str, Tensor]:
        """Put it into a training that has not begun; return the average of weights."""
        parts: dict[str, dict[str, Tensor]] = {"network": {}, "averaged": {}, "adam": {}}
        for name, value in self.arrays.items():
            part, _, rest = name.partition(".")
            parts[part][rest] = torch.tensor(value)
        network.load_state_dict(parts["network"])
        moments: dict[int, dict[str, Tensor]] = {}
        for name, moment in parts["adam"].items():
            number, _, rest = name.partition(".")
            # As weights of convolutions lie, so that sums come out the same.
            laid_out = moment.contiguous(memory_format=torch.channels_last) if moment.ndim == 4 else moment
            moments.setdefault(int(number), {})[rest] = laid_out
        adam.load_state_dict({"state": moments, "param_groups": adam.state_dict()["param_groups"]})
        return parts["averaged"]


def plain(value: Tensor) -> NDArray[Any]:
    """Return a tensor's values as an array of its own."""
    found: NDArray[Any] = np.array(value.detach().numpy(), order="C", copy=True)
    return found


def save_state(folder: Path, recipe: str, state: TrainingState) -> None:
    """Write a state; one that is there is replaced when the new one is whole.

    Parameters
    ----------
    recipe
        What the training is made of: its settings, and what it is fitted to. Only the same one takes it up.
    """
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    arrays = {f"state.{name}": value for name, value in state.arrays.items()}
    arrays |= {f"best.{name}": np.ascontiguousarray(value) for name, value in state.best.items()}
    new = folder / f"{_FILE}.new"
    save_file(arrays, new, {"recipe": recipe, "history": json.dumps(state.history)})
    new.replace(folder / _FILE)


def load_state(folder: Path, recipe: str) -> TrainingState | None:
    """Read the state that a folder holds; None if it holds none.

    Raises
    ------
    ResumeError
        If it is of a training with other settings, or fitted to something else, or damaged.
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
    if told.get("recipe") != recipe:
        raise ResumeError(
            f"{path} is of a training with other settings, or of one that is fitted to something else"
        )
    split: dict[str, Arrays] = {"state": {}, "best": {}}
    for name, value in arrays.items():
        part, _, rest = name.partition(".")
        split[part][rest] = value
    return TrainingState(split["state"], split["best"], history)
