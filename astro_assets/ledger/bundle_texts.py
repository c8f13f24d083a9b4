"""What a bundle says to people and to pip."""

from __future__ import annotations

from typing import Final

from astro_assets.ledger.records import Record

#: Of what was installed, what no index has.
_NO_PACKAGES: Final = frozenset({"python", "platform", "machine", "instruction-set", "astro-assets"})
_README: Final = """\
# {model}@{version}

All that this version of a model was made of, to make it again and compare it to the bit: {n_files} raw files
(`files/`, each named by its SHA-256), everything else that was put in, labels and settings (`records/`), the
code of then (`sources/`), and the exact versions of all packages (`constraints.txt`).

It was made with Python {python} on {machine}, {platform}, instruction set {instructions}. {said}

    python{short} -m venv environment
    environment/bin/pip install --no-deps -r constraints.txt
    unzip sources/{code}.zip -d code
    PYTHONPATH=code environment/bin/python -P -m astro_assets.cli rebuild BUNDLE{suffix} --into rebuilt

The last command needs no network and reads nothing but this archive. It says of the model and of each table
whether it came out the same, and of what differs why. Where `astro-assets` is installed already it does the
same: `astro-assets rebuild BUNDLE{suffix}`.

**It runs the code in this archive: rebuild what comes from people whom you trust.**

The model's file should have the SHA-256

    {artefact}
"""


def constraints(record: Record) -> str:
    """Return what pip installs to have the packages of then."""
    there = record.environment
    about = [f"# {name} {there[name]}" for name in sorted(_NO_PACKAGES & there.keys())]
    packages = [f"{name}=={version}" for name, version in sorted(there.items()) if name not in _NO_PACKAGES]
    return "\n".join([*about, *packages, ""])


def readme(record: Record, n_files: int) -> str:
    """Return how a version is made again from its bundle."""
    there, reasons = record.environment, record.why_not_reproducible
    python = there.get("python", "3")
    why = f"It cannot be called reproducible: {'; '.join(reasons)}." if reasons else ""
    return _README.format(
        model=record.model,
        version=record.version,
        n_files=n_files,
        python=python,
        short=".".join(python.split(".")[:2]),
        machine=there.get("machine", "an unknown machine"),
        platform=there.get("platform", "an unknown system"),
        instructions=there.get("instruction-set", "unknown"),
        said=why or "It was fitted on one thread, such that it comes out the same.",
        code=record.world.code,
        suffix=".tar.zst",
        artefact=record.expected.artefact,
    )
