"""Files that archives have, and what they tell of them before anybody fetches one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+=-]{0,199}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Product:
    """A file that an archive has.

    Parameters
    ----------
    archive
        Key of the archive, as in ``[archives.KEY]``.
    uri
        What the archive calls it, wherever the archive is.
    url
        Where its bytes come from now, or what finds that out: an archive may have to make the file first.
    file_name
        The name it gets here: safe, whatever the archive calls it.
    size
        In bytes by the archive's list; None where it tells none.
    kind
        ``light_curve`` or ``cutout``.
    target_id
        Canonical id of the target that it is fetched for, if it has one.
    mission, segment_kind, segment, cadence_s
        What the archive says of it.
    is_zip
        Whether the FITS files come packed in a zip file.

    Raises
    ------
    ValueError
        If the name names a folder, is hidden, or has unusual characters.
    """

    archive: str
    uri: str
    url: str | Callable[[], str]
    file_name: str
    size: int | None
    kind: str
    target_id: str | None
    mission: str | None = None
    segment_kind: str | None = None
    segment: int | None = None
    cadence_s: int | None = None
    is_zip: bool = False

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.file_name):
            raise ValueError(f"{self.file_name[:80]!r} cannot be the name of a file here")

    def address(self) -> str:
        """Return where its bytes come from now.

        Raises
        ------
        ArchiveError
            If the archive has to be asked for that, and does not say it.
        """
        return self.url if isinstance(self.url, str) else self.url()
