"""What a piece of Python source mentions: dotted names, imports, and what it may alter.

Only the reading of one syntax tree lives here; finding what a name stands for is in
:mod:`astro_assets.ledger.code_graph`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from astro_assets.ledger.code_syntax import Chain, bindings_of, dotted, import_targets, root_of

Use = Literal["reads", "loads", "stores", "alters"]

#: Stands for the mentioning module itself where a dynamic call gets ``__name__`` or ``__package__``.
OWN_MODULE: Final = "<own module>"
#: Attributes that make a definition depend on more than names, on whatever object they are read.
_TELLING_ATTRIBUTES: Final = frozenset({"__doc__", "__globals__", "__subclasses__"})
#: Methods of containers, strings and patterns that leave the object as it was.
_READING_METHODS: Final = frozenset(
    "copy count difference endswith findall finditer format fullmatch get index intersection isdisjoint "  # noqa: SIM905
    "issubset issuperset items join keys lower match replace search split startswith strip sub union upper "
    "values".split()
)
#: Builtins that neither keep nor alter their arguments.
_READING_BUILTINS: Final = frozenset(
    "all any bool dict enumerate float frozenset hash int isinstance issubclass iter len list max min "  # noqa: SIM905
    "next print range repr reversed round set sorted str sum tuple type zip".split()
)
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Reference(NamedTuple):
    """A dotted name that a piece of source mentions.

    Attributes
    ----------
    chain
        The name and the attributes read from it, ``("np", "log")``.
    use
        ``reads``; ``loads`` for an import; ``stores`` for an assignment to a part of it;
        ``alters`` where a method, or somebody it is handed to, may change it.
    is_absolute
        Whether the chain begins with a module's dotted name rather than in the mentioning module.
    at_import
        Whether importing the module runs this very mention.
    is_called
        Whether it is called, decorates or is inherited from.
    argument
        The constant text of the first argument (or subscript), when there is one.
    """

    chain: Chain
    use: Use
    is_absolute: bool
    at_import: bool
    is_called: bool
    argument: str | None


def references_of(node: ast.stmt, package: Chain) -> frozenset[Reference]:
    """Return everything that a statement mentions, anywhere within.

    Parameters
    ----------
    node
        A statement of a module's top level.
    package
        The package that the module's relative imports start from.
    """
    visitor = _Mentions(package)
    visitor.visit(node)
    return frozenset(visitor.found)


def _constant(node: ast.AST | None) -> str | None:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id="__name__" | "__package__"):
            return OWN_MODULE
    return None


class _Mentions(ast.NodeVisitor):
    def __init__(self, package: Chain) -> None:
        self.found: set[Reference] = set()
        self._package = package
        self._scopes: list[dict[str, list[Chain]]] = []
        self._annotations = 0

    def _mention(
        self, chain: Chain, use: Use = "reads", *, called: bool = False, argument: str | None = None
    ) -> None:
        at_import = not self._scopes and not self._annotations
        for scope in reversed(self._scopes):
            if chain[0] in scope:
                targets = [(target + chain[1:], True) for target in scope[chain[0]]]
                break
        else:
            targets = [(chain, False)]
        self.found.update(
            Reference(full, use, absolute, at_import, called, argument) for full, absolute in targets
        )

    def _change(self, node: ast.AST, use: Use) -> None:
        if (chain := root_of(node)) is not None:
            self._mention(chain, use)

    def _read(self, node: ast.AST, argument: str | None = None) -> None:
        """Visit a node whose value is looked at here and not handed on."""
        if (chain := dotted(node)) is None:
            self.visit(node)
        else:
            self._mention(chain, argument=argument)
            self._attributes(chain)

    def _attributes(self, chain: Chain) -> None:
        for name in _TELLING_ATTRIBUTES.intersection(chain[1:]):
            self._mention((name,))

    def _callee(self, node: ast.AST, argument: str | None = None) -> None:
        if isinstance(node, ast.Attribute) and node.attr not in _READING_METHODS:
            self._change(node.value, "alters")
        if (chain := dotted(node)) is None:
            self.visit(node)
        else:
            self._mention(chain, called=True, argument=argument)
            self._attributes(chain)

    def _annotation(self, node: ast.AST | None) -> None:
        if node is not None:
            self._annotations += 1
            self.visit(node)
            self._annotations -= 1

    def _body(self, arguments: ast.arguments, body: Iterable[ast.AST]) -> None:
        body = list(body)
        bound = bindings_of(body)
        scope: dict[str, list[Chain]] = {name: [] for name in bound.names - bound.outer}
        scope |= {argument.arg: [] for argument in _all_arguments(arguments)}
        for statement in bound.imports:
            for name, target, _ in import_targets(statement, self._package):
                scope.setdefault(name, []).append(target)
        self._scopes.append(scope)
        for node in body:
            self.visit(node)
        self._scopes.pop()

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load) or not self._scopes:
            self._mention((node.id,))
        if self._scopes and not self._annotations:
            self._mention((node.id,), "alters" if isinstance(node.ctx, ast.Load) else "stores")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._change(node, "stores")
        if (chain := dotted(node)) is None:
            self.visit(node.value)
            self._attributes(("", node.attr))
        else:
            self._read(node)
            if self._scopes and not self._annotations:
                self._mention(chain, "alters")

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._change(node.value, "stores")
        self._read(node.value, _constant(node.slice))
        self.visit(node.slice)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self._mention((node.target.id,))
            self._mention((node.target.id,), "alters")  # in place, also where the object is another module's
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        self._callee(node.func, _constant(node.args[0]) if node.args else None)
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in {"setattr", "delattr"} and node.args:
            self._change(node.args[0], "stores")
        for argument in node.args:
            if name in _READING_BUILTINS:
                self._read(argument)
            else:
                self.visit(argument)
        for keyword in node.keywords:
            self.visit(keyword.value)

    def visit_Compare(self, node: ast.Compare) -> None:
        for operand in (node.left, *node.comparators):
            self._read(operand)

    def visit_comprehension(self, node: ast.comprehension) -> None:
        self._read(node.iter)
        for condition in node.ifs:
            self.visit(condition)
        self.visit(node.target)

    def visit_For(self, node: ast.For) -> None:
        self._read(node.iter)
        for child in (node.target, *node.body, *node.orelse):
            self.visit(child)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.target)
        self._annotation(node.annotation)
        if node.value is not None:
            self.visit(node.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        if self._annotations and isinstance(node.value, str):
            try:
                self.visit(ast.parse(node.value, mode="eval").body)
            except (SyntaxError, ValueError):  # Literal["a b"], Annotated[..., "text"]: no name is meant
                return

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for _, _, loaded in import_targets(node, self._package):
            self.found.add(Reference(loaded, "loads", True, not self._scopes, False, None))

    visit_ImportFrom = visit_Import  # noqa: N815  the name ast.NodeVisitor looks for

    def visit_FunctionDef(self, node: _Function) -> None:
        for decorator in node.decorator_list:
            self._decorator(decorator)
        self._defaults(node.args)
        self._type_parameters(node)
        for argument in _all_arguments(node.args):
            self._annotation(argument.annotation)
        self._annotation(node.returns)
        self._body(node.args, node.body)

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815  likewise

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._defaults(node.args)
        self._body(node.args, [node.body])

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for decorator in node.decorator_list:
            self._decorator(decorator)
        self._type_parameters(node)
        for base in (*node.bases, *(keyword.value for keyword in node.keywords)):
            self._callee(base)
        for statement in node.body:
            self.visit(statement)
        for statement in bindings_of(node.body).imports:
            for _, target, _ in import_targets(statement, self._package):
                self.found.add(Reference(target, "reads", True, not self._scopes, False, None))

    def _type_parameters(self, node: _Function | ast.ClassDef) -> None:
        for parameter in getattr(node, "type_params", ()):  # Python 3.12
            self.visit(parameter)

    def _decorator(self, node: ast.expr) -> None:
        if isinstance(node, ast.Call):
            self.visit(node)
        else:
            self._callee(node)

    def _defaults(self, arguments: ast.arguments) -> None:
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is not None:
                self.visit(default)


def _all_arguments(arguments: ast.arguments) -> list[ast.arg]:
    listed = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return listed + [argument for argument in (arguments.vararg, arguments.kwarg) if argument is not None]
