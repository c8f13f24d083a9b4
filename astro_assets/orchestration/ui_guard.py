"""Keeps web pages of others away from the UI: a browser on this machine would carry their requests to it.

Dagster's webserver answers whoever reaches it, whatever page asks: any page that is open beside the UI could
start runs by a link to ``/graphql``, and one whose name is made to lead here could read everything.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import urlsplit

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

#: Names under which a proxy serves the UI, separated by commas.
HOSTS_VARIABLE: Final = "ASTRO_ASSETS_UI_HOSTS"
_REFUSED: Final = (
    "This request was made by a page of another site, or under a name that is not this server's. "
    f"Open the UI at its own address; a name that a proxy serves it under belongs into {HOSTS_VARIABLE}.\n"
)


class OwnPagesOnly:
    """Refuses what pages of others ask of an application, and what is asked under a name of others.

    Parameters
    ----------
    app
        The application, by ASGI.
    """

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] in ("http", "websocket"):
            headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
            if not may_ask(headers, scope["path"]):
                await _refuse(scope, send)
                return
        await self._app(scope, receive, send)


def may_ask(headers: MutableMapping[str, str], path: str) -> bool:
    """Tell whether a request comes from the UI's own pages, or from no page at all.

    Parameters
    ----------
    headers
        By their names in small letters.
    """
    host = headers.get("host", "")
    if not _is_ours(urlsplit(f"//{host}").hostname or ""):
        return False
    origin = headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return False
    is_of_others = headers.get("sec-fetch-site", "none") not in ("none", "same-origin")
    is_a_link = headers.get("sec-fetch-mode") == "navigate" and not path.endswith("/graphql")
    return not is_of_others or is_a_link


def _is_ours(host: str) -> bool:
    """Tell whether a host is named by its address, or by a name that others cannot have."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        named = os.environ.get(HOSTS_VARIABLE, "").lower().split(",")
        return host in ("localhost", socket.gethostname().lower(), *(name.strip() for name in named))
    return True


async def _refuse(scope: Scope, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    head = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": 403, "headers": head})
    await send({"type": "http.response.body", "body": _REFUSED.encode()})


def guard_webserver() -> None:
    """Put the guard before the webserver that this process is about to make."""
    from dagster_webserver.webserver import DagsterWebserver

    server: Any = DagsterWebserver
    make = server.create_asgi_app

    def create_asgi_app(self: Any, **how: Any) -> Any:
        app = make(self, **how)
        app.add_middleware(OwnPagesOnly)
        return app

    server.create_asgi_app = create_asgi_app
