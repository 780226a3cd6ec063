"""A planted rule as a primitive of autograd, torch and JAX, and what their checkers say of it.

Each engine gets a function of one real vector, with a pullback that is the planted rule's: the
primals laid side by side, complex ones by their real and imaginary parts. That is all that their
checkers look at, and it is the same for all. The pullback is an operation of the engine again,
differentiated by pullback, so that the second derivative can be checked too.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from pullback.conformance.samples import Call
from pullback.conformance.subjects import Subject
from pullback.conformance.values import is_floating, leaves, replaced, value_at
from pullback.derivatives import bare_vjp

__all__ = ["CHECKERS", "Operation", "operation_of"]


@dataclass(frozen=True, slots=True)
class Slot:
    """One primal or cotangent in a vector."""

    like: Any
    dual: bool
    """Whether it is a cotangent, which pairs without conjugation."""

    @property
    def size(self) -> int:
        """How many numbers it takes."""
        return int(np.size(self.like)) * (2 if np.iscomplexobj(self.like) else 1)

    def read(self, numbers: Any) -> Any:
        """The value; of real arrays a view, so that a write into it reaches the vector."""
        if np.iscomplexobj(self.like):
            real, imaginary = np.split(numbers, 2)
            numbers = real + (-1j if self.dual else 1j) * imaginary
        if isinstance(self.like, np.ndarray):
            return numbers.reshape(self.like.shape)
        return type(self.like)(numbers[0])

    def write(self, value: Any) -> Any:
        """The numbers of a value."""
        flat = np.reshape(value, -1)
        if not np.iscomplexobj(self.like):
            return np.real(flat)
        return np.concatenate([flat.real, -flat.imag if self.dual else flat.imag])


def duals(slots: Sequence[Slot]) -> tuple[Slot, ...]:
    """The slots of what pairs with what is in ``slots``."""
    return tuple(Slot(slot.like, not slot.dual) for slot in slots)


@dataclass(frozen=True)
class Operation:
    """A function of a vector, with a pullback."""

    function: Callable[..., tuple[Any, ...]]
    """``(*leaves) -> leaves``"""
    inputs: tuple[Slot, ...]
    outputs: tuple[Slot, ...]
    pushforward: Callable[..., Any] | None = None
    """``(leaves, tangents) -> leaves``, where the rule has one of its own."""

    def __call__(self, x: Any) -> Any:
        """The value at a vector."""
        return self._joined(self.outputs, self.function(*self._leaves(self.inputs, x)))

    def linearize(self, x: Any) -> Callable[[Any], Any]:
        """The pullback at a vector."""
        _, pullback, _ = bare_vjp(self.function, self._leaves(self.inputs, x))

        def pull(ct: Any) -> Any:
            cotangents = pullback(tuple(self._leaves(duals(self.outputs), ct)))
            cotangents = (cotangents,) if len(self.inputs) == 1 else cotangents
            return self._joined(duals(self.inputs), cotangents)

        return pull

    def push(self, x: Any, tangent: Any) -> Any:
        """The pushforward at a vector, of the rule's own making."""
        assert self.pushforward is not None
        values = self._leaves(self.inputs, x)
        return self._joined(
            self.outputs, self.pushforward(values, self._leaves(self.inputs, tangent))
        )

    @cached_property
    def derivative(self) -> Operation:
        """The pullback as an operation: of the vector and the cotangent, side by side."""
        count = len(self.inputs)

        def pulled(*values: Any) -> tuple[Any, ...]:
            _, pullback, _ = bare_vjp(self.function, values[:count])
            cotangents = pullback(tuple(values[count:]))
            return (cotangents,) if count == 1 else tuple(cotangents)

        return Operation(pulled, (*self.inputs, *duals(self.outputs)), duals(self.inputs))

    @staticmethod
    def _leaves(slots: Sequence[Slot], vector: Any) -> list[Any]:
        ends = np.cumsum([slot.size for slot in slots])[:-1]
        parts = np.split(vector, ends)
        return [slot.read(part) for slot, part in zip(slots, parts, strict=True)]

    @staticmethod
    def _joined(slots: Sequence[Slot], values: Sequence[Any]) -> Any:
        parts = [slot.write(value) for slot, value in zip(slots, values, strict=True)]
        return np.concatenate([np.zeros(0), *parts])


def operation_of(subject: Subject, judged: Subject, call: Call) -> tuple[Operation, Any] | None:
    """The rule of ``subject`` at ``call`` as an operation, with the vector of its primals.

    Args:
        subject: the rule.
        judged: the correct twin, which says what is differentiable.
        call: where.

    Returns:
        ``None`` where no number goes in or none comes out.
    """
    groups = judged.groups(call) or subject.groups(call)
    values = [value_at(call, group[0]) for group in groups]
    y = judged.primal(call)
    numbers = [(path, leaf) for path, leaf in leaves(y) if is_floating(leaf)]
    if not sum(map(np.size, values)) or not sum(np.size(leaf) for _, leaf in numbers):
        return None

    def function(*primals: Any) -> tuple[Any, ...]:
        new = {p: leaf for group, leaf in zip(groups, primals, strict=True) for p in group}
        found = dict(leaves(subject.traced(replaced(call, new))))
        return tuple(found[path] for path, _ in numbers)

    inputs = tuple(Slot(value, False) for value in values)
    outputs = tuple(Slot(leaf, False) for _, leaf in numbers)
    pushforward: Any = None
    explicit = subject.rule.pushforward if subject.rule else None
    if explicit is not None and explicit.__name__ != "elementwise_pushforward":

        def pushforward(primals: Any, tangents: Any) -> tuple[Any, ...]:
            return (explicit(primals, tangents)[1],)

    operation = Operation(function, inputs, outputs, pushforward)
    return operation, Operation._joined(inputs, values)


def autograd_passes(operation: Operation, x: Any) -> None:
    """``check_grads`` of autograd, in reverse mode up to the second order.

    Raises:
        Exception: the checker found something.
    """
    import autograd.numpy as anp
    from autograd.extend import defjvp, defvjp, primitive
    from autograd.test_util import check_grads

    def as_primitive(part: Operation) -> Any:
        call = primitive(part.__call__)

        def make_vjp(y: Any, x: Any) -> Any:
            plain = type(x) is np.ndarray
            pull = part.linearize(x) if plain else None
            again = []

            def vjp(g: Any) -> Any:
                if pull is not None and type(g) is np.ndarray:
                    return pull(g)
                again.append(as_primitive(part.derivative))
                return again[-1](anp.concatenate([x, g]))

            return vjp

        defvjp(call, make_vjp)
        if part.pushforward is not None:
            defjvp(call, lambda g, y, x: part.push(x, g))
        return call

    np.random.seed(0)
    call = as_primitive(operation)
    check_grads(call, modes=["rev"], order=2)(x)
    if operation.pushforward is not None:
        check_grads(call, modes=["fwd"], order=1)(x)


def torch_passes(operation: Operation, x: Any) -> None:
    """``gradcheck`` and ``gradgradcheck`` of torch.

    Raises:
        Exception: the checker found something.
    """
    import torch

    def tensor(array: Any) -> Any:
        return torch.from_numpy(np.ascontiguousarray(array))

    def as_function(part: Operation) -> Any:
        class Planted(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, x: Any) -> Any:
                ctx.save_for_backward(x)
                ctx.pull = part.linearize(x.detach().numpy())
                return tensor(part(x.detach().numpy()))

            @staticmethod
            def backward(ctx: Any, g: Any) -> Any:
                (x,) = ctx.saved_tensors
                if torch.is_grad_enabled():
                    return as_function(part.derivative)(torch.cat([x, g]))
                return tensor(ctx.pull(g.detach().numpy()))

            @staticmethod
            def jvp(ctx: Any, tangent: Any) -> Any:
                (x,) = ctx.saved_tensors
                return tensor(part.push(x.detach().numpy(), tangent.detach().numpy()))

        if part.pushforward is not None:
            setup = Planted.forward

            def forward(ctx: Any, x: Any) -> Any:
                ctx.save_for_forward(x)
                return setup(ctx, x)

            Planted.forward = staticmethod(forward)
        return Planted.apply

    torch.manual_seed(0)
    function, point = as_function(operation), torch.tensor(x, requires_grad=True)
    forward = operation.pushforward is not None
    torch.autograd.gradcheck(function, (point,), check_forward_ad=forward)
    torch.autograd.gradgradcheck(function, (point,))


def jax_passes(operation: Operation, x: Any) -> None:
    """``check_grads`` of JAX, in reverse mode up to the second order; in double precision.

    Raises:
        Exception: the checker found something.
    """
    import jax
    import jax.numpy as jnp
    from jax.test_util import check_grads

    jax.config.update("jax_enable_x64", True)
    logging.getLogger("jax").setLevel(logging.CRITICAL)  # it logs what a callback raises

    def outside(function: Callable[..., Any], size: int, *args: Any) -> Any:
        result = jax.ShapeDtypeStruct((size,), jnp.float64)
        copied = lambda *vectors: function(*(np.array(v) for v in vectors))
        return jax.pure_callback(copied, result, *args)

    def as_custom(part: Operation) -> Any:
        size = sum(slot.size for slot in part.outputs)
        inputs = sum(slot.size for slot in part.inputs)

        @jax.custom_vjp
        def call(x: Any) -> Any:
            return outside(part, size, x)

        @jax.custom_vjp
        def pull(x: Any, g: Any) -> Any:
            return outside(lambda x, g: part.linearize(x)(g), inputs, x, g)

        def pull_backward(kept: Any, g: Any) -> Any:
            x, ct = kept
            both = as_custom(part.derivative)[1](jnp.concatenate([x, ct]), g)
            return both[: x.size], both[x.size :]

        call.defvjp(lambda x: (call(x), x), lambda x, g: (pull(x, g),))
        pull.defvjp(lambda x, g: (pull(x, g), (x, g)), pull_backward)
        return call, pull

    check_grads(as_custom(operation)[0], (x,), order=2, modes=["rev"])
    if operation.pushforward is not None:
        size = sum(slot.size for slot in operation.outputs)

        @jax.custom_jvp
        def forward(x: Any) -> Any:
            return outside(operation, size, x)

        @forward.defjvp
        def push(primals: Any, tangents: Any) -> Any:
            return forward(*primals), outside(operation.push, size, *primals, *tangents)

        check_grads(forward, (x,), order=1, modes=["fwd"])


CHECKERS = {"autograd": autograd_passes, "torch": torch_passes, "jax": jax_passes}
"""The package, and a function that raises where its checker finds something."""
