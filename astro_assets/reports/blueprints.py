"""Plots whose data are put in later: making bokeh's objects takes most of a page's time.

A blueprint is the JSON of a plot with named, empty sources of data.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from bokeh.models import ColumnDataSource
    from bokeh.plotting import figure as Figure  # noqa: N812  a class, whatever its name

#: Stand-ins for colours, replaced by `static/report.js`.
INK, GRID, DATA, SPREAD, ACCENT, SECOND = (f"#0100{number:02x}" for number in range(1, 7))
_FONT: Final = "system-ui, sans-serif"
_FONT_SIZE: Final = "11px"

Columns = Mapping[str, NDArray[Any]]


def empty_figure(x_label: str, y_label: str, height: int, **options: Any) -> Figure:
    """Return empty axes in the report's style; their x axis is named ``x_axis``."""
    from bokeh.plotting import figure

    axes = figure(
        height=height, sizing_mode="stretch_width", tools="xbox_zoom,box_zoom,pan,reset,save",
        active_drag="xbox_zoom", toolbar_location="above", toolbar_inner=True, min_border_left=58,
        min_border_right=8, min_border_top=6, **options,
    )  # fmt: skip
    axes.toolbar.logo = None
    axes.toolbar.autohide = True
    axes.background_fill_color = axes.border_fill_color = axes.outline_line_color = None
    axes.grid.grid_line_color = GRID
    axes.xaxis[0].name = "x_axis"
    for axis, label in zip((axes.xaxis[0], axes.yaxis[0]), (x_label, y_label), strict=True):
        axis.axis_label = label
        axis.axis_label_text_font_style = "normal"
        axis.axis_label_text_font = axis.major_label_text_font = _FONT
        axis.axis_label_text_font_size = axis.major_label_text_font_size = _FONT_SIZE
        axis.axis_label_text_color = axis.major_label_text_color = INK
        axis.axis_line_color = axis.major_tick_line_color = GRID
        axis.minor_tick_line_color = None
    return axes


def empty_source(name: str, columns: str) -> ColumnDataSource:
    """Return a source whose data are put in later: its columns, as ``x y``."""
    from bokeh.models import ColumnDataSource

    return ColumnDataSource(data={column: [] for column in columns.split()}, name=name)


def blueprint(drawn: Any) -> str:
    """Return a plot as JSON."""
    from bokeh.embed import json_item

    return json.dumps(json_item(drawn), separators=(",", ":"), allow_nan=False)


def filled(
    plan: str, data: Mapping[str, Columns], attributes: Mapping[str, Mapping[str, Any]] | None = None
) -> str:
    """Put data into a blueprint.

    Parameters
    ----------
    data
        Columns by the name of their source.
    attributes
        What else is to be set, by the name of the object.
    """
    drawn = json.loads(plan)
    for held in _objects(drawn):
        name = str(held.get("name", ""))
        if name in data:
            held["data"] = {"type": "map", "entries": [[key, _packed(of)] for key, of in data[name].items()]}
        elif attributes is not None and name in attributes:
            held.update(attributes[name])
    return json.dumps(drawn, separators=(",", ":"), allow_nan=False)


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the attributes of all objects in a plot's JSON."""
    if isinstance(value, dict):
        if isinstance(held := value.get("attributes"), dict):
            yield held
        for inner in list(value.values()):
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


def _packed(values: NDArray[Any]) -> dict[str, Any]:
    """Return numbers as bokeh's script reads them: compressed, 4 bytes each."""
    numbers = np.ascontiguousarray(values, dtype="<f4")
    data = base64.b64encode(gzip.compress(numbers.tobytes(), compresslevel=6, mtime=1)).decode()
    return {
        "type": "ndarray",
        "array": {"type": "bytes", "data": data},
        "shape": list(numbers.shape),
        "dtype": "float32",
        "order": "little",
    }
