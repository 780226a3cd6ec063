"""Differentiate at a point: `vjp`, `val_and_grad`, `jvp`, `linearize`, and `stop_gradient`.

The functions here take a function *and* its primals; `pullback.transforms` has those that take a
function and return a function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pullback.boundary import (
    FLOAT,
    admit_like,
    enter,
    is_leaf,
    leave,
    ones_like,
    own_copy,
    seed,
)
from pullback.chain import Chain, Stack, backward, checked, forward, rule_of_links
from pullback.containers import map_leaves
from pullback.core import Run, dispatching, pullback_of, run, space_of_output
from pullback.forward import push
from pullback.plugins import has_no_rule, rule_function
from pullback.spaces import Traced, gathered, plain, undifferentiated
from pullback.tracer import apply

_NO_PARAMS: Final[Mapping[str, Any]] = {}

__all__ = ["is_traced", "jvp", "linearize", "stop_gradient", "val_and_grad", "vjp"]


def vjp(
    f: Any,
    /,
    *primals: Any,
    argnums: int | Sequence[int] | None = None,
    has_aux: bool = False,
    **params: Any,
) -> Any:
    """The value of ``f`` and its pullback: the vector-Jacobian product, ready to be called.

    Args:
        f: a primitive, a chain (or list of links), or any Python function.
        primals: the arguments of ``f``: floats, complex numbers, arrays, or containers of them.
        argnums: the positions to differentiate; **all of them** if not given (`grad` and
            `value_and_grad` take the first).
        has_aux: ``f`` returns ``(y, extra)``, and ``extra`` is handed through.
        params: keyword arguments of ``f``; they are not differentiated.

    Returns:
        ``(y, pullback)``, or ``(y, pullback, extra)`` with ``has_aux``. ``pullback`` takes a
        cotangent of the shape and structure of ``y``, any number of times, and returns the
        cotangent of the primal (a tuple of them for several), each with the shape, dtype and
        structure of its primal.

    Raises:
        MissingRuleError: a primitive on the way has no rule.
        PrimalError: a primal cannot be differentiated (`IntegerPrimalError` for integer arrays).
        CotangentError: ``pullback`` was given a cotangent that is not in the space of ``y``.
        EmptyChainError, ChainError: the list is not a chain.

    >>> from math import exp, sin
    >>> from pullback import vjp
    >>> y, back = vjp([sin, sin, exp], 2.0)
    >>> y, back(1.0), back(2.0)
    (2.2013533791690376, -0.562752038662712, -1.125504077325424)
    >>> y, back = vjp(lambda a, b: a * b, 2.0, 3.0)
    >>> back(1.0)
    (3.0, 2.0)
    """
    # The pullback is called later, and rules keep primals and outputs: what the caller writes to
    # either of them until then must not reach it.
    kept = [own_copy(primal) for primal in primals]
    y, pullback, aux = bare_vjp(f, kept, argnums, has_aux, params)
    return (own_copy(y), pullback, aux) if has_aux else (own_copy(y), pullback)


def bare_vjp(
    f: Any,
    primals: Sequence[Any],
    argnums: int | Sequence[int] | None = None,
    has_aux: bool = False,
    params: Mapping[str, Any] = _NO_PARAMS,
) -> tuple[Any, Callable[[Any], Any], Any]:
    """What `vjp` does, for callers that write to nothing in between: ``(y, pullback, extra)``."""
    if len(primals) == 1 and argnums is None and not has_aux and not params:
        links = _links_of(f)
        if links is not None:
            return *rule_of_links(links, primals[0]), None
    traced = _run(f, primals, argnums, has_aux, params)
    return traced.y, pullback_of(traced), traced.aux


def val_and_grad(
    f: Any,
    /,
    *primals: Any,
    argnums: int | Sequence[int] | None = None,
    has_aux: bool = False,
    holomorphic: bool = False,
    **params: Any,
) -> tuple[Any, Any]:
    """The value of ``f``, which must be one number, and its gradient.

    What the reverse pass has used is freed at once, so this needs less memory than `vjp`.

    Args:
        f: a primitive, a chain (or list of links), or any Python function.
        primals: the arguments of ``f``: floats, complex numbers, arrays, or containers of them.
        argnums: the positions to differentiate; **all of them** if not given (`grad` and
            `value_and_grad` take the first). An int chooses one, whose gradient is then not in a
            tuple.
        has_aux: ``f`` returns ``(y, extra)``.
        holomorphic: ``f`` is a holomorphic function of complex primals, and its complex
            derivative is meant.
        params: keyword arguments of ``f``; they are not differentiated.

    Returns:
        ``(y, gradient)``, or ``((y, extra), gradient)`` with ``has_aux``; the gradient has the
        shape, dtype and structure of the primal (a tuple for several primals).

    Raises:
        NonScalarOutputError: the output is not one number.
        ComplexOutputError: the output is complex and ``holomorphic`` was not said.
        MissingRuleError, PrimalError, EmptyChainError, ChainError: as for `vjp`.

    >>> from math import exp, sin
    >>> from pullback import val_and_grad
    >>> val_and_grad([sin, sin, exp], 2.0)
    (2.2013533791690376, -0.562752038662712)
    >>> val_and_grad(lambda p: p["a"] * p["b"] ** 2, {"a": 2.0, "b": 3.0})
    (18.0, {'a': 9.0, 'b': 12.0})
    """
    if len(primals) == 1 and argnums is None and not has_aux and not params:
        primal = primals[0]
        links = f if type(f) is list and f else _links_of(f)
        if links is not None and (type(primal) is float or is_leaf(primal)):
            primal_space = FLOAT
            if type(primal) is not float:
                primal, primal_space = enter(primal, 0)
            stack: Stack = []
            y = forward(links, primal, stack)
            one = 1.0 if type(y) is float else seed(y, space_of_output(y), holomorphic)
            cotangent = backward(stack, one)
            if type(cotangent) is not float:
                cotangent = leave((cotangent,), (primal_space,), (one,))[0]
            return y, cotangent
    traced = _run(f, primals, argnums, has_aux, params)
    space = traced.out_spaces[0] if traced.structure is None else None
    gradient = traced.pull((seed(traced.y, space, holomorphic),), keep=False)
    return ((traced.y, traced.aux) if has_aux else traced.y), gradient


def jvp(
    f: Any, primals: Sequence[Any], tangents: Sequence[Any], /, **params: Any
) -> tuple[Any, Any]:
    """The value of ``f`` and its directional derivative along ``tangents``.

    One pass, with the tangents beside the values, whose memory does not grow with the length of
    the program. A rule's pushforward is used where it has one. Elsewhere its pullback, which is
    linear in the cotangent, is transposed: no rule has to be written twice. For many tangents at
    one point, `linearize` is cheaper.

    Args:
        f: a primitive, a chain (or list of links), or any Python function.
        primals: the arguments of ``f``, in a tuple or list.
        tangents: as many, each with the shape and structure of its primal.
        params: keyword arguments of ``f``; they are not differentiated.

    Returns:
        ``(y, y_tangent)``, both of the shape and structure of ``y``.

    Raises:
        CotangentError: a tangent is not in the space of its primal.
        MissingRuleError, PrimalError, EmptyChainError, ChainError: as for `vjp`.

    >>> from math import exp, sin
    >>> from pullback import jvp
    >>> jvp([sin, sin, exp], (2.0,), (1.0,))
    (2.2013533791690376, -0.562752038662712)
    >>> jvp(lambda a, b: a * b, (2.0, 3.0), (1.0, 10.0))
    (6.0, 23.0)
    """
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise TypeError("jvp takes a tuple of primals and a tuple of tangents: jvp(f, (x,), (v,))")
    if len(primals) != len(tangents):
        raise TypeError(f"jvp was given {len(primals)} primals and {len(tangents)} tangents")
    _positions(primals, None)
    return push(_callable(f), primals, [*map(admit_like, primals, tangents)], params)


def linearize(f: Any, /, *primals: Any, **params: Any) -> tuple[Any, Callable[..., Any]]:
    """The value of ``f`` and its pushforward: the Jacobian-vector product, ready to be called.

    The transpose of the pullback, which is found once and keeps what it needs, like `vjp`. For
    one tangent, `jvp` needs less time and memory.

    Args:
        f: a primitive, a chain (or list of links), or any Python function.
        primals: the arguments of ``f``: floats, complex numbers, arrays, or containers of them.
        params: keyword arguments of ``f``; they are not differentiated.

    Returns:
        ``(y, pushforward)``. ``pushforward`` takes a tangent for each primal, each with the shape
        and structure of its primal, any number of times, and returns the tangent of ``y``.

    Raises:
        CotangentError: ``pushforward`` was given a tangent that is not in the space of its primal.
        MissingRuleError, PrimalError, EmptyChainError, ChainError: as for `vjp`.

    >>> from pullback import linearize
    >>> y, pushforward = linearize(lambda a, b: a * b, 2.0, 3.0)
    >>> y, pushforward(1.0, 0.0), pushforward(0.0, 1.0)
    (6.0, 3.0, 2.0)
    """
    kept = [own_copy(primal) for primal in primals]
    y, pullback, _ = bare_vjp(f, kept, params=params)
    _, transposed, _ = bare_vjp(pullback, (ones_like(y),))

    def pushforward(*tangents: Any) -> Any:
        if len(tangents) != len(kept):
            raise TypeError(f"the pushforward of {len(kept)} primals got {len(tangents)} tangents")
        admitted = tuple(map(admit_like, kept, tangents))
        return transposed(admitted[0] if len(admitted) == 1 else admitted)

    return own_copy(y), pushforward


def stop_gradient(x: Any) -> Any:
    """``x`` without its derivative: a constant for every derivative that is being computed.

    Args:
        x: a value, or a container of values, traced or not.

    >>> import pullback
    >>> pullback.grad(lambda x: x * pullback.stop_gradient(x))(3.0)
    3.0
    """
    if not is_leaf(x):
        return map_leaves(stop_gradient, x)
    x = gathered(x)
    if not isinstance(x, Traced):
        return x
    value = undifferentiated(x)
    if isinstance(value, Traced):  # by a graph
        return apply(stop_gradient, (value,), {})
    return own_copy(value)  # the rules still need what the tracer holds


def is_traced(x: Any) -> bool:
    """Whether ``x`` is a traced value, one that records what is done to it.

    >>> import pullback
    >>> seen = []
    >>> pullback.grad(lambda x: seen.append(pullback.is_traced(x)) or x)(1.0)
    1.0
    >>> seen, pullback.is_traced(1.0)
    ([True], False)
    """
    return isinstance(x, Traced)


def _links_of(f: Any) -> Sequence[Any] | None:
    """The links of what runs as a chain: a list, a `Chain`, or one primitive; else ``None``."""
    if has_no_rule(f):
        return None
    if type(f) in (list, tuple):
        return checked(f)
    if isinstance(f, Chain):
        return f.links
    return None if rule_function(f) is None else (f,)


def _callable(f: Any) -> Callable[..., Any]:
    """``f`` as a function of traced values."""
    if has_no_rule(f):
        return f  # type: ignore[no-any-return]
    f = Chain(f) if type(f) in (list, tuple) else dispatching(f)
    if not callable(f):
        checked([f])
    return f  # type: ignore[no-any-return]


def _run(
    f: Any,
    primals: Sequence[Any],
    argnums: int | Sequence[int] | None,
    has_aux: bool,
    params: Mapping[str, Any],
) -> Run:
    f = _callable(f)
    single = isinstance(argnums, int) or (argnums is None and len(primals) == 1)
    return run(f, primals, params, _positions(primals, argnums), single=single, has_aux=has_aux)


def _positions(primals: Sequence[Any], argnums: int | Sequence[int] | None) -> Sequence[int]:
    if not primals:
        raise TypeError("a derivative needs at least one primal, as a positional argument")
    if argnums is None:
        return range(len(primals))
    chosen: Any = (argnums,) if isinstance(argnums, int) else argnums
    if not isinstance(chosen, Sequence) or not all(isinstance(n, int) for n in chosen):
        raise TypeError(
            f"argnums is {plain(argnums)!r:.60}; it is a position or a tuple of positions. For a "
            "keyword argument of that name, bind it with functools.partial."
        )
    for argnum in chosen:
        if not -len(primals) <= argnum < len(primals):
            raise TypeError(
                f"argnums chooses argument {argnum}, and there are {len(primals)} positional "
                "arguments; differentiated arguments must be passed by position"
            )
    return [argnum % len(primals) for argnum in chosen]
