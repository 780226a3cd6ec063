"""Recomputation instead of memory: `checkpoint`, and the schedules of checkpointed chains."""

from __future__ import annotations

from typing import Any

from pullback.chain import Chain
from pullback.checkpointing.chains import CheckpointedChain
from pullback.checkpointing.functions import Checkpointed
from pullback.checkpointing.schedules import Action, advances, schedule
from pullback.errors import CheckpointError
from pullback.spaces import plain

__all__ = ["Action", "Checkpointed", "advances", "checkpoint", "schedule"]


def checkpoint(f: Any, /, *, states: int | None = None) -> Checkpointed:
    """``f``, which keeps only its arguments for its derivative, and is run again when that comes.

    The value and the derivatives are those of ``f``. A function is run twice: what it computes on
    the way is not kept, and is there again while its cotangent is pulled back. A chain of ``n``
    links keeps up to ``states`` of the values between its links, and computes the others again by
    a binomial `schedule`, which runs the least number of links that this allows, `advances`.

    ``f`` must do the same each time. Traced values that it uses must be its arguments, and what it
    closes over must not be changed before the derivative has been taken; arguments may be.

    Args:
        f: a function, also as a decorator; or a chain or list of links.
        states: how many values a chain may keep at once; its input counts as one. If not given,
            the least for which no link is run more than twice besides by its rule, about
            ``sqrt(2 n)``: fewer than ``2 n`` plain runs in all. A quarter of them would need 3 to 5
            times ``n`` runs, and twice as many save little: they still need 1.7 to 2 times ``n``.

    Returns:
        A function of the arguments of ``f``. In a graph it is one node, and so is its pullback.

    Raises:
        CheckpointError: ``states`` is no whole number, less than 1, or given with a function.
        EmptyChainError, ChainError: the list is not a chain.
        TypeError: ``f`` cannot be called.
        TracerConversionError: when called, if ``f`` uses a traced value that is no argument.

    >>> import numpy as np
    >>> import pullback
    >>> @pullback.checkpoint
    ... def layer(x, weights):
    ...     return np.tanh(weights @ x)
    >>> x, weights = np.ones(2), np.zeros((2, 2))
    >>> pullback.grad(lambda x: np.sum(layer(x, weights + 1.0)))(x)
    array([0.14130165, 0.14130165])
    >>> pullback.grad(pullback.checkpoint([np.sin] * 100, states=5))(1.0)
    0.003698619785560107
    """
    if type(f) in (list, tuple):
        f = Chain(f)
    if isinstance(f, Chain):
        return CheckpointedChain(f, states)
    if states is not None:
        raise CheckpointError(
            f"checkpoint was given states={plain(states)!r:.40} with a function, which has no "
            "states to choose from; give it a chain, checkpoint([f, g, h], states=2), or leave "
            "states out"
        )
    if not callable(f):
        raise TypeError(
            f"checkpoint takes a function, a chain or a list of links; {plain(f)!r:.60} "
            f"({type(plain(f)).__name__}) cannot be called"
        )
    return Checkpointed(f)
