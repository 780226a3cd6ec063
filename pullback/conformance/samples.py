"""Where the inputs of a rule come from: what its author declares, and what follows from a word.

A *case* is a hypothesis strategy of `Call`: the positional and keyword arguments of one call of a
primitive. An author writes cases with `call`, and hands them over in the hook
``pullback_register_samples``; for most rules they follow from ``domain`` or ``signature``.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from pullback.conformance.strategies import arrays, floats
from pullback.domains import Domain, reals
from pullback.errors import SampleError
from pullback.names import name_of
from pullback.registry import Rule, unwrap

__all__ = ["Call", "Calls", "Samples", "call", "each", "exactly"]

_MOST: Final = 24
"""How many combinations of `each` values make a case of their own; beyond, they are rotated."""


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """The arguments of one call of a primitive."""

    args: tuple[Any, ...]
    params: dict[str, Any] = field(default_factory=dict)
    exact: frozenset[int | str] = frozenset()
    """The arguments, by position or name, whose numbers are not to be changed."""
    shared: bool = False
    """Whether an object that stands at two places is one primal, as in ``f(x, x)``."""


@dataclass(frozen=True, slots=True, eq=False)
class Each:
    """Values of one argument, all of which are to be tried."""

    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Exactly:
    """An argument whose numbers are not to be changed."""

    value: Any


def each(*values: Any) -> Any:
    """Every one of ``values`` is tried: a keyword's choices, which chance might leave out.

    Args:
        values: plain values, or strategies.

    Raises:
        SampleError: there are none, or ``exactly`` stands inside of it.
    """
    if not values or any(isinstance(value, (Each, Exactly)) for value in values):
        raise SampleError(
            "each(...) takes plain values and strategies, at least one; exactly(...) goes around "
            "it: exactly(each(a, b))"
        )
    return Each(values)


def exactly(value: Any) -> Any:
    """An argument whose numbers stay as they are drawn: an increasing grid, weights that sum to 1.

    Its dtype and its memory layout still vary.

    Args:
        value: a plain value, a strategy, or ``each(...)``.
    """
    return Exactly(value)


class Calls:
    """The calls that one line of `call` describes."""

    def __init__(self, args: tuple[Any, ...], params: dict[str, Any]) -> None:
        self._arguments: dict[int | str, Any] = dict(enumerate(args))
        self._arguments.update(params)
        self.exact = frozenset(
            key for key, value in self._arguments.items() if isinstance(value, Exactly)
        )

    @property
    def positional(self) -> int:
        """How many arguments are given by position."""
        return sum(isinstance(key, int) for key in self._arguments)

    @property
    def parameters(self) -> set[str]:
        """The names of the arguments that are given by keyword."""
        return {key for key in self._arguments if isinstance(key, str)}

    def cases(self) -> list[SearchStrategy[Call]]:
        """One strategy for each combination of the values of `each`."""
        choices = {key: _choices(value) for key, value in self._arguments.items()}
        if prod(map(len, choices.values())) <= _MOST:
            combinations: Iterable[tuple[Any, ...]] = product(*choices.values())
        else:
            longest = max(map(len, choices.values()))
            # Each value occurs, and beside a different neighbour every time around.
            combinations = (
                tuple(
                    options[(turn + turn // len(options) * place) % len(options)]
                    for place, options in enumerate(choices.values())
                )
                for turn in range(max(longest, _MOST))
            )
        return [self._case(dict(zip(choices, chosen, strict=True))) for chosen in combinations]

    def _case(self, chosen: dict[int | str, Any]) -> SearchStrategy[Call]:
        args = st.tuples(*(_strategy(v) for key, v in chosen.items() if isinstance(key, int)))
        params = st.fixed_dictionaries(
            {key: _strategy(v) for key, v in chosen.items() if isinstance(key, str)}
        )
        exact = self.exact
        return st.tuples(args, params).map(lambda drawn: Call(drawn[0], drawn[1], exact))


def _choices(value: Any) -> tuple[Any, ...]:
    if isinstance(value, Exactly):
        value = value.value
    return value.values if isinstance(value, Each) else (value,)


def _strategy(value: Any) -> SearchStrategy[Any]:
    return value if isinstance(value, SearchStrategy) else st.just(value)


def call(*args: Any, **params: Any) -> Calls:
    """Describe the calls of a primitive that are to be tried.

    Args:
        args: for each positional argument a strategy (`arrays`, `floats`, any of hypothesis), or
            ``each(...)``, or a value that is meant as it is.
        params: the same for keyword arguments.

    >>> from pullback.conformance import arrays, call, each
    >>> calls = call(arrays("n,m"), axis=each(None, 0, -1), keepdims=each(False, True))
    >>> len(calls.cases()), sorted(calls.parameters)
    (6, ['axis', 'keepdims'])
    """
    return Calls(args, params)


class Samples:
    """Collects the cases that a plugin hands over; given to ``pullback_register_samples``."""

    def __init__(self) -> None:
        self.calls: dict[Any, list[Calls | SearchStrategy[Call]]] = {}

    def add(self, primitive: Any, *calls: Calls | SearchStrategy[Call]) -> None:
        """Add cases for ``primitive``; they take the place of those that a declaration implies.

        Args:
            primitive: a primitive, or a list of primitives that take the same arguments.
            calls: what `call` returned, or strategies of `Call`.

        Raises:
            SampleError: something else than that.
        """
        for item in calls:
            if not isinstance(item, (Calls, SearchStrategy)):
                raise SampleError(
                    f"samples.add({_named(primitive)}, ...) was given {item!r:.60}; it takes what "
                    "call(...) returns, or a hypothesis strategy of Call"
                )
        if not calls:
            raise SampleError(f"samples.add({_named(primitive)}) was given no call(...)")
        members = primitive if isinstance(primitive, list) else [primitive]
        for member in members:
            self.calls.setdefault(unwrap(member), []).extend(calls)


def _named(primitive: Any) -> str:
    return name_of(primitive[0] if isinstance(primitive, list) else primitive)


def derived(rule: Rule) -> list[Calls]:
    """The calls that follow from what a rule declares; empty where nothing does.

    A signature gives arrays of its shapes. An elementwise function, a ufunc, and a rule with a
    domain for each of its primals are given Python numbers, and arrays of one shape; what the
    primitive does not take, it refuses.
    """
    if rule.signature is not None:
        shapes = _shapes(rule.signature)
        domains = _domains(rule.domain, len(shapes))
        return [call(*(arrays(*pair) for pair in zip(shapes, domains, strict=True)))]
    count = _count_of_primals(rule)
    if count is None:
        return []
    domains = _domains(rule.domain, count)
    if any(domain is None for domain in domains):
        return []
    return [
        call(*map(floats, domains)),
        call(*(arrays("n,m", domain) for domain in domains)),
    ]


def _shapes(signature: str) -> list[str]:
    """The shapes of the inputs in NumPy's gufunc notation: ``"(n,n),(n,k)->(n,k)"``."""
    inputs = signature.split("->")[0].replace(" ", "").strip()
    if not re.fullmatch(r"\([\w,]*\)(,\([\w,]*\))*", inputs):
        raise SampleError(
            f"the signature {signature!r} is not understood; write the shapes as NumPy does, "
            '"(n,n),(n,k)->(n,k)"'
        )
    return inputs[1:-1].split("),(")


def _domains(domain: Any, count: int) -> list[Any]:
    if domain is None:
        return [reals] * count
    if isinstance(domain, Domain):
        return [domain] * count
    domains = [*domain][:count]
    return domains + [reals] * (count - len(domains))


def _count_of_primals(rule: Rule) -> int | None:
    """How many primals an elementwise call takes; ``None`` where nothing says so."""
    if rule.elementwise:
        return len(_required(rule))
    ufunc = rule.primitive
    if hasattr(ufunc, "nin") and getattr(ufunc, "signature", "") is None:
        return int(ufunc.nin)
    if rule.domain is None:
        return None
    if isinstance(rule.domain, Domain):
        return len(_required(rule))
    # A ``None`` at the end stands for a parameter with a default.
    domains = [*rule.domain]
    required = len(_required(rule))
    return len(domains) if None not in domains[required:] else required


def _required(rule: Rule) -> list[str]:
    positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [
        parameter.name
        for parameter in inspect.signature(rule.function).parameters.values()
        if parameter.kind in positional and parameter.default is inspect.Parameter.empty
    ]


def cases_of(
    calls: Sequence[Calls | SearchStrategy[Call]],
) -> list[SearchStrategy[Call]]:
    """All cases of several lines of `call`, strategies as they are."""
    return [
        case for item in calls for case in (item.cases() if isinstance(item, Calls) else [item])
    ]
