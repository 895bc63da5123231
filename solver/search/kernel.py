"""How functions of this package are compiled: once per machine and state of the sources, outside the interpreter lock.

Kernels take whole records of arrays (`Block`). Numba would pass each array of a tuple by value and count references to
each, which costs more than what most kernels do; a Block is one pointer to a table of addresses and shapes, and its
arrays are made where they are used. Nothing in a kernel allocates, so reference counting is off altogether.
"""

from dataclasses import fields
from typing import Any, TypeVar

import numba
import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.core.datamodel.registry import register_default
from numba.core.typing.templates import AttributeTemplate
from numba.extending import NativeValue, infer_getattr, lower_getattr_generic, typeof_impl, unbox
from numba.np.arrayobj import make_array, populate_array
from numba.np.numpy_support import from_dtype

from solver.search.cache import cache_folder

_Function = TypeVar("_Function")
_MOST_DIMENSIONS = 3
_WORDS = 1 + _MOST_DIMENSIONS
"""Of the table, for each array: its address and its shape."""


numba.config.CACHE_DIR = str(cache_folder())  # type: ignore[attr-defined]  # set by numba when it reads its settings


def kernel(function: _Function) -> _Function:
    """Compile on the first call, keep on disk, run without the interpreter lock."""
    compiling: Any = njit  # its own types know neither `_nrt` nor that what comes back is called as before
    compiled: _Function = compiling(cache=True, nogil=True, error_model="numpy", _nrt=False)(function)
    return compiled


class Block:
    """A dataclass of C-ordered arrays of at most three dimensions, which kernels read and write as attributes."""

    def __post_init__(self) -> None:
        table = np.zeros((len(fields(self)), _WORDS), np.int64)  # type: ignore[arg-type]  # subclasses are dataclasses
        for row, one in enumerate(fields(self)):  # type: ignore[arg-type]
            array = getattr(self, one.name)
            assert array.flags.c_contiguous, one.name
            assert array.ndim <= _MOST_DIMENSIONS, one.name
            table[row, 0] = array.ctypes.data
            table[row, 1 : 1 + array.ndim] = array.shape
        self._table = table

    @property
    def address(self) -> int:
        """Of the table."""
        return int(self._table.ctypes.data)

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return type(self), tuple(getattr(self, one.name) for one in fields(self))  # type: ignore[arg-type]


class _BlockType(types.Type):
    """Numba's view of one class of Block: names and types of its arrays, in order."""

    def __init__(self, name: str, arrays: tuple[tuple[str, Any], ...]) -> None:
        super().__init__(f"Block({name}: {arrays})")
        self.arrays = dict(arrays)


@register_default(_BlockType)
class _BlockModel(models.PrimitiveModel):
    def __init__(self, manager: Any, block: _BlockType) -> None:
        super().__init__(manager, block, ir.IntType(64))


@typeof_impl.register(Block)
def _type_of(block: Block, _context: Any) -> _BlockType:
    arrays = []
    for one in fields(block):  # type: ignore[arg-type]
        array = getattr(block, one.name)
        arrays.append((one.name, types.Array(from_dtype(array.dtype), array.ndim, "C")))
    return _BlockType(type(block).__name__, tuple(arrays))


@unbox(_BlockType)
def _unbox(_block: _BlockType, value: Any, context: Any) -> NativeValue:
    address = context.pyapi.object_getattr_string(value, "address")
    pointer = context.pyapi.long_as_longlong(address)
    context.pyapi.decref(address)
    return NativeValue(pointer, is_error=cgutils.is_not_null(context.builder, context.pyapi.err_occurred()))


@infer_getattr
class _BlockAttributes(AttributeTemplate):
    key = _BlockType

    def generic_resolve(self, block: Any, name: str) -> Any:  # type: ignore[override]  # numba's own is a stub
        return block.arrays.get(name)


@lower_getattr_generic(_BlockType)
def _array_of(context: Any, builder: Any, block: Any, pointer: Any, name: str) -> Any:
    """Make the array from its row of the table."""
    word = ir.IntType(64)
    row = list(block.arrays).index(name) * _WORDS
    table = builder.inttoptr(pointer, word.as_pointer())

    def entry(index: int) -> Any:
        return builder.load(builder.gep(table, [ir.Constant(word, row + index)]))

    kind = block.arrays[name]
    size = ir.Constant(word, context.get_abi_sizeof(context.get_data_type(kind.dtype)))
    shape = [entry(1 + axis) for axis in range(kind.ndim)]
    strides = [size]
    for extent in reversed(shape[1:]):
        strides.insert(0, builder.mul(strides[0], extent))
    array = make_array(kind)(context, builder)
    data = builder.inttoptr(entry(0), context.get_data_type(kind.dtype).as_pointer())
    populate_array(array, data=data, shape=shape, strides=strides, itemsize=size, meminfo=None)
    return array._getvalue()
