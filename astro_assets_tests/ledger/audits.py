"""Audits made up for tests of what is made from audits: proofs and exports."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from astro_assets.ledger.hashing import merkle_root


def digest(text: str) -> str:
    """Return a hash of 64 digits that stands for something."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def member(star: str | None, number: int, status: str = "as trained on") -> dict[str, Any]:
    """Return a training row of a star, or of none."""
    return {
        "role": "examples",
        "table": "toy/stars",
        "key": f"{star}.{number}",
        "row_hash": digest(f"{star} {number}"),
        "star": star,
        "origin": "simulated",
        "class": "planet" if number % 2 else "binary",
        "label_source": None,
        "mission": None,
        "segment": None,
        "status": status,
    }


def audit_of(members: Sequence[Mapping[str, Any]], name: str = "toy/level", **parts: Any) -> dict[str, Any]:
    """Return an audit, as JSON values, of a model that was fitted on some rows."""
    recipe = digest(f"{name} {members}")
    stars = sorted({line["star"] for line in members} - {None})
    return {
        "format": "astro_assets audit 1",
        "model": name,
        "version": recipe[:16],
        "aliases": ["champion"],
        "origin": "simulated",
        "artefact": {"sha256": digest(f"artefact {recipe}"), "n_bytes": 20, "is_held": True},
        "made": {
            "at": "2026-11-27T00:00:00+00:00",
            "run": "5f1dbb0a-6f55-4f0c-9f1c-0d2f5d0a5c11",
            "seed": 0,
            "config": {"scale": 1.0},
            "source": digest("source"),
            "git_commit": None,
            "is_dirty": None,
            "is_reproducible": True,
            "why_not": [],
            "environment": {"numpy": "2.3.0", "prov": "3.2.3"},
            "hardware": {"n_processors": 2},
        },
        "training": {
            "recipe": recipe,
            "root": merkle_root(sorted(line["row_hash"] for line in members)),
            "n_rows": len(members),
            "n_stars": len(stars),
            "continued_from": None,
            "counts": {},
        },
        "members": list(members),
        "stars": stars,
        "labels": [],
        "files": [],
        "tables": [],
        "checks": [],
        **parts,
    }


def stars_audit(n_stars: int, name: str = "toy/level", *, with_no_star: bool = False) -> dict[str, Any]:
    """Return an audit of a model that was fitted on one to three rows of each star ``SIM 1`` to ``SIM n``."""
    members = [member(f"SIM {i}", k) for i in range(1, n_stars + 1) for k in range(1 + i % 3)]
    if with_no_star:
        members += [member(None, k) for k in range(3)]
    return audit_of(members, name)


def source_lines(names: Sequence[str]) -> list[dict[str, Any]]:
    """Return files of an audit, one of each name, with what a header may say."""
    return [
        {
            "table": "toy/files",
            "key": digest(name_),
            "sha256": digest(name_),
            "name": name_,
            "identity": {"mission": "TESS", "size_bytes": 2**40, "is_short": True, "teff": 5777.5},
            "is_held": True,
            "mission": "TESS",
            "segment": "1",
            "status": "as trained on",
            "stars": [f"SIM {i}"],
        }
        for i, name_ in enumerate(names, 1)
    ]


def label_line(key: str, text: str) -> dict[str, Any]:
    """Return a label of an audit."""
    return {
        "table": "toy/catalogue",
        "key": key,
        "row_hash": digest(key),
        "label_source": "catalogue",
        "label_date": "2026-01-01",
        "identity": {"entry": text},
        "status": "as trained on",
    }


def table_line(name: str, *runs: str) -> dict[str, Any]:
    """Return a table of an audit."""
    return {
        "table": name,
        "n_units": 3,
        "n_rows": 4,
        "root": digest(name),
        "code_versions": [digest(f"code of {name}")],
        "config_hashes": [],
        "sources": [digest("source"), digest("an earlier source")],
        "environments": [digest("environment")],
        "runs": list(runs),
        "first": "2026-11-26T22:00:00+00:00",
        "last": "2026-11-26T23:00:00+00:00",
    }


def whole_audit(names: Sequence[str], text: str = "text") -> dict[str, Any]:
    """Return an audit of files of some names, tables of the toy wing, and a label that holds some text."""
    runs = ("5f1dbb0a-6f55-4f0c-9f1c-0d2f5d0a5c11", "c2b8e9a2-0a53-4c5f-8a36-3a4f2a1c7d10")
    return audit_of(
        [member(f"SIM {i}", i) for i in range(1, 4)],
        files=source_lines(names),
        labels=[label_line("entry 1", text), label_line("entry 2", text)],
        tables=[
            table_line("toy/catalogue", runs[0]),
            table_line("toy/curves", *runs),
            table_line("toy/files", runs[0]),
            table_line("toy/stars", runs[1]),
        ],
    )
