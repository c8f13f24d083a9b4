"""Which definitions of a package lead to which: names resolved from module to module, and reach.

It works on source files alone: nothing is imported or executed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from astro_assets.ledger.code_files import Package
from astro_assets.ledger.code_mentions import OWN_MODULE
from astro_assets.ledger.code_names import DATA, FOREIGN, OWN_FILES, STATEMENTS, TEXT, WHOLE, Names, Node
from astro_assets.ledger.code_source import Piece

_SUBCLASSES: Final = (FOREIGN, "__subclasses__")

_OWN_NAMESPACE: Final = frozenset({"globals", "vars", "locals", "exec", "eval", "__globals__"})
_MODULE_BY_NAME: Final = ("__import__", "importlib.import_module", "importlib.__import__", "sys.modules")
_MODULE_BY_SEARCH: Final = (
    "importlib.util",
    "importlib.machinery",
    "importlib.reload",
    "pkgutil",
    "pydoc.locate",
    "runpy",
)
_FILES_BY_NAME: Final = (
    "importlib.resources",
    "importlib_resources",
    "pkgutil.get_data",
    "pkg_resources",
    "jinja2.PackageLoader",
)
_TEXTS: Final = ("__doc__", "inspect.getdoc", "inspect.getcomments", "inspect.getsource")
_OPAQUE_CALLS: Final = frozenset(
    {"__import__", "import_module", "exec", "eval", "globals", "setattr", "delattr"}
)


@lru_cache(maxsize=8)
def graph_of(package: Package) -> Graph:
    """Return the graph of a package, the same one as long as no file changes."""
    return Graph(package)


class Graph:
    """Definitions of a package and what each leads to, worked out as far as it is asked for."""

    def __init__(self, package: Package) -> None:
        self.package = package
        self.names = Names(package)
        self._edges: dict[Node, frozenset[Node]] = {}
        self._making: dict[Node, tuple[frozenset[Node], frozenset[Node]]] = {}

    def reach(self, start: Iterable[Node]) -> frozenset[Node]:
        """Return everything that nodes lead to, themselves included.

        A definition that nothing mentions counts all the same if it is made when a reached module
        is imported and making it may alter something reached: a registering decorator, a subclass
        of a class with ``__init_subclass__``.
        """
        reached = self._closure(start)
        while late := [node for node in self._imported_with(reached) if self._alters(node, reached)]:
            reached |= self._closure(late)
        return reached

    # ------------------------------------------------------------------ what leads to what

    def _closure(self, start: Iterable[Node], *, definitions_only: bool = False) -> frozenset[Node]:
        reached: set[Node] = set()
        waiting = list(start)
        while waiting:
            node = waiting.pop()
            if node not in reached and not (definitions_only and node.name in {STATEMENTS, WHOLE}):
                reached.add(node)
                waiting.extend(self._edges_of(node))
        return frozenset(reached)

    def _edges_of(self, node: Node) -> frozenset[Node]:
        if node not in self._edges:
            self._edges[node] = frozenset(self._find_edges(node))
        return self._edges[node]

    def _find_edges(self, node: Node) -> set[Node]:
        module, name = node
        if module == FOREIGN or name in {DATA, TEXT}:
            return set()
        nodes: set[Node] = {Node(module, STATEMENTS)}
        if name == WHOLE:
            known = self.names.module(module)
            for own in known.names.keys() - {"*"}:
                nodes |= self.names.lookup(module, (own,)) or frozenset()
            for star in known.stars:
                nodes |= self.names.follow(star)
            return nodes | {Node(child, WHOLE) for child in self.package.children_of(module)}
        if name == STATEMENTS:
            nodes |= self.names.loaded((module.rpartition(".")[0],))
            for piece in self.names.module(module).pieces:
                for target in piece.loads:
                    nodes |= self.names.loaded(target)
                if self._is_opaque(module, piece):
                    nodes |= {Node(module, bound) for bound in piece.binds}
        for piece in self.names.pieces(node):
            nodes |= self._mentioned(module, piece)
        return nodes

    def _mentioned(self, module: str, piece: Piece) -> set[Node]:
        nodes: set[Node] = set()
        reads_text = False
        for reference in piece.references:
            if reference.use in {"reads", "loads"}:
                found = self.names.resolve(module, reference)
                nodes |= found
                for node in found:
                    if node.module == FOREIGN:
                        nodes |= self._beyond_names(module, node.name, reference.argument)
                        reads_text = reads_text or _is_one_of(node.name, _TEXTS)
        if reads_text:
            nodes |= {Node(name, TEXT) for name in {module, *(node.module for node in nodes)} - {FOREIGN}}
        return nodes

    def _beyond_names(self, module: str, foreign: str, argument: str | None) -> frozenset[Node]:
        """Return what a builtin or library function may reach without naming it."""
        foreign = foreign.removeprefix("builtins.")
        first = foreign.partition(".")[0]
        if first in OWN_FILES:
            return frozenset({self.names.data_of(module)})
        if first in _OWN_NAMESPACE:
            return frozenset({Node(module, WHOLE)})
        top = self.package.name
        named = self._named_module(module, argument)
        is_ours = named is not None and named.partition(".")[0] == top
        if _is_one_of(foreign, _FILES_BY_NAME):
            if named is None or (is_ours and self.names.module(module).climbs):
                return frozenset({Node(top, DATA)})
            return frozenset({Node(self.package.folder_of(named), DATA)} if is_ours else ())
        if named is not None and _is_one_of(foreign, _MODULE_BY_NAME):
            return self.names.follow((named,)) if is_ours else frozenset()
        is_untraceable = _is_one_of(foreign, (*_MODULE_BY_NAME, *_MODULE_BY_SEARCH))
        return frozenset({Node(top, WHOLE)} if is_untraceable else ())

    def _named_module(self, module: str, argument: str | None) -> str | None:
        """Return the module that a constant argument names, which may be relative."""
        if argument == OWN_MODULE:
            return module
        if argument is None or not argument.startswith("."):
            return argument
        tail = argument.lstrip(".")
        parts = self.package.folder_of(module).split(".")
        return ".".join((*parts[: len(parts) - (len(argument) - len(tail)) + 1], tail))

    # ------------------------------------------------------------------ what alters what at import

    def _is_opaque(self, module: str, piece: Piece) -> bool:
        """Whether importing the module makes a definition in a way that may reach anything."""
        for reference in piece.references:
            if reference.at_import and reference.is_called:
                if reference.chain[-1] in _OPAQUE_CALLS:
                    return True
                if any("register" in part for part in reference.chain) and any(
                    node.module == FOREIGN for node in self.names.resolve(module, reference)
                ):
                    return True
        return False

    def _imported_with(self, reached: frozenset[Node]) -> list[Node]:
        modules = [node.module for node in reached if node.name == STATEMENTS]
        nodes = (Node(module, name) for module in modules for name in self.names.module(module).names)
        return [node for node in nodes if node not in reached]

    def _alters(self, node: Node, reached: frozenset[Node]) -> bool:
        if node not in self._making:
            self._making[node] = self._find_making(node)
        altered, bases = self._making[node]
        return not altered.isdisjoint(reached) or (_SUBCLASSES in reached and not bases.isdisjoint(reached))

    def _find_making(self, node: Node) -> tuple[frozenset[Node], frozenset[Node]]:
        """Return what making a definition at import may alter, and the classes that it derives from."""
        called: set[Node] = set()
        for piece in self.names.pieces(node):
            for reference in piece.references:
                if reference.at_import and reference.is_called and reference.use == "reads":
                    called |= self.names.resolve(node.module, reference)
        making = self._closure(called, definitions_only=True)
        altered = self._altered(node, at_import=True)
        altered.update(*(self._altered(used, at_import=False) for used in making))
        classes = {used for used in making if self._is_class(used)}
        # An instance may alter what its class holds through `self`, out of sight.
        altered |= {used for used in classes if any(piece.is_mutable for piece in self.names.pieces(used))}
        bases = classes if self._is_class(node) else set()
        if any(piece.has_subclass_hook for used in bases for piece in self.names.pieces(used)):
            altered |= bases
        return frozenset(altered - {node}), frozenset(bases)

    def _is_class(self, node: Node) -> bool:
        return any(isinstance(piece.node, ast.ClassDef) for piece in self.names.pieces(node))

    def _altered(self, node: Node, *, at_import: bool) -> set[Node]:
        altered: set[Node] = set()
        for piece in self.names.pieces(node):
            for reference in piece.references:
                if reference.use in {"stores", "alters"} and (reference.at_import or not at_import):
                    for other in self.names.resolve(node.module, reference):
                        pieces = [piece for piece in self.names.pieces(other) if not piece.is_import]
                        if pieces and (
                            reference.use == "stores" or any(piece.is_mutable for piece in pieces)
                        ):
                            altered.add(other)
        return altered


def _is_one_of(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(name == prefix or name.startswith((f"{prefix}.", f"{prefix}lines")) for prefix in prefixes)
