"""Pictures within pages."""

from __future__ import annotations

import base64


def uri(png: bytes) -> str:
    """Return a picture as an address that holds it."""
    return f"data:image/png;base64,{base64.b64encode(png).decode()}"
