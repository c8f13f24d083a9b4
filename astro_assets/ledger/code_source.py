"""What one source file defines: its top-level statements, the names they bind, what each mentions.

Files are parsed here and nowhere else; how names lead from file to file is in
:mod:`astro_assets.ledger.code_graph`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

from astro_assets.ledger.code_mentions import Reference, references_of
from astro_assets.ledger.code_syntax import Chain, bindings_of, canonical, dotted, import_targets, is_idle

#: What these make is never altered: values, patterns, types, declarations of fields.
_IMMUTABLE_CALLS: Final = frozenset(
    "ConfigDict Field NewType TypeVar bool bytes compile field float frozenset int namedtuple str".split()  # noqa: SIM905
)


class CodeError(ValueError):
    """Code cannot be traced: it has no source in a package, or no module-level name."""


@dataclass(frozen=True, eq=False)
class Piece:
    """One top-level statement, or one name of an import statement.

    Attributes
    ----------
    node
        The statement.
    package
        What the statement's relative imports start from.
    binds
        The names it binds in its module, those its functions declare ``global`` included.
    imports
        For names bound by imports: the dotted names that they stand for.
    loads
        Dotted names that a plain import statement imports.
    is_effect
        Whether it does more than bind names when the module is imported.
    """

    node: ast.stmt
    package: Chain
    binds: frozenset[str]
    imports: Mapping[str, tuple[Chain, ...]] = field(default_factory=dict)
    loads: tuple[Chain, ...] = ()
    is_effect: bool = False

    @property
    def is_import(self) -> bool:
        """Whether it is nothing but an import."""
        return isinstance(self.node, ast.Import | ast.ImportFrom)

    @cached_property
    def references(self) -> frozenset[Reference]:
        """Everything it mentions; a plain import mentions nothing by itself."""
        return frozenset() if self.is_import else references_of(self.node, self.package)

    @cached_property
    def digest(self) -> bytes:
        """BLAKE2b of what it says, without positions, comments and docstrings."""
        text = repr(sorted(self.imports.items())) if self.is_import else canonical(self.node)
        return blake2b(text.encode(), digest_size=32).digest()

    @cached_property
    def is_mutable(self) -> bool:
        """Whether what it binds may hold state that other code alters by calling methods."""
        match self.node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return bool(self.node.decorator_list)
            case ast.ClassDef():
                return any(_holds_state(statement) for statement in self.node.body)
            case ast.Import() | ast.ImportFrom():
                return False
            case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                return _holds_state(self.node)
            case _:
                return True

    @cached_property
    def has_subclass_hook(self) -> bool:
        """Whether it is a class that runs code for each class derived from it."""
        return isinstance(self.node, ast.ClassDef) and (
            any(
                isinstance(child, ast.FunctionDef) and child.name == "__init_subclass__"
                for child in self.node.body
            )
            or any(
                keyword.arg == "metaclass"
                and (dotted(keyword.value) or ("",))[-1] not in {"ABCMeta", "EnumMeta"}
                for keyword in self.node.keywords
            )
        )


@dataclass(frozen=True, eq=False)
class Module:
    """A parsed source file.

    Attributes
    ----------
    name
        Dotted name.
    pieces
        Its top-level statements in order.
    names
        For each name, the statements that bind it, in order.
    stars
        Dotted names of the modules that are star-imported.
    climbs
        Whether the file seems to step up from its own folder (``..``, ``parents``, two ``parent``).
    """

    name: str
    pieces: tuple[Piece, ...]
    names: Mapping[str, tuple[Piece, ...]]
    stars: tuple[Chain, ...]
    climbs: bool


@lru_cache(maxsize=4096)
def parse(name: str, path: str, is_package: bool, size: int, mtime_ns: int) -> Module:  # noqa: FBT001
    """Parse a source file, once for each size and modification time within a process.

    Raises
    ------
    CodeError
        If the file is not Python.
    """
    source = Path(path).read_bytes()
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError) as error:
        raise CodeError(f"{path} cannot be parsed: {error}") from error
    parts = tuple(name.split("."))
    package = parts if is_package else parts[:-1]
    pieces = tuple(_pieces(tree.body, package, executed=True))
    names: dict[str, list[Piece]] = {}
    stars: list[Chain] = []
    for piece in pieces:
        binds = set(piece.binds)
        if b"global" in source:
            binds.update(*(node.names for node in ast.walk(piece.node) if isinstance(node, ast.Global)))
        for bound in binds:
            names.setdefault(bound, []).append(piece)
        stars.extend(piece.imports.get("*", ()))
    return Module(
        name, pieces, {key: tuple(value) for key, value in names.items()}, tuple(stars), _climbs(tree)
    )


def _pieces(body: Iterable[ast.stmt], package: Chain, *, executed: bool) -> Iterator[Piece]:
    for node in body:
        match node:
            case ast.Import() | ast.ImportFrom():
                yield from _import_pieces(node, package, executed=executed)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield Piece(node, package, frozenset({node.name}))
            case ast.If(test=ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING")):
                yield from _pieces(node.body, package, executed=False)
                yield from _pieces(node.orelse, package, executed=executed)
            case ast.If(test=ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()])):
                yield from _pieces(node.orelse, package, executed=executed)
            case _ if not is_idle(node):
                yield _statement_piece(node, package)


def _import_pieces(node: ast.Import | ast.ImportFrom, package: Chain, *, executed: bool) -> Iterator[Piece]:
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        return
    for name, target, loaded in import_targets(node, package):
        yield Piece(node, package, frozenset({name}), {name: (target,)}, (loaded,) if executed else ())


def _statement_piece(node: ast.stmt, package: Chain) -> Piece:
    bound = bindings_of([node])
    imports: dict[str, tuple[Chain, ...]] = {}
    for statement in bound.imports:
        for name, target, _ in import_targets(statement, package):
            imports[name] = (*imports.get(name, ()), target)
    is_effect = not (
        isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign)
        and all(map(_is_plain_target, _targets(node)))
    )
    return Piece(node, package, frozenset(bound.names | imports.keys()), imports, (), is_effect)


def _targets(node: ast.Assign | ast.AnnAssign | ast.AugAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def _is_plain_target(node: ast.expr) -> bool:
    match node:
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return all(map(_is_plain_target, parts))
        case ast.Starred(value=inner):
            return _is_plain_target(inner)
    return isinstance(node, ast.Name)


def _holds_state(node: ast.stmt) -> bool:
    """Whether a statement assigns anything but literals, names and immutable containers of them."""
    if not isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) or node.value is None:
        return False
    return any(
        isinstance(part, ast.Dict | ast.List | ast.Set | ast.DictComp | ast.ListComp | ast.SetComp)
        or (isinstance(part, ast.Call) and (dotted(part.func) or ("",))[-1] not in _IMMUTABLE_CALLS)
        for part in ast.walk(node.value)
    )


def _climbs(tree: ast.Module) -> bool:
    steps = 0
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr="parents") | ast.Constant(value=".."):
                return True
            case ast.Attribute(attr="parent" | "dirname") | ast.Name(id="dirname"):
                steps += 1
            case ast.Constant(value=str(text)) if "../" in text:
                return True
    return steps > 1
