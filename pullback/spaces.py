"""Where a value lives, and how a cotangent is brought there.

The *space* of a value is the tuple ``(kind, shape, dtype)``: its exact type and, for arrays, its
shape and dtype (``None`` for scalars, whose type says it all). The engine records the space of
every traced value and *projects* each cotangent into the space of its primal, so that no rule has
to sum over broadcast axes or to care for dtypes.

What a type of values means is told by an `ArrayType`. Python's own ``float`` and ``complex`` are
known here; every other type comes from a plugin, through ``pullback_register_array_types``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final, TypeAlias

from pullback.errors import PrimalError, PullbackError
from pullback.names import HOME

Space: TypeAlias = tuple[type, Any, Any]

__all__ = [
    "ArrayType",
    "Component",
    "Deferred",
    "Pending",
    "Space",
    "Traced",
    "array_type_of",
    "plain",
    "project",
    "space_of",
]


class Traced:
    """The base class of tracers, so that this module can tell them from plain values."""

    __slots__ = ("_index", "_trace", "_value")
    _value: Any
    _trace: Any
    _index: int


def plain(value: Any) -> Any:
    """The value without any tracer around it."""
    while isinstance(value, Traced):
        trace = value._trace
        if not trace.differentiates:
            trace.settle(value)
        value = value._value
    return value


def undifferentiated(value: Any) -> Any:
    """The value without the tracers that differentiate it; where a graph records it, it still does.

    What a program computes from it has no derivative, and yet depends on the inputs of the graph.
    """
    while isinstance(value, Traced) and value._trace.differentiates:
        value = value._value
    return value


def recorded(value: Any) -> bool:
    """Whether ``value`` is one that a graph records and that nothing differentiates."""
    return isinstance(value, Traced) and not value._trace.differentiates


class ArrayType(ABC):
    """What the engine must know of a family of value types.

    A plugin derives from this class and hands an instance to
    ``pullback_register_array_types``. Methods may be given traced cotangents (in nested
    derivatives), so they should work through functions that dispatch on their arguments.
    """

    types: ClassVar[tuple[type, ...]]
    """The exact types that this instance speaks for."""
    scalar: ClassVar[bool] = False
    """Whether each type is one space, ``(kind, None, None)``; `space` is then not asked."""
    mutable: ClassVar[bool] = False
    """Whether values can be written to, so that rules must be given what `keep` returns."""
    metadata: ClassVar[Collection[Any]] = ()
    """Primitives that tell of the space of a value, and nothing of the value itself."""
    value_dependent: ClassVar[Mapping[Any, Callable[..., bool]]] = {}
    """Primitives of which the shape or dtype of the output depends on the values of arguments.

    Each with a function of a call's positional and keyword arguments, which are traced where they
    may have other values, that says whether it does in this call."""
    element_methods: ClassVar[Mapping[str, Any]] = {}
    """Primitives that the library calls as methods of objects that are stored in an array."""

    @abstractmethod
    def space(self, value: Any) -> Space | None:
        """The space of ``value``, or ``None`` where it carries no derivative (integers)."""

    @abstractmethod
    def project(self, cotangent: Any, space: Space) -> Any:
        """``cotangent`` in ``space``: summed over broadcast axes, cast, the real part taken.

        Raises:
            ValueError: it cannot be brought there.
        """

    @abstractmethod
    def zeros(self, space: Space) -> Any:
        """The zero of ``space``."""

    @abstractmethod
    def ones(self, space: Space) -> Any:
        """The element of ``space`` whose entries are all one."""

    @abstractmethod
    def basis(self, space: Space) -> Iterator[Any]:
        """The unit vectors of ``space``, in row-major order."""

    @abstractmethod
    def stack(self, rows: Sequence[Any], space: Space, *, last: bool) -> Any:
        """``rows``, one for each unit vector of ``space``, as one value.

        The axes of ``space`` come first, or last where ``last`` is true.
        """

    def keep(self, constant: Any, kept: dict[int, Any]) -> Any:
        """``constant`` as it is now, for a pullback that is called when it may have been changed.

        Args:
            constant: a value of a mutable type, which a traced program uses.
            kept: what was kept in this run of the program; the implementation's to fill.

        Raises:
            HoldsTraced: it is no constant, and must be gathered first.
        """
        return constant

    def gather(self, value: Any) -> Any:
        """``value``; one traced value in the place of what a program has stored traced ones in.

        ``np.array([x, y])`` of traced numbers is an array of objects, which becomes what
        ``np.stack`` makes of them. Where such a value is used as a constant, `keep` raises
        `HoldsTraced`.
        """
        return value

    def explain(self, error: Exception) -> PullbackError | None:
        """A clearer error for what the library raised in a traced function, where there is one."""
        return None

    def nonfinite(self, value: Any, *, infinities: bool) -> str | None:
        """What in ``value`` is NaN (or infinite, if ``infinities``), in words; ``None`` if nothing.

        Also ``None`` where the values are not known before they are computed.
        """
        return None

    def is_same(self, original: Any, kept: Any) -> bool:
        """Whether a value still is what `keep` made a copy of; NaN is the same as NaN."""
        return True

    def update(self, x: Any, index: Any, value: Any, *, add: bool) -> Any:
        """``x``, traced or not, with other elements at ``index``: see `pullback.at`.

        Raises:
            PrimalError: values of this type have no elements.
        """
        raise PrimalError(
            f"{type(plain(x)).__name__} has no elements that could be set; pullback.at takes an "
            "array"
        )

    def own(self, cotangent: Any, held: Iterable[Any]) -> Any:
        """``cotangent``, copied where a later write to one of ``held`` would change it."""
        return cotangent


class Numbers(ArrayType):
    """Python's ``float`` and ``complex``."""

    types = (float, complex)
    scalar = True

    def space(self, value: Any) -> Space:
        return scalar_spaces[type(value)]

    def project(self, cotangent: Any, space: Space) -> Any:
        kind = space[0]
        if issubclass(type(cotangent), float):  # and not traced
            return kind(cotangent)
        if getattr(plain(cotangent), "shape", ()):
            cotangent = cotangent.sum()
        if kind is float and not isinstance(plain(cotangent), (float, int)):
            cotangent = cotangent.real
        if isinstance(cotangent, Traced):
            traced: Any = cotangent
            if kind is complex and not isinstance(plain(traced), complex):
                traced = traced + 0j
            # A derivative of higher order is brought to the type at its end; a graph has none.
            return traced.item() if recorded(traced) and type(plain(traced)) is not kind else traced
        return kind(cotangent)

    def zeros(self, space: Space) -> Any:
        return space[0](0.0)

    def ones(self, space: Space) -> Any:
        return space[0](1.0)

    def basis(self, space: Space) -> Iterator[Any]:
        yield space[0](1.0)

    def nonfinite(self, value: Any, *, infinities: bool) -> str | None:
        is_bad = value - value != 0 if infinities else value != value
        return repr(value) if is_bad else None

    def stack(self, rows: Sequence[Any], space: Space, *, last: bool) -> Any:
        return rows[0]


array_types: Final[dict[type, ArrayType]] = {}
space_makers: Final[dict[type, Callable[[Any], Space | None]]] = {}
scalar_spaces: Final[dict[type, Space]] = {}
keepers: Final[dict[type, Callable[[Any, dict[int, Any]], Any]]] = {}
"""Mutable type -> `ArrayType.keep`."""
gatherers: Final[dict[type, Callable[[Any], Any]]] = {}
"""Type of what traced values can be stored in -> `ArrayType.gather`."""
element_methods: Final[dict[str, Any]] = {}
"""Name -> the primitive of `ArrayType.element_methods`."""
metadata: Final[set[Any]] = set()
"""What `ArrayType.metadata` names."""
value_dependent: Final[dict[Any, Callable[..., bool]]] = {}
"""What `ArrayType.value_dependent` names."""


def add_array_type(array_type: ArrayType) -> None:
    """Make ``array_type`` known for all its types."""
    for kind in array_type.types:
        array_types[kind] = array_type
        space_makers[kind] = array_type.space
        if array_type.scalar:
            scalar_spaces[kind] = (kind, None, None)
        if array_type.mutable:
            keepers[kind] = array_type.keep
        if type(array_type).gather is not ArrayType.gather:
            gatherers[kind] = array_type.gather
    element_methods.update(array_type.element_methods)
    metadata.update(array_type.metadata)
    value_dependent.update(array_type.value_dependent)


def explained(error: Exception) -> Exception:
    """``error``, or what an `ArrayType` says of it."""
    for array_type in {*array_types.values()}:
        clearer = array_type.explain(error)
        if clearer is not None:
            return clearer
    return error


class HoldsTraced(Exception):
    """A value that was used as a constant holds traced values. Never leaves the engine."""


def gathered(value: Any) -> Any:
    """``value``, gathered; also what is in lists and tuples: see `ArrayType.gather`."""
    gather = gatherers.get(type(value))
    return value if gather is None else gather(value)


def _gather_items(items: Any) -> Any:
    return type(items)(map(gathered, items))


def kept_copy(value: Any, kept: dict[int, Any]) -> Any:
    """``value`` as it is now: see `ArrayType.keep`."""
    keep = keepers.get(type(value))
    return value if keep is None else keep(value, kept)


def keep_all(values: Mapping[str, Any], kept: dict[int, Any]) -> dict[str, Any]:
    """Every one of ``values`` as it is now: see `ArrayType.keep`."""
    return {name: kept_copy(value, kept) for name, value in values.items()}


def _keep_list(items: list[Any], kept: dict[int, Any]) -> list[Any]:
    """A copy of a list, and of what can be written to in it.

    Raises:
        HoldsTraced: it is no constant.
    """
    if any(isinstance(item, Traced) for item in items):
        raise HoldsTraced
    return [kept_copy(item, kept) for item in items]


gatherers[list] = gatherers[tuple] = _gather_items
keepers[list] = _keep_list
add_array_type(Numbers())


def array_type_of(kind: type) -> ArrayType:
    """The `ArrayType` that speaks for values of type ``kind``.

    Raises:
        PrimalError: no plugin knows the type.
    """
    try:
        return array_types[kind]
    except KeyError:
        library = _library(kind)
        home = None if library in map(_library, array_types) else HOME.get(library)
        raise PrimalError(
            f"a value of type {kind.__module__}.{kind.__qualname__} cannot be differentiated: "
            "no installed plugin describes this type. Convert it to a float or to an array, or "
            + (
                f"pip install {home}."
                if home
                else "install a plugin that implements pullback_register_array_types for it."
            )
        ) from None


def _library(kind: type) -> str:
    return kind.__module__.partition(".")[0]


def space_of(value: Any) -> Space | None:
    """The space of ``value`` (of the innermost value of a tracer); ``None`` if it has none.

    Raises:
        PrimalError: no plugin knows the type.
    """
    value = plain(value)
    return array_type_of(type(value)).space(value)


def project(cotangent: Any, space: Space) -> Any:
    """``cotangent`` brought into ``space``.

    Raises:
        ValueError: it cannot be brought there.
    """
    kind, shape, dtype = space
    found: Any = type(cotangent)
    if found is kind and (shape is None or (cotangent.shape == shape and cotangent.dtype == dtype)):
        return cotangent
    return array_types[kind].project(cotangent, space)


class Deferred:
    """A cotangent that is put into its place later.

    A rule whose cotangent is mostly zeros (one element read from an array) returns an instance of
    a subclass. The engine collects all that arrive for one value and has them merged once, so a
    loop that reads ``n`` elements costs O(n), not O(n²).
    """

    __slots__ = ()

    @classmethod
    def merge(cls, dense: Any, parts: Sequence[Any], space: Space) -> Any:
        """``dense`` (``None``, or a cotangent that must not be written) plus all ``parts``."""
        raise NotImplementedError(f"{cls.__name__} must define merge")


class Component(Deferred):
    """The cotangent of one member of an output that is a tuple or a list."""

    __slots__ = ("cotangent", "place")

    def __init__(self, place: int, cotangent: Any) -> None:
        self.place = place
        self.cotangent = cotangent

    @classmethod
    def maker(cls, place: int) -> Callable[[Any], Component]:
        """The pullback of taking the member at ``place``."""

        def component_pullback(y_cotangent: Any) -> Component:
            return cls(place, y_cotangent)

        return component_pullback

    @classmethod
    def merge(cls, dense: Any, parts: Sequence[Any], space: Space) -> tuple[Any, ...]:
        """One cotangent for each member; zero where none arrived, ``None`` for integers."""
        cotangents = {part.place: part.cotangent for part in parts}
        return tuple(
            cotangents[place] if place in cotangents else _zeros_of_output(member)
            for place, member in enumerate(space[1])
        )


def _zeros_of_output(space: Space | None) -> Any:
    """The zero of the space of an output, which may be a tuple of outputs."""
    if space is None:
        return None
    if space[0] is tuple:
        return tuple(map(_zeros_of_output, space[1]))
    return array_type_of(space[0]).zeros(space)


class Pending:
    """The cotangents of one value of which at least one is deferred."""

    __slots__ = ("dense", "parts")

    def __init__(self, dense: Any, part: Deferred) -> None:
        self.dense = dense
        self.parts: list[Deferred] = [part]

    def total(self, space: Space) -> Any:
        """The sum of everything collected, an element of ``space``."""
        total, parts = self.dense, self.parts
        while parts:
            kind = type(parts[0])
            total = kind.merge(total, [part for part in parts if type(part) is kind], space)
            parts = [part for part in parts if type(part) is not kind]
        return total
