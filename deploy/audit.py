"""Ask the database of advisories about everything that a lock pins: `make audit-dependencies`.

`pip-audit` does the asking. It calls a lock free of known vulnerabilities, too, where it could ask about
nothing; here that is a failure of its own.

Exit codes: 0 all asked and none known, 1 vulnerabilities are known, 2 not everything could be asked.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


def main(lock: Path) -> int:
    """Print what is known of the packages of a lock, and return the exit code."""
    with tempfile.TemporaryDirectory() as name:
        # A build for some hardware, 2.13.0+cpu, is published under the version that it is built of.
        pinned, told = Path(name) / "pinned.txt", Path(name) / "told.json"
        pinned.write_text(re.sub(r"^(\S+==[^\s+]+)\+\S+", r"\1", lock.read_text(), flags=re.MULTILINE))
        command = [
            sys.executable,
            "-m",
            "pip_audit",
            "--disable-pip",
            "--require-hashes",
            "--requirement",
            pinned,
        ]
        options = ["--format", "json", "--output", told, "--progress-spinner", "off"]
        result = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
        answer = json.loads(told.read_text()) if told.exists() and told.stat().st_size else None
    if answer is None:
        last = (result.stderr.strip() or "pip-audit says nothing").splitlines()[-1]
        return _unasked(f"the database of advisories cannot be reached: {last[:200]}")
    return _report(answer["dependencies"])


def _report(packages: list[dict[str, Any]]) -> int:
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    vulnerable = [package for package in packages if package.get("vulns")]
    for package in vulnerable:
        for known in package["vulns"]:
            fixed = ", ".join(known["fix_versions"]) or "no version yet"
            sys.stdout.write(f"{package['name']} {package['version']}: {known['id']}, fixed by {fixed}\n")
    if vulnerable:
        sys.stdout.write("raise the pins in deploy/constraints.txt, `make lock`, `make test`\n")
        return 1
    if len(skipped) == len(packages):
        return _unasked(
            f"the database of advisories cannot be reached: of {len(packages)} packages it was told of none"
        )
    if skipped:
        return _unasked(f"the database of advisories knows nothing of {', '.join(skipped)}")
    sys.stdout.write(f"{len(packages)} packages: no known vulnerabilities\n")
    return 0


def _unasked(why: str) -> int:
    sys.stderr.write(f"audit-dependencies: {why}; nothing follows from this for their safety\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
