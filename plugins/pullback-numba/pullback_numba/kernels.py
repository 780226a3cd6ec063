"""Kernels: code that numba compiles for some types of arguments, to be called from a graph."""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Any, Final

import numpy as np

import pullback
from pullback_numba.cache import digest, imported
from pullback_numba.values import Given, Value
from pullback_numba.writing import Text

__all__ = ["Kernel", "Settings", "kernel_of"]

_lock: Final = RLock()
_CONTIGUOUS_AND_ALIGNED: Final = 0x0001 | 0x0100
"""``NPY_ARRAY_C_CONTIGUOUS | NPY_ARRAY_ALIGNED`` of NumPy's C interface."""
_ONLY_LOOPS: Final = {
    "prange": True,
    "comprehension": False,
    "reduction": False,
    "inplace_binop": False,
    "setitem": False,
    "numpy": False,
    "stencil": False,
    "fusion": False,
}
"""What numba runs in several threads."""


@dataclass(frozen=True)
class Settings:
    """How kernels are compiled."""

    parallel: bool
    folder: Path


@dataclass(frozen=True)
class Kernel:
    """Compiled code, as a function of the nodes of a graph."""

    run: Callable[..., Any]
    """``(*values of the arguments that are nodes)`` -> the outputs, a tuple if there are several.

    It has the attributes ``name`` and ``source``."""
    arguments: Sequence[Given]
    """Those that are nodes."""
    dispatcher: Any
    """What numba made: ``dispatcher.stats`` tells whether it came from the cache."""
    not_cached: str | None
    """Why it is compiled again in the next process, if it is."""


def kernel_of(name: str, text: Text, outputs: Sequence[Value], settings: Settings) -> Kernel:
    """Compile the code of a kernel, or load what was compiled before.

    Args:
        name: of the function in the text.
        text: the code.
        outputs: what it returns; each has a node's type.
        settings: how it is compiled.
    """
    import numba

    versions = (
        numba.__version__,
        np.__version__,
        pullback.__version__,
        platform.python_version(),
        numba.core.codegen.get_host_cpu_features(),
    )
    signature = tuple(map(_numba_type, text.arguments))
    key = digest(text.source, repr(signature), *versions)
    with _lock:  # numba's compiler takes one thread at a time
        module, not_cached = imported(text.source, f"{name}_{key}", settings.folder)
        native = module.__dict__.get("compiled")
        if native is None:
            native = numba.njit(
                signature,
                cache=not_cached is None,
                error_model="numpy",
                parallel=_ONLY_LOOPS if "prange(" in text.source else False,
            )(getattr(module, name))
            module.__dict__["compiled"] = native
    entry = native.overloads[signature].entry_point
    run = _wrapped(name, text, outputs, entry)
    nodes = [given for given in text.arguments if not isinstance(given.source, np.ndarray)]
    return Kernel(run, nodes, native, not_cached)


def _numba_type(given: Given) -> Any:
    import numba

    dtype = numba.from_dtype(given.dtype)
    if given.is_array:
        return numba.types.Array(dtype, len(given.shape), "C", readonly=True)
    return dtype


def _wrapped(name: str, text: Text, outputs: Sequence[Any], entry: Any) -> Callable[..., Any]:
    """``entry`` for arrays of any layout, with outputs of the exact types."""
    names: list[str] = []
    inputs: list[str] = []
    namespace: dict[str, Any] = {"entry": entry, "contiguous": _contiguous}
    body: list[str] = []
    for place, given in enumerate(text.arguments):
        argument = f"x{place}"
        names.append(argument)
        if isinstance(given.source, np.ndarray):
            constant = _contiguous(given.source)
            namespace[argument] = constant
            continue
        inputs.append(argument)
        if given.is_array:
            flags = _CONTIGUOUS_AND_ALIGNED
            body.append(f"if {argument}.flags.num & {flags} != {flags}:")
            body.append(f"    {argument} = contiguous({argument})")
    call = f"entry({', '.join(names)})"
    boxes = [_box(output) for output in outputs]
    if not any(boxes):
        body.append(f"return {call}")
    else:
        results = [f"y{place}" for place in range(len(outputs))]
        boxed = []
        for place, (result, box) in enumerate(zip(results, boxes, strict=True)):
            if box is not None:
                namespace[f"box{place}"] = box
            boxed.append(result if box is None else f"box{place}({result})")
        body += [f"{', '.join(results)} = {call}", f"return {', '.join(boxed)}"]
    lines = [f"def {name}({', '.join(inputs)}):", *(f"    {line}" for line in body)]
    exec("\n".join(lines), namespace)
    run: Any = namespace[name]
    run.name, run.source, run.owns_results = name, text.source, True
    return run  # type: ignore[no-any-return]


def _contiguous(array: np.ndarray) -> np.ndarray:
    """The array with its elements in order in memory; the same one if they are."""
    return np.require(array, requirements=("C", "A"))


def _box(output: Any) -> Callable[[Any], Any] | None:
    """What makes an output the type of its node, of what numba returns for it."""
    if output.shape:
        return None
    kind = output.space[0]
    if kind is np.ndarray:
        dtype = output.dtype
        return lambda value: np.array(value, dtype)
    return None if kind in (float, complex, bool) else kind
