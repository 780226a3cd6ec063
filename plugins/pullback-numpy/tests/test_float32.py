"""Single precision in, single precision out: nothing is computed in double precision on the way.

The engine casts every cotangent to the dtype of its primal, so a gradient shows nothing of a
rule that computes in double precision, in twice the time and memory. Here the rules are called
without the engine.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from pullback.conformance.pool import Pool, quiet
from pullback.conformance.subjects import registered
from pullback.conformance.values import (
    is_array,
    is_floating,
    kind_of,
    leaves,
    map_leaves,
    places,
    replaced,
)
from pullback.errors import DerivativeNotImplementedError
from pullback.spaces import Deferred

SINGLE = (np.dtype(np.float32), np.dtype(np.complex64))
KINDS = ("plain", "complex128", "python-scalars")

NUMPY_DOUBLES = {
    "numpy.bincount": "NumPy counts the weights in double precision",
    "numpy.float_power": "NumPy computes it in double precision, as its documentation says",
    "numpy.float_power.outer": "NumPy computes it in double precision",
    "numpy.geomspace": "NumPy returns double precision unless it is given a dtype",
    "numpy.histogram2d": "NumPy counts the weights in double precision",
    "numpy.histogramdd": "NumPy counts the weights in double precision",
    "numpy.interp": "NumPy interpolates in double precision",
    "numpy.kaiser": "NumPy makes the window of integers and a number",
    "numpy.polyfit": "NumPy multiplies by the integer powers of its matrix",
    "numpy.vander": "NumPy promotes to what holds an integer too",
    "numpy.ndarray.flat": "NumPy has an iterator there",
    "numpy.generic.flat": "NumPy has an iterator there",
    "numpy.ndarray.item": "a Python number has double precision",
    "numpy.generic.item": "a Python number has double precision",
    "numpy.ndarray.tolist": "Python numbers have double precision",
    "numpy.generic.tolist": "Python numbers have double precision",
}
"""Rules that have no output in single precision, because NumPy has none."""

DOUBLE_ON_PURPOSE = {
    "numpy.linalg.lstsq": "a product of pseudo-inverses loses all digits of single precision",
    "numpy.linalg.pinv": "a product of pseudo-inverses loses all digits of single precision",
}
"""Rules that compute cotangents in double precision."""

SUBJECTS = {
    subject.name: subject
    for subject in registered()
    if subject.provider == "pullback-numpy"
    and subject.cases
    and subject.rule.differentiable != ()
    and not subject.refuses_all
}


def is_single(value):
    """Whether ``value`` is an array or a scalar of single precision."""
    return getattr(value, "dtype", None) in SINGLE


def numbers(tree):
    """The floating-point numbers and arrays of ``tree``, those of deferred cotangents as well."""
    for _, leaf in leaves(tree):
        if isinstance(leaf, Deferred):
            yield from numbers(leaf.cotangent)
        elif is_floating(leaf):
            yield leaf


def all_single(tree):
    """Whether ``tree`` has floating-point leaves, all in single precision."""
    found = [*numbers(tree)]
    return bool(found) and all(map(is_single, found))


def cotangent_of(y):
    """Ones, as the engine hands a cotangent to a rule: ``None`` for what has no derivative."""
    return map_leaves(lambda _, leaf: _ones(leaf) if is_floating(leaf) else None, y)


def _ones(leaf):
    return np.ones_like(leaf) if isinstance(leaf, np.ndarray) else type(leaf)(1)


def argument(call, place, subject):
    """The argument of ``call`` that is the parameter at ``place``."""
    if place < len(call.args):
        return call.args[place]
    names = [parameter.name for parameter in subject.parameters]
    return call.params.get(names[place]) if place < len(names) else None


def cotangents(subject, call, pullback, ct):
    """``(place, cotangent)``: what the rule itself returns for each primal in single precision."""
    differentiable = {place[0] for place in subject.primals(call)}
    names = {subject.parameter_of(place) for place in subject.primals(call)}
    if pullback is None or not differentiable:
        return
    backs = pullback if type(pullback) is tuple else None
    got = backs or pullback(ct)
    for place, item in enumerate(got if type(got) is tuple else (got,)):
        known = place in differentiable or subject.parameter_of((place,)) in names
        if item is not None and known and all_single(argument(call, place, subject)):
            yield place, item(ct) if backs else item


@cache
def single_calls(name):
    """The calls of a rule in single precision, with NumPy's value, where that has it too."""
    subject = SUBJECTS[name]
    found = []
    with quiet():
        for sample in Pool(subject, seed=0, bases_wanted=4).of(KINDS, most=96):
            call = in_single(sample.call())
            try:
                y = subject.primal(call)
            except ValueError:  # a view of another dtype that does not fit
                continue
            if all_single(y):
                found.append((call, y))
    return found


def in_single(call):
    """``call`` with every array and scalar of floating-point numbers in single precision."""
    return replaced(
        call,
        {
            place: value.astype(np.complex64 if kind_of(value) == "c" else np.float32)
            for place, value in places(call)
            if is_array(value) and is_floating(value)
        },
    )


@pytest.mark.parametrize("name", [name for name in SUBJECTS if name not in NUMPY_DOUBLES])
def test_cotangents_of_single_precision_are_computed_in_single_precision(name):
    subject = SUBJECTS[name]
    shown = doubled = False
    for call, want in single_calls(name):
        with quiet():
            try:
                y, pullback = subject.run_rule(call)
                found = [*cotangents(subject, call, pullback, cotangent_of(y))]
            except DerivativeNotImplementedError:  # of this layout, or in this mode
                continue
        assert [x.dtype for x in numbers(y)] == [x.dtype for x in numbers(want)]
        for place, cotangent in found:
            wide = [x for x in numbers(cotangent) if not is_single(x)]
            message = f"cotangent of argument {place} of {call.args}, {call.params}: {wide}"
            assert not wide or name in DOUBLE_ON_PURPOSE, message
            shown, doubled = True, doubled or bool(wide)
    assert shown
    assert doubled == (name in DOUBLE_ON_PURPOSE)


@pytest.mark.parametrize("name", NUMPY_DOUBLES)
def test_an_exception_is_one(name):
    assert not single_calls(name)
