"""A scorer is trained, bundled, and made again from the bundle: without its home, without a network."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import zstandard

from astro_assets_tests.cli.commands import SCRIPT, astro_assets
from astro_assets_tests.transits.scorer.events import event_frame, write_events

SMALLEST = (
    "--mode", "custom", "--set", "folds=2", "--set", "members=1", "--set", "trees=10",
    "--set", "resamples=50", "--set", "with_tsfresh=false",
    "--set", "network.epochs=2", "--set", "network.batch=16",
)  # fmt: skip
#: Runs a command with no network at all: not even that of the machine with itself.
NO_NETWORK = ("unshare", "--map-root-user", "--net")


@dataclass(frozen=True)
class Bundled:
    """A version, its bundle, and what `bundle` said; the home is gone."""

    version: dict[str, Any]
    path: Path
    said: dict[str, Any]


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Bundled:
    folder = tmp_path_factory.mktemp("bundled")
    events = write_events(folder / "events.parquet", event_frame(60))
    home, path = folder / "home", folder / "scorer.tar.zst"
    trained = astro_assets("train", "transit_scorer", "--events", events, *SMALLEST, home=home)
    assert trained.returncode == 0, trained.stderr
    (version,) = json.loads(astro_assets("models", "--format", "json", home=home).stdout)
    name = f"transit_scorer@{version['model_version'][:8]}"
    made = astro_assets("bundle", name, path, "--format", "json", home=home)
    assert made.returncode == 0, made.stderr
    shutil.rmtree(home)
    events.unlink()
    return Bundled(version, path, json.loads(made.stdout))


def without_network() -> tuple[str, ...]:
    """Return what shuts the network off; nothing where processes may not do that here."""
    try:
        done = subprocess.run([*NO_NETWORK, "true"], capture_output=True, check=False)
    except FileNotFoundError:
        return ()
    return () if done.returncode else NO_NETWORK


@pytest.mark.slow
def test_it_comes_out_the_same_without_home_and_network(bundled: Bundled, tmp_path: Path) -> None:
    shut_off = without_network()
    command = [*shut_off, str(SCRIPT), "rebuild", str(bundled.path)]
    options = ["--into", str(tmp_path / "into"), "--format", "json"]
    done = subprocess.run(
        [*command, *options], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["is_same"], told["is_reproducible"], told["causes"]) == (True, True, [])
    now = {of["name"]: of["now"] for of in told["compared"]}
    assert now["transits/transit_scorer"] == bundled.version["artefact"]
    assert any("edge" in name for name in now), "the edge model is compared by itself"
    assert bundled.said["why_not_reproducible"] == []
    if not shut_off:
        pytest.skip("it came out the same, but processes may not shut their network off here")


@pytest.mark.slow
def test_a_bundle_that_was_changed_is_refused_in_one_line(bundled: Bundled, tmp_path: Path) -> None:
    with bundled.path.open("rb") as packed:
        plain = zstandard.ZstdDecompressor().stream_reader(packed).read()
    changed = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(plain)) as archive,
        tarfile.open(fileobj=changed, mode="w") as other,
    ):
        for member in archive:
            stream = archive.extractfile(member)
            data = bytearray(stream.read() if stream else b"")
            if member.name.startswith("files/"):
                name = member.name
                data[-100] ^= 1
            other.addfile(member, io.BytesIO(data))
    path = tmp_path / "changed.tar.zst"
    path.write_bytes(zstandard.compress(changed.getvalue()))
    done = astro_assets("rebuild", path, "--into", tmp_path / "into")
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith(f"astro-assets: {path}: {name} is damaged or was changed")
    assert not (tmp_path / "into" / "bundle").exists()
