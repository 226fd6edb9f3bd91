"""Reads and writes that the compiler may reorder: what is read by `peek` is never written by `put` in a loop.

Without that promise a loop that gathers from one array and writes another is not vectorised.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba.core import cgutils, types
from numba.extending import intrinsic


def _scope(builder: ir.IRBuilder) -> Any:
    """Return the alias scope of what `peek` reads."""
    domain = builder.module.add_metadata(["sarhad.viewshed"])
    return builder.module.add_metadata([builder.module.add_metadata(["sarhad.read", domain])])


def _pointer(context: Any, builder: ir.IRBuilder, kind: Any, value: Any, index: Any) -> Any:
    """Return the address of an element of a contiguous one-dimensional array."""
    array = context.make_array(kind)(context, builder, value)
    return cgutils.gep_inbounds(builder, array.data, index)  # type: ignore[no-untyped-call]


def _peek(typing_context: Any, array: Any, index: Any) -> Any:  # noqa: ARG001
    """Return ``array[index]``; index is not negative and not checked."""

    def code(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        place = context.cast(builder, args[1], signature.args[1], types.intp)
        found = builder.load(_pointer(context, builder, signature.args[0], args[0], place))
        found.set_metadata("alias.scope", _scope(builder))
        return found

    return array.dtype(array, index), code


def _peek_pair(typing_context: Any, array: Any, index: Any) -> Any:  # noqa: ARG001
    """Return ``array[index], array[index + 1]`` of float32, read at once: half the gathers."""

    def code(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        place = context.cast(builder, args[1], signature.args[1], types.intp)
        pointer = _pointer(context, builder, signature.args[0], args[0], place)
        both = builder.load(builder.bitcast(pointer, ir.IntType(64).as_pointer()), align=4)
        both.set_metadata("alias.scope", _scope(builder))
        halves = (both, builder.lshr(both, ir.Constant(ir.IntType(64), 32)))
        found = [builder.bitcast(builder.trunc(half, ir.IntType(32)), ir.FloatType()) for half in halves]
        return context.make_tuple(builder, signature.return_type, found)

    pair = types.UniTuple(types.float32, 2)  # type: ignore[no-untyped-call]
    return pair(array, index), code


def _own(typing_context: Any, array: Any, index: Any) -> Any:  # noqa: ARG001
    """Return ``array[index]``, which the same turn of the loop may write; index is not negative and not checked."""

    def code(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        place = context.cast(builder, args[1], signature.args[1], types.intp)
        return builder.load(_pointer(context, builder, signature.args[0], args[0], place))

    return array.dtype(array, index), code


def _put(typing_context: Any, array: Any, index: Any, value: Any) -> Any:  # noqa: ARG001
    """Set ``array[index]``; index is not negative and not checked."""

    def code(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        place = context.cast(builder, args[1], signature.args[1], types.intp)
        kept = builder.store(args[2], _pointer(context, builder, signature.args[0], args[0], place))
        kept.set_metadata("noalias", _scope(builder))
        return context.get_dummy_value()

    return types.none(array, index, array.dtype), code


own: Any = intrinsic(_own)
peek_pair: Any = intrinsic(_peek_pair)
peek: Any = intrinsic(_peek)
put: Any = intrinsic(_put)
