"""A small wing for tests of the ledger: files, curves, a catalogue, stars, signals and views of them.

It has every kind of relation the ledger knows: a source, one unit a file, many files to a star, a join with
a catalogue, 0..n rows a unit, a table keyed by those rows, a promoted model. Each computation exists in two
versions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field

from astro_assets.ledger.model_tables import PROMOTED_MODELS
from astro_assets.ledger.models import ModelSpec, Training
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Config, Parent, Parents, Table

TARGET = Column("target_id", "string", "Canonical target id.")
FILES = Table(
    "toy/files",
    Schema(
        (
            Column("file_id", "string", "Name of the file."),
            TARGET,
            Column("values", "list[float64]", "What the file holds."),
            Column("header", "string", "A header card that nobody computes with.", context=True),
            Column("remark", "string", "A header card that the curve repeats.", nullable=True),
        )
    ),
)
CATALOGUE = Table(
    "toy/catalogue",
    Schema(
        (
            Column("entry", "string", "Name of the entry."),
            TARGET,
            Column("factor", "float64", "A known number."),
        )
    ),
    holds_labels=True,
    described_by={"label_source": "entry"},
)

CLASSES = Table(
    "toy/classes",
    Schema((TARGET, Column("kind", "string", "What the star is said to be."))),
    holds_labels=True,
)


class CurveConfig(Config):
    """Settings of the toy curves."""

    offset: float = Field(0.0, description="Added to each value.", ge=-10, le=10)


class StarConfig(Config):
    """Settings of the toy stars."""

    scale: float = Field(1.0, description="Multiplies each mean.", gt=0, le=100)


class SignalConfig(Config):
    """Settings of the toy signals."""

    above: float = Field(0.5, description="A value above this is a signal.")


def curve(key: str, parents: Parents, config: CurveConfig) -> list[dict[str, Any]]:
    """Make a curve: the values in an array."""
    (file,) = parents["files"]
    if not file["values"]:
        raise ValueError(f"{key} holds no values")
    flux = np.asarray(file["values"], dtype=np.float64) + config.offset
    return [
        {"file_id": key, "target_id": file["target_id"], "curve": {"flux": flux}, "remark": file["remark"]}
    ]


def curve_again(key: str, parents: Parents, config: CurveConfig) -> list[dict[str, Any]]:
    """Make a curve another way, with another result where a value is negative."""
    rows = curve(key, parents, config)
    return [{**row, "curve": {"flux": np.abs(row["curve"]["flux"])}} for row in rows]


def star(key: str, parents: Parents, config: StarConfig) -> list[dict[str, Any]]:
    """Make a star: all values of its curves, sorted, times its factor in the catalogue."""
    flux = np.sort(np.concatenate([row["curve"]["flux"] for row in parents["curves"]]))
    factor = sum(row["factor"] for row in parents["catalogue"]) or 1.0
    return [
        {
            "target_id": key,
            "level": float(flux.mean() * config.scale * factor),
            "curve": {"flux": flux * factor},
        }
    ]


def star_again(key: str, parents: Parents, config: StarConfig) -> list[dict[str, Any]]:
    """Make a star by other code with the same result: children are cut off."""
    return list(star(key, parents, config))


def signals(key: str, parents: Parents, config: SignalConfig) -> list[dict[str, Any]]:
    """Find the values of a star above a level: 0..n rows."""
    (row,) = parents["stars"]
    heights = [float(v) for v in row["curve"]["flux"] if v > config.above][:3]
    return [
        {"signal_id": f"{key}.{i:02d}", "target_id": key, "height": height, "note": f"{i} of {len(heights)}"}
        for i, height in enumerate(heights, 1)
    ]


def signals_again(key: str, parents: Parents, config: SignalConfig) -> list[dict[str, Any]]:
    """Find signals with doubled height."""
    return [{**row, "height": 2 * row["height"]} for row in signals(key, parents, config)]


def view(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Draw a signal against its star."""
    del config
    (signal,), (row,) = parents["signals"], parents["stars"]
    return [
        {
            "signal_id": key,
            "target_id": signal["target_id"],
            "view": {"flux": row["curve"]["flux"] - signal["height"]},
        }
    ]


def view_again(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Draw a signal upside down."""
    return [{**row, "view": {"flux": -row["view"]["flux"]}} for row in view(key, parents, config)]


def labels(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Label a star by the promoted model: whether its level lies above the model's."""
    del config
    (row,), (model,) = parents["stars"], parents["level_model"]
    return [{"target_id": key, "is_high": row["level"] > float(model["artefact"].read_text())}]


def judged(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Set what the promoted model says of a star beside what it is said to be."""
    (label,) = labels(key, parents, config)
    return [{**label, "kind": ",".join(row["kind"] for row in parents["classes"])}]


def fit_level(rows: Parents, config: Config) -> tuple[bytes, Mapping[str, Any]]:
    """Fit the mean level of all stars."""
    del config
    mean = float(np.mean([row["level"] for row in rows["stars"]]))
    return repr(mean).encode(), {"mean": mean}


class LevelConfig(Config):
    """Settings of a level that is not fitted."""

    level: float = Field(0.0, description="The level.")


def set_level(rows: Parents, config: LevelConfig) -> tuple[bytes, Mapping[str, Any]]:
    """Take the level of the configuration."""
    del rows
    return repr(config.level).encode(), {}


COMPUTE = {
    "curves": (curve, curve_again),
    "stars": (star, star_again),
    "signals": (signals, signals_again),
    "views": (view, view_again),
}
CURVE_ARRAYS = Column("curve", "arrays", "flux: the values.")


def tables(
    code: Mapping[str, int] | None = None, config: Mapping[str, Config] | None = None
) -> Sequence[Table]:
    """Return the toy tables, parents first, with chosen versions of code and configuration."""
    code, config = code or {}, config or {}

    def function(name: str) -> Any:
        return COMPUTE[name][code.get(name, 0)]

    curves = Table(
        "toy/curves",
        Schema(
            (
                Column("file_id", "string", "Name."),
                TARGET,
                CURVE_ARRAYS,
                Column("remark", "string", "Card.", nullable=True, context=True),
            )
        ),
        function("curves"),
        (Parent(FILES, ("file_id", "target_id", "values", "remark")),),
        config.get("curves", CurveConfig()),
        key="file_id",
    )
    stars = Table(
        "toy/stars",
        Schema((TARGET, Column("level", "float64", "Mean level."), CURVE_ARRAYS)),
        function("stars"),
        (Parent(curves, ("curve",)), Parent(CATALOGUE, ("factor",))),
        config.get("stars", StarConfig()),
    )
    found = Table(
        "toy/signals",
        Schema(
            (
                Column("signal_id", "string", "Name."),
                TARGET,
                Column("height", "float64", "Value."),
                Column("note", "string", "For people.", context=True),
            )
        ),
        function("signals"),
        (Parent(stars, ("curve",)),),
        config.get("signals", SignalConfig()),
    )
    views = Table(
        "toy/views",
        Schema((Column("signal_id", "string", "Name."), TARGET, Column("view", "arrays", "flux: relative."))),
        function("views"),
        (Parent(found, ("target_id", "height")), Parent(stars, ("curve",))),
        key="signal_id",
    )
    return (FILES, CATALOGUE, curves, stars, found, views)


def labels_table(stars: Table) -> Table:
    """Return a table that applies the promoted level model."""
    return Table(
        "toy/labels",
        Schema((TARGET, Column("is_high", "bool", "Above the model's level."))),
        labels,
        (
            Parent(stars, ("level",)),
            Parent(PROMOTED_MODELS, ("artefact",), "level_model", on="alias", equals="toy/level:champion"),
        ),
    )


def judged_table(stars: Table) -> Table:
    """Return a table that applies the promoted level model and reads labels."""
    applying = labels_table(stars)
    return Table(
        "toy/judged",
        Schema((*applying.schema, Column("kind", "string", "What the star is said to be."))),
        judged,
        (*applying.parents, Parent(CLASSES, ("kind",))),
    )


def fit_in_two_steps(rows: Parents, config: Config, folder: Path) -> tuple[bytes, dict[str, Any]]:
    """Be interrupted after the first of two steps, and go on from there."""
    first = folder / "first step"
    if not first.exists():
        folder.mkdir(parents=True)
        first.write_text("done")
        raise KeyboardInterrupt
    return first.read_bytes(), {}


def level_spec(stars: Table) -> ModelSpec:
    """Return the level model's specification."""
    return ModelSpec("toy/level", fit_level, (Training(stars, ("level",), "stars"),))


def level_model(stars: Table, level: float) -> ModelSpec:
    """Return the specification of a version of the level model whose level is known."""
    training = Training(stars, ("level",), "stars")
    return ModelSpec("toy/level", set_level, (training,), LevelConfig(level=level))


def file_row(
    file_id: str, target: str, values: Sequence[float], header: str = "", remark: str | None = None
) -> dict[str, Any]:
    """Return a row of :data:`FILES`."""
    return {
        "file_id": file_id,
        "target_id": target,
        "values": list(values),
        "header": header,
        "remark": remark,
    }
