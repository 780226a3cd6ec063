"""Functions that take a function and return its derivative as a function.

`grad`, `value_and_grad`, `jacobian`, `hessian` and `hvp`, with the arguments that people know
from JAX and autograd. Everything rests on `vjp`, `val_and_grad` and `jvp`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Literal, TypeAlias

from pullback.boundary import is_leaf, ones_like
from pullback.containers import flatten, unflatten
from pullback.core import space_of_output
from pullback.derivatives import bare_vjp, val_and_grad
from pullback.spaces import Space, array_type_of

Argnums: TypeAlias = int | Sequence[int]
Mode: TypeAlias = Literal["forward", "reverse"]

__all__ = ["grad", "hessian", "hvp", "jacobian", "value_and_grad"]


def grad(
    f: Any, argnums: Argnums = 0, *, has_aux: bool = False, holomorphic: bool = False
) -> Callable[..., Any]:
    """The function that computes the gradient of ``f``.

    Args:
        f: returns one number. A primitive, a chain (or list of links), or any Python function.
        argnums: the position to differentiate, or several, which gives a tuple of gradients. The
            first if not given, where `val_and_grad` takes all.
        has_aux: ``f`` returns ``(y, extra)``; the function then returns ``(gradient, extra)``.
        holomorphic: the complex derivative of a holomorphic ``f`` is meant.

    Returns:
        A function of the arguments of ``f``; the gradient has the shape, dtype and structure of
        its primal.

    Raises:
        NonScalarOutputError: when called, if the output is not one number.
        ComplexOutputError: when called, if it is complex and ``holomorphic`` was not said.

    >>> from math import exp, sin
    >>> from pullback import grad
    >>> grad([sin, sin, exp])(2.0)
    -0.562752038662712
    >>> grad(lambda x, y: x * y**2, argnums=(0, 1))(2.0, 3.0)
    (9.0, 12.0)
    """
    differentiate = value_and_grad(f, argnums, has_aux=has_aux, holomorphic=holomorphic)

    def gradient(*args: Any, **params: Any) -> Any:
        y, gradients = differentiate(*args, **params)
        return (gradients, y[1]) if has_aux else gradients

    return _named(gradient, f, "grad")


def value_and_grad(
    f: Any, argnums: Argnums = 0, *, has_aux: bool = False, holomorphic: bool = False
) -> Callable[..., tuple[Any, Any]]:
    """The function that computes ``f`` and its gradient; the arguments are those of `grad`.

    Returns:
        A function that returns ``(y, gradient)``, or ``((y, extra), gradient)`` with ``has_aux``.

    >>> from pullback import value_and_grad
    >>> value_and_grad(lambda x, n: x**n)(2.0, n=3)
    (8.0, 12.0)
    """

    def value_and_gradient(*args: Any, **params: Any) -> tuple[Any, Any]:
        chosen = None if argnums == 0 and len(args) == 1 else argnums
        return val_and_grad(
            f, *args, argnums=chosen, has_aux=has_aux, holomorphic=holomorphic, **params
        )

    return _named(value_and_gradient, f, "value_and_grad")


def jacobian(
    f: Any,
    argnums: Argnums = 0,
    *,
    mode: Mode | None = None,
    return_mode: bool = False,
) -> Callable[..., Any]:
    """The function that computes the Jacobian of ``f``.

    Args:
        f: a primitive, a chain (or list of links), or any Python function.
        argnums: the position to differentiate, or several, which gives a tuple of Jacobians.
        mode: ``"reverse"`` takes one pullback for each number of the output, ``"forward"`` one
            pushforward for each number of the primals. If not given, whichever takes fewer.
        return_mode: return ``(jacobian, mode)``, to see which was taken.

    Returns:
        A function of the arguments of ``f``. For ``y`` and ``x`` of shapes ``(m,)`` and ``(n,)``
        the Jacobian has shape ``(m, n)``: the axes of the output come first. Containers give the
        structure of the output, and in each of its leaves the structure of the primal.

    >>> from pullback import jacobian
    >>> jacobian(lambda p: {"sum": p[0] + p[1], "product": p[0] * p[1]})([2.0, 3.0])
    {'sum': [1.0, 1.0], 'product': [3.0, 2.0]}
    """
    if mode not in (None, "forward", "reverse"):
        raise ValueError(f"mode is {mode!r}; it is 'forward', 'reverse', or None for the cheaper")

    def jacobian_at(*args: Any, **params: Any) -> Any:
        y, pullback, _ = bare_vjp(f, args, argnums, params=params)
        if isinstance(argnums, int):
            primals: Any = args[argnums]
        else:
            primals = tuple(args[argnum] for argnum in argnums)
        outputs, inputs = _Leaves(y), _Leaves(primals)
        chosen = mode or ("forward" if inputs.size < outputs.size else "reverse")
        build = _by_pushforwards if chosen == "forward" else _by_pullbacks
        result = build(pullback, y, outputs, inputs)
        return (result, chosen) if return_mode else result

    return _named(jacobian_at, f, "jacobian")


def hessian(f: Any, argnums: Argnums = 0) -> Callable[..., Any]:
    """The function that computes the Hessian of ``f``, which returns one number.

    Args:
        f: a primitive, a chain (or list of links), or any Python function.
        argnums: the position to differentiate (twice), or several, which gives a tuple of tuples.

    Returns:
        A function of the arguments of ``f``. For ``x`` of shape ``(n,)`` the Hessian has shape
        ``(n, n)``.

    >>> from pullback import hessian
    >>> hessian(lambda p: p[0] ** 2 * p[1])([2.0, 3.0])
    [[6.0, 4.0], [4.0, 0.0]]
    """
    return _named(jacobian(grad(f, argnums), argnums, mode="reverse"), f, "hessian")


def hvp(f: Any, argnums: int = 0) -> Callable[..., Any]:
    """The function that computes Hessian-vector products of ``f``, without the Hessian.

    Args:
        f: returns one number. A primitive, a chain (or list of links), or any Python function.
        argnums: the position to differentiate twice.

    Returns:
        A function ``product(*args, vector, **params)`` that takes the arguments of ``f``, and last
        a vector of the shape and structure of the chosen one. It returns the product, of that
        shape. The cost is that of a few gradients, whatever the size.

    >>> from pullback import hvp
    >>> hvp(lambda p: p[0] ** 2 * p[1])([2.0, 3.0], [1.0, 0.0])
    [6.0, 4.0]
    """
    gradient = grad(f, argnums)

    def product(*args: Any, **params: Any) -> Any:
        if len(args) < 2:
            raise TypeError("a Hessian-vector product takes the primals and then a vector")
        *primals, vector = args
        # The Hessian is symmetric, so the pullback of the gradient multiplies by it.
        _, pullback, _ = bare_vjp(gradient, primals, argnums, params=params)
        return pullback(vector)

    product = _named(product, f, "hvp")
    del product.__pullback_of__  # type: ignore[attr-defined]  # the vector comes last
    product.__dict__.pop("__wrapped__", None)
    return product


class _Leaves:
    """The leaves of a value or container: their spaces, how many numbers, and the way back."""

    def __init__(self, tree: Any) -> None:
        if is_leaf(tree):
            leaves = [tree]
            self.restore: Callable[[list[Any]], Any] = _first
        else:
            leaves, structure = flatten(tree)
            self.restore = lambda items: unflatten(structure, items)
        self.spaces: list[Space | None] = [
            space_of_output(float(leaf) if type(leaf) is int else leaf) for leaf in leaves
        ]
        self.zeros = [None if s is None else array_type_of(s[0]).zeros(s) for s in self.spaces]
        self.size = sum(0 if zero is None else int(getattr(zero, "size", 1)) for zero in self.zeros)

    def flatten(self, tree: Any) -> list[Any]:
        """The leaves of a value of the same structure."""
        if self.restore is _first:
            return [tree]
        return flatten(tree)[0]


def _first(items: Sequence[Any]) -> Any:
    return items[0]


def _rows(
    linear: Callable[[Any], Any], domain: _Leaves, codomain: _Leaves
) -> list[tuple[Space | None, list[list[Any]]]]:
    """``linear`` applied to every unit vector of ``domain``: for each leaf, a list of results."""
    table = []
    for place, space in enumerate(domain.spaces):
        rows = []
        for unit in () if space is None else array_type_of(space[0]).basis(space):
            vector = [*domain.zeros]
            vector[place] = unit
            rows.append(codomain.flatten(linear(domain.restore(vector))))
        table.append((space, rows))
    return table


def _by_pullbacks(pullback: Any, y: Any, outputs: _Leaves, inputs: _Leaves) -> Any:
    blocks = []
    for space, rows in _rows(pullback, outputs, inputs):
        columns = [
            None
            if space is None
            else array_type_of(space[0]).stack([row[place] for row in rows], space, last=False)
            for place in range(len(inputs.spaces))
        ]
        blocks.append(inputs.restore(columns))
    return outputs.restore(blocks)


def _by_pushforwards(pullback: Any, y: Any, outputs: _Leaves, inputs: _Leaves) -> Any:
    _, pushforward, _ = bare_vjp(pullback, (ones_like(y),))
    columns = [
        [
            array_type_of(space[0]).stack([row[place] for row in rows], space, last=True)
            for place in range(len(outputs.spaces))
        ]
        for space, rows in _rows(pushforward, inputs, outputs)
        if space is not None
    ]
    blocks = [
        inputs.restore([column[place] for column in columns])
        for place in range(len(outputs.spaces))
    ]
    return outputs.restore(blocks)


def _named(function: Callable[..., Any], f: Any, transform: str) -> Callable[..., Any]:
    """``function`` with the name and documentation of ``f``."""
    if callable(f) and hasattr(f, "__name__"):
        wraps(f, updated=())(function)  # the gradient of a primitive is not that primitive
        function.__name__ = function.__qualname__ = f"{transform}({f.__name__})"
    else:
        function.__name__ = function.__qualname__ = f"{transform}({f!r:.60})"
    function.__pullback_of__ = f  # type: ignore[attr-defined]
    return function
