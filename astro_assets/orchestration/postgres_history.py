"""The event log of a home whose history is in PostgreSQL: Dagster's own, for a webserver that is guarded.

`dagster.yaml` of such a home names it; nothing else imports it, since few have what it stands on.
"""

from dagster_postgres import PostgresEventLogStorage

from astro_assets.orchestration.ui_guard import guard_webserver


class PostgresHistory(PostgresEventLogStorage):
    """Dagster's event log in PostgreSQL."""

    def optimize_for_webserver(self, statement_timeout: int, pool_recycle: int, max_overflow: int) -> None:
        """Get ready for a webserver, which this process makes next: only here can a home say how."""
        guard_webserver()
        super().optimize_for_webserver(statement_timeout, pool_recycle, max_overflow)
