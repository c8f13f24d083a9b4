"""Which links in an inbox are followed: those of this user, and those of whom they lead to.

Whoever may put files into an inbox could otherwise have files read that only this user may read.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path


def is_trusted(path: Path | bytes, target: os.stat_result) -> bool:
    """Tell whether what lies at a path may be read there.

    Parameters
    ----------
    target
        What is there once links are followed.

    Raises
    ------
    OSError
        If there is nothing any more.
    """
    status = os.lstat(path)
    return not stat.S_ISLNK(status.st_mode) or status.st_uid in (os.geteuid(), target.st_uid)
