"""What a network sees of events: channels of the views, and the scalars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from astro_assets.transits.scorer.examples import SCALARS, SPREADS, VIEWS, Examples, Floats32

#: Views of a whole period, and views of the transit's surroundings: a branch of the network for each.
BRANCHES: Final = (("global", "shifted"), ("local", "primary", "secondary", "odd", "even"))
#: Standard deviations beyond which a scalar is not told apart.
SCALAR_CLIP: Final = 4.0
#: A view or a scalar that fewer examples have is not an input.
_RAREST: Final = 0.02


class Layout(BaseModel):
    """Which views and scalars a network reads; decided by what its examples have.

    Attributes
    ----------
    views
        For each branch the names of its views.
    spreads
        Views whose scatter within bins is read as well.
    scalars
        Names of the scalars.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    views: tuple[tuple[str, ...], ...]
    spreads: tuple[str, ...]
    scalars: tuple[str, ...]

    def channels(self, branch: int) -> list[tuple[str, str]]:
        """Return the channels of a branch in order: name of the view, and 'value', 'spread' or 'empty'."""
        return [
            (name, kind)
            for name in self.views[branch]
            for kind in ("value", "spread", "empty")
            if kind != "spread" or name in self.spreads
        ]


@dataclass(frozen=True, slots=True)
class Inputs:
    """Arrays of a network's inputs.

    Attributes
    ----------
    branches
        For each branch shape (n, channels, bins), float32: values squeezed by asinh, 0 where empty; scatter
        likewise; 1 where a bin is empty.
    scalars
        Shape (n, scalars), float32, NaN where missing.
    """

    branches: tuple[Floats32, ...]
    scalars: Floats32

    def take(self, rows: NDArray[np.int64]) -> Inputs:
        """Return the inputs of some events."""
        return Inputs(tuple(branch[rows] for branch in self.branches), self.scalars[rows])


def layout_of(examples: Examples) -> Layout:
    """Choose the inputs that enough of the examples have."""

    def has(values: NDArray[Any]) -> bool:
        present = np.isfinite(values.reshape(len(examples), -1)).any(axis=1)
        return bool(present.mean() >= _RAREST)

    views = tuple(tuple(name for name in branch if has(examples.views[name])) for branch in BRANCHES)
    read = {name for branch in views for name in branch}
    spreads = [name for name in VIEWS if name in read and f"{name}_spread" in SPREADS]
    return Layout(
        views=views,
        spreads=tuple(name for name in spreads if has(examples.views[f"{name}_spread"])),
        scalars=tuple(name for i, name in enumerate(SCALARS) if has(examples.scalars[:, i])),
    )


def inputs_of(examples: Examples, layout: Layout) -> Inputs:
    """Put the views and scalars that a layout names into arrays."""
    branches = []
    for branch in range(len(layout.views)):
        channels = [_channel(examples, *channel) for channel in layout.channels(branch)]
        bins = VIEWS[BRANCHES[branch][0]]
        stacked = np.stack(channels, axis=1) if channels else np.zeros((len(examples), 0, bins))
        branches.append(stacked.astype(np.float32))
    at = [tuple(SCALARS).index(name) for name in layout.scalars]
    return Inputs(tuple(branches), examples.scalars[:, at].astype(np.float32, order="C"))


def _channel(examples: Examples, name: str, kind: str) -> Floats32:
    values = examples.views[f"{name}_spread" if kind == "spread" else name]
    if kind == "empty":
        return np.isnan(values).astype(np.float32)
    # Noise of weak signals is many times their depth: squeezed, not clipped.
    return (np.arcsinh(2 * np.nan_to_num(values, nan=0.0)) / 2).astype(np.float32)
