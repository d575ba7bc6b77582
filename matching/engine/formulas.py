"""How formulas are compiled that both a single pair and whole columns of pairs are computed by."""

from typing import Any

from numba import njit, types
from numba.extending import intrinsic

# Columns are computed several rows at once where nothing in a loop can end it: a division by zero
# gives infinity or NaN here, as in NumPy, instead of an exception. Arrays are not counted as they
# are handed on, which takes as long as to compute a few rows; so formulas cannot make any.
formula = njit(cache=True, error_model="numpy", _nrt=False)  # type: ignore[call-overload]  # not in its stubs


def _bit_count(context: Any, word: Any) -> Any:
    """Return the number of set bits of a 64-bit word: one instruction on most processors."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.ctpop(arguments[0])

    return types.uint64(types.uint64), generate


# What a kernel calls has one argument, the word.
bit_count: Any = intrinsic(_bit_count)
