"""Texts without what must stay secret: passwords in addresses, and values of the environment named so.

For what goes to terminals, logs and tables; nothing that connects anywhere reads from here.
"""

from __future__ import annotations

import os
import re
from typing import Final
from urllib.parse import unquote

#: What stands in the place of a secret.
HIDDEN: Final = "***"
#: User and password in an address; also without a password, as tokens are given.
_USER: Final = re.compile(r"(?<=://)[^\s/?#@'\"]*(?:@[^\s/?#@'\"]*)*@")
#: Names of variables of the environment whose values are secrets.
_SECRET: Final = re.compile(r"PASSW|SECRET|TOKEN|CREDENTIAL|PRIVATE_KEY|API_KEY|ACCESS_KEY", re.IGNORECASE)
#: Shorter values stand in many texts by chance.
_SHORTEST: Final = 4


def without_secrets(text: str) -> str:
    """Return a text in which no secret of this process's environment stands, nor a user of an address.

    >>> without_secrets("connecting to postgresql://me:hush@host/runs failed")
    'connecting to postgresql://***@host/runs failed'
    """
    for secret in sorted(_secrets(), key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    return _USER.sub(f"{HIDDEN}@", text)


def is_secret(name: str) -> bool:
    """Tell whether a variable, or a parameter of an address, says by its name that its value is a secret."""
    return _SECRET.search(name) is not None


def _secrets() -> set[str]:
    """Return secret values of the environment, and the passwords of addresses in it."""
    found = set()
    for name, value in os.environ.items():
        if is_secret(name):
            found.add(value)
        for user in _USER.findall(value):
            password = user[:-1].partition(":")[2]
            found |= {password, unquote(password)}
    return {secret for secret in found if len(secret) >= _SHORTEST}
