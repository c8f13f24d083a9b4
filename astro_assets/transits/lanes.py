"""Sixteen float32 numbers as one value of compiled loops: a lane for each of 16 stars.

Only the value type and its operations live here. LLVM puts a plain loop over 16 accumulators into memory; a
vector type keeps them in registers: one AVX-512 register, two of AVX2, four of NEON. Each operation is that
of IEEE 754, lane by lane: a lane's result is the same whatever the others hold and whatever the registers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from llvmlite import ir
from numba import types
from numba.core.cgutils import get_or_insert_function
from numba.core.errors import TypingError
from numba.extending import intrinsic, models, register_model

#: Stars a vector.
LANES: Final = 16
_VECTOR: Final = ir.VectorType(ir.FloatType(), LANES)
#: LLVM's name of the square root of such a vector.
_SQUARE_ROOT: Final = f"llvm.sqrt.v{LANES}f32"
#: Of a float32. Loads of aligned arrays are as fast with it, and others are allowed.
_ALIGNMENT: Final = 4

#: Numba's decorator, whose results are called without the first argument.
_operation: Final[Any] = intrinsic

Signature = tuple[Any, Callable[[Any, Any, Any, Any], Any]]


class _Lanes(types.Type):
    """Numba's name for the vector."""

    def __init__(self) -> None:
        super().__init__(name="Lanes16")


lanes: Final = _Lanes()


@register_model(_Lanes)
class _LanesModel(models.PrimitiveModel):
    """The vector is itself in registers and on the stack."""

    def __init__(self, manager: Any, numba_type: Any) -> None:
        super().__init__(manager, numba_type, _VECTOR)


def _place(context: Any, builder: Any, array_type: Any, array: Any, index: Any) -> Any:
    if array_type.layout != "C":
        raise TypingError("vectors are read from contiguous arrays only")
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [index]), _VECTOR.as_pointer())


def _loaded(builder: Any, place: Any) -> Any:
    value = builder.load(place)
    value.align = _ALIGNMENT
    return value


def _spread(builder: Any, number: Any) -> Any:
    nothing = ir.Constant(_VECTOR, ir.Undefined)
    index = ir.IntType(32)
    first = builder.insert_element(nothing, number, ir.Constant(index, 0))
    zeros = ir.Constant(ir.VectorType(index, LANES), [0] * LANES)
    return builder.shuffle_vector(first, nothing, zeros)


@_operation
def load(typing: Any, array: Any, index: Any) -> Signature:
    """Return ``array[index : index + 16]`` of a contiguous float32 array."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _loaded(builder, _place(context, builder, signature.args[0], *arguments))

    return lanes(array, types.intp), code


@_operation
def load_sum(typing: Any, array: Any, index: Any, offsets: Any) -> Signature:
    """Return the sum of ``array[index + offset : index + offset + 16]`` over a tuple of offsets.

    The first one or two, as their number is odd or even, then pair after pair: the same for any array.
    """

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        rows, first, tuple_of_offsets = arguments
        parts = []
        for number in range(offsets.count):
            at = builder.add(first, builder.extract_value(tuple_of_offsets, number))
            parts.append(_loaded(builder, _place(context, builder, signature.args[0], rows, at)))
        total = parts[0] if len(parts) % 2 else builder.fadd(*parts[:2])
        for number in range(2 - len(parts) % 2, len(parts), 2):
            total = builder.fadd(total, builder.fadd(*parts[number : number + 2]))
        return total

    return lanes(array, types.intp, offsets), code


@_operation
def numbers(typing: Any, array: Any, index: Any, like: Any) -> Signature:
    """Return as a tuple the numbers from ``index`` on of an array of int64, as many as another has."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        rows, at, _ = arguments
        data = context.make_array(array)(context, builder, rows).data
        values = context.get_constant_undef(like)
        for number in range(like.count):
            place = builder.gep(data, [builder.add(at, context.get_constant(types.intp, number))])
            values = builder.insert_value(values, builder.load(place), number)
        return values

    return like(array, types.intp, like), code


@_operation
def store(typing: Any, array: Any, index: Any, value: Any) -> Signature:
    """Write to ``array[index : index + 16]``."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        rows, first, vector = arguments
        written = builder.store(vector, _place(context, builder, signature.args[0], rows, first))
        written.align = _ALIGNMENT
        return context.get_dummy_value()

    return types.void(array, types.intp, lanes), code


@_operation
def splat(typing: Any, number: Any) -> Signature:
    """Return 16 times one number."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _spread(builder, arguments[0])

    return lanes(types.float32), code


@_operation
def load_each(typing: Any, array: Any, index: Any, values: Any) -> Signature:
    """Return a tuple of the vectors that follow each other in an array, one for each element of a tuple."""
    kind = types.UniTuple(lanes, values.count)

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        rows, at, _ = arguments
        vectors = context.get_constant_undef(kind)
        for number in range(values.count):
            vector = _loaded(builder, _place(context, builder, array, rows, at))
            vectors = builder.insert_value(vectors, vector, number)
            at = builder.add(at, context.get_constant(types.intp, LANES))
        return vectors

    return kind(array, types.intp, values), code


def _elementwise(instruction: str) -> Any:
    """Return the operation on two vectors that LLVM has as one instruction."""

    @_operation
    def operation(typing: Any, first: Any, second: Any) -> Signature:
        def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return getattr(builder, instruction)(*arguments)

        return lanes(lanes, lanes), code

    return operation


add: Final = _elementwise("fadd")
subtract: Final = _elementwise("fsub")
multiply: Final = _elementwise("fmul")
divide: Final = _elementwise("fdiv")


@_operation
def square_root(typing: Any, value: Any) -> Signature:
    """Return the square roots of numbers that are not negative."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        kind = ir.FunctionType(_VECTOR, [_VECTOR])
        return builder.call(get_or_insert_function(builder.module, kind, _SQUARE_ROOT), arguments)

    return lanes(lanes), code


@_operation
def maximum(typing: Any, first: Any, second: Any) -> Signature:
    """Return the larger of each two numbers; ``second`` where they are equal or one is NaN."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", *arguments), *arguments)

    return lanes(lanes, lanes), code


@_operation
def raise_maxima(typing: Any, maxima: Any, values: Any, scales: Any, index: Any, step: Any) -> Signature:
    """Raise a tuple of vectors to the last as many of a tuple of vectors, each multiplied by its scale.

    The scales are ``scales[index]``, ``scales[index + step]`` and so on of a float32 array: one for all
    lanes, shape (n,), or 16 each, shape (n, 16).
    """

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        highest, vectors, array, at, further = arguments
        for number in range(maxima.count):
            vector = builder.extract_value(vectors, values.count - maxima.count + number)
            product = builder.fmul(vector, _scale(context, builder, scales, array, at))
            old = builder.extract_value(highest, number)
            new = builder.select(builder.fcmp_ordered(">", product, old), product, old)
            highest = builder.insert_value(highest, new, number)
            at = builder.add(at, further)
        return highest

    return maxima(maxima, values, scales, types.intp, types.intp), code


def _scale(context: Any, builder: Any, scales: Any, array: Any, index: Any) -> Any:
    if scales.ndim == 1:
        data = context.make_array(scales)(context, builder, array).data
        return _spread(builder, builder.load(builder.gep(data, [index])))
    place = builder.mul(index, context.get_constant(types.intp, LANES))
    return _loaded(builder, _place(context, builder, scales, array, place))


@_operation
def where_above(typing: Any, value: Any, bound: Any, chosen: Any, other: Any) -> Signature:
    """Return ``chosen`` in the lanes in which ``value > bound``, and ``other`` elsewhere."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", *arguments[:2]), *arguments[2:])

    return lanes(lanes, lanes, lanes, lanes), code
