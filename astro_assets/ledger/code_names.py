"""What names stand for in a package: chains of names followed through imports from module to module.

Only resolution lives here; what a definition leads to in turn is in
:mod:`astro_assets.ledger.code_graph`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from astro_assets.ledger.code_files import Package
from astro_assets.ledger.code_mentions import Reference
from astro_assets.ledger.code_source import Module, Piece, parse
from astro_assets.ledger.code_syntax import Chain

#: Names of nodes other than definitions: what importing a module runs, all of a module, the data
#: files in a package's folder, the text of a module as it stands.
STATEMENTS: Final = "<statements>"
WHOLE: Final = "<whole>"
DATA: Final = "<data>"
TEXT: Final = "<text>"
#: The module part of nodes that are not ours: builtins, libraries, names unknown here.
FOREIGN: Final = ""
#: Names that a module finds its own files by.
OWN_FILES: Final = frozenset({"__file__", "__path__", "__spec__", "__loader__"})
_ATTRIBUTES: Final = frozenset({"__doc__", "__name__", "__package__"})


class Node(NamedTuple):
    """A module's dotted name, and the name of one of its definitions or a special name."""

    module: str
    name: str


class Names:
    """The names of a package's modules.

    Parameters
    ----------
    package
        Its files.
    """

    def __init__(self, package: Package) -> None:
        self.package = package
        self._resolved: dict[Chain, frozenset[Node]] = {}

    def definition(self, module: str, name: str) -> frozenset[Node]:
        """Return the nodes that a top-level name of a module stands for; the whole module if unknown."""
        return self.lookup(module, (name,)) or frozenset({Node(module, WHOLE)})

    def pieces(self, node: Node) -> tuple[Piece, ...]:
        """Return the statements of a node that count."""
        if node.module == FOREIGN:
            return ()
        module = self.module(node.module)
        if node.name == STATEMENTS:
            return tuple(piece for piece in module.pieces if piece.is_effect)
        return module.names.get(node.name, ())

    def module(self, name: str) -> Module:
        """Return a parsed module, an empty one for a folder without ``__init__.py``."""
        if name not in self.package.modules:
            return Module(name, (), {}, (), climbs=False)
        is_package, file = self.package.modules[name]
        return parse(name, file.path, is_package, file.size, file.mtime_ns)

    def resolve(self, module: str, reference: Reference) -> frozenset[Node]:
        """Return what a mention in a module stands for, a foreign node if it is not ours."""
        if reference.use == "loads":
            return self.loaded(reference.chain)
        if reference.is_absolute:
            return self.follow(reference.chain)
        found = self.lookup(module, reference.chain)
        return found or frozenset({Node(FOREIGN, ".".join(reference.chain))})

    def lookup(
        self, module: str, chain: Chain, seen: frozenset[Chain] = frozenset()
    ) -> frozenset[Node] | None:
        """Find a chain that begins with a name of a module; None if the module has no such name."""
        known = self.module(module)
        nodes: set[Node] = set()
        for piece in known.names.get(chain[0], ()):
            nodes.add(Node(module, chain[0]))
            for target in piece.imports.get(chain[0], ()):
                nodes |= self.follow(target + chain[1:], seen)
        for (star,) in known.stars:
            if self.package.has(star) and (star, *chain) not in seen:
                is_submodule = self.package.has(f"{star}.{chain[0]}")
                nodes |= self.lookup(star, chain, seen | {(star, *chain)}) or frozenset()
                nodes |= self.follow((star, *chain), seen) if is_submodule else frozenset()
        return frozenset(nodes) or None

    def follow(self, target: Chain, seen: frozenset[Chain] = frozenset()) -> frozenset[Node]:
        """Find a chain that begins with a module's dotted name; ``seen`` breaks circles of imports."""
        if target in self._resolved:
            return self._resolved[target]
        if target in seen:
            return frozenset()
        nodes = frozenset(self._walk(target, seen | {target}))
        if not seen:
            self._resolved[target] = nodes
        return nodes

    def _walk(self, target: Chain, seen: frozenset[Chain]) -> set[Node]:
        name, rest = target[0], target[1:]
        if name.partition(".")[0] != self.package.name:
            return {Node(FOREIGN, ".".join(target))}
        while not self.package.has(name):
            name, _, missing = name.rpartition(".")
            rest = (missing, *rest)
        nodes: set[Node] = set()
        while True:
            nodes.add(Node(name, STATEMENTS))
            if not rest:
                return nodes | {Node(name, WHOLE)}
            if rest[0] in _ATTRIBUTES or rest[0] in OWN_FILES:
                return nodes | self._attribute(name, rest[0])
            own = self.lookup(name, rest, seen)
            nodes |= own or frozenset()
            child = f"{name}.{rest[0]}"
            if not self.package.has(child):
                return nodes if own else nodes | {Node(name, WHOLE)}
            if own and self._comes_from(name, rest[0], child):
                return nodes
            name, rest = child, rest[1:]

    def _attribute(self, module: str, name: str) -> set[Node]:
        if name in OWN_FILES:
            return {self.data_of(module)}
        return {Node(module, TEXT)} if name == "__doc__" else set()

    def _comes_from(self, module: str, name: str, child: str) -> bool:
        """Whether a package imports a name from its submodule of that name, which it then hides."""
        pieces = self.module(module).names.get(name, ())
        targets = [target for piece in pieces for target in piece.imports.get(name, ())]
        return len(pieces) == len(targets) > 0 and all(
            len(target) > 1 and target[0] == child for target in targets
        )

    def loaded(self, target: Chain) -> frozenset[Node]:
        """Return what importing a module, or a name from it, runs of ours."""
        names = {target[0], ".".join(target[:2])}
        return frozenset(Node(name, STATEMENTS) for name in names if self.package.has(name))

    def data_of(self, module: str) -> Node:
        """Return the data that a module may find from its own path: all, where it steps upwards."""
        is_climbing = self.module(module).climbs
        return Node(self.package.name if is_climbing else self.package.folder_of(module), DATA)
