"""Results are only stored under the code that made them."""

from __future__ import annotations

import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

import astro_assets
from astro_assets.ledger.running import SourceChangedError, require_source, source_version

_PROGRAM = """
    import sys
    from pathlib import Path
    sys.path.insert(0, sys.argv[1])
    import astro_assets
    from astro_assets.ledger.running import SourceChangedError, source_version
    before = source_version()
    module = Path(astro_assets.__file__).parent / {name!r}
    module.parent.mkdir(exist_ok=True)
    module.write_text((module.read_text() if module.exists() else "") + {added!r})
    try:
        print("same" if source_version() == before else "other")
    except SourceChangedError as error:
        print("changed", error)
"""


@pytest.mark.parametrize(
    ("name", "added", "answer"),
    [
        ("tables.py", "", "changed"),
        ("tables.py", "\nX = 1\n", "changed"),
        ("new.py", "", "changed"),
        ("__pycache__/tables.one-1.py311.nbi", "compiled", "same"),
    ],
)
def test_a_process_whose_source_was_changed_says_so(
    tmp_path: Path, name: str, added: str, answer: str
) -> None:
    package = tmp_path / "checkout" / "astro_assets"
    shutil.copytree(Path(astro_assets.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    program = textwrap.dedent(_PROGRAM).format(name=name, added=added)
    command = [sys.executable, "-B", "-c", program, str(package.parent)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.startswith(answer)
    assert (str(package) in done.stdout) == (answer == "changed")


def test_a_worker_refuses_work_ordered_with_other_code() -> None:
    require_source(source_version())
    with pytest.raises(SourceChangedError, match="install the same version everywhere"):
        require_source("0" * 64)
