"""Chains: lists of links, run left to right; and `rule_of`, the rule of anything.

A link is a primitive, a `functools.partial` of one, a chain, anything with a ``rule`` method, or
any Python function, which is then traced. The rule of a chain runs the rules of its links and
keeps their pullbacks on a stack; nothing is traced where a link has a rule.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any, Final, TypeAlias

from pullback.boundary import FLOAT, admit, enter, is_leaf, leave, zeros_like
from pullback.core import dispatching, fit, function_rule, space_of_output
from pullback.errors import ChainError, EmptyChainError
from pullback.lines import marked
from pullback.names import name_of
from pullback.plugins import rule_function
from pullback.registry import RuleFunction, table
from pullback.rules import primitive
from pullback.spaces import Space, Traced
from pullback.tracer import apply

_SHOWN: Final = 8

Stack: TypeAlias = list[tuple[Any, Space | None]]
"""The pullback of each link, with the space of its input (``None``: it has no derivative)."""

CONTAINER: Final[Space] = (tuple, None, None)
"""Stands for the space of a container, which only traced functions take and take apart."""


class Chain:
    """Links run left to right: ``Chain([f, g])(x)`` is ``g(f(x))``.

    Wherever a function is differentiated, a list of links stands for the chain of them.

    Args:
        links: primitives, partials of primitives, chains or lists of links, Python functions. The
            first link may take several arguments, the others take one.

    Raises:
        EmptyChainError: there is no link.
        ChainError: a link is not callable.

    >>> from math import exp, sin
    >>> from pullback import Chain, grad
    >>> chain = Chain([sin, sin, exp])
    >>> chain
    Chain([math.sin, math.sin, math.exp])
    >>> chain(2.0), grad(chain)(2.0)
    (2.2013533791690376, -0.562752038662712)
    """

    __slots__ = ("links",)

    def __init__(self, links: Iterable[Any]) -> None:
        self.links = checked(links)

    def __call__(self, *args: Any) -> Any:
        """Run the links; on traced arguments, the rule of the chain."""
        for place, link in enumerate(self.links):
            if any(isinstance(arg, Traced) for arg in args):
                rest = Chain(self.links[place:]) if place else self
                return apply(rest, args, {}, rest.rule)
            if type(link) in (list, tuple):
                link = Chain(link)
            elif not all(map(is_leaf, args)) and rule_function(link) is not None:
                link = primitive(link)  # traced values may stand in the list that it takes
            args = (link(*args),)
        return args[0]

    def rule(self, *primals: Any) -> tuple[Any, Callable[[Any], Any]]:
        """The rule of the chain: ``(y, pullback)``."""
        if len(primals) == 1:
            return rule_of_links(self.links, primals[0])
        first, *rest = self.links
        y, first_pullback = rule_of(first)(*primals)
        if not rest:
            return y, first_pullback
        y, rest_pullback = rule_of_links(tuple(rest), y)

        def chain_pullback(y_cotangent: Any) -> Any:
            cotangent = rest_pullback(y_cotangent)
            if type(first_pullback) is tuple:
                return tuple(None if back is None else back(cotangent) for back in first_pullback)
            return first_pullback(cotangent)

        return y, chain_pullback

    def __len__(self) -> int:
        return len(self.links)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.links)

    def __repr__(self) -> str:
        links = self.links
        if len(links) > _SHOWN:
            half = _SHOWN // 2
            shown = [*map(_shown, links[:half]), f"... {len(links) - _SHOWN} more ..."]
            shown += map(_shown, links[-half:])
        else:
            shown = [*map(_shown, links)]
        return f"Chain([{', '.join(shown)}])"


def _shown(link: Any) -> str:
    if isinstance(link, partial):
        parts = [*map(repr, link.args), *(f"{k}={v!r}" for k, v in link.keywords.items())]
        return f"partial({', '.join([_shown(link.func), *parts])})"
    if isinstance(link, Chain) or type(link) in (list, tuple):
        return f"[{', '.join(map(_shown, link))}]" if len(link) <= _SHOWN else repr(Chain(link))
    return name_of(link).removeprefix("__main__.")


def checked(links: Iterable[Any]) -> tuple[Any, ...]:
    """The links as a tuple.

    Raises:
        EmptyChainError: there is no link.
        ChainError: a link is not callable.
    """
    checked_links = tuple(links)
    if not checked_links:
        raise EmptyChainError("a chain needs at least one link; for the identity write lambda x: x")
    for place, link in enumerate(checked_links):
        if not callable(link) and type(link) not in (list, tuple):
            raise ChainError(
                f"link {place} of the chain is {link!r:.60} ({type(link).__name__}), which cannot "
                "be called; a link is a primitive, a partial of one, a chain or a Python function"
            )
    return checked_links


def rule_of(f: Any) -> RuleFunction:
    """The rule of anything: a primitive, a chain or list of links, a partial, a function.

    Raises:
        EmptyChainError, ChainError: a list that is not a chain, or something not callable.
    """
    if type(f) in (list, tuple):
        return Chain(f).rule
    if isinstance(f, Chain):
        return f.rule
    registered = rule_function(f)
    if registered is not None:
        return registered
    if not callable(f):
        checked([f])
    return function_rule(dispatching(f))


def forward(links: Sequence[Any], x: Any, stack: Stack) -> Any:
    """Run the rules of ``links`` one after the other; push their pullbacks onto ``stack``."""
    push = stack.append
    for link in links:
        try:
            rule = table[link]
        except (KeyError, TypeError):
            rule = rule_of(link)
        if type(x) is float:
            space: Space | None = FLOAT
        elif is_leaf(x):
            space = space_of_output(x)
        else:
            space, rule = CONTAINER, function_rule(dispatching(link))
        x, pullback = rule(x)
        push((pullback, space))
    return x


def backward(stack: Stack, cotangent: Any) -> Any:
    """Pull a cotangent back through a stack, which is consumed; ``None`` where it ends."""
    while stack:
        pullback, space = stack.pop()
        if type(pullback) is tuple:
            pullback = pullback[0]
        if pullback is None or space is None:
            return None
        cotangent = pullback(cotangent)
        if (type(cotangent) is not float or space is not FLOAT) and space is not CONTAINER:
            cotangent = fit(cotangent, space, pullback)
    return cotangent


marked.add(backward.__code__)


def rule_of_links(links: Sequence[Any], primal: Any) -> tuple[Any, Callable[[Any], Any]]:
    """The rule of a chain for one primal."""
    stack: Stack = []
    if is_leaf(primal):
        primal, primal_space = enter(primal, 0)
    else:
        primal_space = CONTAINER
    y = forward(links, primal, stack)
    y_space = space_of_output(y) if is_leaf(y) else CONTAINER

    def chain_pullback(y_cotangent: Any) -> Any:
        if y_space is None:
            cotangent = None
        elif y_space is CONTAINER:
            cotangent = backward([*stack], y_cotangent)
        else:
            y_cotangent = admit(y_cotangent, y_space)
            cotangent = backward([*stack], y_cotangent)
        if primal_space is CONTAINER:
            return zeros_like(primal) if cotangent is None else cotangent
        return leave((cotangent,), (primal_space,), (y_cotangent,))[0]

    return y, chain_pullback
