"""The rule of `numpy.einsum`.

The cotangent of an operand is itself an Einstein sum: of the cotangent of the output and the
other operands, onto the subscripts of that operand. What remains are subscripts that only this
operand has (its cotangent is the same along them) and repeated ones (it is zero off the diagonal).
"""

from __future__ import annotations

from functools import lru_cache
from string import ascii_letters, ascii_lowercase, ascii_uppercase

import numpy as np

from pullback import rule
from pullback.errors import DerivativeNotImplementedError
from pullback_numpy.axes import NO_OUT, as_array, spread

_SUBLIST_LETTERS = ascii_uppercase + ascii_lowercase


@rule(np.einsum, not_implemented=NO_OUT)
def einsum(*operands, out=None, optimize=False, **params):
    """Einstein summation, in NumPy's two forms: a subscript string, or interleaved sublists.

    Implicit and explicit output, ellipses, repeated subscripts and axes of length one work as in
    NumPy. The reverse pass has the ``optimize`` of the call, and finds paths of its own.
    """
    y = np.einsum(*operands, optimize=optimize, **params)
    if isinstance(operands[0], str):
        subscripts, factors = operands[0], operands[1:]
        first, stride = 1, 1
    else:
        subscripts, factors = _from_sublists(operands)
        first, stride = 0, 2
    arrays = [as_array(factor) for factor in factors]
    if not isinstance(optimize, (bool, str)):
        optimize = True  # a path that is good for the call need not be good for its pullbacks
    pullbacks = [None] * len(operands)
    transposes = _transposes(subscripts, tuple([array.ndim for array in arrays]))
    for place, transpose in enumerate(transposes):
        others = arrays[:place] + arrays[place + 1 :]
        shape = arrays[place].shape
        pullbacks[first + stride * place] = _pullback(transpose, shape, others, optimize)
    return y, tuple(pullbacks)


def _from_sublists(operands):
    """The interleaved form as a subscript string and its arrays."""

    def letters(sublist):
        return "".join("..." if i is Ellipsis else _SUBLIST_LETTERS[i] for i in sublist)

    pairs = len(operands) // 2
    subscripts = ",".join(letters(operands[2 * place + 1]) for place in range(pairs))
    if len(operands) % 2:
        subscripts += "->" + letters(operands[-1])
    return subscripts, operands[: 2 * pairs : 2]


@lru_cache(maxsize=1024)
def _explicit(subscripts, ndims):
    """The letters of each input and of the output, with letters for what ``...`` stands for.

    >>> _explicit("...ij,...jk", (3, 2))
    (('aij', 'jk'), 'aik')
    """
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    unused = [letter for letter in ascii_letters if letter not in subscripts]
    hidden = [
        ndim - len(term) + 3 if "..." in term else 0
        for term, ndim in zip(terms, ndims, strict=True)
    ]
    dots = "".join(unused[: max(hidden)])
    if not arrow:
        named = inputs.replace(".", "").replace(",", "")
        output = "..." + "".join(sorted(x for x in named if named.count(x) == 1))
    return (
        tuple(
            term.replace("...", dots[len(dots) - count :])
            for term, count in zip(terms, hidden, strict=True)
        ),
        output.replace("...", dots),
    )


@lru_cache(maxsize=1024)
def _transposes(subscripts, ndims):
    """For each operand its letters, those once each, and the sum that gives its cotangent.

    >>> _transposes("ij,jk->k", (2, 2))
    [('ij', 'ij', 'k,jk->j', 'j'), ('jk', 'jk', 'k,ij->jk', 'jk')]
    """
    inputs, output = _explicit(subscripts, ndims)
    transposes = []
    for place, letters in enumerate(inputs):
        terms = [output, *inputs[:place], *inputs[place + 1 :]]
        unique = "".join(dict.fromkeys(letters))
        shared = "".join(letter for letter in unique if any(letter in term for term in terms))
        transposes.append((letters, unique, f"{','.join(terms)}->{shared}", shared))
    return transposes


def _pullback(transpose, shape, others, optimize):
    """The pullback for one operand of ``shape``, from the sum that `_transposes` found."""
    letters, unique, subscripts, shared = transpose
    if unique != letters and len({*zip(letters, shape, strict=True)}) != len(unique):
        # NumPy 2.4 reads past the end of an empty array here.
        raise DerivativeNotImplementedError(
            f"einsum was given the shape {shape} for {letters!r}, where equal letters must have "
            "equal lengths"
        )

    def einsum_pullback(ct):
        product = np.einsum(subscripts, ct, *others, optimize=optimize)
        if product.shape == shape:
            return product
        have = dict(zip(shared, product.shape, strict=True))
        lengths = dict(zip(letters, shape, strict=True))
        # Along an axis of length one the engine sums what the others were broadcast to.
        wanted = [have.get(x, 1) if lengths[x] == 1 else lengths[x] for x in unique]
        product = product.reshape([have.get(x, 1) for x in unique])
        product = spread(product, wanted)
        return product if unique == letters else _onto_diagonal(product, unique, letters)

    return einsum_pullback


def _onto_diagonal(product, unique, letters):
    """``product``, with one axis for each of ``unique``, where repeated ``letters`` agree."""
    lengths = dict(zip(unique, product.shape, strict=True))
    shape = [1] * len(letters)
    agree = np.True_
    for place, letter in enumerate(letters):
        first, length = letters.index(letter), lengths[letter]
        if place == first:
            shape[place] = length
        else:
            same = _counting(length, first, len(letters)) == _counting(length, place, len(letters))
            agree = agree & same
    return np.where(agree, product.reshape(shape), 0)


def _counting(length, place, ndim):
    return np.arange(length).reshape([length if i == place else 1 for i in range(ndim)])
