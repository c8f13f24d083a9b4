"""Files that somebody names on the command line: what their headers claim is checked before they are read."""

from __future__ import annotations

from pathlib import Path

from astro_assets.images.refusals import FrameRefusedError
from astro_assets.observations.identification import identify


def refuse_unsound(path: Path) -> None:
    """Refuse what a home would refuse, as a file that comes in is checked there.

    Raises
    ------
    FrameRefusedError
        If the file is damaged, cut off, too large, or no image.
    OSError
        If it cannot be read.
    """
    with path.open("rb"):
        pass  # a file that is not there, or that nobody may read, is told as such
    identity = identify(path)
    if identity.reason is not None:
        raise FrameRefusedError("damaged", identity.reason)
    if identity.product not in {"image", "target_pixels"}:
        raise FrameRefusedError("no_image", f"it is no image but {identity.product or 'something else'}")
