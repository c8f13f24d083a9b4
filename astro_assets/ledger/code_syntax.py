"""What syntax trees say by themselves: dotted names, imports, bound names, and a canonical text.

Nothing here knows of modules, packages or files.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

Chain = tuple[str, ...]


def import_targets(node: ast.Import | ast.ImportFrom, package: Chain) -> Iterator[tuple[str, Chain, Chain]]:
    """Yield ``(bound name, what it stands for, what is loaded)`` of an import; a star binds ``*``.

    The first part of what a name stands for is a module's whole dotted name, the second an attribute:
    ``from a.b import c`` gives ``("a.b", "c")``.
    """
    if isinstance(node, ast.Import):
        for alias in node.names:
            top = alias.name.partition(".")[0]
            yield alias.asname or top, (alias.name if alias.asname else top,), (alias.name,)
        return
    base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
    base = ".".join(filter(None, (base, node.module)))
    for alias in node.names:
        target = (base,) if alias.name == "*" else (base, alias.name)
        yield alias.asname or alias.name, target, target


def dotted(node: ast.AST) -> Chain | None:
    """Return ``a.b.c`` as its parts, None for anything else."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return (node.id, *reversed(names)) if isinstance(node, ast.Name) else None


class Bindings(NamedTuple):
    """What statements bind in their own scope."""

    names: set[str]
    imports: list[ast.Import | ast.ImportFrom]
    outer: set[str]


def bindings_of(nodes: Iterable[ast.AST]) -> Bindings:
    """Collect the names that nodes bind, nested functions and comprehension variables excepted."""
    bound = Bindings(set(), [], set())
    stack = list(nodes)
    while stack:
        node = stack.pop()
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                bound.names.add(node.name)
                continue
            case ast.Lambda():
                continue
            case ast.comprehension():
                stack.extend((node.iter, *node.ifs))
                continue
            case ast.Name(ctx=ast.Store() | ast.Del()):
                bound.names.add(node.id)
            case ast.Import() | ast.ImportFrom():
                bound.imports.append(node)
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                bound.names.add(name)
            case ast.MatchMapping(rest=str(name)):
                bound.names.add(name)
            case ast.Global() | ast.Nonlocal():
                bound.outer.update(node.names)
        stack.extend(ast.iter_child_nodes(node))
    return bound


def root_of(node: ast.AST) -> Chain | None:
    """Return the dotted name that a chain of attributes, subscripts and calls starts from."""
    while (chain := dotted(node)) is None:
        match node:
            case ast.Attribute(value=inner) | ast.Subscript(value=inner) | ast.Call(func=inner):
                node = inner
            case _:
                return None
    return chain


def canonical(value: object) -> str:
    """Return a text of a syntax tree without positions, comments, docstrings or other idle constants.

    Fields that are empty are left out and strings are in ASCII, so that every Python version that
    parses the source to the same tree gives the same text.
    """
    match value:
        case ast.AST():
            fields = (
                f"{name}={canonical(field)}"
                for name, field in ast.iter_fields(value)
                if field not in (None, []) and name not in {"ctx", "kind", "type_comment"}
            )
            return f"{type(value).__name__}({','.join(fields)})"
        case list():
            return f"[{','.join(canonical(item) for item in value if not is_idle(item))}]"
        case _:
            return ascii(value)


def is_idle(node: object) -> bool:
    """Whether a statement does nothing: a docstring or another constant by itself, ``pass``."""
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
