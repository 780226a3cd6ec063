"""Tracers: the stand-in values that record what is done to them.

A traced function runs as it stands, on `Tracer`s instead of numbers and arrays. Whatever is done
to a tracer (an operator, a NumPy function, a method or attribute of the value that it stands
for) reaches `apply`, which runs the primitive's rule on the plain values and appends one entry to
the tape of the trace.

A tracer holds ``(value, trace, index)`` and the tape holds neither tracers nor values, so there is
no reference cycle, and memory is freed as soon as it can be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any, ClassVar, Final, NoReturn, TypeAlias

from pullback.arguments import any_traced, flat_call, keywords_to_positions, youngest_trace
from pullback.errors import (
    InPlaceWriteError,
    LeakedTracerError,
    OutArgumentError,
    PrimalError,
    RuleError,
    TracerConversionError,
)
from pullback.missing import missing_rule
from pullback.names import name_of
from pullback.plugins import rule_function
from pullback.registry import RuleFunction, table
from pullback.spaces import (
    Component,
    HoldsTraced,
    Space,
    Traced,
    element_methods,
    gathered,
    keep_all,
    keepers,
    plain,
    scalar_spaces,
    space_makers,
    space_of,
    undifferentiated,
)

Entry: TypeAlias = tuple[Any, Any, Space]
"""``(pullback, parents, space)``: one line of the tape.

``parents`` is the position of the only traced argument, and ``pullback`` returns its cotangent;
or it is a tuple of positions, and ``pullback`` is a tuple of as many closures, or one function
that returns as many cotangents (where a position may be ``None``: a constant).
"""

_trace_ids: Final = count()
_ABSENT: Final = object()
_NO_PARAMS: Final[Mapping[str, Any]] = {}


class Trace:
    """One run of a traced function: an id that grows with every trace, and its tape.

    A trace of another kind has no tape, and is handed every call of a primitive: see `record`.
    """

    __slots__ = ("id", "kept", "tape")

    differentiates: ClassVar = True
    """Whether a value that is not differentiated may do without the tracer around it."""
    takes_whole_calls: ClassVar = False
    """Whether `record` is given a call as it was written: traced values in lists and keywords."""

    def __init__(self) -> None:
        self.id = next(_trace_ids)
        self.tape: list[Entry] | None = []
        self.kept: dict[int, Any] = {}

    def end(self) -> None:
        """Let go of the tape, and make tracers that were kept an error to use."""
        self.tape = None
        self.kept = {}

    @property
    def has_ended(self) -> bool:
        """Whether its tracers may no longer be used."""
        return self.tape is None

    def record(
        self,
        primitive: Any,
        args: Sequence[Any],
        params: Mapping[str, Any],
        rule: RuleFunction | None,
    ) -> Any:
        """Take a call of ``primitive``, in a trace that has no tape.

        Raises:
            LeakedTracerError: the trace has none because it has ended.
        """
        raise leaked(primitive)

    def enter(self, primal: Any, space: Space) -> Tracer:
        """A tracer of ``primal``, as the next entry of the tape."""
        assert self.tape is not None
        self.tape.append(((), (), space))
        kind = Tracer if space[1] is None else ArrayTracer
        return kind(primal, self, len(self.tape) - 1)


class TapelessTrace(Trace):
    """A trace of another kind than that of the reverse pass; it says in `record` what it does."""

    __slots__ = ("over",)

    def __init__(self) -> None:
        super().__init__()
        self.tape = None
        self.over = False

    @property
    def has_ended(self) -> bool:
        """Whether its tracers may no longer be used."""
        return self.over

    def end(self) -> None:
        """Make tracers that were kept an error to use."""
        self.over = True
        self.kept = {}


class Tracer(Traced):
    """A value that records what is done to it. Made by the engine, never by hand."""

    __slots__ = ()
    _trace: Trace
    _index: int

    # Hashing a tracer by its value would let a cache mix up derivatives.
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Any, trace: Trace, index: int) -> None:
        self._value = value
        self._trace = trace
        self._index = index

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """The type of the plain value: what a program asks with isinstance, traced or not."""
        return type(plain(self._value))

    def __repr__(self) -> str:
        return f"<traced {plain(self._value)!r}>"

    def __getattr__(self, name: str) -> Any:
        kind = type(plain(self._value))
        if name.startswith("__"):
            # __array_interface__ and the like would let the value out behind the tracer's back.
            raise AttributeError(f"a traced {kind.__name__} does not offer {name}")
        attribute = getattr(kind, name, None)
        if attribute is None:
            # An operation on an array of objects calls the method of its own name.
            if name not in element_methods:
                raise AttributeError(f"a traced {kind.__name__} has no attribute {name}")
            attribute = element_methods[name]
        if callable(attribute):
            return _Method(attribute, self)
        return apply_unary(attribute, self)

    def __array_ufunc__(
        self, ufunc: Any, method: str, a: Any, b: Any = _ABSENT, *rest: Any, **params: Any
    ) -> Any:
        if method == "__call__" and not params and not rest:
            return apply_unary(ufunc, a) if b is _ABSENT else apply_binary(ufunc, a, b)
        inputs = (a, *rest) if b is _ABSENT else (a, b, *rest)
        if "out" in params or method == "at":
            raise OutArgumentError(
                f"{name_of(ufunc)} was told to write into an array in place (out=, at, or an "
                "operator such as +=) with a traced value. The write would lose the derivative; "
                "write y = f(x) or y = y + x instead."
            )
        if method != "__call__":
            return apply_function(getattr(ufunc, method), inputs, params)
        if params:
            return apply_function(type(ufunc).__call__, (ufunc, *inputs), params)
        return apply_function(ufunc, inputs, params)

    def __array_function__(
        self, function: Any, types: Any, args: tuple[Any, ...], params: dict[str, Any]
    ) -> Any:
        if params.get("out") is not None:
            raise OutArgumentError(
                f"{name_of(function)}(..., out=...) with a traced value would lose the "
                "derivative; write y = f(x) instead."
            )
        return apply_function(function, args, params)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __float__(self) -> NoReturn:
        raise TracerConversionError(
            "a traced value was about to become a plain float, which would lose its derivative. "
            "That happens when it is passed to float(), or to a function that does not dispatch "
            "on its arguments (math.sin, a C extension), or is stored into an array of numbers. "
            "Write np.sin(x), or pullback.primitive(math.sin)(x), or a chain [math.sin]; "
            "np.stack([...]) or pullback.at(a)[i].set(x) instead of storing elements; "
            "pullback.stop_gradient(x) if no derivative is meant."
        )

    def __int__(self) -> NoReturn:
        raise TracerConversionError(
            "a traced value was about to become an int, which has no derivative. Write "
            "int(pullback.stop_gradient(x)), or math.floor(x), if that is what is meant."
        )

    def __complex__(self) -> NoReturn:
        raise TracerConversionError(
            "a traced value was about to become a plain complex number, which would lose its "
            "derivative. Write x + 0j, or pullback.stop_gradient(x) if no derivative is meant."
        )

    def __copy__(self) -> Tracer:
        return self

    def __deepcopy__(self, memo: Any) -> Tracer:
        return self

    def __reduce__(self) -> NoReturn:
        raise TracerConversionError(
            "a traced value cannot be pickled or sent to another process; "
            "return it from the traced function, or pickle pullback.stop_gradient(x)"
        )

    def __format__(self, specification: str) -> str:
        return format(plain(self._value), specification)


class ArrayTracer(Tracer):
    """A tracer of something that has elements.

    Numbers have a class without ``__getitem__``: NumPy would take them for sequences, and report
    that instead of the error that `Tracer` raises when it is stored into an array.
    """

    __slots__ = ()

    def __getitem__(self, index: Any) -> Any:
        return apply_binary(type(plain(self._value)).__getitem__, self, index)

    def __setitem__(self, index: Any, value: Any) -> NoReturn:
        raise InPlaceWriteError(
            "a traced value cannot be written in place (x[i] = v). Build a new value instead: "
            "x = pullback.at(x)[i].set(v), or .add(v) for x[i] += v; np.where(mask, v, x) or "
            "np.stack([...])."
        )

    def __delitem__(self, index: Any) -> NoReturn:
        raise InPlaceWriteError("an element of a traced value cannot be deleted; take a slice")

    def __iter__(self) -> Iterator[Any]:
        return iter([self[index] for index in range(len(self._value))])

    def __len__(self) -> int:
        return len(self._value)

    def __contains__(self, item: Any) -> bool:
        return undifferentiated(item) in undifferentiated(self)


_TRACERS: Final[set[type]] = {Tracer, ArrayTracer}
add_tracer_type = _TRACERS.add


class _Method:
    """A method of the type of a traced value, bound to the tracer."""

    __slots__ = ("attribute", "tracer")

    def __init__(self, attribute: Any, tracer: Tracer) -> None:
        self.attribute = attribute
        self.tracer = tracer

    def __call__(self, *args: Any, **params: Any) -> Any:
        if not args and not params:
            return apply_unary(self.attribute, self.tracer)
        return apply_function(self.attribute, (self.tracer, *args), params)

    def __repr__(self) -> str:
        return f"<method {name_of(self.attribute)} of {self.tracer!r}>"


def apply(
    primitive: Any,
    args: Sequence[Any],
    params: Mapping[str, Any],
    rule: RuleFunction | None = None,
) -> Any:
    """Run the rule of ``primitive`` and record it on the youngest trace among ``args``.

    Tracers of older traces are plain values to the rule, whose own operations then trace them.

    Raises:
        MissingRuleError: there is no rule.
        LeakedTracerError: a tracer's trace has ended.
        RuleError: the rule does not return ``(y, pullback)``.
    """
    trace = None
    for arg in args:
        if type(arg) in _TRACERS:
            other = arg._trace
            if trace is None or (other is not trace and other.id > trace.id):
                trace = other
    if trace is not None and trace.tape is None:
        return trace.record(primitive, args, params, rule)
    if rule is None:
        rule = table.get(primitive) or find_rule(primitive, args)
    if trace is None:
        raise RuleError(
            f"{name_of(primitive)} was given no traced argument where one can be found; "
            "pass traced values as positional arguments, or in a list or tuple"
        )
    values = []
    parents: list[int | None] = []
    try:
        for arg in args:
            if type(arg) in _TRACERS and arg._trace is trace:
                values.append(arg._value)
                parents.append(arg._index)
            else:
                keep = keepers.get(type(arg))
                values.append(arg if keep is None else keep(arg, trace.kept))
                parents.append(None)
        if params:
            params = keep_all(params, trace.kept)
    except HoldsTraced:
        return _apply_gathered(primitive, args, params, rule)
    position = parents[0] if len(parents) == 1 else tuple(parents)
    return _record(primitive, rule(*values, **params), position, trace)


def _apply_gathered(
    primitive: Any, args: Sequence[Any], params: Mapping[str, Any], rule: RuleFunction | None
) -> Any:
    params = {name: gathered(value) for name, value in params.items()}
    return apply_function(primitive, tuple(map(gathered, args)), params, rule)


def apply_unary(primitive: Any, x: Tracer) -> Any:
    """``apply(primitive, (x,), {})``, in half the time."""
    rule = table.get(primitive)
    trace = x._trace
    if rule is None or trace.tape is None:
        return apply(primitive, (x,), _NO_PARAMS)
    return _record(primitive, rule(x._value), x._index, trace)


def apply_binary(primitive: Any, a: Any, b: Any) -> Any:
    """``apply(primitive, (a, b), {})``, in half the time."""
    rule = table.get(primitive)
    a_is_traced = type(a) in _TRACERS
    trace = a._trace if a_is_traced else b._trace
    if rule is None or trace.tape is None:
        return apply(primitive, (a, b), _NO_PARAMS)
    if a_is_traced and type(b) in _TRACERS:
        other = b._trace
        if other is trace:
            return _record(primitive, rule(a._value, b._value), (a._index, b._index), trace)
        if other.id > trace.id:
            return apply(primitive, (a, b), _NO_PARAMS)
    # The program may write to an array that it uses, before the pullback reads it.
    keep = keepers.get(type(b if a_is_traced else a))
    if keep is not None:
        try:
            if a_is_traced:
                b = keep(b, trace.kept)
            else:
                a = keep(a, trace.kept)
        except HoldsTraced:
            return _apply_gathered(primitive, (a, b), _NO_PARAMS, rule)
    result = rule(a._value, b) if a_is_traced else rule(a, b._value)
    # The pullback of the other argument is dropped here, and with it what that one holds.
    if type(result) is tuple and len(result) == 2:
        y, pullback = result
        if type(pullback) is tuple and len(pullback) == 2:
            if a_is_traced:
                return _record(primitive, (y, pullback[0]), a._index, trace)
            return _record(primitive, (y, pullback[1]), b._index, trace)
    position = (a._index, None) if a_is_traced else (None, b._index)
    return _record(primitive, result, position, trace)


def _record(primitive: Any, result: Any, position: Any, trace: Trace) -> Any:
    """Put what a rule returned on the tape; a tracer of its output.

    Args:
        primitive: for messages.
        result: ``(y, pullback)``.
        position: of the one argument on the tape, or a tuple with ``None`` for constants.
        trace: whose tape it is.
    """
    try:
        y, pullback = result
    except (TypeError, ValueError):
        raise RuleError(
            f"the rule of {name_of(primitive)} returned {plain(result)!r:.80}; "
            "a rule returns (y, pullback)"
        ) from None
    if type(pullback) is tuple and (
        type(position) is int
        or len(pullback) != len(position)
        or None in position
        or None in pullback
    ):
        if type(position) is int and pullback:  # the common case of `_needed`
            pullback = pullback[0]
        else:
            pullback, position = _needed(pullback, position, primitive)
    if pullback is None:
        return y
    kind = type(y)
    space = scalar_spaces.get(kind)
    tracer = Tracer
    if space is None:
        make_space = space_makers.get(kind)
        if make_space is None:
            return _record_unusual(primitive, y, pullback, position, trace)
        space = make_space(y)
        if space is None:
            return y
        tracer = ArrayTracer
    tape: Any = trace.tape
    entry = (pullback, position, space)
    index = len(tape)
    tape.append(entry)
    if tape[index] is not entry:  # another thread records on the same trace
        index = _place_of(entry, trace)
    return tracer(y, trace, index)


def _needed(pullbacks: tuple[Any, ...], position: Any, primitive: Any) -> tuple[Any, Any]:
    """The pullbacks whose primal is traced, with the positions of those primals."""
    if type(position) is int:
        position = (position,)
    if any(parent is not None for parent in position[len(pullbacks) :]):
        raise RuleError(
            f"the rule of {name_of(primitive)} returned {len(pullbacks)} pullbacks for "
            f"{len(position)} positional arguments; it must return one for each, or None"
        )
    needed = [
        (back, parent)
        for back, parent in zip(pullbacks, position, strict=False)
        if parent is not None and back is not None
    ]
    if len(needed) <= 1:
        return needed[0] if needed else (None, None)
    backs, positions = zip(*needed, strict=True)
    return backs, positions


def _append(entry: Entry, y: Any, trace: Trace) -> Tracer:
    tape = trace.tape
    assert tape is not None
    tape.append(entry)
    kind = Tracer if entry[2][1] is None else ArrayTracer
    return kind(y, trace, _place_of(entry, trace))


def _place_of(entry: Entry, trace: Trace) -> int:
    """Where the entry stands: at the end, but for other threads that trace the same run."""
    tape = trace.tape
    assert tape is not None
    return next(place for place in reversed(range(len(tape))) if tape[place] is entry)


def find_rule(primitive: Any, args: Sequence[Any]) -> RuleFunction:
    """The rule function of ``primitive``; the plugins are loaded if they are not yet.

    Raises:
        MissingRuleError: there is none.
    """
    rule = rule_function(primitive)
    if rule is None:
        raise missing_rule(primitive, args)
    return rule


def _record_unusual(primitive: Any, y: Any, pullback: Any, position: Any, trace: Trace) -> Any:
    """Record an output that is traced by an older trace, or tuples and lists of outputs."""
    space = _output_space(primitive, y, trace)
    if space is None:
        return y
    return _append_output((pullback, position, space), y, trace)


def _append_output(entry: Entry, y: Any, trace: Trace) -> Any:
    """A tracer of the output ``y``; of a tuple or list, one of each of its members."""
    kind, members, _ = entry[2]
    if kind is not tuple:
        return _append(entry, y, trace)
    whole = _append(entry, None, trace)._index
    parts = [
        item
        if space is None
        else _append_output((Component.maker(place), whole, space), item, trace)
        for place, (item, space) in enumerate(zip(y, members, strict=True))
    ]
    return y._make(parts) if hasattr(y, "_make") else type(y)(parts)


def _output_space(primitive: Any, y: Any, trace: Trace) -> Space | None:
    if isinstance(y, Traced) and y._trace is trace:
        raise TracerConversionError(
            f"{name_of(primitive)} calls a function that uses a traced value which is none of its "
            "arguments, so the derivative by it would be lost; pass it as an argument too"
        )
    if isinstance(y, (int, str, bytes, type(None))):
        return None
    if isinstance(y, (tuple, list)):
        return (tuple, tuple(_output_space(primitive, item, trace) for item in y), None)
    try:
        return space_of(y)
    except PrimalError as error:
        raise RuleError(f"the rule of {name_of(primitive)} returned an output: {error}") from None


def apply_function(
    primitive: Any,
    args: tuple[Any, ...],
    params: Mapping[str, Any],
    rule: RuleFunction | None = None,
) -> Any:
    """`apply`, with traced values also in lists, tuples and keyword arguments."""
    if params and any_traced(params.values()):
        trace = youngest_trace((*args, *params.values()))
        if trace.takes_whole_calls:
            return trace.record(primitive, args, params, rule)
        rule = rule or find_rule(primitive, args)
        if hasattr(rule, "nondifferentiable"):
            return rule(*args, **params)[0]
        args, params = keywords_to_positions(primitive, rule, args, params)
    for arg in args:
        if type(arg) in (list, tuple) and any_traced(arg):
            trace = youngest_trace(args)
            if trace.takes_whole_calls:
                return trace.record(primitive, args, params, rule)
            rule = rule or find_rule(primitive, args)
            try:
                traced, flat_rule = flat_call(primitive, rule, args, params)
                return apply(primitive, traced, _NO_PARAMS, flat_rule)
            except HoldsTraced:
                return _apply_gathered(primitive, args, params, rule)
    return apply(primitive, args, params, rule)


def leaked(what: Any) -> LeakedTracerError:
    """The error for using a tracer whose trace has ended."""
    return LeakedTracerError(
        f"a traced value was used in {name_of(what)} after the traced function had returned. It "
        "was kept in a global, an attribute, a closure or a generator; return it from the "
        "function instead (has_aux=True for extra results), or keep pullback.stop_gradient(x)."
    )
