"""A home into which hostile files came, under a mask that forbids nothing, with secrets in the environment.

It is made by the commands that people use, each watched for what it unpickles.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from astro_assets.ledger.home import Home, open_home
from astro_assets_tests.cli.commands import SCRIPT
from astro_assets_tests.orchestration import homes

#: What must be nowhere: passwords in addresses, and values of variables.
SECRETS = {
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMIplanted",
    "AWS_SESSION_TOKEN": "IQoJb3JpZ2luplanted",
    "DAGSTER_PG_PASSWORD": "dagsterplanted1",
    "POSTGRES_URL": "postgresql://runs:postgresplanted2@127.0.0.1:9/runs",
    "DAGSTER_POSTGRES_URL": "postgresql://runs:p%40ssplanted3@127.0.0.1:9/runs",
    "MLFLOW_TRACKING_PASSWORD": "mlflowplanted4",
    "GITHUB_TOKEN": "ghp_planted5",
}
#: Parts of them that no text may have.
PLANTED = (
    "wJalrXUtnFEMIplanted", "IQoJb3JpZ2luplanted", "dagsterplanted1", "postgresplanted2", "p%40ssplanted3",
    "p@ssplanted3", "mlflowplanted4", "ghp_planted5", "httpplanted6",
)  # fmt: skip
#: An MLflow server where nobody listens.
TRACKING = "http://me:httpplanted6@127.0.0.1:9"
SCRIPT_TAG = "</script><script>document.title='owned'</script>"
#: Names of files: colours and the title of a terminal, markup, an emoji, text from right to left, Markdown.
NAMES = (
    "\x1b[31mred\x1b[0m \x1b]0;owned\x07.fits",
    "[bold red]x :boom: \u202estif.fits",
    "![p](http:evil.example) <img src=x onerror=alert(1)> javascript:alert(1).fits",
    "\"onmouseover=alert(1) '.fits",
)
#: Written into by every process, a line for each class that a pickle named.
UNPICKLED = "unpickled.jsonl"
_HOOK = """\
import json, os, sys

def hook(event, arguments, path=os.environ["TEST_UNPICKLED"]):
    if event != "pickle.find_class":
        return
    frame, callers = sys._getframe(1), []
    while frame is not None and len(callers) < 6:
        callers.append(frame.f_code.co_filename)
        frame = frame.f_back
    with open(path, "a") as stream:
        stream.write(json.dumps([".".join(arguments), callers]) + "\\n")

sys.addaudithook(hook)
"""


def command(home: Home, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command under a mask of nothing, with :data:`SECRETS`, watched."""
    line = ["sh", "-c", 'umask 000; exec "$@"', "sh", str(SCRIPT), *arguments, "--home", str(home.root)]
    watched = {
        "PYTHONPATH": str(home.root.parent / "hook"),
        "TEST_UNPICKLED": str(home.root.parent / UNPICKLED),
        "ASTRO_ASSETS_WORKERS": "2",
    }
    variables = {**os.environ, **SECRETS, **watched, **environment}
    return subprocess.run(line, env=variables, capture_output=True, text=True, check=False, timeout=600)


def make_hostile_home(folder: Path) -> None:
    """Take hostile files in, search them, and write the report; keep what the commands printed."""
    (folder / "hook").mkdir(parents=True)
    (folder / "hook" / "sitecustomize.py").write_text(_HOOK)
    home = open_home(folder / "home", n_shards=homes.N_SHARDS)
    for number, name in zip((*homes.STARS, 103), NAMES, strict=True):
        file = homes.star_file(folder / "star.fits", number, CREATOR=SCRIPT_TAG, INSTRUME="<b>\"'&")
        file.rename(home.inbox / name)  # not written there: astropy takes brackets for a pattern
    file = homes.star_file(folder / "star.fits", 104, OBJECT="![p](http://evil.example/p) <script>")
    file.rename(home.inbox / f"refused {NAMES[1]}")
    os.mkfifo(home.inbox / "pipe.fits")
    (home.inbox / "zero.fits").symlink_to("/dev/zero")
    for number, arguments in enumerate((("run",), ("report",), ("stale",), ("targets", "find", "KIC 100"))):
        done = command(home, *arguments)
        assert done.returncode == 0, done.stderr
        (folder / f"printed{number}").write_text(json.dumps([done.stdout, done.stderr]))


def printed(folder: Path) -> Iterator[str]:
    """Yield what the commands that made a home printed."""
    for path in sorted(folder.glob("printed*")):
        yield from json.loads(path.read_text())


def unpickled(folder: Path) -> list[tuple[str, list[str]]]:
    """Return each class that a pickle named, with the files of its callers."""
    path = folder / UNPICKLED
    return [tuple(json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []


def found_in(texts: Mapping[str, bytes]) -> list[str]:
    """Return where a planted secret stands."""
    return [f"{name}: {one}" for name, text in texts.items() for one in PLANTED if one.encode() in text]
