"""The event log of a home whose history is in PostgreSQL: Dagster's own, for a webserver that is guarded.

`dagster.yaml` of such a home names it; nothing else imports it, since few have what it stands on.
"""

from collections.abc import Mapping
from typing import Any, Self

from dagster_postgres import PostgresEventLogStorage

from astro_assets.orchestration.ui_guard import guard_webserver


class PostgresHistory(PostgresEventLogStorage):
    """Dagster's event log in PostgreSQL."""

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Mapping[str, Any]) -> Self:
        """Open the event log at the address in ``dagster.yaml``."""
        return cls(config_value["postgres_url"], inst_data=inst_data)

    def optimize_for_webserver(self, statement_timeout: int, pool_recycle: int, max_overflow: int) -> None:
        """Get ready for a webserver, which this process makes next: only here can a home say how."""
        guard_webserver()
        super().optimize_for_webserver(statement_timeout, pool_recycle, max_overflow)
