"""The image: pinned by hash, without a compiler, not root, read only, and its entry point."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from astro_assets_tests.deploy.files import DEPLOY, REPOSITORY, settings, tool

DOCKERFILE = (DEPLOY / "Dockerfile").read_text()
STAGES = re.split(r"^FROM .*$", DOCKERFILE, flags=re.MULTILINE)
_PIN = re.compile(
    r"^([A-Za-z0-9._-]+)==(\S+) \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n?)+)", re.MULTILINE
)


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _locked(name: str = "requirements.lock") -> dict[str, str]:
    text = (DEPLOY / name).read_text()
    pins = {_normal(package): version for package, version, _ in _PIN.findall(text)}
    requirements = [line for line in text.splitlines() if re.match(r"[A-Za-z]", line)]
    assert len(pins) == len(requirements), "something has no hash"
    return pins


def test_hadolint_finds_nothing() -> None:
    told = subprocess.run(
        [tool("hadolint"), "--failure-threshold", "style", DEPLOY / "Dockerfile"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stdout


def test_everything_that_is_installed_is_known_by_hash() -> None:
    installs = re.findall(r"pip install(?:[^\n]*\\\n)*[^\n]*", DOCKERFILE)
    assert len(installs) == 3
    for install in installs:
        assert "--require-hashes" in install or "--no-index" in install, install
        assert "--only-binary :all:" in install or "--no-index" in install, "a build may fetch what it likes"


def test_the_lock_has_what_the_package_needs_at_the_pinned_versions() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    locked = _locked() | _locked("build.lock")
    needed = {*project["dependencies"], *project["optional-dependencies"]["cluster"]}
    assert {_normal(name) for name in needed} <= locked.keys()
    lines = (DEPLOY / "constraints.txt").read_text().splitlines()
    pins = {
        _normal(name): version
        for name, version in (line.split("==") for line in lines if not line.startswith("#"))
    }
    other = {name: version for name, version in locked.items() if pins.get(name) != version.partition("+")[0]}
    assert not other, "after a change of the pins: make lock"
    assert locked["torch"].endswith("+cpu"), "the other build brings gigabytes for a GPU"
    assert not {name for name in locked if name.startswith("nvidia-cu")}


def test_the_last_stage_has_no_compiler_and_no_tool_that_installs() -> None:
    last = STAGES[-1]
    assert not re.search(r"apt-get|\bgcc\b|build-essential|pip install", last)
    assert "COPY --from=build /opt/astro-assets /opt/astro-assets" in last


def test_it_runs_as_somebody_else_with_nothing_of_his_own_in_the_image() -> None:
    last = STAGES[-1]
    user = re.search(r"^USER (\d+):(\d+)$", last, flags=re.MULTILINE)
    assert user is not None
    assert int(user[1]) >= 10000, "no user of the machine has that number"
    assert f"--uid {user[1]}" in last
    assert "chmod 777" not in DOCKERFILE
    assert "--chown" not in last, "what runs may not change itself"
    # All folders that are written to are mounted in compose.yaml, where the image is read only.
    written = dict(re.findall(r"(\w+)=(/\S+)", last))
    for name in ("NUMBA_CACHE_DIR", "MPLCONFIGDIR", "XDG_CACHE_HOME"):
        assert written[name].startswith("/var/cache/astro-assets")
    assert written["ASTRO_ASSETS_HOME"] == settings()["ASTRO_ASSETS_HOME"]


def test_it_says_what_it_is_and_whether_it_is_well() -> None:
    for label in ("title", "description", "licenses", "version", "revision"):
        assert f"org.opencontainers.image.{label}=" in STAGES[-1]
    assert re.search(r"^HEALTHCHECK .*\\\n +CMD \[", STAGES[-1], flags=re.MULTILINE)
    assert re.search(r"^CMD \[", STAGES[-1], flags=re.MULTILINE)


def test_nothing_but_the_source_is_sent_to_the_builder() -> None:
    lines = [
        line for line in (REPOSITORY / ".dockerignore").read_text().splitlines() if line and line[0] != "#"
    ]
    assert lines[0] == "*"
    allowed = {line[1:] for line in lines if line.startswith("!")}
    copied = {word for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, flags=re.MULTILINE)
              for word in line.split()[:-1] if not word.startswith("--")}  # fmt: skip
    assert copied == {path.replace("deploy/wheels", "deploy/wheels*") for path in allowed}
    for path in allowed - {"deploy/wheels"}:
        assert (REPOSITORY / path).exists(), path


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """Return a folder like the image's, with compiled loops."""
    root = tmp_path / "image"
    (root / "bin").mkdir(parents=True)
    (root / "loops" / "of").mkdir(parents=True)
    (root / "loops" / "of" / "fold.nbi").write_text("compiled")
    (root / "bin" / "astro-assets").write_text("#!/bin/sh\n")
    (root / "bin" / "astro-assets").chmod(0o755)
    return root


def _entered(installed: Path, cache: Path, *command: str) -> subprocess.CompletedProcess[str]:
    path = f"{installed / 'bin'}:{os.environ['PATH']}"
    return subprocess.run(
        [DEPLOY / "entrypoint.sh", *command],
        env={"PATH": path, "NUMBA_CACHE_DIR": str(cache)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_entry_point_gives_the_loops_and_becomes_the_command(installed: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache" / "loops"
    cache.parent.mkdir()
    told = _entered(installed, cache, "sh", "-c", "echo one; exit 7")
    assert (told.returncode, told.stdout, told.stderr) == (7, "one\n", "")
    assert (cache / "of" / "fold.nbi").read_text() == "compiled"
    assert [path.name for path in cache.parent.iterdir()] == ["loops"]
    (cache / "of" / "fold.nbi").write_text("of this processor")
    assert _entered(installed, cache, "true").returncode == 0
    assert (cache / "of" / "fold.nbi").read_text() == "of this processor"


def test_the_entry_point_goes_on_where_nothing_was_compiled(installed: Path, tmp_path: Path) -> None:
    (installed / "loops").rename(installed / "elsewhere")
    told = _entered(installed, tmp_path / "cache", "echo", "one")
    assert (told.returncode, told.stdout) == (0, "one\n")
