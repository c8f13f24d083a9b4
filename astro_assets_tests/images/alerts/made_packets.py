"""Packets made up for tests: schemas of two versions, records, stamps; written by fastavro and astropy."""

from __future__ import annotations

import copy
import gzip
import io
from typing import Any

import fastavro
import numpy as np
from astropy.io import fits

SYNC = b"0123456789abcdef"


def optional(kind: Any) -> list[Any]:
    return ["null", kind]


STAMP = {
    "type": "record",
    "name": "cutout",
    "fields": [{"name": "fileName", "type": "string"}, {"name": "stampData", "type": "bytes"}],
}
V1: dict[str, Any] = {
    "type": "record",
    "name": "alert",
    "namespace": "ztf",
    "version": "3.3",
    "fields": [
        {"name": "objectId", "type": "string"},
        {"name": "candid", "type": "long"},
        {
            "name": "candidate",
            "type": {
                "type": "record",
                "name": "candidate",
                "fields": [
                    {"name": "jd", "type": "double"},
                    {"name": "fid", "type": "int"},
                    {"name": "pdiffimfilename", "type": optional("string")},
                    {"name": "isdiffpos", "type": "string"},
                    {"name": "ra", "type": "double"},
                    {"name": "dec", "type": "double"},
                    {"name": "magpsf", "type": "float"},
                    {"name": "sigmapsf", "type": "float"},
                    {"name": "diffmaglim", "type": optional("float")},
                    {"name": "rb", "type": optional("float")},
                    {"name": "ssdistnr", "type": optional("float")},
                    {"name": "ssnamenr", "type": optional("string")},
                    {"name": "xpos", "type": optional("float")},
                    {"name": "ypos", "type": optional("float")},
                    {"name": "ndethist", "type": "int"},
                ],
            },
        },
        {
            "name": "prv_candidates",
            "type": optional(
                {
                    "type": "array",
                    "items": {
                        "type": "record",
                        "name": "prv_candidate",
                        "fields": [
                            {"name": "jd", "type": "double"},
                            {"name": "fid", "type": "int"},
                            {"name": "isdiffpos", "type": optional("string")},
                            {"name": "magpsf", "type": optional("float")},
                            {"name": "sigmapsf", "type": optional("float")},
                            {"name": "diffmaglim", "type": optional("float")},
                            {"name": "rb", "type": optional("float")},
                        ],
                    },
                }
            ),
        },
        {"name": "cutoutScience", "type": optional(STAMP)},
        {"name": "cutoutTemplate", "type": optional("ztf.cutout")},
        {"name": "cutoutDifference", "type": optional("ztf.cutout")},
    ],
}


def later_version(version: str = "4.02") -> dict[str, Any]:
    """Return a schema in which fields came, went, moved, and changed their type."""
    schema = copy.deepcopy(V1)
    schema["version"] = version
    schema["name"], schema["namespace"] = "ztf.alert", ""
    candidate = schema["fields"][2]["type"]
    candidate["fields"] = [
        {"name": "drb", "type": optional("double")},
        {"name": "colours", "type": {"type": "map", "values": {"type": "array", "items": "float"}}},
        {"name": "kind", "type": {"type": "enum", "name": "kind", "symbols": ["A", "B"]}},
        {"name": "key", "type": {"type": "fixed", "name": "key", "size": 5}},
        *[field for field in reversed(candidate["fields"]) if field["name"] not in {"rb", "ndethist"}],
        {"name": "ndethist", "type": ["null", "long"]},
    ]
    schema["fields"].insert(0, {"name": "schemavsn", "type": "string"})
    schema["fields"].append(
        {
            "name": "fp_hists",
            "type": optional(
                {
                    "type": "array",
                    "items": {
                        "type": "record",
                        "name": "fp_hist",
                        "fields": [
                            {"name": "fid", "type": "int"},
                            {"name": "jd", "type": "double"},
                            {"name": "forcediffimflux", "type": optional("float")},
                            {"name": "forcediffimfluxunc", "type": optional("float")},
                            {"name": "procstatus", "type": optional("string")},
                        ],
                    },
                }
            ),
        }
    )
    return schema


def stamp(image: np.ndarray, *, packed: bool = True, **cards: Any) -> bytes:
    """Write an image as a stamp."""
    hdu = fits.PrimaryHDU(image)
    hdu.header.update(cards)
    written = io.BytesIO()
    hdu.writeto(written)
    return gzip.compress(written.getvalue(), mtime=0) if packed else written.getvalue()


def record(number: int = 0, **changes: Any) -> dict[str, Any]:
    """Return a packet of the first version; changes are to its candidate."""
    jd = 2459000.5 + number
    candidate = {
        "jd": jd,
        "fid": 1 + number % 2,
        "pdiffimfilename": "somewhere.fits",
        "isdiffpos": "t",
        "ra": 120.0 + number,
        "dec": -10.0,
        "magpsf": 18.5,
        "sigmapsf": 0.1,
        "diffmaglim": 20.5,
        "rb": 0.875,
        "ssdistnr": -999.0,
        "ssnamenr": "null",
        "xpos": 1000.0,
        "ypos": 1000.0,
        "ndethist": 4,
        **changes,
    }
    seen: dict[str, Any] = {
        "fid": 1,
        "isdiffpos": "t",
        "magpsf": 19.0,
        "sigmapsf": 0.125,
        "diffmaglim": 20.5,
        "rb": 0.5,
    }
    limit = dict.fromkeys(("isdiffpos", "magpsf", "sigmapsf", "rb")) | {"fid": 2, "diffmaglim": 20.25}
    image = np.arange(63 * 63, dtype=np.float32).reshape(63, 63)
    cutouts = {
        name: {"fileName": "a", "stampData": stamp(image + i)}
        for i, name in enumerate(("cutoutScience", "cutoutTemplate", "cutoutDifference"))
    }
    return {
        "objectId": f"ZTF20aaa{number:04d}",
        "candid": 10**17 + number,
        "candidate": candidate,
        "prv_candidates": [
            {"jd": jd - 1, **seen},
            {"jd": jd - 3, **limit},
            {"jd": jd - 2, **seen, "rb": None},
        ],
        **cutouts,
    }


def later_record(number: int = 0) -> dict[str, Any]:
    """Return a packet of the later version."""
    told = record(number)
    told["candidate"] |= {"drb": 0.75, "colours": {"g": [1.0, 2.0], "r": []}, "kind": "B", "key": b"12345"}
    jd = told["candidate"]["jd"]
    forced = {"fid": 1, "procstatus": "0"}
    told["fp_hists"] = [
        {"jd": jd - 1, "forcediffimflux": 80.0, "forcediffimfluxunc": 10.0, **forced},
        {"jd": jd - 2, "forcediffimflux": -99999.0, "forcediffimfluxunc": -99999.0, **forced},
    ]
    return told | {"schemavsn": "4.02"}


def avro(schema: dict[str, Any], records: list[dict[str, Any]], codec: str = "null", block: int = 1) -> bytes:
    """Write packets; a block ends when it has so many bytes."""
    written = io.BytesIO()
    fastavro.writer(
        written,
        fastavro.parse_schema(copy.deepcopy(schema)),
        records,
        codec,
        sync_interval=block,
        sync_marker=SYNC,
    )
    return written.getvalue()
