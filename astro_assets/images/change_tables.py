"""The tables of changes: which frames are compared, what changed between them, which objects are wanted.

Only declarations and the translation between rows and pure functions live here.
"""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from astro_assets.images.change_schemas import (
    ANOMALIES_SCHEMA,
    FRAME_CHANGES_SCHEMA,
    REFERENCE_FRAMES_SCHEMA,
    FieldReferencesConfig,
)
from astro_assets.images.changes import STAMP_SIDE, Changes, NotComparedError, changes
from astro_assets.images.kinds import KINDS
from astro_assets.images.photometry.registration import Alignment, register
from astro_assets.images.photometry_schemas import FRAME_SOURCES_SCHEMA
from astro_assets.images.photometry_tables import FRAME_SOURCES, of_a_series, sources_of
from astro_assets.images.reading.frames import IMAGE, read_frame
from astro_assets.images.reading.pointing import celestial_wcs
from astro_assets.images.reference_frames import Epoch, reference_of
from astro_assets.images.segmentation.segmenter import Segmenter, open_segmenter
from astro_assets.ledger.model_tables import PROMOTED_MODELS
from astro_assets.ledger.models import CHAMPION
from astro_assets.ledger.table import Config, Parent, Parents, Row, Table

__all__ = [
    "ANOMALIES",
    "ANOMALY_SEGMENTER_NAME",
    "FIELD_REFERENCES",
    "FRAME_CHANGES",
    "REFERENCE_FRAMES",
    "TABLES",
]

ANOMALY_SEGMENTER_NAME: Final = "images/anomaly_segmenter"
_COUNTS: Final = ("trained_on_real", "trained_on_injected", "trained_on_simulated")
_PAIR: Final = ("frame_sha256", "reference_sha256", "field_id", "series_id", "mid_mjd_utc")
_MATRIX: Final = ("xx", "xy", "yx", "yy")
_PLANES: Final = ("science", "reference", "difference")
#: What a row says of a pair that could not be compared.
_NOTHING: Final = dict.fromkeys(
    (
        "n_wanted", "n_unwanted", "missing_fraction", "fwhm_pixels", "wcs", "objects", "stamps", "masks",
        "thumbnail", "thumbnail_columns",
    )
)  # fmt: skip


def compute_field_references(
    key: str, parents: Parents, config: FieldReferencesConfig
) -> list[dict[str, Any]]:
    """Choose what the frames of the field ``key`` are compared with: one row."""
    rows = {str(row["frame_sha256"]): row for row in parents["frame_sources"]}
    epochs = [
        Epoch(name, row["series_id"], float(row["mid_mjd_utc"]), sources_of(row))
        for name, row in rows.items()
    ]
    chosen = rows[reference_of(epochs, config)]
    return [dict(chosen) | {"sha256": str(chosen["frame_sha256"])}]


def compute_reference_frames(
    key: str, parents: Parents, config: FieldReferencesConfig
) -> list[dict[str, Any]]:
    """Lay the image ``key`` upon the reference of its field: a row, none of the reference itself."""
    (row,) = parents["frame_sources"]
    (reference,) = parents["field_references"]
    if reference["frame_sha256"] == key:
        return []
    alignment = register(sources_of(row), sources_of(reference), config.registration)
    return [
        {
            "sha256": key,
            "reference": reference["frame_sha256"],
            "reference_sha256": reference["frame_sha256"],
            "reference_hdu": reference["hdu"],
            "reference_mid_mjd_utc": reference["mid_mjd_utc"],
            **{column: row[column] for column in ("frame_sha256", "hdu", *_PAIR[2:])},
            **_alignment_columns(alignment),
        }
    ]


def _alignment_columns(alignment: Alignment) -> dict[str, Any]:
    numbers = (*alignment.matrix.ravel(), *alignment.shift, alignment.rms_pixels)
    names = (*_MATRIX, "shift_x", "shift_y", "rms_pixels")
    return {
        **{
            name: float(value) if alignment.is_aligned and np.isfinite(value) else None
            for name, value in zip(names, numbers, strict=True)
        },
        "n_matched": alignment.n_matched,
        "not_compared": alignment.reason,
    }


def alignment_of(row: Row) -> Alignment:
    """Return how the frame of a row of ``reference_frames`` lies upon its reference."""
    matrix = np.array([row[name] for name in _MATRIX], np.float64).reshape(2, 2)
    shift = np.array([row["shift_x"], row["shift_y"]], np.float64)
    return Alignment(matrix, shift, row["n_matched"], row["rms_pixels"], row["not_compared"])


def compute_frame_changes(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Find what changed in the image ``key``: one row, none without a promoted segmenter."""
    (pair,) = parents["reference_frames"]
    if not parents["segmenter"]:
        return []
    (model,) = parents["segmenter"]
    told = {
        **{name: pair[name] for name in _PAIR},
        "model_version": model["model_version"],
        **{name: model[name] for name in _COUNTS},
    }
    if pair["not_compared"] is not None:
        return [_NOTHING | told | {"not_compared": pair["not_compared"]}]
    science = read_frame(pair["sha256"], IMAGE, hdu=str(pair["hdu"]))
    reference = read_frame(pair["reference"], IMAGE, hdu=str(pair["reference_hdu"]))
    try:
        found = changes(science.frame, reference.frame, alignment_of(pair), _segmenter(model["artefact"]))
    except NotComparedError as error:
        return [_NOTHING | told | {"not_compared": str(error)}]
    wcs = json.dumps(dict(reference.wcs_header), sort_keys=True) if reference.wcs_header else None
    return [told | {"not_compared": None, "wcs": wcs} | _changes_columns(found)]


@lru_cache(maxsize=2)
def _segmenter(path: Path) -> Segmenter:
    return open_segmenter(path)


def _changes_columns(found: Changes) -> dict[str, Any]:
    objects = found.objects
    pixels = np.flatnonzero(found.masks)
    return {
        "n_wanted": found.n_wanted,
        "n_unwanted": len(objects) - found.n_wanted,
        "missing_fraction": found.missing_fraction,
        "fwhm_pixels": found.fwhm_pixels,
        "objects": {
            "x": np.array([one.column for one in objects], np.float64),
            "y": np.array([one.row for one in objects], np.float64),
            "snr": np.array([one.snr for one in objects], np.float64),
            "score": np.array([one.score for one in objects], np.float64),
            "n_pixels": np.array([one.n_pixels for one in objects], np.int32),
            "kind": np.array([KINDS.index(one.kind) for one in objects], np.uint8),
            "is_wanted": np.array([one.is_wanted for one in objects], np.uint8),
        },
        "stamps": {name: found.stamps[:, i].ravel() for i, name in enumerate(_PLANES)},
        "masks": {"pixel": pixels.astype(np.uint32), "kinds": found.masks.ravel()[pixels]},
        "thumbnail": {"brightness": found.small.ravel()},
        "thumbnail_columns": found.small.shape[1],
    }


def with_wanted(changed: pl.DataFrame) -> pl.DataFrame:
    """Keep the rows of ``frame_changes`` in which something is wanted."""
    return changed.filter(pl.col("n_wanted") > 0)


def compute_anomalies(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Tell what somebody would follow up in the image ``key``: a row each."""
    (changed,) = parents["frame_changes"]
    objects, stamps = changed["objects"], changed["stamps"]
    ra, dec = _places(changed["wcs"], objects["x"], objects["y"])
    size = STAMP_SIDE**2
    names = (*_PAIR, "model_version", *_COUNTS)
    return [
        {
            "anomaly_id": f"{key}.{i}",
            **{name: changed[name] for name in names},
            "kind": KINDS[int(objects["kind"][i])],
            **{name: float(objects[name][i]) for name in ("x", "y", "snr", "score")},
            "ra_deg": ra[i],
            "dec_deg": dec[i],
            "n_pixels": int(objects["n_pixels"][i]),
            "stamps": {name: stamps[name][i * size : (i + 1) * size] for name in _PLANES},
        }
        for i in range(int(changed["n_wanted"]))
    ]


def _places(
    cards: str | None, x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]
) -> tuple[list[float | None], list[float | None]]:
    wcs = None if cards is None else celestial_wcs(json.loads(cards))
    if wcs is None:
        return [None] * x.size, [None] * x.size
    places = wcs.pixel_to_world(x, y).icrs
    return places.ra.deg.tolist(), places.dec.deg.tolist()


#: With which frame those of a field are compared: its row of ``frame_sources``.
FIELD_REFERENCES: Final = Table(
    name="images/field_references",
    schema=FRAME_SOURCES_SCHEMA,
    compute=compute_field_references,
    parents=(Parent(FRAME_SOURCES, columns=FRAME_SOURCES_SCHEMA.names),),
    config=FieldReferencesConfig(),
    key="field_id",
    target=None,
    choose=of_a_series,
    libraries=("numpy", "scipy"),
    is_on_demand=True,
)

#: How each frame lies upon the one that it is compared with.
REFERENCE_FRAMES: Final = Table(
    name="images/reference_frames",
    schema=REFERENCE_FRAMES_SCHEMA,
    compute=compute_reference_frames,
    parents=(
        Parent(FRAME_SOURCES, columns=FRAME_SOURCES_SCHEMA.names),
        Parent(FIELD_REFERENCES, columns=FRAME_SOURCES_SCHEMA.names, on="field_id"),
    ),
    config=FieldReferencesConfig(),
    settings_of=FIELD_REFERENCES,
    key="frame_sha256",
    target=None,
    choose=of_a_series,
    libraries=("numpy", "scipy"),
    is_on_demand=True,
)

#: What changed in each frame against its reference.
FRAME_CHANGES: Final = Table(
    name="images/frame_changes",
    schema=FRAME_CHANGES_SCHEMA,
    compute=compute_frame_changes,
    parents=(
        Parent(REFERENCE_FRAMES, columns=REFERENCE_FRAMES_SCHEMA.names),
        Parent(
            PROMOTED_MODELS,
            columns=("alias", "model_version", "artefact", *_COUNTS),
            role="segmenter",
            on="alias",
            equals=f"{ANOMALY_SEGMENTER_NAME}:{CHAMPION}",
        ),
    ),
    key="frame_sha256",
    target=None,
    libraries=("astropy", "numpy", "onnxruntime", "scipy", "sep"),
    is_on_demand=True,
)

#: What somebody would follow up.
ANOMALIES: Final = Table(
    name="images/anomalies",
    schema=ANOMALIES_SCHEMA,
    compute=compute_anomalies,
    parents=(Parent(FRAME_CHANGES, columns=FRAME_CHANGES_SCHEMA.names),),
    key="frame_sha256",
    target=None,
    choose=with_wanted,
    libraries=("astropy", "numpy"),
    is_on_demand=True,
)

TABLES: Final = (FIELD_REFERENCES, REFERENCE_FRAMES, FRAME_CHANGES, ANOMALIES)
