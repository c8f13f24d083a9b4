"""A package with every way for one piece of code to reach another, and what editing each must change.

Only text is here; the tests write, edit and run it.
"""

from __future__ import annotations

#: The files of the package ``starpack``. Its ``root_*`` functions can be called without arguments.
FILES = '''\
=== __init__.py
"""A package to be edited."""
=== roots.py
"""Roots without side effects."""
from __future__ import annotations

import json
from math import sqrt
from typing import TYPE_CHECKING

import starpack.folding as folding
import starpack.signals
from starpack.bases import Model
from starpack.decorators import logged, scaled
from starpack.kinds import Kind
from starpack.noise import scatter
from starpack.signals import depth, renamed

if TYPE_CHECKING:
    from starpack.calling import called
    from starpack.curves import Curve

LIMIT = 3.0
"""In sigma."""
EDGE = 4
LOW, (HIGH, *REST) = 1, (2, 3)
ORDERS = (1,)
ORDERS += (2,)
METHODS = {"a": folding.by_median}


def flux(): return 1


def root_helper():
    """Scatter of a flux."""
    # a comment
    return scatter([1.0, 2.0])


def root_reexport():
    return depth() + renamed()


def root_same():
    return starpack.signals.same()


def root_twin():
    import starpack.signals.twin
    return starpack.signals.twin.inside()


def root_foreign():
    return sqrt(4)


def root_constant(base=None):
    from starpack.noise import TOP
    return LIMIT + TOP


def root_default(order=2, *, width=EDGE):
    return order + width


@logged
def root_decorated():
    return 1


@scaled(2.0)
def root_scaled():
    return 1


class Search(Model):
    width = 3

    def run(self):
        return self.width


def root_class():
    return Search().twice()


def root_annotated(curve: Curve | None = None):
    return curve


def root_quoted(curve: "list[Curve]" = ()):
    return curve


def root_local(flux=3):
    from starpack.late import needed
    import starpack.late as late
    return needed() + late.wanted() + flux


def root_enum():
    return Kind.TRANSIT


def root_dispatch():
    return METHODS["a"]()


def root_alias():
    return folding.by_mean()


def root_tuple():
    return HIGH


def root_augmented():
    return ORDERS


def _count():
    global COUNT
    COUNT = 131
    return True


COUNTED = _count()


def root_global():
    global COUNT
    COUNT += 0
    return COUNT


doubled = lambda: 141


def root_lambda():
    return doubled()


def folded():
    return 145


def root_comprehended():
    return [folded for folded in (1, 2)], folded()


if __name__ == "__main__":
    print("main")
else:
    IMPORTED = 147


def root_imported():
    return IMPORTED
=== noise.py
"""Noise."""
BASE = 5
TOP = BASE


def middle(values):
    half = 2
    return sorted(values)[len(values) // half]


def scatter(values):
    return middle(values)


def unused():
    return 1


def shared():
    return 33
=== signals/__init__.py
from .box import depth
from starpack.signals.box import other as renamed
from starpack.signals.same import same

twin = None
=== signals/same.py
def same():
    return 19


def beside_same():
    return 20
=== signals/twin.py
def inside():
    return 25
=== signals/box.py
def _ratio():
    return 7


def depth():
    return _ratio()


def other():
    return 17
=== decorators.py
import functools


def logged(function):
    @functools.wraps(function)
    def wrapper():
        return function()
    return wrapper


def scaled(factor):
    def decorate(function):
        @functools.wraps(function)
        def wrapper():
            return factor * function()
        return wrapper
    return decorate
=== bases.py
class Meta(type):
    kept = True


class Base(metaclass=Meta):
    offset = 0


class Model(Base):
    def twice(self):
        return self.run()
=== kinds.py
import enum


class Kind(enum.Enum):
    TRANSIT = 1
=== folding.py
def by_median():
    return 121


def by_mean():
    return 123
=== curves.py
class Curve:
    points: int = 10


class Old:
    pass
=== late.py
def needed():
    return 91


def wanted():
    return 93
=== limb/__init__.py
assert 1 < 2
=== limb/reader.py
from pathlib import Path

FOLDER = Path(__file__).parent


def root_data():
    return (FOLDER / "coefficients.csv").read_text()
=== limb/coefficients.csv
0.1,0.2
=== tables/limits.json
30
=== tables_of_others/limits.json
40
=== files.py
"""Data of another package, which has no code."""
from importlib.resources import files


def root_resource():
    return files("starpack.tables").joinpath("limits.json").read_text()


def root_named(package="starpack.tables"):
    return files(package).joinpath("limits.json").read_text()
=== upward/__init__.py
=== upward/climbing.py
import os

HERE = os.path.dirname(__file__)


def root_climbing():
    with open(os.path.join(HERE, "..", "plain.dat")) as file:
        return file.read()
=== plain.dat
plain
=== stars.py
from starpack.shapes import *


def root_star():
    return box() + shared()
=== shapes.py
from starpack.noise import shared


def box():
    return 21


def spare():
    return 23
=== asking.py
import starpack.methods as methods
from starpack import passed


def root_getattr():
    return getattr(methods, "by_" + "name")()


def root_passed():
    return [module.__dict__["anything"]() for module in [passed]]


def root_lazy():
    from starpack.lazy import absent
    return absent()
=== methods.py
from starpack.starred import *
def by_name():
    return 41
=== starred.py
def by_star():
    return 43
=== passed.py
def anything():
    return 51
=== lazy.py
def __getattr__(name):
    return _found


def _found():
    return 61
=== dynamic.py
def _by_name():
    return 71


def root_globals():
    return globals()["_by" + "_name"]()
=== importing.py
from importlib import import_module as load


def root_importlib():
    return load("starpack.named").function()
=== named.py
def function():
    return 81
=== registered.py
"""Roots that read what other modules put into registries when they are imported."""
import starpack.plugins
from starpack.registry import AREAS, REGISTRY, Door, Lamp, Shape, Shelf, Tool, area


def root_registered():
    return [function() for function in REGISTRY.values()]


def root_dispatched():
    return area(1)


def root_hooked():
    return [shape().area() for shape in Shape.known]


def root_subclasses():
    return [tool().use() for tool in Tool.__subclasses__()]


def root_last():
    return Door.last().use()


def root_shelved():
    return Shelf.item(), Shelf.hung()


def root_lit():
    return [lamp.power for lamp in Lamp.lit]


def root_unregistered():
    return AREAS.get(1)
=== registry.py
from functools import singledispatch

REGISTRY = {}
AREAS = {}


def register(name, function=None):
    if function is None:
        return lambda given: register(name, given)
    REGISTRY[name] = function
    return function


@singledispatch
def area(value):
    return value


class Shape:
    known = []

    def __init_subclass__(cls):
        cls.known.append(cls)


class Tool:
    def use(self):
        return 0


class Shelf:
    pass


def put(function):
    Shelf.item = function
    return function


def hang(function):
    setattr(Shelf, "hung", function)
    return function


class Door:
    def __init_subclass__(cls):
        cls.__base__.last = cls


class Lamp:
    lit = []

    def __init__(self, power):
        self.power = power
        self.lit.append(self)
=== plugins.py
from starpack.registry import REGISTRY, Door, Lamp, Shape, Tool, area, hang, put, register


def from_call():
    return 101


@register("decorator")
def from_decorator():
    return 103


def assigned():
    return 105


REGISTRY |= {"merged": lambda: 113}


kept = register("assignment", assigned)


@area.register
def _(value: int):
    return 107


class Square(Shape):
    def area(self):
        return 109


class Saw(Tool):
    def use(self):
        return 111


@put
def shelved():
    return 119


@hang
def hung():
    return 118


class Gate(Door):
    def use(self):
        return 117


BEDSIDE = Lamp(115)
=== calling.py
"""A bare call, which counts for whatever imports the module."""
import atexit
from importlib import import_module

from starpack import registry


def called():
    return 151


registry.register("call", called)


@atexit.register
def at_the_end():
    return 153


LOADED = import_module("starpack.named_plugin")


def root_calling():
    return registry.REGISTRY["call"]()


def root_beside():
    return 1
=== named_plugin.py
from starpack.registry import register

register("named", lambda: 155)
=== circle_a.py
try:
    from starpack.circle_b import around
except ImportError:
    def around():
        return 221


def root_circle():
    return around()
=== circle_b.py
from starpack.circle_a import around
=== conditional.py
try:
    import a_library_that_is_not_there as fast
except ImportError:
    fast = None

if fast is None:
    def chosen():
        return 161
else:
    chosen = fast.chosen


def root_conditional():
    return chosen()
=== texts.py
def explained():
    """Help."""


def root_text():
    return explained.__doc__
=== resolved.py
"""Unusual ways to name things, all of which can be traced."""
import dataclasses
from contextlib import suppress
from functools import partial

import starpack
import starpack.odd.ways
from starpack import noise as _noise
from .odd import ways as w
from .odd.again import *

with suppress(ImportError):
    from starpack.odd.optional import optional

for _index in range(2):
    INDEXED = w.indexed(_index)

if (WALRUS := w.walrus()):
    pass

aliased = w.aliased
filled = partial(w.filled, 1)


@dataclasses.dataclass
class Filled:
    made: int = dataclasses.field(default_factory=w.made)

    class Inner:
        from starpack.odd.ways import inner


def root_odd():
    def nested(value=starpack.odd.ways.nested_default()):
        return value + optional() + aliased() + filled() + again()
    return f"{w.formatted()}", nested(), INDEXED, WALRUS, Filled(), Filled.Inner.inner


async def coroutine():
    return [value async for value in w.generated()]


def root_async():
    return coroutine().close()


def root_matched(value=3):
    match value:
        case w.Matched():
            return 1
=== odd/__init__.py
=== odd/again.py
from starpack.odd.more import *
=== odd/more.py
from starpack.odd.again import *


def again():
    return 201
=== odd/optional.py
def optional():
    return 202
=== odd/ways.py
def indexed(index): return 203
def walrus(): return 204
def aliased(): return 205
def filled(value): return 206
def made(): return 207
def inner(): return 208
def nested_default(): return 209
def formatted(): return 210
def generated(): return 211
class Matched: kind = 212
=== unresolved.py
def root_everything(name="starpack.noise"):
    import importlib
    return importlib.import_module(name).scatter([1])
'''

#: For each kind of edit: file, text, new text (for all of a file where the text is empty), and the roots
#: that it makes stale. ``everything`` imports by a computed name: any edit but the ``IDLE`` makes it stale.
EDITS = {
    "comment": ("roots.py", "# a comment", "# another\n    # and one more", ""),
    "docstring": ("roots.py", '"""Scatter of a flux."""', '"""Something else."""', ""),
    "no docstring": ("roots.py", '    """Scatter of a flux."""\n', "", ""),
    "module docstring": ("noise.py", '"""Noise."""', '"""Loud\n\nnoise."""', ""),
    "docstring of a constant": ("roots.py", '"""In sigma."""', '"""Sigmas."""', ""),
    "formatting": ("roots.py", "scatter([1.0, 2.0])", "(scatter(\n        [1.0,\n        2.00,]))", ""),
    "definition removed": ("noise.py", "def unused():\n    return 1\n\n\n", "", ""),
    "unrelated import": ("roots.py", "import json\n", "import json, csv\n", ""),
    "typing import": ("roots.py", "curves import Curve", "curves import Curve, Old", ""),
    "main guard": ("roots.py", 'print("main")', 'print("guarded")', ""),
    "unrelated function": ("noise.py", "return 1", "return 2", ""),
    "shadowed by a parameter": ("roots.py", "def flux(): return 1", "def flux(): return 2", ""),
    "helper": ("noise.py", "return middle(", "return 1.5 * middle(", "helper"),
    "helper of a helper": ("noise.py", "half = 2", "half = 3", "helper"),
    "re-export": ("signals/box.py", "return 7", "return 8", "reexport"),
    "re-export renamed": ("signals/box.py", "return 17", "return 18", "reexport"),
    "re-export redirected": ("signals/__init__.py", "other as", "depth as", "reexport"),
    "function named as its module": ("signals/same.py", "19", "29", "same"),
    "module of a function of its name": ("signals/same.py", "20", "30", ""),
    "module hiding a name": ("signals/twin.py", "25", "26", "twin"),
    "foreign import": ("roots.py", "from math import sqrt", "from cmath import sqrt", "foreign"),
    "constant": ("roots.py", "LIMIT = 3.0", "LIMIT = 3", "constant"),
    "alias of a constant": ("noise.py", "BASE = 5", "BASE = 6", "constant"),
    "default": ("roots.py", "order=2", "order=3", "default"),
    "keyword default": ("roots.py", "width=EDGE", "width=EDGE + 1", "default"),
    "constant in a default": ("roots.py", "EDGE = 4", "EDGE = 5", "default"),
    "decorator": ("decorators.py", "return function()", "return function() or None", "decorated"),
    "decorator added": ("roots.py", "@logged", "@logged\n@logged", "decorated"),
    "decorator factory": ("decorators.py", "factor * function()", "factor + function()", "scaled"),
    "decorator argument": ("roots.py", "@scaled(2.0)", "@scaled(2.5)", "scaled"),
    "class attribute": ("roots.py", "    width = 3", "    width = 9", "class"),
    "method": ("roots.py", "return self.width", "return -self.width", "class"),
    "base class": ("bases.py", "return self.run()", "return self.run() + 1", "class"),
    "base of the base": ("bases.py", "offset = 0", "offset = 1", "class"),
    "metaclass": ("bases.py", "kept = True", "kept = False", "class"),
    "data file": ("limb/coefficients.csv", "0.1,0.2", "0.1,0.3", "data climbing named"),
    "data file added below": ("limb/deeper/more.csv", "", "1,2\n", "data climbing named"),
    "data of a named package": ("tables/limits.json", "30", "31", "resource climbing named"),
    "data of a package with a longer name": ("tables_of_others/limits.json", "40", "41", "climbing named"),
    "data reached upwards": ("plain.dat", "plain", "fancy", "climbing named"),
    "star import": ("shapes.py", "return 21", "return 22", "star"),
    "star import of a re-export": ("noise.py", "return 33", "return 34", "star"),
    "unused part of a star import": ("shapes.py", "return 23", "return 24", ""),
    "getattr": ("methods.py", "return 41", "return 42", "getattr"),
    "module passed on": ("passed.py", "return 51", "return 52", "passed"),
    "name that is not found": ("lazy.py", "return 61", "return 62", "lazy"),
    "globals": ("dynamic.py", "return 71", "return 72", "globals"),
    "importlib": ("named.py", "return 81", "return 82", "importlib"),
    "annotation": ("curves.py", "points: int = 10", "points: int = 11", "annotated quoted"),
    "local import": ("late.py", "return 91", "return 92", "local"),
    "local module": ("late.py", "return 93", "return 94", "local"),
    "registered by a call": ("calling.py", "return 151", "return 152", "calling beside"),
    "text in two parts": ("calling.py", '("call", called)', '("c" "all", called, )', ""),
    "registered under another name": ("calling.py", 'register("call"', 'register("coll"', "calling beside"),
    "registered by a decorator": ("plugins.py", "return 103", "return 104", "registered"),
    "registered by an assignment": ("plugins.py", "return 105", "return 106", "registered"),
    "single dispatch": ("plugins.py", "return 107", "return 108", "dispatched"),
    "subclass hook": ("plugins.py", "return 109", "return 110", "hooked"),
    "subclasses": ("plugins.py", "return 111", "return 112", "subclasses"),
    "registered in place": ("plugins.py", "lambda: 113", "lambda: 114", "registered"),
    "registered by an instance": ("plugins.py", "Lamp(115)", "Lamp(116)", "lit"),
    "not registered": ("plugins.py", "return 101", "return 102", ""),
    "enum member": ("kinds.py", "TRANSIT = 1", "TRANSIT = 5", "enum"),
    "dispatch constant": ("folding.py", "return 121", "return 122", "dispatch"),
    "module alias": ("folding.py", "return 123", "return 124", "alias"),
    "tuple": ("roots.py", "(2, 3)", "(2, 4)", "tuple"),
    "augmented": ("roots.py", "ORDERS += (2,)", "ORDERS += (3,)", "augmented"),
    "assigned twice": ("roots.py", "ORDERS = (1,)", "ORDERS = (0,)", "augmented"),
    "conditional definition": ("conditional.py", "return 161", "return 162", "conditional"),
    "conditional import": ("conditional.py", "except ImportError", "except Exception", "conditional"),
    "global statement": ("roots.py", "COUNT = 131", "COUNT = 132", "global"),
    "module-level lambda": ("roots.py", "lambda: 141", "lambda: 142", "lambda"),
    "two star imports in a circle": ("odd/more.py", "201", "301", "odd"),
    "imported within a with": ("odd/optional.py", "202", "302", "odd"),
    "made in a loop": ("odd/ways.py", "203", "303", "odd async matched"),
    "assigned in an expression": ("odd/ways.py", "204", "304", "odd async matched"),
    "alias of a function": ("odd/ways.py", "205", "305", "odd"),
    "partial": ("odd/ways.py", "206", "306", "odd"),
    "default factory": ("odd/ways.py", "207", "307", "odd"),
    "import in a class": ("odd/ways.py", "208", "308", "odd"),
    "default of a nested function": ("odd/ways.py", "209", "309", "odd"),
    "formatted string": ("odd/ways.py", "210", "310", "odd"),
    "asynchronous function": ("odd/ways.py", "211", "311", "async"),
    "matched class": ("odd/ways.py", "212", "312", "matched"),
    "name of a comprehension's variable": ("roots.py", "145", "146", "comprehended"),
    "beside the main guard": ("roots.py", "147", "148", "imported"),
    "statement of a parent package": ("limb/__init__.py", "1 < 2", "1 < 3", "data"),
    "getattr of a star import": ("starred.py", "43", "44", "getattr"),
    "subclass hook without a list": ("plugins.py", "117", "118", "last"),
    "put into an attribute": ("plugins.py", "119", "120", "shelved"),
    "set as an attribute": ("plugins.py", "118", "128", "shelved"),
    "aliases in a circle": ("circle_a.py", "221", "222", "circle"),
    "registered with a library": ("calling.py", "153", "154", "calling beside"),
    "loaded by name": ("named_plugin.py", "155", "156", "calling beside"),
    "text of the code": ("texts.py", "Help.", "More help.", "text"),
}
#: The edits that change nothing that runs.
IDLE = (
    "comment",
    "docstring",
    "no docstring",
    "module docstring",
    "docstring of a constant",
    "formatting",
    "main guard",
    "text in two parts",
)
