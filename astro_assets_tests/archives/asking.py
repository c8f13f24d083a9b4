"""Settings by which tests ask the local server: the real waits, made short."""

from __future__ import annotations

from typing import Any

from astro_assets.archives.settings import ArchiveSettings


def quick(base_url: str, **changed: Any) -> ArchiveSettings:
    """Return settings with waits of milliseconds, three attempts, and what is changed."""
    settings: dict[str, Any] = {
        "base_url": base_url,
        "requests_per_second": 1000,
        "timeout_s": 60,
        "attempts": 3,
        "first_wait_s": 0.005,
        "longest_wait_s": 0.02,
        "patience_s": 300,
    }
    return ArchiveSettings(**{**settings, **changed})


def config_toml(**archives: str) -> str:
    """Return what a home's ``config.toml`` says for archives that are served at some addresses."""
    sections = []
    for key, base_url in archives.items():
        lines = [
            f"{name} = {value!r}".replace("'", '"') for name, value in quick(base_url).model_dump().items()
        ]
        sections.append("\n".join([f"[archives.{key}]", *lines]))
    return "\n\n".join(sections) + "\n"
