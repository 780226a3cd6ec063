"""Rules with planted bugs, each beside its correct twin: the proof that the checks find bugs.

`ONE_EACH` has one for each check. `ZOO` has mistakes of the kinds that published libraries have
had; where one was reported, a number such as ``torch #773`` is an issue or pull request of the
repository.
"""

from __future__ import annotations

from types import ModuleType
from typing import Final

from planted import (
    complexes,
    dtypes,
    indexing,
    keywords,
    kinks,
    memory,
    one_each,
    one_each_in_use,
    orders,
    outputs,
    products,
    rankings,
    reductions,
    scales,
    state,
)
from planted.model import Planted

__all__ = ["FAMILIES", "ONE_EACH", "ZOO", "Planted"]


def _of(module: ModuleType) -> list[Planted]:
    return [value for value in vars(module).values() if isinstance(value, Planted)]


ONE_EACH: Final = [*_of(one_each), *_of(one_each_in_use)]
FAMILIES: Final = {
    module.__name__.rpartition(".")[2]: _of(module)
    for module in (
        reductions,
        rankings,
        products,
        indexing,
        kinks,
        scales,
        complexes,
        dtypes,
        memory,
        state,
        keywords,
        orders,
        outputs,
    )
}
ZOO: Final = [planted for family in FAMILIES.values() for planted in family]
