"""Caddy with the Caddyfile of `deploy/`, on ports of this machine."""

from __future__ import annotations

import base64
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

from astro_assets_tests.cli.commands import wait_until
from astro_assets_tests.deploy.files import DEPLOY, tool
from astro_assets_tests.servers import free_port, serving


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server answers."""

    status: int
    headers: Message
    body: bytes


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that runs, with the one user ``me``, and the certificate of its authority."""

    http: int
    https: int
    health: int
    authority: Path
    password: str

    def ask(self, path: str, password: str = "") -> Answer:
        """Ask by TLS, as a user where there is a password."""
        request = urllib.request.Request(f"https://localhost:{self.https}{path}")
        if password:
            told = base64.b64encode(f"me:{password}".encode()).decode()
            request.add_header("Authorization", f"Basic {told}")
        trusting = ssl.create_default_context(cafile=str(self.authority))
        return answer(request, urllib.request.HTTPSHandler(context=trusting))


def answer(request: urllib.request.Request | str, *handlers: urllib.request.BaseHandler) -> Answer:
    """Ask, and take the first answer, whatever it is."""
    with urllib.request.build_opener(_AsItIs, *handlers).open(request, timeout=20) as response:
        return Answer(response.status, response.headers, response.read())


class _AsItIs(urllib.request.HTTPErrorProcessor):
    def http_response(self, request: object, response: object) -> object:
        return response

    https_response = http_response


def _is_certified(proxy: Proxy) -> bool:
    """Tell whether it has made its certificate: it listens before."""
    try:
        proxy.ask("/")
    except urllib.error.URLError:
        return False
    return True


@contextmanager
def proxying(folder: Path, webserver: str, mlflow: str) -> Iterator[Proxy]:
    """Run Caddy before a webserver and an MLflow server."""
    caddy = tool("caddy")
    authority = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
    proxy = Proxy(free_port(), free_port(), free_port(), authority, "correct horse")
    hashed = subprocess.run(
        [caddy, "hash-password", "--plaintext", proxy.password], capture_output=True, text=True, check=True
    )
    environment = {
        "PROXY_BIND": "127.0.0.1", "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder),
        "PROXY_HTTP_PORT": str(proxy.http), "PROXY_HTTPS_PORT": str(proxy.https),
        "PROXY_HEALTH_PORT": str(proxy.health), "SITE_ADDRESS": "localhost",
        "PROXY_USER": "me", "PROXY_PASSWORD_HASH": hashed.stdout.strip(),
        "PROXY_WEBSERVER": webserver, "PROXY_MLFLOW": mlflow,
    }  # fmt: skip
    command = [caddy, "run", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")]
    with serving(command, proxy.https, folder / "caddy.log", **environment):
        wait_until(lambda: authority.exists() and _is_certified(proxy), 30)
        yield proxy
