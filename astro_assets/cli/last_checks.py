"""What the checks of a home's tables and models came to last, for commands."""

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

from astro_assets.ledger.home import Home


@contextmanager
def last_checks(home: Home) -> Iterator[Callable[[Collection[str]], list[dict[str, Any]]]]:
    """Give what is asked for the results of some tables and models; Dagster is loaded when it is."""
    with ExitStack() as stack:

        @cache
        def known() -> tuple[Any, list[Any]]:
            from astro_assets.definitions import check_keys
            from astro_assets.orchestration.instance import open_instance

            return stack.enter_context(open_instance(home)), check_keys()

        def checks_of(tables: Collection[str]) -> list[dict[str, Any]]:
            from astro_assets.orchestration.check_results import latest_checks

            instance, keys = known()
            return latest_checks(instance, keys, tables)

        yield checks_of
