"""The code version: one hash over everything of a package that a computation reaches statically.

Roots are taken apart and hashes put together here; finding what is reached is in
:mod:`astro_assets.ledger.code_graph`.
"""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any

from astro_assets.ledger.code_files import Package, content_digest
from astro_assets.ledger.code_graph import Graph, graph_of
from astro_assets.ledger.code_memory import remember, remembered
from astro_assets.ledger.code_names import DATA, TEXT, WHOLE, Node
from astro_assets.ledger.code_source import CodeError

__all__ = ["CodeError", "code_version", "reached"]

Root = Callable[..., Any] | type
_Entry = tuple[str, str, bytes]
_Start = tuple[Package, frozenset[Node]]


def code_version(*roots: Root, listed: dict[str, Package] | None = None) -> str:
    """Return a hash over all that functions or classes reach within their own package.

    Helpers in other modules, constants, defaults, decorators, base classes, annotations and data
    files count; comments, docstrings, formatting and the order of definitions do not. Where a name
    cannot be traced (``getattr`` on a module, ``exec``, ``importlib``), the whole module counts.
    Other packages do not count: their versions are the environment's. Neither does what modules that the
    computation never imports put into its registries.

    Parameters
    ----------
    *roots
        Functions, classes, methods of them, or ``functools.partial`` objects of these with plain
        arguments. The state of an instance whose method is given does not count.
    listed
        Packages whose files need not be listed again, by name; those that are listed are added.

    Returns
    -------
    str
        32-byte BLAKE2b in hexadecimal digits, the same in every process and folder.

    Raises
    ------
    CodeError
        If a root has no module-level name or no source file in a package, or a reached file is
        not Python.
    """
    texts, starts = _taken_apart(roots, {} if listed is None else listed)
    return _version(texts, starts)


def reached(*roots: Root) -> list[tuple[str, str]]:
    """List what :func:`code_version` covers, as sorted pairs of module and name.

    ``<statements>`` stands for what importing the module runs besides definitions, ``<whole>`` for a
    module taken whole, ``<text>`` for its text with comments; data files have their relative path.

    Raises
    ------
    CodeError
        As for :func:`code_version`.
    """
    return sorted({(module, name) for module, name, _ in _entries(*_taken_apart(roots, {}))})


@functools.lru_cache(maxsize=1024)  # a run asks for the same tables and checks again and again
def _version(texts: frozenset[str], starts: frozenset[_Start]) -> str:
    packages = [package for package, _ in starts]
    question = "\n".join([*sorted(texts), *sorted(f"{a} {b}" for _, start in starts for a, b in start)])
    if len(packages) == 1 and (known := remembered(packages[0], question)) is not None:
        return known
    total = blake2b(digest_size=32)
    for module, name, digest in sorted(set(_entries(texts, starts))):
        for part in (module.encode(), name.encode(), digest):
            total.update(len(part).to_bytes(8, "little") + part)
    # A file that was edited meanwhile may be in the answer as it was never listed.
    if len(packages) == 1 and Package(packages[0].name, packages[0].folders) == packages[0]:
        remember(packages[0], question, total.hexdigest())
    return total.hexdigest()


def _taken_apart(
    roots: tuple[Root, ...], packages: dict[str, Package]
) -> tuple[frozenset[str], frozenset[_Start]]:
    """Return what partial objects say, and where in which packages roots begin."""
    texts: set[str] = set()
    starts: dict[str, set[Node]] = {}
    for root in roots:
        if not callable(root):
            raise CodeError(f"{root!r} is neither a function nor a class")
        parts: list[object] = []
        text = _text(root, parts)
        if isinstance(root, functools.partial):
            texts.add(text)
        for part in parts:
            module, name = _named(part)
            top = module.partition(".")[0]
            if top not in packages:
                packages[top] = Package(top, _folders(top))
            if module not in packages[top].modules:
                raise CodeError(f"{module}.{name}: the module has no source file in package {top!r}")
            starts.setdefault(top, set()).add(Node(module, name))
    return frozenset(texts), frozenset((packages[top], frozenset(start)) for top, start in starts.items())


def _entries(texts: frozenset[str], starts: frozenset[_Start]) -> Iterator[_Entry]:
    for text in texts:
        yield "", "<partial>", text.encode()
    for package, start in starts:
        graph = graph_of(package)
        definitions = (graph.names.definition(*node) for node in start)
        for node in graph.reach(frozenset[Node]().union(*definitions)):
            for name, digest in _contents(graph, node):
                yield node.module, name, digest


def _contents(graph: Graph, node: Node) -> Iterator[tuple[str, bytes]]:
    package = graph.package
    if node.name == WHOLE:
        yield WHOLE, b""
    elif node.name == DATA:
        for path, file in package.data_under(node.module).items():
            yield path, content_digest(file)
    elif node.name == TEXT:
        if node.module in package.modules:
            yield TEXT, content_digest(package.modules[node.module][1])
    elif pieces := graph.names.pieces(node):
        yield node.name, b"".join(piece.digest for piece in pieces)


def _folders(top: str) -> list[Path]:
    module = sys.modules.get(top)
    folders = [Path(folder) for folder in getattr(module, "__path__", ())]
    if not folders or not all(folder.is_dir() for folder in folders):
        raise CodeError(
            f"{top!r} is not a package in a folder, so the source of its functions cannot be traced"
        )
    return folders


def _text(value: object, parts: list[object]) -> str:
    """Return what a root or an argument of a partial says, and add its functions and classes to ``parts``."""
    match value:
        case functools.partial():
            arguments = (value.func, value.args, sorted(value.keywords.items()))
            return f"partial{_text(arguments, parts)}"
        case types.MethodType():
            owner = value.__self__ if isinstance(value.__self__, type) else type(value.__self__)
            return f"{_text(owner, parts)}.{value.__name__}"
        case None | bool() | int() | float() | complex() | str() | bytes():
            return f"{type(value).__name__}:{value!a}"
        case tuple() | list():
            return f"{type(value).__name__}({','.join(_text(item, parts) for item in value)})"
        case _ if callable(value):
            parts.append(value)
            return ".".join(_named(value))
        case _:
            raise CodeError(f"an argument of a functools.partial is neither plain nor code: {value!r}")


def _named(root: object) -> tuple[str, str]:
    """Return the module and the top-level name under which a function or class is defined."""
    module = getattr(root, "__module__", None)
    qualified = getattr(root, "__qualname__", None)
    if not isinstance(module, str) or module not in sys.modules:
        raise CodeError(f"{root!r} is neither a function nor a class of an importable module")
    namespace = vars(sys.modules[module])
    if isinstance(qualified, str) and "<" not in qualified:
        is_plain = isinstance(root, types.FunctionType) and not hasattr(root, "__wrapped__")
        first, *rest = qualified.split(".")
        found = functools.reduce(lambda value, name: getattr(value, name, None), rest, namespace.get(first))
        if is_plain or found is root:
            return module, first
    for name, value in namespace.items():
        if value is root:
            return module, name
    raise CodeError(
        f"{root!r} has no module-level name in {module}: give a function or class defined at the top level "
        "of a module, not a lambda, a closure or a wrapped copy"
    )
