"""The ledger of a home: its tables in order, with the code and configuration they are computed with now.

The entry point to everything else; it only opens and looks up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from graphlib import TopologicalSorter
from typing import Any, Final

from astro_assets.ledger.configuration import check_config, table_config
from astro_assets.ledger.hashing import (
    canonical_array,
    coerce,
    hash_json,
    hash_parts,
    row_hashes,
)
from astro_assets.ledger.home import Home
from astro_assets.ledger.left_out import LeftOut, left_out
from astro_assets.ledger.objects import ObjectStore
from astro_assets.ledger.plan import Plan, Version, plan_table
from astro_assets.ledger.running import running_version, source_archive
from astro_assets.ledger.sources import environment_hash, environment_of, installed_packages
from astro_assets.ledger.store import Handle, open_table
from astro_assets.ledger.table import Config, Table

#: Tables opened at once where they lie elsewhere.
_AT_ONCE: Final = 16


class UnknownTableError(KeyError):
    """No table has this name."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Opened:
    """Tables as they were when they were opened, by name, and the targets that were left out then."""

    handles: Mapping[str, Handle]
    retracted: LeftOut


@dataclass(frozen=True, slots=True)
class Ledger:
    """The tables of a home. Use :func:`open_ledger`.

    Attributes
    ----------
    tables
        Parents before children.
    versions
        Code and configuration of each table now, by name; made on first use.
    """

    home: Home
    tables: tuple[Table, ...]
    versions: dict[str, Version] = field(default_factory=dict)

    @property
    def objects(self) -> ObjectStore:
        """The home's content-addressed stores."""
        return ObjectStore(self.home)

    def table(self, name: str) -> Table:
        """Return a table by name; a name without its wing serves where it is unambiguous.

        Raises
        ------
        UnknownTableError
            Naming the tables there are.
        """
        found = [table for table in self.tables if name in (table.name, table.name.partition("/")[2])]
        if len(found) != 1:
            raise UnknownTableError(
                f"no table {name!r}; there are {', '.join(table.name for table in self.tables)}"
            )
        return found[0]

    def open(self, table: Table) -> Handle:
        """Open a table as it is now."""
        return open_table(self.home, table)

    def opened(self, tables: Iterable[Table] | None = None) -> Opened:
        """Open tables, by default all that plans read, so that several plans see each as it is now."""
        if tables is None:
            planned = [table for table in self.tables if not table.is_source]
            tables = [*planned, *(parent.table for table in planned for parent in table.parents)]
        wanted = {table.name: table for table in tables}
        if self.home.storage.has_copies:  # asking for one after the other takes a while
            with ThreadPoolExecutor(_AT_ONCE) as threads:
                handles = dict(zip(wanted, threads.map(self.open, wanted.values()), strict=True))
        else:
            handles = {name: self.open(table) for name, table in wanted.items()}
        return Opened(handles, left_out(self.home))

    def config(self, table: Table) -> Config:
        """Return a table's configuration in this home."""
        return table_config(self.home, table)

    def version(self, table: Table) -> Version:
        """Return the code and configuration that decide a table's recipes now."""
        if table.name not in self.versions:
            config = self.config(table)
            config_hash = hash_json(config.model_dump(mode="json"))
            self.versions[table.name] = Version(table_code_version(table), config_hash, config)
        return self.versions[table.name]

    def plan(
        self,
        table: Table,
        shards: Iterable[int] | None = None,
        handle: Handle | None = None,
        earlier: Plan | None = None,
        opened: Opened | None = None,
    ) -> Plan:
        """Plan a computed table; see :func:`~astro_assets.ledger.plan.plan_table`.

        Parameters
        ----------
        opened
            The tables, where they were opened already.
        earlier
            A plan of the table, returned where nothing that it was made from has changed since.

        Raises
        ------
        DamagedTableError
            If a file of a table that is read is missing or damaged.
        """
        wanted = None if shards is None else frozenset(shards)
        if wanted is not None and len(wanted) == self.home.n_shards:
            wanted = None
        read = [*([] if handle else [table]), *(parent.table for parent in table.parents)]
        now = opened or self.opened(read)
        version, own = self.version(table), handle or now.handles[table.name]
        parents = {parent.role: now.handles[parent.table.name] for parent in table.parents}
        for read_from in (own, *parents.values()):
            read_from.check()
        if earlier is not None and earlier.is_of(version, own, parents, wanted, now.retracted):
            return earlier
        return plan_table(table, version, own, parents, wanted, now.retracted)

    def stamp(self, table: Table) -> dict[str, str]:
        """Store the package source, the installed versions and the settings; return what units say of these.

        ``environment`` names the versions of the table's own libraries, ``installed`` those of all packages
        and the instruction set.
        """
        self.objects.put_config(self.version(table).config.model_dump(mode="json"))
        return {
            "source": self.objects.put_source(source_archive()),
            "environment": self.objects.put_environment(environment_of(table.libraries)),
            "installed": self.objects.put_environment(_installed()),
        }

    def environment(self, table: Table) -> str:
        """Return the hash of the installed versions of the libraries that a table computes with."""
        return environment_hash(environment_of(table.libraries))


def open_ledger(home: Home, tables: Iterable[Table]) -> Ledger:
    """Order tables, parents first, and check the home's configuration of them.

    Raises
    ------
    HomeError
        If ``config.toml`` names an unknown table or setting, or a value out of bounds.
    """
    by_name = {table.name: table for table in tables}
    graph = {
        name: sorted(parent.table.name for parent in table.parents) for name, table in sorted(by_name.items())
    }
    ordered = tuple(by_name[name] for name in TopologicalSorter(graph).static_order())
    check_config(home, ordered)
    return Ledger(home, ordered)


def table_code_version(table: Table) -> str:
    """Hash all code and declarations that decide a table's rows."""
    roots: list[Any] = [function for function in (table.compute, table.choose) if function is not None]
    if roots and type(table.config) is not Config:
        roots.append(type(table.config))
    # By name too: two functions of one module may reach the same code.
    names = [f"{root.__module__}.{getattr(root, '__qualname__', '')}" for root in roots]
    computed = running_version(*roots) if roots else ""
    return hash_parts(*names, computed, _serialisation_version(), hash_json(table.signature()))


def _serialisation_version() -> str:
    """Hash the code that turns what a computation returns into what is stored and hashed."""
    return running_version(coerce, canonical_array, row_hashes)


@cache  # reading the metadata of a few hundred distributions takes a third of a second
def _installed() -> dict[str, str]:
    return installed_packages()
