"""What goes into a derivative and what comes out: primals, outputs, cotangents.

Everything that a caller hands over is checked here, once; everything that is handed back lies in
its primal's space and belongs to the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import Any, Final

from pullback.containers import flatten, is_container, map_leaves, places, unflatten
from pullback.errors import (
    ComplexOutputError,
    CotangentError,
    IntegerPrimalError,
    NonScalarOutputError,
    PrimalError,
)
from pullback.plugins import load
from pullback.spaces import (
    Space,
    Traced,
    array_type_of,
    array_types,
    plain,
    project,
    scalar_spaces,
    space_makers,
    space_of,
)

FLOAT: Final[Space] = scalar_spaces[float]


def enter(primal: Any, argnum: int, container: Any = None, place: int = 0) -> tuple[Any, Space]:
    """A leaf as a primal, with its space; a Python int counts as float.

    Args:
        primal: a number or array, traced or not.
        argnum: for messages, the position of the primal.
        container: for messages, the container that the leaf was found in.
        place: for messages, the number of the leaf in it.

    Raises:
        IntegerPrimalError: an integer or boolean array.
        PrimalError: something that cannot be differentiated.
    """
    kind = type(primal)
    space: Space | None = scalar_spaces.get(kind)
    if space is None and kind in space_makers:
        space = space_makers[kind](primal)
    if space is not None:
        return primal, space
    if kind is int:
        return float(primal), FLOAT
    value = plain(primal)
    kind = type(value)
    if kind is bool:
        where = _where(argnum, container, place)
        raise IntegerPrimalError(f"{where} is a bool, which has no derivative; pass a float")
    if kind is int:  # of a graph
        return primal * 1.0, FLOAT
    if kind not in array_types:
        load()
    try:
        space = space_of(value)
    except PrimalError as error:
        raise PrimalError(f"{_where(argnum, container, place)} is {value!r:.60}: {error}") from None
    if space is None:
        raise IntegerPrimalError(
            f"{_where(argnum, container, place)} has dtype "
            f"{getattr(value, 'dtype', kind.__name__)}, which has no derivative. Convert it, "
            "x.astype(float); or leave it out: pass it as a keyword argument, close over it, or "
            "choose other arguments with argnums."
        )
    return primal, space


def _where(argnum: int, container: Any, place: int) -> str:
    if container is None:
        return f"primal {argnum}"
    return f"primal {argnum}, at {places(container)[place] or 'the top'},"


def is_leaf(value: Any) -> bool:
    """Whether ``value`` is one number or array, and not a container of them."""
    kind = type(value)
    if kind in array_types or kind is int:
        return True
    if kind is dict or kind is list or kind is tuple:
        return False
    if isinstance(value, Traced):
        return True
    return not is_container(value)


def leave(cotangents: Iterable[Any], spaces: Sequence[Space], incoming: Sequence[Any]) -> list[Any]:
    """Cotangents as they are handed out: none missing, of the exact type, held by nobody else.

    Args:
        cotangents: one for each primal, ``None`` where nothing arrived.
        spaces: the primals' spaces.
        incoming: the cotangents that the caller gave, which nothing handed out may alias.
    """
    handed: list[Any] = []
    held = [*incoming]
    for cotangent, space in zip(cotangents, spaces, strict=True):
        if cotangent is None:
            cotangent = array_types[space[0]].zeros(space)
        elif space[1] is not None:
            # A sum of 0-d arrays is a scalar, and one of byte-swapped arrays is in native order.
            found: Any = type(cotangent)
            if found is not space[0] or cotangent.dtype is not space[2]:
                cotangent = project(cotangent, space)
            cotangent = array_types[space[0]].own(cotangent, held)
            held.append(cotangent)
        handed.append(cotangent)
    return handed


def own_copy(value: Any) -> Any:
    """``value`` with every array in it copied, so that nobody else can write to it."""
    kind = type(value)
    if kind in scalar_spaces or isinstance(value, Traced):
        return value
    if is_leaf(value):
        array_type = array_types.get(kind)
        return value if array_type is None else array_type.own(value, (value,))
    return map_leaves(own_copy, value)


def zeros_like(primal: Any) -> Any:
    """Zero cotangents for a primal, or for every leaf of a container of primals."""
    if is_leaf(primal):
        space = enter(primal, 0)[1]
        return array_type_of(space[0]).zeros(space)
    return map_leaves(zeros_like, primal)


def ones_like(y: Any) -> Any:
    """Cotangents of one for an output, or for every leaf of a container of outputs."""
    if is_leaf(y):
        space = space_of(y) if type(plain(y)) in array_types else None
        return 0.0 if space is None else array_type_of(space[0]).ones(space)
    return map_leaves(ones_like, y)


def admit_like(primal: Any, tangent: Any) -> Any:
    """A tangent from outside, with the structure of its primal, each leaf in its space.

    Raises:
        CotangentError: another structure or shape than the primal's.
    """
    if is_leaf(primal):
        return admit(tangent, enter(primal, 0)[1], "tangent")
    primals, structure = flatten(primal)
    tangents, found = flatten(tangent)
    if structure != found:
        raise CotangentError(
            f"the tangent must have the structure of its primal, {structure}; got {found}"
        )
    return unflatten(structure, map(admit_like, primals, tangents))


def admit(cotangent: Any, space: Space, what: str = "cotangent") -> Any:
    """A cotangent or tangent from outside, as an element of ``space``.

    Raises:
        CotangentError: another shape, not a number, or complex where the space is real.
    """
    kind, shape, dtype = space
    found: Any = type(cotangent)
    if found is kind and (shape is None or (cotangent.shape == shape and cotangent.dtype == dtype)):
        return cotangent
    given = plain(cotangent)
    if not is_number(given):
        raise CotangentError(
            f"the {what} must lie in the space of its value, {describe(space)}; "
            f"got a {type(given).__name__}"
        )
    given_shape = getattr(given, "shape", ())
    if given_shape != (shape or ()):
        raise CotangentError(
            f"the {what} must lie in the space of its value, {describe(space)}; "
            f"got one of shape {given_shape}"
        )
    if is_complex(given) and not is_complex(array_type_of(kind).zeros(space)):
        raise CotangentError(
            f"the {what} is complex and its value is real, {describe(space)}; "
            "pass its real or its imaginary part"
        )
    return project(cotangent, space)


def seed(y: Any, space: Space | None, holomorphic: bool) -> Any:
    """The cotangent 1 of a scalar output, in its own dtype.

    Raises:
        NonScalarOutputError: the output is not one number.
        ComplexOutputError: it is complex, and ``holomorphic`` was not said.
    """
    if space is not None and not holomorphic:
        one = _REAL_ONES.get(space[0])
        if one is not None:
            return one
    value = plain(y)
    if space is None or getattr(value, "shape", ()) != ():
        advice = (
            "An integer has no derivative; return a float."
            if isinstance(value, Integral)
            else "Reduce it (y.sum(), y[0]), or use jacobian, or vjp with a cotangent of the "
            "output's shape."
        )
        raise NonScalarOutputError(
            "a gradient needs a function whose output is one number; this one returned "
            f"{describe_value(value)}. {advice}"
        )
    if not holomorphic and is_complex(value):
        raise ComplexOutputError(
            f"a gradient was asked of the complex output {value!r:.40}. For a holomorphic function "
            "say holomorphic=True, which gives its complex derivative; otherwise differentiate a "
            "real number made of it, such as np.real(y) or abs(y), or use vjp."
        )
    one = array_type_of(space[0]).ones(space)
    if space[1] is None and not is_complex(one):
        _REAL_ONES[space[0]] = one
    return one


_REAL_ONES: Final[dict[type, Any]] = {}
"""The seeds of real scalar types, which never change."""


def is_number(value: Any) -> bool:
    """Whether ``value`` is a number or an array of them."""
    return isinstance(value, (int, float, complex)) or type(value) in array_types


def is_complex(value: Any) -> bool:
    """Whether ``value`` is a complex number or array."""
    return isinstance(value, complex) or getattr(getattr(value, "dtype", None), "kind", "") == "c"


def describe(space: Space) -> str:
    """A space in words: ``ndarray of shape (3,), float64``."""
    kind, shape, dtype = space
    return kind.__name__ if shape is None else f"{kind.__name__} of shape {shape}, {dtype}"


def describe_value(value: Any) -> str:
    """What kind of value this is, in words."""
    shape = getattr(value, "shape", None)
    if shape:
        return f"{type(value).__name__} of shape {shape}"
    return f"{value!r:.40} ({type(value).__name__})"
