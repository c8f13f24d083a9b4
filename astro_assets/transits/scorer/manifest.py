"""What a scorer's file says of itself."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from astro_assets.transits.scorer.inputs import Layout
from astro_assets.transits.scorer.stack import Stack

FORMAT: Final = "astro_assets transit scorer 2"


class ScorerFileError(ValueError):
    """A file is no scorer, or one that this version cannot read."""


class Manifest(BaseModel):
    """What a scorer's file says of itself.

    Attributes
    ----------
    layout
        What its networks read.
    networks
        Names of the graphs, fold by fold.
    members
        How many each fold has.
    columns
        Of the design matrix that the trees read.
    stack, edge_stack
        From outputs to probabilities; of the edge model None where there is none.
    edge_centre, edge_scale
        By which the edge model's scalars are standardised.
    gate
        Least probability by the trees with which an event is worth the networks.
    disagreement
        Standard deviation of the networks' log-odds beyond which the scorer abstains; None: never.
    farthest
        Distance from its neighbours beyond which an event is like nothing that was trained on.
    held_out_in
        Of each star that it was trained on the fold whose parts have not seen it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str
    classes: tuple[str, ...]
    layout: Layout
    networks: tuple[str, ...]
    members: int = Field(ge=1)
    columns: tuple[str, ...]
    stack: Stack
    edge_stack: Stack | None
    edge_centre: tuple[float, ...]
    edge_scale: tuple[float, ...]
    gate: float
    disagreement: float | None
    farthest: float = Field(gt=0)
    held_out_in: dict[str, int]

    @property
    def folds(self) -> int:
        """In how many folds it was trained."""
        return len(self.networks) // self.members
